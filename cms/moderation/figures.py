"""What the dashboard's figures are made of: tallies of the log, put together into rows and bars."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from statistics import median, quantiles

from cms.comments.rules import CommentStatus
from cms.comments.signals import Lane
from cms.moderation.rules import EntryKind

CHART_WIDTH, CHART_HEIGHT = 720, 160  # of the drawing's own units; it is as wide as its place
TICKS = 4  # lines across a chart at most, its ground among them
_ARRIVED = frozenset({EntryKind.SUBMITTED})
_DECIDED = frozenset({EntryKind.DECIDED, EntryKind.REVISED, EntryKind.KEPT})


class Period(StrEnum):
    """How far back figures reach."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


PERIODS = {Period.DAY: timedelta(days=1), Period.WEEK: timedelta(days=7), Period.MONTH: timedelta(days=30)}
PERIOD_SENTENCES = {
    Period.DAY: "The last 24 hours",
    Period.WEEK: "The last 7 days",
    Period.MONTH: "The last 30 days",
}


@dataclass(frozen=True, slots=True)
class HourTally:
    """How many entries of one hour of the log are alike; `by_name` is empty where nobody of staff acted."""

    hour: datetime
    deed: EntryKind
    by_name: str
    to_status: CommentStatus
    reason: str
    policy: str
    number: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """What came in and what was decided in an hour or a day that begins at `start`."""

    start: datetime
    arrived: int
    decided: int


@dataclass(frozen=True, slots=True)
class Share:
    """How many decisions of each kind one person, or one policy, has made."""

    name: str
    by_status: dict[CommentStatus, int]
    undone: int

    @property
    def all(self) -> int:
        """Return all decisions, undos aside."""
        return sum(self.by_status.values())


@dataclass(frozen=True, slots=True)
class Wait:
    """How long decisions took: the middle of all, and what nine of ten were within."""

    median: timedelta
    p90: timedelta


@dataclass(frozen=True, slots=True)
class Judged:
    """A person's first decision about a comment that waited in `lane`."""

    lane: Lane
    to_status: CommentStatus
    waited: timedelta


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a chart in the drawing's own units, with the row that it stands for."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    row: Stretch


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars for rows, and the lines across with the number that each stands for."""

    bars: tuple[Bar, ...]
    lines: tuple[tuple[float, int], ...]


def stretches(
    tallies: Iterable[HourTally], period: Period, zone: tzinfo, since: datetime, now: datetime
) -> tuple[Stretch, ...]:
    """Return every hour of a day, or every day of a longer period, in order, empty ones too."""
    arrived, decided = Counter[datetime](), Counter[datetime]()
    for tally in tallies:
        start = _start(tally.hour, period, zone)
        arrived[start] += tally.number * (tally.deed in _ARRIVED)
        decided[start] += tally.number * (tally.deed in _DECIDED)
    return tuple(
        Stretch(start, arrived[start], decided[start]) for start in _starts(period, zone, since, now)
    )


def shares(tallies: Iterable[HourTally]) -> tuple[Share, ...]:
    """Return who has decided how, people first, whoever decided most at the top; policies go by their names."""
    made: dict[tuple[bool, str], Counter[CommentStatus]] = {}
    undone = Counter[tuple[bool, str]]()
    for tally in tallies:
        if not (tally.by_name or tally.policy):
            continue
        who = (not tally.by_name, tally.by_name or tally.policy)
        if tally.deed in _DECIDED:
            made.setdefault(who, Counter())[tally.to_status] += tally.number
        elif tally.deed is EntryKind.UNDONE:
            made.setdefault(who, Counter())
            undone[who] += tally.number
    found = [(who, Share(who[1], dict(each), undone[who])) for who, each in made.items()]
    return tuple(share for _, share in sorted(found, key=lambda one: (one[0][0], -one[1].all, one[0][1])))


def by_reason(tallies: Iterable[HourTally]) -> tuple[tuple[str, int], ...]:
    """Return how often each reason was given, '' for none, the most frequent first."""
    counted = Counter[str]()
    for tally in tallies:
        if tally.deed is EntryKind.DECIDED and tally.to_status is CommentStatus.REJECTED:
            counted[tally.reason] += tally.number
    return tuple(sorted(counted.items(), key=lambda one: (-one[1], one[0])))


def acts_of(tallies: Iterable[HourTally], policy: str) -> int:
    """Return how many comments a policy has decided about."""
    return sum(
        tally.number for tally in tallies if tally.policy == policy and tally.deed is EntryKind.DECIDED
    )


def wait(judged: Sequence[Judged]) -> Wait | None:
    """Return how long decisions took, None where there are none."""
    if not judged:
        return None
    seconds = [one.waited.total_seconds() for one in judged]
    p90 = quantiles(seconds, n=10, method="inclusive")[-1] if len(seconds) > 1 else seconds[0]
    return Wait(timedelta(seconds=median(seconds)), timedelta(seconds=p90))


def by_lane(judged: Iterable[Judged]) -> dict[Lane, dict[CommentStatus, int]]:
    """Return what people said of the comments of each lane."""
    found: dict[Lane, dict[CommentStatus, int]] = {lane: dict.fromkeys(CommentStatus, 0) for lane in Lane}
    for one in judged:
        found[one.lane][one.to_status] += 1
    return found


def chart(rows: Sequence[Stretch]) -> Chart:
    """Return two bars for each row, arrivals and decisions, below one scale."""
    top = _round_up(max((max(row.arrived, row.decided) for row in rows), default=0))
    place = CHART_WIDTH / max(1, len(rows))
    bars = []
    for number, row in enumerate(rows):
        for nth, (kind, value) in enumerate((("arrived", row.arrived), ("decided", row.decided))):
            height = round(CHART_HEIGHT * value / top, 1)
            left = round(place * (number + 0.1 + 0.4 * nth), 1)
            bars.append(Bar(left, round(CHART_HEIGHT - height, 1), round(place * 0.4, 1), height, kind, row))
    steps = [top * step // TICKS for step in range(TICKS + 1)] if top >= TICKS else list(range(top + 1))
    return Chart(tuple(bars), tuple((round(CHART_HEIGHT * (1 - step / top), 1), step) for step in steps))


def _starts(period: Period, zone: tzinfo, since: datetime, now: datetime) -> list[datetime]:
    step = timedelta(hours=1) if period is Period.DAY else timedelta(hours=12)
    found, moment = dict[datetime, None](), since
    while moment <= now:
        found[_start(moment, period, zone)] = None
        moment += step
    found[_start(now, period, zone)] = None
    return list(found)


def _start(moment: datetime, period: Period, zone: tzinfo) -> datetime:
    """Return when the hour of a moment began, or in a longer period its day in the newsroom's own time."""
    local = moment.astimezone(zone)
    if period is Period.DAY:
        return moment.replace(minute=0, second=0, microsecond=0)
    return local.replace(hour=0, minute=0, second=0, microsecond=0)


def _round_up(number: int) -> int:
    """Return a round number that is no smaller, at least 1: 1, 2, 4, 10, 20, 40, 100 …"""
    size = 1
    while True:
        for step in (1, 2, 4):
            if step * size >= number:
                return step * size
        size *= 10
