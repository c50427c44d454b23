"""The daily letter that tells a moderator what waits."""

from datetime import datetime

from sqlmodel import Session

from cms.comments.signals import LANE_SENTENCES
from cms.moderation.queries.digests import Digest, digest, digest_mark
from cms.moderation.rules import COUNTED_MAX
from cms.outbox.actions.wording import Voice, digest_stop_path, letter_text, voice
from cms.outbox.queries import DueLetter
from cms.outbox.rules import Message
from cms.site import Site
from cms.text.characters import one_line


def compose(site: Site, session: Session, letters: tuple[DueLetter, ...], now: datetime) -> Message | None:
    """Tell what waits, if anything still does and she still wishes to know; five SELECTs."""
    letter = letters[0]
    mark = digest_mark(session, letter.staff_id or 0)
    found = digest(session, now)
    if mark is None or found.is_empty:
        return None
    speaker, base = voice(site, letter.language), site.settings.base_url
    stop = digest_stop_path(site.vault, mark, letter.language)
    return Message(
        subject=speaker.say("%(site)s: comments that wait", site=one_line(site.settings.site_name)),
        text=letter_text(
            "\n".join(_numbers(site, speaker, found)),
            *_hot(speaker, found),
            speaker.say("The queue:"),
            f"{base}/moderation/",
            speaker.say("You get this letter each day because you asked for it. To stop it:"),
            base + stop,
        ),
        stop_path=stop,
    )


def _numbers(site: Site, speaker: Voice, found: Digest) -> list[str]:
    lines = [
        f"{speaker.say(LANE_SENTENCES[lane])}: {_counted(speaker, number)}"
        for lane, number in found.by_lane.items()
    ]
    escalated = speaker.say("Editors’ list")
    lines.append(f"{escalated}: {_counted(speaker, found.escalated)}")
    if found.reported:
        lines.append(
            speaker.say("Reported by readers: %(number)s.", number=_counted(speaker, found.reported))
        )
    if found.oldest is not None:
        moment = speaker.language.day_and_time(found.oldest, site.settings.timezone)
        lines.append(speaker.say("The oldest waits since %(moment)s.", moment=moment))
    return lines


def _hot(speaker: Voice, found: Digest) -> list[str]:
    if not found.hot:
        return []
    told = [
        speaker.say(
            "%(title)s: %(number)s",
            title=one_line(one.title),
            number=speaker.language.number(one.arrived),
        )
        for one in found.hot
    ]
    return ["\n".join([speaker.say("Comments in the last hour, by article:"), *told])]


def _counted(speaker: Voice, number: int) -> str:
    shown = speaker.language.number(min(number, COUNTED_MAX))
    return f"{shown}+" if number > COUNTED_MAX else shown
