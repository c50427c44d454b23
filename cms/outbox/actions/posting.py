"""Handing letters to the mail server."""

import contextlib
import smtplib
import ssl
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from cms.config import Settings
from cms.outbox.envelope import Envelope

TIMEOUT_SECONDS = 20.0  # for each answer of the server; one that is alive gives it within a few
SPEAKS_OF_US = ("5.7.", "4.7.")  # RFC 3463, section 3.8: security and policy; the address itself may be good
SERVER_GOES = 421  # RFC 5321, section 3.8: it closes the connection, whatever was asked
NEEDS_SIGNING_IN = frozenset({530, 534, 535, 538})  # RFC 4954, section 6


class ServerAway(RuntimeError):
    """The mail server takes no letters at all just now; the sentence says which kind of failure, and no address."""


class LetterRefused(Exception):
    """The mail server will never take this letter."""


class PutOff(Exception):
    """The mail server asks to try this letter later."""


class Post:
    """One connection to the mail server, made when the first letter goes; `with Post(settings) as post:`."""

    def __init__(self, settings: Settings) -> None:
        """Take the settings; nothing is connected yet."""
        self._settings = settings
        self._server: smtplib.SMTP | None = None

    def __enter__(self) -> "Post":
        """Return the post itself."""
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        """Close the connection; a server that does not even take leave changes nothing."""
        if self._server is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                self._server.quit()
            self._server.close()

    def deliver(self, envelope: Envelope, sender: str) -> None:
        """Hand one letter over. Raises ServerAway, LetterRefused or PutOff; returns once the server has taken it."""
        server = self.connected()
        needs_utf8 = not envelope.to.isascii()
        if needs_utf8 and not server.has_extn("smtputf8"):
            raise LetterRefused("the address needs SMTPUTF8, which the server does not offer")
        with _in_our_words():
            server.send_message(envelope.content, sender, envelope.to)

    def connected(self) -> smtplib.SMTP:
        """Return the connection, made and signed in where there is none. Raises ServerAway."""
        if self._server is None:
            with _in_our_words():
                self._server = _connect(self._settings)
        return self._server


def _connect(settings: Settings) -> smtplib.SMTP:
    place = (settings.smtp_host, settings.smtp_port)
    if settings.smtp_security == "tls":
        secure = ssl.create_default_context()
        server: smtplib.SMTP = smtplib.SMTP_SSL(*place, timeout=TIMEOUT_SECONDS, context=secure)
    else:
        server = smtplib.SMTP(*place, timeout=TIMEOUT_SECONDS)
    try:
        if settings.smtp_security == "starttls":
            server.starttls(context=ssl.create_default_context())
        if settings.smtp_user:
            server.login(settings.smtp_user, _password(settings))
        server.ehlo_or_helo_if_needed()
    except BaseException:
        server.close()
        raise
    return server


def _password(settings: Settings) -> str:
    if settings.smtp_password_file:
        return Path(settings.smtp_password_file).read_text("utf-8").strip()
    return settings.smtp_password


@contextlib.contextmanager
def _in_our_words() -> Iterator[None]:
    """Say what the server answered without what stands in its answer, which may quote an address."""
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        ((code, answer),) = error.recipients.values()
        raise _verdict(code, answer, error) from None
    except smtplib.SMTPDataError as error:
        raise _verdict(error.smtp_code, error.smtp_error, error) from None
    except smtplib.SMTPNotSupportedError as error:
        raise ServerAway(type(error).__name__) from None
    except smtplib.SMTPResponseException as error:
        raise ServerAway(f"{type(error).__name__} {error.smtp_code}") from None
    except (smtplib.SMTPException, OSError, UnicodeError) as error:
        raise ServerAway(type(error).__name__) from None


def _verdict(code: int, answer: bytes | str, error: Exception) -> Exception:
    text = answer.decode("ascii", "replace") if isinstance(answer, bytes) else answer
    if code == SERVER_GOES or code in NEEDS_SIGNING_IN:
        return ServerAway(f"{type(error).__name__} {code}")
    if code >= 500 and not text.startswith(SPEAKS_OF_US):
        return LetterRefused(str(code))
    return PutOff(str(code))
