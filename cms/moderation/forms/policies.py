"""The form in which the newsroom writes a policy."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from wtforms import HiddenField, SelectField, StringField, TextAreaField, ValidationError

from cms.answering.forms import Form, refuse_longer
from cms.comments.signals import SCORE_MAX
from cms.moderation.phrases import LINE_MAX_CHARS, LINES_MAX, WORDS_MAX, listed_hosts, listed_words
from cms.moderation.policies import EFFECTS_OF, Effect, PolicyKind, Terms, Which
from cms.moderation.wording import EFFECT_SENTENCES, WHICH_SENTENCES
from cms.text.numbers import number_or_0
from cms.web import language, say

WRITTEN = tuple(kind for kind in PolicyKind if kind is not PolicyKind.COPIES)
DAYS = (1, 7, 30, 90, 365)  # a person's fingerprint outlives what she wrote by a year at most
_LISTED: dict[PolicyKind, Callable[[str], Sequence[object]]] = {
    PolicyKind.WORDS: listed_words,
    PolicyKind.HOSTS: listed_hosts,
}


@dataclass(frozen=True, slots=True)
class PolicyChoices:
    """What a policy can be about, looked up before its form is: sections and reasons to choose from, an article, a writer.

    `article` is the one that was named, with its title; `of_name` the name under the comment that was chosen, and
    `email_fingerprint` its writer's, None where nobody knows her any more.
    """

    sections: Sequence[tuple[int, str]]
    reasons: Mapping[str, str]
    article: tuple[int, str] | None
    of_name: str
    email_fingerprint: str | None


class PolicyForm(Form):
    """A policy of one kind; fields of the other kinds are not looked at."""

    kind = HiddenField()
    comment = HiddenField()
    lines = TextAreaField()
    article = StringField()
    section = SelectField(validate_choice=False)
    which = SelectField(validate_choice=False)
    score_from = StringField()
    effect = SelectField(validate_choice=False)
    reason = SelectField(validate_choice=False)
    days = SelectField(validate_choice=False)
    replaces = HiddenField()

    def __init__(self, kind: PolicyKind, around: PolicyChoices, **more: Any) -> None:
        """Begin with what was typed, or with `data`."""
        super().__init__(**more)
        self.asked_kind, self.around = kind, around
        self.kind.data = kind.value
        self.effect.choices = [(one.value, say(EFFECT_SENTENCES[one])) for one in EFFECTS_OF[kind]]
        self.which.choices = [(one.value, say(WHICH_SENTENCES[one])) for one in Which]
        self.section.choices = [(str(number), name) for number, name in around.sections]
        self.reason.choices = [("", say("No reason")), *around.reasons.items()]
        self.days.choices = [(str(days), _days_in_words(days)) for days in DAYS]
        if kind is not PolicyKind.COMMENTER:
            self.days.choices.insert(0, ("", say("Until somebody switches it off")))

    @property
    def shown(self) -> tuple[str, ...]:
        """The names of the fields that this kind of policy has, in their order."""
        own = {
            PolicyKind.WORDS: ("lines",),
            PolicyKind.HOSTS: ("lines",),
            PolicyKind.ARTICLE: ("article", "which"),
            PolicyKind.SECTION: ("section", "which"),
            PolicyKind.SCORE: ("score_from",),
        }.get(self.asked_kind, ())
        can_reject = Effect.REJECT in EFFECTS_OF[self.asked_kind]
        return (*own, "effect", *(("reason",) if can_reject else ()), "days")

    def validate_comment(self, field: Any) -> None:
        """Ask for a comment whose writer can still be told from others."""
        if self.asked_kind is PolicyKind.COMMENTER and self.around.email_fingerprint is None:
            raise ValidationError(
                say("Nobody knows any more who wrote that comment, so there is nobody to name.")
            )

    def validate_lines(self, field: Any) -> None:
        """Ask for lines that say something."""
        if self.asked_kind not in _LISTED:
            return
        lines = (field.data or "").split("\n")
        if len(lines) > LINES_MAX:
            most = language().number(LINES_MAX)
            raise ValidationError(say("These are too many lines: at most %(limit)s fit.", limit=most))
        for line in lines:
            refuse_longer(line.strip(), LINE_MAX_CHARS)
        try:
            listed = _LISTED[self.asked_kind](field.data or "")
        except ValueError as error:
            raise ValidationError(self._not_understood(str(error))) from None
        if not listed:
            raise ValidationError(say("Please write at least one line."))

    def validate_article(self, field: Any) -> None:
        """Ask for an article that there is."""
        if self.asked_kind is PolicyKind.ARTICLE and self.around.article is None:
            raise ValidationError(say("There is no such article. Give its address or its number."))

    def validate_section(self, field: Any) -> None:
        """Ask for a section that there is."""
        known = {str(number) for number, _ in self.around.sections}
        if self.asked_kind is PolicyKind.SECTION and field.data not in known:
            raise ValidationError(say("Please choose a section."))

    def validate_score_from(self, field: Any) -> None:
        """Ask for a score."""
        is_score = 1 <= number_or_0((field.data or "").strip()) <= SCORE_MAX
        if self.asked_kind is PolicyKind.SCORE and not is_score:
            most = language().number(SCORE_MAX)
            raise ValidationError(say("A score is a number from 1 to %(number)s.", number=most))

    def validate_effect(self, field: Any) -> None:
        """Ask for something that this kind of policy can do."""
        if field.data not in {one.value for one in EFFECTS_OF[self.asked_kind]}:
            raise ValidationError(say("Please choose what shall become of such comments."))

    def validate_days(self, field: Any) -> None:
        """Ask for one of the spans; what is closed stays so until somebody opens it."""
        if field.data not in {value for value, _ in self.days.choices}:
            raise ValidationError(say("Please choose how long it shall hold."))
        if field.data and self.effect.data == Effect.CLOSE.value:
            raise ValidationError(say("Closing holds until somebody switches it off."))

    def validate_reason(self, field: Any) -> None:
        """Ask for a reason of the list, or none."""
        if field.data and field.data not in self.around.reasons:
            raise ValidationError(say("Please choose a reason of the list."))

    def terms(self, now: datetime) -> Terms:
        """Return what was written; for a form that is valid."""
        kind, effect = self.asked_kind, Effect(self.effect.data)
        is_place = kind in {PolicyKind.ARTICLE, PolicyKind.SECTION}
        return Terms(
            kind=kind,
            effect=effect,
            which=Which(self.which.data)
            if is_place and effect is not Effect.CLOSE and self.which.data in set(Which)
            else Which.ALL,
            lines="\n".join(self.lines.data.split("\r\n")).strip() if kind in _LISTED else "",
            article_id=self.around.article[0] if kind is PolicyKind.ARTICLE and self.around.article else None,
            section_id=int(self.section.data) if kind is PolicyKind.SECTION else None,
            comment_id=int(self.comment.data) if kind is PolicyKind.COMMENTER else None,
            score_from=int(self.score_from.data) if kind is PolicyKind.SCORE else 0,
            reason=self.reason.data or "" if effect is Effect.REJECT else "",
            ends_at=now + timedelta(days=int(self.days.data)) if self.days.data else None,
            email_fingerprint=self.around.email_fingerprint if kind is PolicyKind.COMMENTER else None,
        )

    def typed(self) -> dict[str, str]:
        """Return every field by its name, as hidden ones carry them on."""
        return {
            field.name: (field.data or "").replace("\r\n", "\n")
            for field in self
            if field.name != "csrf_token"
        }

    def as_tried(self) -> str:
        """Return what is the same only for a form with the same words, so that none is saved which was not tried."""
        typed = self.typed()
        return hashlib.sha256("\0".join(typed[name] for name in sorted(typed)).encode()).hexdigest()

    def _not_understood(self, line: str) -> str:
        shown = line[:LINE_MAX_CHARS]
        if self.asked_kind is PolicyKind.HOSTS:
            return say("This line is no host such as example.org: %(line)s", line=shown)
        most = language().number(WORDS_MAX)
        return say(
            "This line has no words to look for, or more than %(number)s: %(line)s", number=most, line=shown
        )


def _days_in_words(days: int) -> str:
    return language().plural("For %(num)s day", "For %(num)s days", days) % {"num": language().number(days)}
