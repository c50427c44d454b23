"""A mail server on loopback that keeps what it is given, and answers as a test wants."""

import asyncio
import email
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

GOOD = "250 OK"
ACCOUNT = (b"newsroom", b"a secret of the server")


class Mailbox:
    """Everybody's mailbox; `letters` are the messages taken, parsed as a mail program does."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.raw: list[bytes] = []
        self.of_recipient: dict[str, str] = {}  # what RCPT TO is answered
        self.of_content = GOOD  # what the final dot is answered
        self.pause_seconds = 0.0
        self.when_taken: Callable[[], None] = lambda: None

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Answer who may be written to."""
        answer = self.of_recipient.get(address, GOOD)
        if answer == GOOD:
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name
        """Take a message, or not."""
        await asyncio.sleep(self.pause_seconds)
        if self.of_content == GOOD:
            content = cast(bytes, envelope.content)
            self.raw.append(content)
            self.letters.append(cast(EmailMessage, email.message_from_bytes(content, policy=default)))
            self.recipients += envelope.rcpt_tos
            self.when_taken()
        return self.of_content

    def take_all(self) -> list[EmailMessage]:
        """Return the letters that have come since the last look."""
        taken, self.letters = self.letters, []
        return taken


class Server(Controller):
    """The mail server of a mailbox, on a free port of its own."""

    def __init__(self, mailbox: Mailbox, **options: Any) -> None:
        super().__init__(mailbox, hostname="127.0.0.1", port=0, **{"enable_SMTPUTF8": True, **options})

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]  # type: ignore[union-attr]  # it listens by now
        super()._trigger_server()


def secure_options(context: ssl.SSLContext) -> dict[str, Any]:
    """Return the options of a server that takes letters by STARTTLS only, and only from ACCOUNT."""
    return {
        "tls_context": context,
        "require_starttls": True,
        "auth_required": True,
        "authenticator": _authenticate,
    }


def _authenticate(
    _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, sent: Any
) -> AuthResult:
    is_right = isinstance(sent, LoginPassword) and (sent.login, sent.password) == ACCOUNT
    return AuthResult(success=is_right, handled=False)
