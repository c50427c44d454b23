"""The comment form, whose token needs no session."""

import hmac
import re
from datetime import datetime
from functools import cache
from typing import Any

from wtforms import BooleanField, EmailField, HiddenField, StringField, TextAreaField, ValidationError
from wtforms.csrf.core import CSRF, CSRFTokenField

from cms import sanitize
from cms.answering.current import this_request
from cms.answering.forms import Form
from cms.comments.proof import Proof, proof_of
from cms.comments.rules import NAME_MAX_CHARS, TOKEN_WEEKS, gives_away, is_address, token_week
from cms.vault import Vault
from cms.web import clock, language, say, site

_BOUND: dict[Any, Any] = {}  # fields that were built once, still empty, by their declarations
_STAMP = re.compile(r"([0-9]{1,6})(?:\.([0-9]{1,11}))?")  # a week and, where it was measured, a second


def fresh_token(vault: Vault, subject: str, week: int, second: int | None = None) -> str:
    """Return a signed token for `subject` (an article, a receipt), good from one week on.

    `second`, counted from the epoch, is when the form was opened. A kept page has none: it was made for many readers.
    """
    stamp = str(week) if second is None else f"{week}.{second}"
    return f"{stamp}.{_signature(vault, subject, stamp)}"


def is_good_token(vault: Vault, subject: str, token: str, week: int) -> bool:
    """Tell whether `token` was made for `subject` this week or in the two before."""
    stamp, _, signature = token.rpartition(".")
    made = _STAMP.fullmatch(stamp)
    if made is None or not week - TOKEN_WEEKS < int(made[1]) <= week:
        return False
    return hmac.compare_digest(signature.encode(), _signature(vault, subject, stamp).encode())


def blank_token(subject: str) -> str:
    """Return the token of a form for `subject` that nobody has begun; '' while the site's key is missing."""
    vault = site().vault_or_none
    return fresh_token(vault, subject, token_week(clock())) if vault else ""


def timed_token(vault: Vault, subject: str, now: datetime) -> str:
    """Return a token of the comment form that says when it was made."""
    return fresh_token(vault, subject, token_week(now), int(now.timestamp()))


def button_token(subject: str) -> str:
    """Return the token of a form with hardly more than a button. Raises NoKey while the site's key is missing."""
    return fresh_token(site().vault, subject, token_week(clock()))


def is_good_button(subject: str) -> bool:
    """Tell whether this POST brings a good token for `subject`. Raises NoKey while the site's key is missing."""
    sent = this_request().form.get("token", "")
    return is_good_token(site().vault, subject, sent, token_week(clock()))


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


class TokenField(CSRFTokenField):  # type: ignore[misc]  # WTForms brings no types
    """The hidden field that carries a token for what its form is about."""

    _judged: tuple[str, bool] | None = None  # what was sent, and whether it is good: several steps ask

    def is_good(self) -> bool:
        """Tell whether the token that was sent is ours, for this article; False while the site's key is missing."""
        sent = self.data if isinstance(self.data, str) else ""
        if self._judged is None or self._judged[0] != sent:
            vault, subject = site().vault_or_none, self.meta.subject
            good = vault is not None and is_good_token(vault, subject, sent, token_week(clock()))
            self._judged = sent, good
        return self._judged[1]

    def second(self) -> int | None:
        """Return the second at which the token was made, None if it does not say so or is not good."""
        return _second_of(self.data) if self.is_good() else None


class StatelessToken(CSRF):  # type: ignore[misc]  # as above
    """A token bound to the article and to the week: no cookie, no session, so the page can be kept."""

    field_class = TokenField
    _declared: list[tuple[str, Any]] | None = None  # Any: as WTForms has it

    def setup_form(self, form: Any) -> Any:  # Any: as above
        """Return the declaration of the token's field, which is the same for all forms."""
        if self._declared is None:
            self._declared = super().setup_form(form)
        return self._declared

    def generate_csrf_token(self, csrf_token_field: TokenField) -> str:
        """Return a token of this week; '' while the site's key is missing, since nothing can be sent then.

        A form that is shown again keeps the second at which its writer began. If that second is unknown it stays
        unknown, since after an error or a preview an honest reader may send within a second as well. A good token of
        this week is returned unchanged.
        """
        sent, week = csrf_token_field.data, token_week(clock())
        if csrf_token_field.is_good() and int(sent.partition(".")[0]) == week:
            return str(sent)
        vault, second = site().vault_or_none, csrf_token_field.second()
        return fresh_token(vault, csrf_token_field.meta.subject, week, second) if vault else ""

    def validate_csrf_token(self, form: Any, field: TokenField) -> None:
        """Refuse a token that is old, unknown or another article's."""
        if not field.is_good():
            raise ValidationError(old_form())


_TOKENS = StatelessToken()


class NameForm(Form):
    """The name under which somebody writes; `meta={"subject": "receipt:…"}` binds it to what it is about.

    WTForms builds each field again for every form, then searches it for filters, hooks and validators. Here a field is
    built once and copied, and only the form's `validate_…` method for it is called. That saves half of the time that
    WTForms takes for a comment, which was a tenth of all that Python did for it (in instructions).
    """

    class Meta(Form.Meta):
        """Use our own token."""

        csrf = True
        csrf_field_name = "token"
        csrf_context = None
        subject = ""

        def build_csrf(self, form: Any) -> StatelessToken:
            """Return the one object that makes and checks the tokens of all forms."""
            return _TOKENS

        def bind_field(self, form: Any, unbound_field: Any, options: dict[str, Any]) -> Any:
            """Return a field of `form` that holds its default: a copy of the field that was built first."""
            known = _BOUND.get(unbound_field)
            if known is None:
                known = super().bind_field(None, unbound_field, options | {"_meta": self})
                known.data = known.default and known.default()
                _BOUND[unbound_field] = known
            field = object.__new__(type(known))
            # The field does not know its form: no code here asks for it, and the two would be a cycle, which only
            # Python's garbage collector frees.
            field.__dict__ = vars(known) | {"meta": self}
            return field

    name = StringField(default=str)

    def validate_name(self, field: Any) -> None:
        """Ask for a name of bearable length."""
        name = sanitize.one_line(field.data or "")
        if not name:
            raise ValidationError(say("Please give your name."))
        if len(name) > NAME_MAX_CHARS:
            raise ValidationError(
                say("Your name is too long: please use at most %(limit)s characters.", limit=NAME_MAX_CHARS)
            )
        self._tell_once(field.data)

    def process(self, formdata: Any = None, *_others: Any, **_named: Any) -> None:
        """Fill in the data that was sent, if there is any. Forms here are never filled from objects or keywords."""
        if formdata is not None:
            for name, field in self._fields.items():
                field.process_formdata(formdata.getlist(name))
        self.token.current_token = _TOKENS.generate_csrf_token(self.token)

    def validate(self, extra_validators: None = None) -> bool:
        """Check the token, and each field for which a form has a `validate_…` method."""
        success = self.token.validate(self)
        # Any: to mypy, which knows no types of WTForms, these classes cannot be hashed
        kind: Any = type(self)
        for name, check in _checks(kind, tuple(self._fields)):
            success = self[name].validate(self, [check]) and success
        return bool(success)

    def _tell_once(self, text: str) -> None:
        """Ask the writer once to look again at what would be public; this form has no reason to."""


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
        second = self.token.second()
        return None if second is None else max(0, int(clock().timestamp()) - second)

    def proof_of_work(self) -> Proof | None:
        """Return the sum that the browser has done for this form, or None."""
        if not self.proof.data:
            return None
        second, bits = self.token.second(), site().settings.proof_of_work_bits
        return proof_of(self.token.data, second, self.proof.data, bits, clock())

    def _tell_once(self, text: str) -> None:
        """Ask the writer once to look again at a text in which her own address stands; sent again, it is taken."""
        if not self.told.data and gives_away(text, (self.email.data or "").strip()):
            self.told.data = "yes"
            raise ValidationError(
                say(
                    "Your e-mail address stands here, so everybody could read it. "
                    "Take it out, or press “Post Comment” again to send it as it is."
                )
            )


@cache
def _checks(form: type[NameForm], names: tuple[str, ...]) -> list[tuple[str, Any]]:
    """Return the `validate_…` methods of a form, in the order of its fields; WTForms would search for them each time."""
    found = [(name, getattr(form, f"validate_{name}", None)) for name in names]
    return [(name, check) for name, check in found if check is not None]


def _signature(vault: Vault, subject: str, stamp: str) -> str:
    return vault.digest("comment token", subject, stamp)[:40]


def _second_of(token: str) -> int | None:
    stamp = _STAMP.fullmatch(token.rpartition(".")[0])
    return int(stamp[2]) if stamp and stamp[2] else None
