"""The letter behind whose link a trusted writer lets her own comment appear at once."""

from datetime import datetime

from sqlmodel import Session

from cms.moderation.actions.trusting import trusted
from cms.outbox.actions.wording import confirm_path, letter_text, quoted, stop_path, voice, wish_path
from cms.outbox.queries import DueLetter, commenter
from cms.outbox.rules import Message, Wish
from cms.site import Site
from cms.text.characters import one_line


def compose(site: Site, session: Session, letters: tuple[DueLetter, ...], now: datetime) -> Message | None:
    """Ask whether it was she who wrote the comment, if it may appear then and she bears letters; five SELECTs at most."""
    letter = letters[0]
    comment = trusted(site, session, letter.comment_id or 0, now)
    owner = commenter(session, letter.email_fingerprint) if comment else None
    if comment is None or owner is None or owner.wish is Wish.NO:
        return None
    speaker = voice(site, letter.language)
    paper, base = site.settings.site_name, site.settings.base_url
    title = one_line(comment.article_title)
    return Message(
        subject=speaker.say("Did you comment on “%(title)s”?", title=title),
        text=letter_text(
            speaker.say(
                "Somebody who gave this email address wrote as %(name)s on “%(title)s”:",
                name=one_line(comment.name),
                title=title,
            ),
            quoted(comment.body_html),
            speaker.say("If that was you, a button behind this link lets it appear at once:"),
            base + confirm_path(site.vault, letter.mark, letter.language),
            speaker.say("If it was not you, do nothing. A moderator reads it first, like any other."),
            speaker.say("To get no more emails from %(site)s, say no behind this link:", site=paper),
            base + wish_path(site.vault, owner.mark, letter.language),
        ),
        stop_path=stop_path(site.vault, owner.mark, letter.language),
    )
