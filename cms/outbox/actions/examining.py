"""Telling whether letters leave."""

from collections.abc import Iterator

from cms.config import Settings
from cms.outbox.actions.posting import Post, ServerAway
from cms.outbox.envelope import sender_of


def mail_findings(settings: Settings, stale: int) -> Iterator[tuple[bool, str]]:
    """Yield what is well with mail and what is not; asks the mail server to let us in, where one is named.

    `stale` letters have been due for a day.
    """
    if not settings.mail_is_on:
        yield _off_finding(settings)
        if settings.trust_proved:
            yield False, "trust_proved is on, but it takes letters: every comment waits for a moderator."
        return
    place = f"{settings.smtp_host}:{settings.smtp_port}"
    try:
        with Post(settings) as post:
            post.connected()
        yield True, f"Letters are written, and the mail server {place} lets us in."
    except ServerAway as away:
        yield False, f"The mail server {place} does not let us in: {away}. Letters wait until it does."
    if settings.smtp_security == "none" and settings.smtp_host not in {"localhost", "127.0.0.1", "::1"}:
        yield False, "smtp_security is none: letters and their addresses go to the mail server unencrypted."
    if stale:
        yield False, f"{stale} letters have been due for a day. The log says why each could not leave."
    domain = sender_of(settings.mail_from, "", "").address.rpartition("@")[2]
    yield (
        True,
        f"Have the mail server sign letters of {domain} with DKIM, and name it in that domain's SPF record:"
        " nobody can see from here whether it is so, and unsigned letters lose their one-click stop (RFC 8058).",
    )


def _off_finding(settings: Settings) -> tuple[bool, str]:
    if settings.smtp_host or settings.mail_from:
        return False, "Of smtp_host and mail_from only one is set, so no letters are written."
    return True, "No letters are written: smtp_host and mail_from are not set."
