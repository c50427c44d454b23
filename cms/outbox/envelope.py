"""Putting a message into an envelope: plain text with the headers that a letter from a machine has."""

from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from cms.outbox.rules import Message

POLICY = SMTP.clone(cte_type="7bit")  # then it fits through any server, without asking for 8BITMIME


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
    content["From"] = _mailbox(sender.address, _one_line(sender.name))
    content["To"] = _mailbox(to, "")
    content["Subject"] = _one_line(message.subject)
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


def _mailbox(address: str, name: str) -> Address:
    local, _, domain = address.rpartition("@")
    return Address(display_name=name, username=local, domain=domain)


def _one_line(text: str) -> str:
    return " ".join(text.split())
