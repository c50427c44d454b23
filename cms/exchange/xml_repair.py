"""The text of an export file, made readable for an XML parser without changing what it says."""

import codecs
import re
from collections.abc import Iterator
from html import escape
from html.entities import html5
from typing import BinaryIO

CHUNK_BYTES = 65_536
LOOKAHEAD = 512  # characters kept back, so that no token below is cut in two
LONGEST_BLANK = 256  # white space between a CDATA section and the end of its element

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # XML 1.0, section 2.2
_CONTROLS = bytes(code for code in range(0x20) if code not in b"\t\n\r")
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']""")
_XML_OR_RSS = re.compile(r"<\?xml[\s?]|<rss[\s>]", re.IGNORECASE)
_DECLARATION = re.compile(r"<\?xml[\s?][^>]*>", re.IGNORECASE)
_OUTSIDE = re.compile(
    r"<!\[CDATA\[|<!--|\]\]>|&(?!(?:amp|lt|gt|quot|apos);)|<(?![A-Za-z_/!?])",
)
_INSIDE = re.compile(r"<!\[CDATA\[|\]\]>")
_NUMBER = re.compile(r"&#(?:([0-9]{1,10})|[xX]([0-9A-Fa-f]{1,8}));")
_NAME = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,31};)")
_CLOSING = re.compile(rf"\s{{0,{LONGEST_BLANK}}}</\s*([^\s>]*)")
_TAG_NAME = re.compile(r"<([A-Za-z_][^\s>/]*)")

# Only charsets in which blogs were ever kept: Python's registry also knows codecs that are no charset.
_CHARSETS = {
    "iso-8859-1": "cp1252",  # what browsers read, and what people typed
    "latin1": "cp1252",
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    "utf8": "utf-8",
    "windows-31j": "cp932",
    **{f"iso-8859-{n}": f"iso8859-{n}" for n in (*range(2, 12), 13, 14, 15, 16)},
    **{f"windows-125{n}": f"cp125{n}" for n in range(9)},
    **{f"cp125{n}": f"cp125{n}" for n in range(9)},
    **{
        name: name
        for name in ("utf-8", "koi8-r", "koi8-u", "euc-jp", "shift_jis", "gb2312", "gbk", "gb18030")
    },
    **{name: name for name in ("big5", "euc-kr", "tis-620", "iso-2022-jp")},
}


class NotWxr(Exception):
    """The file is not a WordPress export; the sentence says what it is instead."""


def repaired(stream: BinaryIO) -> Iterator[str]:
    """Yield the text of an export so that a parser can read it; every line keeps its number.

    Undone are: a byte order mark, blank lines or warnings before the XML declaration, the declaration itself,
    characters and references that XML forbids, invalid bytes, bare ampersands and HTML's named entities,
    XML comments, and `]]>` written inside a CDATA section. Raises NotWxr for what is no XML text at all.
    """
    head = _filled(stream)
    _refuse_foreign_bytes(head)
    decoded = _Decoder(_charset(head))
    text = decoded.take(head).lstrip("\ufeff")
    _refuse_foreign_text(text)
    repair = _Repair()
    yield repair.feed(_from_its_start(text))
    while chunk := stream.read(CHUNK_BYTES):
        yield repair.feed(decoded.take(chunk))
    yield repair.feed(decoded.take(b"", final=True), final=True)


def _filled(stream: BinaryIO) -> bytes:
    head = b""
    while len(head) < CHUNK_BYTES and (more := stream.read(CHUNK_BYTES - len(head))):
        head += more
    return head


def _refuse_foreign_bytes(head: bytes) -> None:
    if not head.strip(b"\0 \t\r\n"):
        raise NotWxr("The file is empty.")
    if head.startswith(b"\x1f\x8b"):
        raise NotWxr("The file is compressed (gzip), unpack it first.")
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        raise NotWxr("The file is a zip archive, unpack it first.")


def _charset(head: bytes) -> str:
    if head.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        return "utf-32"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if head.startswith(b"<\0"):
        return "utf-16-le"
    if head.startswith(b"\0<"):
        return "utf-16-be"
    declared = _DECLARED.search(head[:4096])
    return _CHARSETS.get(declared[1].decode("ascii").lower(), "utf-8") if declared else "utf-8"


def _refuse_foreign_text(text: str) -> None:
    beginning = text.lstrip()
    if not beginning:
        raise NotWxr("The file is empty.")
    if beginning[0] in "{[":
        raise NotWxr("The file looks like JSON, not like a WordPress export (WXR).")
    if re.match(r"<!doctype\s+html|<html[\s>]", beginning, re.IGNORECASE):
        raise NotWxr("The file is a web page (HTML), not a WordPress export (WXR).")
    if "<" not in beginning:
        raise NotWxr("The file is not XML, so it is not a WordPress export (WXR).")


def _from_its_start(text: str) -> str:
    """Return the text without declaration and without what a server wrote before it (PHP warnings)."""
    start = _XML_OR_RSS.search(text)
    junk = text[: start.start()] if start else ""
    if start and "<!doctype" not in junk.lower():
        text = "\n" * junk.count("\n") + text[start.start() :]
    declaration = _DECLARATION.match(text, len(text) - len(text.lstrip()))
    if not declaration:
        return text
    return "\n" * text.count("\n", 0, declaration.end()) + text[declaration.end() :]


class _Decoder:
    """Turns bytes into text without the characters that XML forbids."""

    def __init__(self, charset: str) -> None:
        self._decode = codecs.getincrementaldecoder(charset)(errors="replace").decode
        self._is_utf8 = charset == "utf-8"

    def take(self, chunk: bytes, *, final: bool = False) -> str:
        """Return what can be read by now."""
        if not self._is_utf8:
            return _NOT_XML.sub("", self._decode(chunk, final))
        # In UTF-8 a control character is a byte of its own, and none stands for half of a pair. To look at each
        # character of the text instead took a quarter of all reading (measured).
        text = self._decode(chunk.translate(None, _CONTROLS), final)
        return text.replace("\ufffe", "").replace("\uffff", "")


class _Repair:
    """The state between two chunks: what is not yet decided, and whether a CDATA section is open."""

    def __init__(self) -> None:
        self._pending = ""
        self._before = ""
        self._in_comment = False
        self._in_cdata = False
        self._nested = 0
        self._element = ""

    def feed(self, text: str, *, final: bool = False) -> str:
        """Return what can be said for certain by now."""
        text = self._pending + text
        safe = len(text) if final else max(0, len(text) - LOOKAHEAD)
        done: list[str] = []
        at = 0
        while at < safe:
            if self._in_comment:
                at = self._skip_comment(text, at, safe, done)
            elif self._in_cdata:
                at = self._through_cdata(text, at, safe, done)
            else:
                at = self._through_markup(text, at, safe, done)
        self._pending = text[at:]
        self._before = text[max(0, at - LOOKAHEAD) : at]
        return "".join(done)

    def _skip_comment(self, text: str, at: int, safe: int, done: list[str]) -> int:
        end = text.find("-->", at)
        self._in_comment = end < 0
        stop = safe if end < 0 else end + 3
        done.append("\n" * text.count("\n", at, stop))
        return stop

    def _through_cdata(self, text: str, at: int, safe: int, done: list[str]) -> int:
        token = _INSIDE.search(text, at)
        if token is None or token.start() >= safe:
            done.append(text[at:safe])
            return safe
        done.append(text[at : token.start()])
        if token[0] != "]]>":
            self._nested += 1
            done.append(token[0])
        elif self._is_the_end(text, token.end()):
            self._in_cdata = text.startswith("<![CDATA[", token.end())
            done.append("]]><![CDATA[" if self._in_cdata else "]]>")
            return token.end() + (len("<![CDATA[") if self._in_cdata else 0)
        else:
            self._nested = max(0, self._nested - 1)
            done.append("]]]]><![CDATA[>")
        return token.end()

    def _is_the_end(self, text: str, after: int) -> bool:
        """Tell whether a `]]>` closes the section: in old exports it can be part of the content."""
        closing = _CLOSING.match(text, after)
        if closing:
            return not self._element or closing[1] == self._element
        return text.startswith("<![CDATA[", after) or not self._nested

    def _into_cdata(self, text: str, token: re.Match[str], safe: int, done: list[str]) -> int:
        self._element = self._element_before(text, token.start())
        end = text.find("]]>", token.end(), safe)
        is_plain = end >= 0 and text.startswith(f"</{self._element}>", end + 3)
        if is_plain and "<![CDATA[" not in text[token.end() : end]:  # as nearly all are
            done.append(text[token.start() : end + 3])
            return end + 3
        self._in_cdata, self._nested = True, 0
        done.append(token[0])
        return token.end()

    def _element_before(self, text: str, stop: int) -> str:
        """Return the name of the element that was opened last before `stop`, "" if a tag was closed there."""
        opening = text.rfind("<", 0, stop)
        if opening < 0:  # not always: to join the two for each section took a third of all repairing
            text, stop = self._before + text, len(self._before) + stop
            opening = max(0, text.rfind("<", 0, stop))
        tag = _TAG_NAME.match(text, opening)
        return tag[1] if tag else ""

    def _through_markup(self, text: str, at: int, safe: int, done: list[str]) -> int:
        token = _OUTSIDE.search(text, at)
        if token is None or token.start() >= safe:
            done.append(text[at:safe])
            return safe
        done.append(text[at : token.start()])
        if token[0] == "<!--":
            self._in_comment = True
        elif token[0] == "<![CDATA[":
            return self._into_cdata(text, token, safe, done)
        elif token[0] == "&":
            return _reference(text, token.start(), done)
        else:
            done.append("]]&gt;" if token[0] == "]]>" else "&lt;")
        return token.end()


def _reference(text: str, at: int, done: list[str]) -> int:
    number = _NUMBER.match(text, at)
    if number:
        code = int(number[1]) if number[1] else int(number[2], 16)
        if 0 < code <= 0x10FFFF and not _NOT_XML.match(chr(code)):
            done.append(number[0])
        return number.end()
    name = _NAME.match(text, at)
    if name and name[1] in html5:
        done.append(escape(html5[name[1]]))
        return name.end()
    done.append("&amp;")
    return at + 1
