"""What an address may be disguised as, each of which an audit sees through."""

import base64
import bz2
import codecs
import gzip
import hashlib
import io
import json
import quopri
import zipfile
import zlib
from collections.abc import Callable
from urllib.parse import quote
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms.privacy.decoders import SEPARATOR
from cms.privacy.scan import scan
from cms.privacy.sought import SoughtAddresses
from cms.vault import normalised_address

ADDRESS = "Dan.O'Reilly+news@mail.example.org"
RAW = ADDRESS.encode()
NORMAL = normalised_address(ADDRESS).encode()


def _each(pattern: str) -> bytes:
    return "".join(pattern.format(ord(letter)) for letter in ADDRESS).encode()


def _wrapped(text: bytes, width: int) -> bytes:
    return b"\r\n".join(text[start : start + width] for start in range(0, len(text), width))


def _zipped(content: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", content * 9)
    return held.getvalue()


DISGUISES: dict[str, tuple[bytes, str]] = {
    "as typed": (RAW, "clear"),
    "in capitals": (RAW.upper(), "clear"),
    "in small letters": (RAW.lower(), "clear"),
    "URL-encoded": (quote(ADDRESS).encode(), "url"),
    "URL-encoded but for the @": (RAW.replace(b"+", b"%2B"), "url"),
    "URL-encoded letter by letter": (_each("%{:02x}"), "url"),
    "URL-encoded twice": (quote(quote(ADDRESS)).encode(), "url in url"),
    "JSON with an escaped @": (RAW.replace(b"@", b"\\u0040"), "json"),
    "JSON escaped letter by letter": (_each("\\u{:04X}"), "json"),
    "JSON within JSON": (RAW.replace(b"@", b"\\\\u0040"), "json"),
    "escaped bytes": (_each("\\x{:02x}"), "json"),
    "a decimal entity": (RAW.replace(b"@", b"&#64;"), "html"),
    "a hexadecimal entity": (RAW.replace(b"@", b"&#x40;"), "html"),
    "a named entity": (RAW.replace(b"@", b"&commat;"), "html"),
    "entities letter by letter": (_each("&#x{:04x};"), "html"),
    "an entity that was escaped again": (RAW.replace(b"@", b"&amp;#64;"), "html in html"),
    "UTF-16 LE": (ADDRESS.encode("utf-16-le"), "utf-16-le"),
    "UTF-16 BE": (b"\x00" + ADDRESS.encode("utf-16-be"), "utf-16-le"),
    "UTF-32": (ADDRESS.encode("utf-32-be"), "utf-32"),
    "split over lines": (RAW.replace(b"mail", b"ma\n  il"), "split"),
    "folded behind the @": (RAW.replace(b"@", b"@\r\n\t"), "split"),
    "letters apart": (" ".join(ADDRESS).encode(), "split"),
    "with a tag in it": (RAW.replace(b"@", b'<wbr class="a">@'), "split"),
    "quoted-printable": (RAW.replace(b"@", b"=40").replace(b"mail", b"ma=\r\nil"), "quoted-printable"),
    "reversed": (RAW[::-1], "reversed"),
    "ROT13": (codecs.encode(ADDRESS, "rot13").encode(), "rot13"),
    "hexadecimal": (RAW.hex().encode(), "hex"),
    "hexadecimal in capitals": (RAW.hex().upper().encode(), "hex"),
    "hexadecimal behind an odd digit": (b"a" + RAW.hex().encode(), "hex"),
    "hexadecimal with spaces": (RAW.hex(" ").encode(), "hex"),
    "hexadecimal with colons": (RAW.hex(":").encode(), "hex"),
    "hexadecimal over lines": (_wrapped(RAW.hex().encode(), 30), "hex"),
    "base64": (base64.b64encode(RAW), "base64"),
    "base64, second alignment": (base64.b64encode(b"-" + RAW), "base64"),
    "base64, third alignment": (base64.b64encode(b"--" + RAW), "base64"),
    "base64 glued to a word": (b"Zeta" * 3 + b"e" + base64.b64encode(RAW), "base64"),
    "base64 for URLs": (base64.urlsafe_b64encode(b"\xff\xfe?>" + RAW + b"\xff\xff?"), "base64"),
    "base64 over lines": (_wrapped(base64.b64encode(b"The letter goes to " * 3 + RAW), 50), "base64"),
    "base64 of capitals": (base64.b64encode(RAW.upper()), "base64"),
    "base64 of base64": (base64.b64encode(base64.b64encode(RAW)), "base64 in base64"),
    "base64 of a query": (base64.b64encode(quote(ADDRESS).encode()), "url in base64"),
    "hexadecimal of base64": (base64.b64encode(RAW).hex().encode(), "base64 in hex"),
    "hexadecimal of UTF-16": (ADDRESS.encode("utf-16-le").hex().encode(), "utf-16-le in hex"),
    "URL-encoded as IIS does": (RAW.replace(b"@", b"%u0040"), "url"),
    "an entity in a URL": (quote(ADDRESS.replace("@", "&#64;")).encode(), "html in url"),
    "JSON in a URL": (quote(ADDRESS.replace("@", "\\u0040")).encode(), "json in url"),
    "a style sheet's escape": (RAW.replace(b"@", b"\\40 "), "css"),
    "UTF-7": (RAW.replace(b"+", b"+-").replace(b"@", b"+AEA-"), "utf-7"),
    "signs behind a backslash": (RAW.replace(b"@", b"\\@").replace(b".", b"\\."), "json"),
    "put together by a program": (RAW.replace(b"@", b"' || '@' || '"), "split"),
    "spelt for people": (RAW.replace(b"@", b" at ").replace(b".", b" dot "), "at"),
    "spelt in brackets": (RAW.replace(b"@", b"[at]").replace(b".", b"[dot]"), "at"),
    "spelt with capitals": (RAW.replace(b"@", b" (AT) "), "at"),
    "base64 with a query's escapes": (
        quote(base64.b64encode(b"\xff\xfb\xff" + RAW), safe="").encode(),
        "base64",
    ),
    "base64, three times": (
        base64.b64encode(base64.b64encode(base64.b64encode(RAW))),
        "base64 in base64 in base64",
    ),
    "base64 turned about": (base64.b64encode(RAW)[::-1], "base64"),
    "hexadecimal turned about": (RAW.hex()[::-1].encode(), "hex"),
    "base64 of UTF-16": (base64.b64encode(ADDRESS.encode("utf-16-le")), "utf-16-le in base64"),
    "base64 of gzip": (base64.b64encode(gzip.compress(RAW)), "packed in base64"),
    "base64 of zip": (base64.b64encode(_zipped(RAW)), "packed in base64"),
    "hexadecimal of zlib": (zlib.compress(RAW).hex().encode(), "packed in hex"),
    "hexadecimal of bzip2": (bz2.compress(RAW).hex().encode(), "packed in hex"),
    "two bytes a letter of base64": (
        base64.b64encode(RAW).decode().encode("utf-16-le"),
        "base64 in two bytes a letter",
    ),
    "base32 in small letters": (base64.b32encode(RAW).lower(), "base32"),
    "base32": (base64.b32encode(RAW), "base32"),
    "hexadecimal numbers": (", ".join(f"0x{byte:02x}" for byte in RAW).encode(), "hex"),
    "a list of codes": (str(list(RAW)).encode(), "codes"),
    "codes in a query": ("||".join(f"CHR({byte})" for byte in RAW).encode(), "codes"),
    "bits": (" ".join(f"{byte:08b}" for byte in RAW).encode(), "codes"),
    "mathematical letters": (
        "".join(chr(0x1D41A + ord(sign) - 97) if sign.islower() else sign for sign in ADDRESS).encode(),
        "wide",
    ),
    "a wide @": (RAW.replace(b"@", "＠".encode()), "wide"),
}


def _as_uuid(digest: bytes) -> bytes:
    return str(UUID(bytes=digest[:16])).encode() + digest[16:].hex().encode()


DIGESTS = [hashlib.md5, hashlib.sha1, hashlib.sha256]
PLACES = {
    "alone": (b"", b""),
    "in a sentence": (b"it went to (", b"), I think."),
    "in a query": (b"GET /x?e=", b"&n=1 HTTP/1.1"),
    "between records": (b"\x0f\x81\x1eDan", b"\x00\x01\x02"),
    "far inside": (b"The tram left at nine. " * 9000, b" And so did we." * 9000),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("disguise", DISGUISES)
def test_an_address_is_seen_through_its_disguise(disguise: str, place: str) -> None:
    bytes_of_it, form = DISGUISES[disguise]
    before, behind = PLACES[place]
    if disguise.startswith("UTF-") and len(before) % 4:
        form = ""  # which of the two orders it is called depends on where it begins
    forms = [hit.form for hit in scan(before + bytes_of_it + behind, SoughtAddresses([ADDRESS]))]
    assert forms
    assert form in forms or not form or disguise.startswith("UTF-")


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("make", DIGESTS)
def test_a_digest_of_an_address_is_found(make: Callable[[bytes], "hashlib._Hash"], place: str) -> None:
    kind, digest = make(b"").name, make(NORMAL).digest()
    for written, form in (
        (digest.hex().encode(), f"{kind} in hex"),
        (digest.hex().upper().encode(), f"{kind} in hex"),
        (b"abc" + digest.hex().encode(), f"{kind} in hex"),
        (base64.b64encode(digest), f"{kind} in base64"),
        (base64.urlsafe_b64encode(digest).rstrip(b"="), f"{kind} in base64"),
        (digest, kind),
        (_as_uuid(digest), f"{kind} in hex"),
        (json.dumps(digest.decode("latin-1")).encode(), f"{kind} in escaped bytes"),
    ):
        before, behind = PLACES[place]
        assert form in {hit.form for hit in scan(before + written + behind, SoughtAddresses([ADDRESS]))}


def test_the_longest_of_several_addresses_is_meant() -> None:
    sought = SoughtAddresses(["dan@example.org", "jordan@example.org", "dan@example.org.uk"])
    assert [hit.number for hit in scan(b"jordan@example.org", sought)] == [1]
    assert [hit.number for hit in scan(b"to dan@example.org.uk", sought)] == [2]
    assert [hit.number for hit in scan(b"to dan@example.org, later", sought)] == [0]


def test_an_address_in_another_script_is_found() -> None:
    sought = SoughtAddresses(["دان@مثال.example", "jörg@köln.example"])
    assert [hit.number for hit in scan("لکھیں دان@مثال.example کو".encode(), sought)] == [0]
    assert [hit.number for hit in scan(quote("دان@مثال.example").encode(), sought)] == [0]
    assert [hit.number for hit in scan("Jo\u0308rg@KÖLN.example".encode(), sought)] == [1]
    assert [hit.number for hit in scan("jörg@xn--kln-sna.example".encode(), sought)] == [1]
    assert [hit.number for hit in scan("دان@مثال.example".encode("utf-16-le"), sought)] == [0]


def test_other_addresses_and_noise_are_no_find() -> None:
    sought = SoughtAddresses(["dan@example.org"])
    noise = hashlib.sha256(b"x").hexdigest() * 40 + base64.b64encode(bytes(range(256)) * 9).decode()
    said = f"ada@example.org dan@example.com dan@@example.org dan@ exa &#64; %40 \\u0040 =40 {noise}"
    assert not list(scan(said.encode(), sought))


def test_numbers_in_two_columns_are_no_dump_of_bytes() -> None:
    assert not list(scan(b"band\tlikeness\n109406\t7785031\n", SoughtAddresses(["dan@example.org"])))


def test_nothing_is_read_across_two_values() -> None:
    assert not list(scan(b"dan@exam" + SEPARATOR + b"ple.org", SoughtAddresses(["dan@example.org"])))


def test_what_is_no_address_is_not_looked_for() -> None:
    assert len(SoughtAddresses(["", "dan", "@", "dan@", "@example.org", "dan@example.org"])) == 1


def test_a_letter_in_quoted_printable_is_read() -> None:
    letter = quopri.encodestring(f"Grüße an {'viele und ' * 9}{ADDRESS}".encode())
    assert list(scan(letter, SoughtAddresses([ADDRESS])))


@given(st.binary(max_size=400), st.binary(max_size=400), st.sampled_from(sorted(DISGUISES)))
def test_no_bytes_around_it_break_the_search(before: bytes, behind: bytes, disguise: str) -> None:
    list(scan(before + DISGUISES[disguise][0] + behind, SoughtAddresses([ADDRESS])))


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_no_bytes_around_it_hide_a_plain_address(before: bytes, behind: bytes) -> None:
    assert list(scan(before + b"\x1f" + RAW + b"\x1f" + behind, SoughtAddresses([ADDRESS])))
