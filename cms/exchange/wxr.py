"""WordPress's export format (WXR 1.0 to 1.2), read as a stream of events."""

import re
from collections.abc import Iterator
from typing import BinaryIO
from xml.parsers import expat

from cms.exchange.wxr_events import (
    ChannelHead,
    Damage,
    Oversized,
    WxrAuthor,
    WxrComment,
    WxrEvent,
    WxrItem,
    WxrTerm,
)
from cms.exchange.wxr_format import (
    DEEPEST,
    ELEMENT_COST,
    FIELDS,
    LONGEST_ITEM,
    LONGEST_VALUE,
    META_READ,
    WITHIN,
    family,
)
from cms.exchange.xml_repair import NotWxr, repaired

LONGEST_TAG = 1_000_000  # characters without any event: a tag that never ends would fill the memory
NAMES_KEPT = 500  # names of elements that are looked up once; exports use 70
_LONG_FIELDS = {"content", "excerpt"}


def read(stream: BinaryIO) -> Iterator[WxrEvent]:
    """Yield what an export holds, in its order, with one item in memory at a time.

    The head comes first; a Damage, if any, last. Raises NotWxr for a file that is no WordPress export, and
    for one with a document type or entities, which no export has and which exist here only to do harm.
    """
    reader = _Reader()
    for text in repaired(stream):
        damage = reader.feed(text)
        yield from reader.take()
        if damage:
            yield damage
        if damage or reader.finished:
            return
    damage = reader.feed("", final=True)
    yield from reader.take()
    if damage:
        yield damage


class _Unreadable(Exception):
    """The file goes on in a way that no export does."""


class _Record:
    """A record that is being read: its kind, how deep it stands, the fields it has so far."""

    __slots__ = ("comments", "depth", "fields", "kind", "line", "meta", "terms", "values", "within")

    def __init__(self, kind: str, depth: int, line: int) -> None:
        self.kind, self.depth, self.line = kind, depth, line
        self.within, self.fields = WITHIN.get(kind, {}), FIELDS.get(kind, {})
        self.values: dict[str, str] = {}
        self.terms: list[WxrTerm] = []
        self.meta: list[tuple[str, str]] = []
        self.comments: list[WxrComment] = []


class _Reader:
    """The state of reading: the records that are open, and the field whose text is being gathered."""

    def __init__(self) -> None:
        self.finished = False
        self._events: list[WxrEvent] = []
        self._has_head = False
        self._records: list[_Record] = []
        self._depth = 0
        self._field = ""
        self._field_depth = 0
        self._attributes: dict[str, str] = {}
        self._pieces: list[str] = []
        self._field_size = 0
        self._item_size = 0
        self._quiet = 0
        self._prefixes: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._parser = parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        parser.EntityDeclHandler = self._refuse_entity

    def take(self) -> list[WxrEvent]:
        """Return the events since the last call."""
        events, self._events = self._events, []
        return events

    def feed(self, text: str, *, final: bool = False) -> Damage | None:
        """Read on; return the damage at which reading ends, if there is one."""
        self._quiet += len(text)
        try:
            self._parser.Parse(text, final)
            if self._quiet > LONGEST_TAG:
                raise _Unreadable("a tag that does not end")
        except expat.ExpatError as error:
            if self.finished:
                return self._after_the_end(text, error.lineno)
            return self._damage(error.lineno, expat.ErrorString(error.code))
        except _Unreadable as error:
            return self._damage(self._parser.CurrentLineNumber, str(error))
        return None

    def _damage(self, line: int, why: str) -> Damage:
        if not self._has_head:
            channel = next((record for record in self._records if record.kind == "channel"), None)
            self._emit_head(channel, f" It cannot be read at line {line} either: {why}.")
        return Damage(line, why)

    def _after_the_end(self, text: str, line: int) -> Damage | None:
        # Servers append warnings, which do not matter; a second export glued to the first one does.
        if "<item" in text[text.find("</rss") :]:
            return Damage(line, "another export follows in the same file")
        return None

    def _refuse_doctype(self, name: str, *_rest: object) -> None:
        if name.lower() == "html":
            raise NotWxr("The file is a web page (HTML), not a WordPress export (WXR).")
        raise NotWxr("The file declares a document type (DOCTYPE); exports have none, so it is refused.")

    def _refuse_entity(self, *_rest: object) -> None:
        raise NotWxr("The file declares entities; exports have none, so it is refused.")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._quiet = 0
        self._depth += 1
        self._item_size += ELEMENT_COST
        if self._depth > DEEPEST:
            raise _Unreadable(f"elements stand in each other more than {DEEPEST} deep")
        if self._field:
            return
        name = self._names.get(tag) if not attributes else None
        if name is None:
            name = self._known_name(tag, attributes)
        if self._depth == 1:
            self._open_root(name)
        elif self._records and self._depth == self._records[-1].depth + 1:
            self._open_within(self._records[-1], name, attributes)

    def _open_root(self, name: str) -> None:
        if name != "rss":
            raise NotWxr(f"The file's first element is <{name[:40]}>, so it is not a WordPress export (WXR).")
        self._records.append(_Record("rss", 1, 1))

    def _open_within(self, record: _Record, name: str, attributes: dict[str, str]) -> None:
        kind = record.within.get(name)
        if kind:
            if record.kind == "channel" and not self._has_head:
                self._emit_head(record)
            if record.kind == "channel":
                self._item_size = 0
            self._records.append(_Record(kind, self._depth, self._parser.CurrentLineNumber))
        elif field := record.fields.get(name):
            self._field, self._field_depth, self._attributes = field, self._depth, attributes
            self._pieces, self._field_size = [], 0

    def _known_name(self, tag: str, attributes: dict[str, str]) -> str:
        for name, value in attributes.items():
            if name.startswith("xmlns:"):
                self._prefixes[name[6:]] = family(value) or name[6:]
                self._names.clear()
        prefix, colon, local = tag.partition(":")
        name = f"{self._prefixes.get(prefix, prefix)}:{local}" if colon else tag
        if len(self._names) < NAMES_KEPT:
            self._names[tag] = name
        return name

    def _characters(self, text: str) -> None:
        self._quiet = 0
        if not self._field:
            return
        size = len(text)
        self._field_size += size
        self._item_size += size
        limit = LONGEST_ITEM if self._field in _LONG_FIELDS else LONGEST_VALUE
        if self._field_size <= limit and self._item_size <= LONGEST_ITEM:
            self._pieces.append(text)

    def _end(self, _tag: str) -> None:
        self._quiet = 0
        if self._field and self._depth == self._field_depth:
            self._close_field(self._records[-1])
        elif not self._field and self._records and self._depth == self._records[-1].depth:
            self._close_record(self._records.pop())
        self._depth -= 1

    def _close_field(self, record: _Record) -> None:
        text = "".join(self._pieces)
        name, self._field, self._pieces = self._field, "", []
        if name == "category":
            domain, slug = self._attributes.get("domain", ""), self._attributes.get("nicename", "")
            domain = "post_tag" if domain == "tag" else domain  # as WXR 1.0 has it
            record.terms.append(WxrTerm(domain, slug.strip(), name=text.strip()))
        elif not record.values.get(name):
            record.values[name] = text if name in _LONG_FIELDS else text.strip()

    def _close_record(self, record: _Record) -> None:
        values = record.values
        if record.kind == "rss":
            self.finished = True
        elif record.kind == "channel":
            if not self._has_head:
                self._emit_head(record)
        elif record.kind == "author":
            self._events.append(WxrAuthor(**values))
        elif record.kind in {"category", "tag", "term"}:
            taxonomy = {"category": "category", "tag": "post_tag"}.get(
                record.kind, values.pop("taxonomy", "")
            )
            self._events.append(WxrTerm(taxonomy, **values))
        elif record.kind == "postmeta":
            if values.get("key") in META_READ:
                self._records[-1].meta.append((values["key"], values.get("value", "")))
        elif record.kind == "comment":
            if self._item_size <= LONGEST_ITEM:
                self._records[-1].comments.append(WxrComment(**values))
        else:
            self._events.append(self._item(record))

    def _item(self, record: _Record) -> WxrItem | Oversized:
        values = record.values
        if self._item_size > LONGEST_ITEM:
            return Oversized(record.line, values.get("title", ""), values.get("post_id", ""))
        return WxrItem(
            line=record.line,
            terms=tuple(record.terms),
            meta=tuple(record.meta),
            comments=tuple(record.comments),
            **values,
        )

    def _emit_head(self, channel: _Record | None, also: str = "") -> None:
        values = channel.values if channel else {}
        version = values.get("version", "")
        if not version:
            raise NotWxr(f"The file names no WXR version, so it is not a WordPress export (WXR).{also}")
        if not re.fullmatch(r"[0-9]{1,3}\.[0-9]{1,3}", version):
            raise NotWxr(f"The file names a WXR version that does not exist: {version[:20]!r}.{also}")
        self._has_head = True
        self._events.append(ChannelHead(**values))
