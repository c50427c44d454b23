"""Putting a message into an envelope: plain text with the headers that a letter from a machine has."""

from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.headerregistry import BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import format_datetime, formataddr, parseaddr
from typing import Any

from cms.outbox.rules import Message
from cms.text.characters import one_line

LINE_CHARS = 76  # RFC 5322, section 2.1.1, asks for 78 and lets a line have 998


class PlainHeader(UnstructuredHeader, BaseHeader):
    """A header whose value is written as it goes over the wire, and broken at blanks only.

    The package's own way has two faults: it encodes what is long and has no blank (the address in List-Unsubscribe),
    which no mailbox decodes there; and between encoded words it loses blanks (measured in Python 3.11, in Urdu).
    """

    @classmethod
    def parse(cls, value: str, kwds: dict[str, Any]) -> None:
        """Take the value as it is: text that looks like an encoded word is not decoded."""
        super().parse(value, kwds)
        kwds["decoded"] = value

    def fold(self, *, policy: Policy) -> str:
        """Return the header in lines of LINE_CHARS where blanks allow it."""
        lines = [f"{self.name}:"]
        for word in str(self).split(" "):
            if len(lines[-1]) + 1 + len(word) > LINE_CHARS and not lines[-1].endswith(":"):
                lines.append("")
            lines[-1] += f" {word}"
        return policy.linesep.join(lines) + policy.linesep


_HEADERS = HeaderRegistry()
for _name in ("from", "to", "subject", "message-id", "list-unsubscribe"):
    _HEADERS.map_to_type(_name, PlainHeader)
# 7bit: then it fits through any server, without asking for 8BITMIME.
POLICY = SMTP.clone(cte_type="7bit", header_factory=_HEADERS)


@dataclass(frozen=True, slots=True)
class Sender:
    """Whom letters come from: an address, the name beside it, and the site's host, which names messages."""

    address: str
    name: str
    host: str


@dataclass(frozen=True, slots=True)
class Envelope:
    """A letter ready to go; `to` stands as the server is told, with a domain in ASCII."""

    to: str
    content: EmailMessage


def sender_of(mail_from: str, site_name: str, host: str) -> Sender:
    """Return the sender that `mail_from` names, as `letters@example.org` or `The Tidewaiter <letters@example.org>`."""
    name, address = parseaddr(mail_from)
    return Sender(ascii_domain(address), name or site_name, host)


def envelope(
    message: Message, to: str, sender: Sender, message_id: str, now: datetime, stop_url: str
) -> Envelope:
    """Return the message to `to`, which is plain; `stop_url` is '' or where one click ends such letters (RFC 8058).

    Every header is set through the email package's own policy, which refuses a line break (RFC 5322, section 2.2).
    """
    to = ascii_domain(to)
    content = EmailMessage(policy=POLICY)
    content["From"] = _mailbox(sender.address, sender.name)
    content["To"] = to
    content["Subject"] = _words(message.subject)
    content["Date"] = format_datetime(now)
    content["Message-ID"] = f"<{message_id}@{sender.host}>"
    content["Auto-Submitted"] = "auto-generated"  # RFC 3834, section 5: nobody's holiday answers it
    if stop_url:
        content["List-Unsubscribe"] = f"<{stop_url}>"
        content["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    content.set_content(message.text)
    return Envelope(to, content)


def ascii_domain(address: str) -> str:
    """Return an address with its domain in ASCII (RFC 5891), or as it is where that cannot be."""
    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        return address


def _mailbox(address: str, name: str) -> str:
    name = one_line(name)
    return formataddr((name, address)) if _is_plain(name) else f"{_words(name)} <{address}>"


def _words(text: str) -> str:
    """Return text on one line, as encoded words (RFC 2047) where it needs them."""
    text = one_line(text)
    return text if _is_plain(text) else Header(text, "utf-8").encode(linesep="\n").replace("\n", "")


def _is_plain(text: str) -> bool:
    return text.isascii() and "=?" not in text
