"""One decision about many leaves behind what single decisions would: in every table, on both engines."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from random import Random

import pytest
import sqlalchemy as sa
from sqlmodel import col

from cms.comments.actions.editing import Edit, edit
from cms.comments.actions.receipts import withdraw
from cms.comments.models import Comment
from cms.comments.rules import CommentStatus
from cms.limits.rules import Visitor
from cms.moderation.actions import batches
from cms.moderation.actions.batches import BatchJudgement, begin, begin_undo, begin_undo_of_hour, carry_on
from cms.moderation.actions.deciding import decide
from cms.moderation.actions.escalating import Escalation, escalate
from cms.moderation.actions.undoing import undo
from cms.moderation.filters import Filter
from cms.moderation.models import Decision
from cms.moderation.queries.batches import (
    Hour,
    batch_status,
    count_matching,
    newest_entry,
    undoable_of_hour,
)
from cms.moderation.rules import COUNTED_MAX, EntryKind, Verdict
from cms.outbox import writes as outbox
from cms.outbox.rules import Wish
from cms.reports.actions import Complaint, report
from cms.reports.rules import ReportReason
from cms.site import Site
from tests.conftest import START
from tests.factories import hire, send_comment, write_article
from tests.moderation.twins import State, changes, everything, twin_of
from tests.postgresql import copy_of, make_unlogged

pytestmark = pytest.mark.both_engines

ADVERT = "Friends, I earn a fortune from home with this wonderful little system, ask me how it works today"
PEOPLE = ("Dan", "Eve", "Fay", "Gus", "Hal")
EARLIER, NOW, LATER, LAST = (START + timedelta(hours=hours) for hours in (1, 2, 3, 4))
SEEN_ALL = 10**9
MANY = 26


@dataclass(frozen=True)
class Twins:
    """Two sites that hold the same; on the one people decide singly, on the other about many at once."""

    singly: Site
    at_once: Site

    def both(self, deed: Callable[[Site], object]) -> None:
        """Let the same be done on each."""
        for site in (self.singly, self.at_once):
            deed(site)

    def hold_the_same(self) -> tuple[State, State]:
        """Compare every table; return what is in them."""
        one, other = everything(self.singly), everything(self.at_once)
        for name in sorted(one.keys() - {"version"}):  # numbers say how often, which must differ
            assert one[name] == other[name], name
        self._find_the_same()
        return one, other

    def change_the_same(self, singly: Callable[[Site], object], at_once: Callable[[Site], object]) -> None:
        """Compare what becomes of every table and which pages are no longer true."""
        before = everything(self.singly), everything(self.at_once)
        singly(self.singly)
        at_once(self.at_once)
        after = self.hold_the_same()
        one, other = (changes(*states) for states in zip(before, after, strict=True))
        assert one == other

    def _find_the_same(self) -> None:
        """Compare what the search finds of all that waits."""
        assert _found(self.singly) == _found(self.at_once)


@pytest.fixture(params=range(4))
def chance(request: pytest.FixtureRequest) -> Random:
    """Give a source of choices that is the same in each run."""
    return Random(request.param)


@pytest.fixture(scope="module")
def second_database(postgresql_template: str) -> Iterator[str]:
    """Give the URL of a PostgreSQL database beside the one that every test is given."""
    with copy_of(postgresql_template) as url:
        make_unlogged(url)
        yield url


@pytest.fixture
def twins(
    request: pytest.FixtureRequest, site: Site, chance: Random, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Twins]:
    """Give two busy papers on which what waits has answers, copies, wishes, reports and colleagues behind it."""
    writing = site.but(
        smtp_host="127.0.0.1", mail_from="The Tidewaiter <letters@example.org>", reports_for_a_look=2
    )
    _fill(writing, chance)
    beside = site.settings.database_url and request.getfixturevalue("second_database")
    with twin_of(writing, tmp_path_factory.mktemp("twin") / "instance", beside) as twin:
        yield Twins(writing, twin)


def _fill(site: Site, chance: Random) -> None:
    hire(site, "Cleo", START)
    hire(site, "Ben", START)
    write_article(site, "The ferry", START)
    write_article(site, "The tram", START)
    _wish(site, "Dan")
    parents = [_send(site, chance, number, 1, None) for number in range(3)]
    decide(site, 2, parents, Verdict.APPROVE, "", SEEN_ALL, START)
    sent = sorted({_send(site, chance, n, chance.choice((1, 1, 1, 2)), parents) for n in range(3, MANY)})
    again, listed = chance.sample(sent, 4), chance.sample(sent, 3)
    decide(site, 2, again, Verdict.SPAM, "", SEEN_ALL, EARLIER)
    decide(site, 1, again, Verdict.HOLD, "", SEEN_ALL, EARLIER)
    for one in listed:
        escalate(site, Escalation(one, EntryKind.ESCALATED, 2, SEEN_ALL), EARLIER)


def _wish(site: Site, name: str) -> None:
    with site.database.writing() as session:
        known = outbox.know(session, site.vault.fingerprint(f"{name.lower()}@example.org"), START)
        outbox.answer(session, known.mark, Wish.YES, START)
        session.commit()


def _send(site: Site, chance: Random, number: int, article: int, parents: list[int] | None) -> int:
    name = chance.choice(PEOPLE)
    text = chance.choice((ADVERT, f"{ADVERT}!", f"Did you see number {number} at https://h{number}.example?"))
    parent = chance.choice(parents) if parents and article == 1 and chance.random() < 0.5 else None
    fields = {"name": name, "email": f"{name.lower()}@example.org", "text": f"{text} {'so' * (number % 7)}"}
    return send_comment(
        site,
        article,
        START + timedelta(minutes=number),
        parent_id=parent,
        root_id=parent,
        notify=chance.random() < 0.6,
        **fields,
    )


def _found(site: Site) -> int:
    with site.database.reading() as session:
        return count_matching(session, Filter(words="you"), SEEN_ALL, LAST)


def _held(site: Site) -> list[int]:
    with site.database.reading() as session:
        is_it = (col(Comment.status) == CommentStatus.HELD, col(Comment.article_id) == 1)
        return list(
            session.execute(sa.select(col(Comment.id)).where(*is_it).order_by(col(Comment.id))).scalars()
        )


def _seen(site: Site) -> int:
    with site.database.reading() as session:
        return newest_entry(session)


def _last_entries(site: Site) -> list[int]:
    newest = sa.select(sa.func.max(col(Decision.id))).group_by(col(Decision.comment_id))
    with site.database.reading() as session:
        return sorted(session.execute(newest).scalars())


def _disturb(site: Site, ids: list[int]) -> None:
    """Let others be faster: a colleague decides, a writer withdraws, another changes her text."""
    decided, withdrawn, edited = ids
    decide(site, 2, [decided], Verdict.REJECT, "rude", SEEN_ALL, NOW)
    withdraw(site, [withdrawn], NOW)
    edit(site, edited, Edit(name="Dan", text="You may read this.", origin_known=True, visitor=Visitor()), NOW)


@pytest.mark.parametrize(
    ("chance", "verdict", "first_piece"),
    [
        (0, Verdict.APPROVE, 3),
        (1, Verdict.APPROVE, 100),
        (2, Verdict.REJECT, 3),
        (3, Verdict.REJECT, 100),
        (4, Verdict.SPAM, 3),
        (5, Verdict.SPAM, 100),
    ],
    indirect=["chance"],
)
def test_a_batch_its_undo_and_their_redoing_leave_behind_what_single_decisions_would(
    twins: Twins, chance: Random, verdict: Verdict, first_piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "FIRST_PORTION", first_piece)
    ids, seen = _held(twins.singly), _seen(twins.singly)
    disturbed, later = chance.sample(ids, 3), chance.sample(ids, 3)
    twins.both(lambda site: _disturb(site, disturbed))
    batch: list[int] = []

    def singly(site: Site) -> None:
        for one in ids:
            decide(site, 1, [one], verdict, "advert", seen, NOW)

    def at_once(site: Site) -> None:
        batch.append(begin(site, BatchJudgement(1, verdict, "advert", Filter(article=1), seen), NOW))
        assert carry_on(site, batch[-1], lambda: NOW, seconds=60)

    def undo_singly(site: Site) -> None:
        for one in taken_back.pop():
            undo(site, 2, [one], LAST)

    def undo_at_once(site: Site) -> None:
        with site.database.reading() as session:
            status = batch_status(session, batch[-1])
        assert status is not None
        batch.append(begin_undo(site, 2, status, LAST))
        assert carry_on(site, batch[-1], lambda: LAST, seconds=60)

    before = set(_last_entries(twins.singly))
    twins.change_the_same(singly, at_once)
    made = sorted(set(_last_entries(twins.singly)) - before)
    assert len(made) == len(ids) - 3
    twins.both(lambda site: _disturb(site, later))
    twins.both(lambda site: _report(site, ids[::4]))
    taken_back = [made]
    before = set(_last_entries(twins.singly))
    twins.change_the_same(undo_singly, undo_at_once)
    taken_back = [sorted(set(_last_entries(twins.singly)) - before)]
    assert taken_back[0]
    twins.change_the_same(undo_singly, undo_at_once)


def _report(site: Site, ids: list[int]) -> None:
    """Let one reader report each that is published, and a second one every other: then it must be looked at again."""
    for place, one in enumerate(ids):
        for network in range(1 + place % 2):
            report(site, Complaint(one, ReportReason.RUDE, "", Visitor(f"network {network}")), LATER)


def test_taking_an_hour_back_leaves_behind_what_single_undos_would(twins: Twins, chance: Random) -> None:
    ids = _held(twins.singly)
    some, edited = chance.sample(ids, 8), chance.sample(ids[:6], 2)

    def work(site: Site) -> None:
        decide(site, 2, [*some, *edited], Verdict.APPROVE, "", SEEN_ALL, EARLIER)
        _report(site, some)
        for one in edited:
            edit(site, one, Edit("Dan", "You may read this.", origin_known=True, visitor=Visitor()), EARLIER)
        decide(site, 1, edited[:1], Verdict.SPAM, "", SEEN_ALL, NOW)  # with the text that waited
        decide(site, 1, some, Verdict.APPROVE, "", SEEN_ALL, NOW)  # which answers the reports
        decide(site, 1, [one for one in ids if one not in some], Verdict.REJECT, "advert", SEEN_ALL, NOW)

    hour = Hour(1, NOW, LATER)

    def undo_singly(site: Site) -> None:
        with site.database.reading() as session:
            found = undoable_of_hour(session, hour, as_of=SEEN_ALL, size=COUNTED_MAX)
        assert found
        for one in found:
            undo(site, 2, [one.id], LAST)

    def undo_at_once(site: Site) -> None:
        batch = begin_undo_of_hour(site, 2, hour, SEEN_ALL, 0, LAST)
        assert carry_on(site, batch, lambda: LAST, seconds=60)

    twins.both(work)
    twins.hold_the_same()
    twins.change_the_same(undo_singly, undo_at_once)
