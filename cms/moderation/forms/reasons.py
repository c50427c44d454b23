"""The form in which the newsroom writes its reasons."""

import re
from typing import Any

from wtforms import BooleanField, StringField, TextAreaField, ValidationError

from cms import sanitize
from cms.answering.forms import Form, refuse_longer
from cms.moderation import rules
from cms.moderation.queries.reasons import ReasonLine
from cms.web import say

_CODE = re.compile(rf"[a-z][a-z0-9_]{{0,{rules.CODE_MAX_CHARS - 1}}}")
_PLACE = re.compile(r"[1-9][0-9]?")


class ReasonForm(Form):
    """A reason for which comments are not published."""

    code = StringField()
    staff_sentence = StringField()
    public_sentence = TextAreaField()
    place = StringField()
    teaches_spam = BooleanField()

    def __init__(self, known: ReasonLine | None, place: int) -> None:
        """Begin with what is stored of a reason, or with nothing for a new one at the list's end, `place`."""
        super().__init__(data=_typed(known) if known else {"place": str(place)})
        self.known = known

    def validate_code(self, field: Any) -> None:
        """Ask a new reason for a code that fits the log."""
        if self.known is None and not _CODE.fullmatch(field.data or ""):
            raise ValidationError(say("A code takes small letters, digits and _, and begins with a letter."))

    def validate_staff_sentence(self, field: Any) -> None:
        """Ask for words of bearable length, which only a reason of the catalogue can do without."""
        words = sanitize.one_line(field.data or "")
        if not words and (self.known is None or self.known.code not in rules.REASON_SENTENCES):
            raise ValidationError(say("Please say in a few words what moderators call it."))
        refuse_longer(words, rules.STAFF_SENTENCE_MAX_CHARS)

    def validate_public_sentence(self, field: Any) -> None:
        """Ask for a sentence of bearable length."""
        refuse_longer(sanitize.one_line(field.data or ""), rules.PUBLIC_SENTENCE_MAX_CHARS)

    def validate_place(self, field: Any) -> None:
        """Ask for a place in the list."""
        if not _PLACE.fullmatch(field.data or ""):
            raise ValidationError(say("A place is a number from 1 to 99."))

    def line(self) -> ReasonLine:
        """Return what was written; for a form that is valid."""
        return ReasonLine(
            code=self.known.code if self.known else self.code.data,
            place=int(self.place.data),
            staff_sentence=sanitize.one_line(self.staff_sentence.data or ""),
            public_sentence=sanitize.one_line(self.public_sentence.data or ""),
            teaches_spam=bool(self.teaches_spam.data),
            retired_at=self.known.retired_at if self.known else None,
        )


def _typed(known: ReasonLine) -> dict[str, Any]:  # Any: texts and a tick
    return {
        "code": known.code,
        "staff_sentence": known.staff_sentence,
        "public_sentence": known.public_sentence,
        "place": str(known.place),
        "teaches_spam": known.teaches_spam,
    }
