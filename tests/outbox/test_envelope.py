"""What a letter's headers are to a mail program, whatever stands in names and titles."""

import email
import re
from email.header import decode_header, make_header

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms.outbox.envelope import envelope, sender_of
from cms.outbox.rules import Message
from cms.text.characters import one_line
from tests.conftest import START

STOP = f"https://news.example.org/letters/{'a' * 72}/stop?language=en"
HEADERS = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Content-Type",
    "Content-Transfer-Encoding",
    "MIME-Version",
]


def _raw(subject: str, name: str = "The Tidewaiter", text: str = "Hello.\n") -> bytes:
    sender = sender_of("letters@example.org", name, "news.example.org")
    sealed = envelope(Message(subject, text), "dan@example.org", sender, "abc", START, STOP)
    return sealed.content.as_bytes()


@pytest.mark.parametrize(
    "said",
    [
        "کوئی جواب دے تو کیا ہم آپ کو ای میل کریں؟",
        "Dan\r\nBcc: everybody@example.org",
        "Dan\r\n\r\nBuy this",
        "=?utf-8?q?Dan=0D=0ABcc=3A_everybody=40example=2Eorg?=",
        "“Quoted”, (commented), <bracketed@example.org>; and \\ escaped",
        "a" * 500,
        "ہم " * 150,
    ],
)
def test_a_subject_and_a_name_arrive_as_they_were_said(said: str) -> None:
    _check(said)


@given(st.text(max_size=200))
def test_nothing_that_is_said_breaks_a_letter(said: str) -> None:
    _check(said)


def _check(said: str) -> None:
    raw = _raw(said, said)
    head, _, _ = raw.partition(b"\r\n\r\n")
    assert max(map(len, head.split(b"\r\n"))) <= 998
    assert head.isascii()
    message = email.message_from_bytes(raw)
    assert message.keys() == HEADERS
    assert str(make_header(decode_header(message["Subject"].replace("\r\n", "")))) == one_line(said)
    assert message["List-Unsubscribe"] == f"<{STOP}>"
    assert re.search(r"(^|<)letters@example\.org>?$", message["From"])


def test_a_letters_text_fits_through_any_server() -> None:
    text = "ہم آپ کو لکھتے ہیں۔ " * 200 + "\n.\nFrom here on " + "a" * 2000 + "\n"
    raw = _raw("Hello", text=text)
    assert raw.isascii()
    assert max(map(len, raw.partition(b"\r\n\r\n")[2].split(b"\r\n"))) <= 78
    message = email.message_from_bytes(raw)
    payload = message.get_payload(decode=True)
    assert isinstance(payload, bytes)
    assert payload.decode().replace("\r\n", "\n") == text
