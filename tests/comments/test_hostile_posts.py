"""Bodies that no browser sends: each is refused cleanly or stored well, and none breaks the site."""

from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask

from cms.site import Site
from tests.comments.stored import only, stored
from tests.conftest import ON_SQLITE, START
from tests.factories import write_article
from tests.reader import Reader, check_page

CAT = "/articles/cat"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=x"
DAN = {"name": "Dan", "email": "dan@example.org", "comment": "Words that stay."}


@pytest.fixture
def reader(app: Flask, site: Site) -> Reader:
    """Give a reader of a site with one article."""
    write_article(site, "Cat", START)
    return Reader(app)


def urlencoded(fields: dict[str, str]) -> bytes:
    """Encode fields whose values are percent-encoded already."""
    return "&".join(f"{name}={value}" for name, value in fields.items()).encode()


@pytest.mark.both_engines
def test_nul_and_other_controls_are_taken_out_of_what_is_stored(reader: Reader, site: Site) -> None:
    answer = reader.comment(CAT, name="D\0an", comment="one\0two\x08\x1b[31mthree\ufffe")
    assert answer.status_code == 303
    assert (only(site).name, only(site).body_text) == ("Dan", "onetwo[31mthree")


@pytest.mark.both_engines
def test_invalid_utf8_is_stored_as_what_can_be_read_of_it(reader: Reader, site: Site) -> None:
    fields = {"token": reader.form_of(CAT)["token"], "name": "Dan%ff", "email": "dan@example.org"}
    body = urlencoded({**fields, "comment": "caf%e9+and+%ed%a0%80"})
    assert reader.post(f"{CAT}/comments", body, content_type=FORM).status_code == 303
    assert only(site).body_text.startswith("caf")
    assert only(site).body_text.encode()
    assert reader.get(CAT).status_code == 200


@ON_SQLITE
@pytest.mark.parametrize("text", ["👩‍👩‍👧‍👦 آپ‌کا‏ شکریہ", "\U0010fffd", "e\u0301" * 500, "﷽" * 300])
def test_every_script_comes_back_as_it_was_typed(reader: Reader, site: Site, text: str) -> None:
    assert reader.comment(CAT, comment=text).status_code == 303
    assert only(site).body_text == text


@pytest.mark.both_engines
def test_the_longest_address_can_be_sealed_and_a_longer_one_is_refused(reader: Reader, site: Site) -> None:
    longest = f"{'a' * 64}@{'ü' * 92}.org"
    assert len(longest.encode()) == 253
    assert reader.comment(CAT, email=longest).status_code == 303
    sealed = only(site).email_sealed
    assert sealed
    assert site.vault.unseal(sealed, table="comment", mark=only(site).mark) == longest
    assert reader.comment(CAT, email=f"{'𐐀' * 64}@{'𐐀' * 180}.org").status_code == 422


@pytest.mark.both_engines
def test_an_answer_to_no_comment_is_422_with_the_words(reader: Reader, site: Site) -> None:
    for asked in ("99999999999", "999999999999999999", "9" * 40, "-1", "1e3", "x", "\0", "٣"):
        answer = reader.comment(CAT, reply_to=asked, comment="Words that stay.")
        assert answer.status_code == 422, asked
        assert "Words that stay." in answer.text
    assert stored(site) == []


@ON_SQLITE
def test_ten_thousand_fields_are_read_past(reader: Reader) -> None:
    body = "&".join(f"field{number}=1" for number in range(10_000))
    assert reader.post(f"{CAT}/comments", body, content_type=FORM).status_code == 422


def multipart(names: list[str], of_file: str = "") -> bytes:
    """Return a form in parts, each with the same short value."""
    part = '--x\r\nContent-Disposition: form-data; name="{}"{}\r\n\r\nDan\r\n'
    return ("".join(part.format(name, of_file) for name in names) + "--x--\r\n").encode()


BODIES: dict[str, dict[str, Any]] = {
    "a file as a name": {"data": multipart(["name"], '; filename="x"'), "content_type": MULTIPART},
    "three thousand parts": {"data": multipart(["name"] * 3000), "content_type": MULTIPART},
    "json": {"json": {**DAN, "name": 5}},
    "a json list": {"json": [1, 2]},
    "broken json": {"data": "{", "content_type": "application/json"},
    "plain text": {"data": "name=Dan", "content_type": "text/plain"},
    "raw bytes": {"data": b"name=\xff&comment=\xfe", "content_type": FORM},
    "multipart without boundary": {"data": b"x", "content_type": "multipart/form-data"},
    "multipart that is cut": {"data": b"--x\r\nContent-", "content_type": MULTIPART},
    "nothing": {"data": b""},
    "ampersands": {"data": "&" * 100_000, "content_type": FORM},
    "an unknown charset": {"data": b"name=a", "content_type": f"{FORM}; charset=klingon"},
}


@ON_SQLITE
@pytest.mark.parametrize("kind", BODIES)
def test_a_body_that_no_browser_sends_is_refused_cleanly(reader: Reader, site: Site, kind: str) -> None:
    answer = reader.client.post(f"{CAT}/comments", headers=reader.headers, **BODIES[kind])
    assert 400 <= answer.status_code < 500
    assert stored(site) == []


@ON_SQLITE
@pytest.mark.parametrize("kind", ["cut", "of another boundary", "too many", "without an end"])
def test_a_form_in_parts_that_is_broken_gives_back_the_words_that_can_be_read(
    reader: Reader, site: Site, kind: str
) -> None:
    part = '--x\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    body = "".join(
        part.format(*field) for field in (DAN | reader.form_of(CAT)).items() if field[0] != "comment"
    ) + part.format("comment", "My very wörds.\nAll of them.")
    body = {
        "cut": body + "--x\r\nContent-Disposition: form-da",
        "of another boundary": body + "--y--\r\n",
        "too many": body + part.format("more", "1") * 2500 + "--x--\r\n",
        "without an end": body,
    }[kind]
    answer = reader.post(f"{CAT}/comments", body.encode(), content_type=MULTIPART)
    assert answer.status_code in {400, 413}
    assert check_page(answer).text("textarea", id="comment").startswith("My very wörds. All of them.")
    assert stored(site) == []


# One site for all of them: making it costs more than asking it.
NOBODYS = (
    "/articles/%00",
    "/%00",
    "/authors/a%00",
    "/pages/%00",
    "/sections/%00/feed.xml",
    "/search?q=%00",
    "/comments/%00",
    "/media/%00",
    f"{CAT}?reply_to=99999999999",
    f"{CAT}?comments=1.999999999999999999",
    f"{CAT}?comments=-62000000000000000.1",
    "/?page=1.99999999999",
    "/?" + "&".join(f"a{n}=1" for n in range(40)),
    "/nowhere?" + "&".join(f"a{n}=1" for n in range(40)),
    "/articles/%ff%fe",
    "/articles/" + quote("\u202e" * 50),
    "/articles/" + "a" * 5000,
)


@pytest.mark.both_engines
def test_an_address_that_nobody_links_to_breaks_nothing(reader: Reader) -> None:
    statuses = {path: reader.get(path).status_code for path in NOBODYS}
    assert {path: status for path, status in statuses.items() if status not in {200, 404}} == {}
