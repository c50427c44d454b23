"""The letter that tells of replies."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from cms.articles.rules import address_of
from cms.comments.queries.answered import ToldReply, told_replies
from cms.comments.rules import place_address
from cms.outbox.actions.wording import Voice, letter_text, quoted, stop_path, voice, wish_path
from cms.outbox.queries import DueLetter, commenter
from cms.outbox.rules import Message, Wish
from cms.site import Site
from cms.text.characters import one_line


def compose(site: Site, session: Session, letters: tuple[DueLetter, ...], now: datetime) -> Message | None:
    """Tell of those replies that are still there, if she still wishes to hear of them; two SELECTs."""
    owner = commenter(session, letters[0].email_fingerprint)
    if owner is None or owner.wish is not Wish.YES:
        return None
    letter_of = {letter.reply_id: letter for letter in letters}
    pairs = [
        (letter.comment_id, letter.reply_id) for letter in letters if letter.comment_id and letter.reply_id
    ]
    replies = told_replies(session, pairs, now)
    if not replies:
        return None
    code = letters[0].language
    speaker = voice(site, code)
    return Message(
        subject=_subject(speaker, replies),
        text=letter_text(
            *(part for reply in replies for part in _told(site, speaker, reply)),
            speaker.say(
                "You get this email because you asked %(site)s for it. To stop them:",
                site=site.settings.site_name,
            ),
            site.settings.base_url + wish_path(site.vault, owner.mark, code),
        ),
        stop_path=stop_path(site.vault, owner.mark, code),
        tells=tuple(letter_of[reply.id].id for reply in replies),
    )


def _subject(speaker: Voice, replies: Sequence[ToldReply]) -> str:
    title = one_line(replies[0].article_title)
    if len(replies) == 1:
        return speaker.say(
            "%(name)s replied to you on “%(title)s”", name=one_line(replies[0].name), title=title
        )
    return speaker.plural(
        "%(num)s reply to you on “%(title)s”",
        "%(num)s replies to you on “%(title)s”",
        len(replies),
        title=title,
    )


def _told(site: Site, speaker: Voice, reply: ToldReply) -> tuple[str, str, str]:
    place = place_address(address_of(reply.article_kind, reply.article_slug), reply.id)
    return (
        speaker.say(
            "%(name)s wrote below your comment on “%(title)s”:",
            name=one_line(reply.name),
            title=one_line(reply.article_title),
        ),
        quoted(reply.body_html),
        site.settings.base_url + place,
    )
