"""The comment form, whose token needs no session."""

import hmac
import re
from datetime import datetime
from typing import Any

from flask_wtf import FlaskForm
from wtforms import BooleanField, EmailField, HiddenField, StringField, TextAreaField, ValidationError
from wtforms.csrf.core import CSRF
from wtforms.i18n import DummyTranslations

from cms import sanitize
from cms.comments.proof import Proof, proof_of
from cms.comments.rules import NAME_MAX_CHARS, TOKEN_WEEKS, gives_away, is_address, token_week
from cms.vault import Vault
from cms.web import clock, language, say, site

PURPOSE = "comment token"
_BOUND: dict[Any, Any] = {}  # fields of forms, not yet filled in, by what they are declared as
_STAMP = re.compile(r"([0-9]{1,6})(?:\.([0-9]{1,11}))?")  # a week and, where it was measured, a second


def fresh_token(vault: Vault, purpose: str, subject: str, week: int, second: int | None = None) -> str:
    """Return a signed token for `subject` (an article, a receipt) in one week.

    It carries the `second` (from the epoch) at which it was made where that says something: on a kept page it does not.
    """
    stamp = str(week) if second is None else f"{week}.{second}"
    return f"{stamp}.{vault.digest(purpose, subject, stamp)[:40]}"


def is_good_token(vault: Vault, purpose: str, subject: str, token: str, week: int) -> bool:
    """Tell whether `token` was made for `subject` this week or in the two before."""
    stamp = _STAMP.fullmatch(token.rpartition(".")[0])
    if stamp is None or not week - TOKEN_WEEKS < int(stamp[1]) <= week:
        return False
    good = fresh_token(vault, purpose, subject, int(stamp[1]), _second_of(token))
    return hmac.compare_digest(token.encode(), good.encode())


def blank_token(subject: str) -> str:
    """Return the token of a form for `subject` that nobody has begun; '' while the site's key is missing."""
    keys = site().keys
    return fresh_token(keys, PURPOSE, subject, token_week(clock())) if keys else ""


def timed_token(vault: Vault, subject: str, now: datetime) -> str:
    """Return a token of the comment form that says when it was made."""
    return fresh_token(vault, PURPOSE, subject, token_week(now), int(now.timestamp()))


def old_form() -> str:
    """Return the sentence for a token that is old or unknown."""
    return say("This form had been open for long, so we could not be sure of it. Please send it again.")


def need_address(typed: str) -> None:
    """Raise ValidationError for what can be no e-mail address, with the sentence that a reader is told."""
    if not typed.strip():
        raise ValidationError(say("Please give your e-mail address. It will not be published."))
    if not is_address(typed.strip()):
        raise ValidationError(say("This is not a complete e-mail address. One looks like name@example.org."))


def need_text(typed: str) -> str:
    """Return what was typed, tidied; raise ValidationError where it says nothing or more than a comment may."""
    limit = site().settings.comment_max_chars
    text = sanitize.comment_text(typed)
    if sanitize.shows_nothing(text[: limit + 1]):
        raise ValidationError(say("Please write your comment."))
    if len(text) > limit:
        raise ValidationError(
            say(
                "Your comment has %(length)s characters; at most %(limit)s fit. Please shorten it.",
                length=language().number(len(text)),
                limit=language().number(limit),
            )
        )
    return text


class StatelessToken(CSRF):  # type: ignore[misc]  # WTForms brings no types
    """A token bound to the article and to the week: no cookie, no session, so the page can be kept."""

    _judged: tuple[str, bool] | None = (
        None  # the token that was sent, and whether it is good: asked at every step
    )

    def setup_form(self, form: Any) -> Any:  # Any: WTForms brings no types
        """Remember what the token is for."""
        self.subject: str = form.meta.subject
        return super().setup_form(form)

    def generate_csrf_token(self, csrf_token_field: Any) -> str:
        """Return a token of this week; '' while the site's key is missing, since nothing can be sent then.

        A form that is shown again keeps the second at which its writer began; where that is unknown it stays so,
        since from an error or a preview to sending an honest reader takes a second too. One that was sent in the week
        in which it was made is its own successor.
        """
        sent, week = csrf_token_field.data, token_week(clock())
        if self.is_good(csrf_token_field) and int(sent.partition(".")[0]) == week:
            return str(sent)
        keys, second = site().keys, self.second(csrf_token_field)
        return fresh_token(keys, PURPOSE, self.subject, week, second) if keys else ""

    def validate_csrf_token(self, form: Any, field: Any) -> None:
        """Refuse a token that is old, unknown or another article's."""
        if not self.is_good(field):
            raise ValidationError(old_form())

    def is_good(self, field: Any) -> bool:
        """Tell whether the token that was sent is one of ours for this article; none is while the site's key is missing."""
        sent = field.data if isinstance(field.data, str) else ""
        if self._judged is None or self._judged[0] != sent:
            keys = site().keys
            good = keys is not None and is_good_token(keys, PURPOSE, self.subject, sent, token_week(clock()))
            self._judged = sent, good
        return self._judged[1]

    def second(self, field: Any) -> int | None:
        """Return the second at which the token that was sent was made, None where it does not say so truly."""
        return _second_of(field.data) if self.is_good(field) else None


class NameForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF brings no types
    """The name under which somebody writes; `meta={"subject": "receipt:…"}` binds it to what it is about.

    Defaults are given as what makes them: WTForms tries to call each, and to catch what comes of it costs 1 µs a field.
    """

    class Meta(FlaskForm.Meta):  # type: ignore[misc]  # as above
        """Use our own token, and say nothing in WTForms' words."""

        csrf = True
        csrf_class = StatelessToken
        csrf_field_name = "token"
        csrf_context = None
        subject = ""

        def get_translations(self, form: Any) -> Any:
            """Leave every sentence to the catalogue."""
            return DummyTranslations()

        def bind_field(self, form: Any, unbound_field: Any, options: dict[str, Any]) -> Any:
            """Return a field of `form`: a copy of the same one of an earlier form, but for the token's.

            Made anew each time, the eight of a comment took 4 % of what Python does for it (by its opcodes).
            """
            if "csrf_impl" in unbound_field.kwargs:
                return super().bind_field(form, unbound_field, options)
            if unbound_field not in _BOUND:
                _BOUND[unbound_field] = super().bind_field(None, unbound_field, options | {"_meta": self})
            known = _BOUND[unbound_field]
            field = object.__new__(type(known))
            vars(field).update(vars(known), _form=form, meta=self)
            return field

    name = StringField(default=str)

    def validate_name(self, field: Any) -> None:
        """Ask for a name of bearable length."""
        if sanitize.is_blank(sanitize.one_line(field.data or "")):
            raise ValidationError(say("Please give your name."))
        if len(sanitize.one_line(field.data)) > NAME_MAX_CHARS:
            raise ValidationError(
                say("Your name is too long: please use at most %(limit)s characters.", limit=NAME_MAX_CHARS)
            )
        self._tell_once(field.data)

    def problems(self) -> list[tuple[str, str]]:
        """Return each error with the id of its field, in the order of the form."""
        return [(field.id, str(error)) for field in self for error in field.errors]

    def _tell_once(self, text: str) -> None:
        """Ask for another look at words for everybody where there is reason to."""


class WordsForm(NameForm):
    """What a comment says, and under which name."""

    comment = TextAreaField(default=str)
    name = StringField(default=str)  # again, so that it stands behind the comment

    def validate_comment(self, field: Any) -> None:
        """Ask for a text of bearable length."""
        self._tell_once(need_text(field.data or ""))


class CommentForm(WordsForm):
    """Name, e-mail address and comment; `meta={"subject": "article:42"}` binds it to its article."""

    email = EmailField(default=str)
    reply_to = HiddenField(default=str)
    proof = HiddenField(default=str)
    notify = BooleanField(default=bool)
    website = StringField(default=str)
    told = HiddenField(default=str)  # set once she has been told that her address would be public

    def validate_email(self, field: Any) -> None:
        """Ask for something that can be an e-mail address."""
        need_address(field.data or "")

    def haste_seconds(self) -> int | None:
        """Return how long the writer has been at it, None where nobody could measure it."""
        second = self.token.csrf_impl.second(self.token)
        return None if second is None else max(0, int(clock().timestamp()) - second)

    def proof_of_work(self) -> Proof | None:
        """Return the sum that the browser has done for this form, or None."""
        if not self.proof.data:
            return None
        second, bits = self.token.csrf_impl.second(self.token), site().settings.proof_of_work_bits
        return proof_of(self.token.data, second, self.proof.data, bits, clock())

    def _tell_once(self, text: str) -> None:
        """Ask her to look again at words for everybody in which her own address stands; sent again, they go."""
        if not self.told.data and gives_away(text, (self.email.data or "").strip()):
            self.told.data = "yes"
            raise ValidationError(
                say(
                    "Your e-mail address stands here, so everybody could read it. "
                    "Take it out, or press “Post Comment” again to send it as it is."
                )
            )


def _second_of(token: str) -> int | None:
    stamp = _STAMP.fullmatch(token.rpartition(".")[0])
    return int(stamp[2]) if stamp and stamp[2] else None
