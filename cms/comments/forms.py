"""The comment form, whose token needs no session."""

import hmac
import re
from typing import Any

from flask_wtf import FlaskForm
from wtforms import BooleanField, EmailField, HiddenField, StringField, TextAreaField, ValidationError
from wtforms.csrf.core import CSRF
from wtforms.i18n import DummyTranslations

from cms import sanitize
from cms.comments.rules import NAME_MAX_CHARS, TOKEN_WEEKS, gives_away, is_address, token_week
from cms.vault import Vault
from cms.web import clock, language, say, site

PURPOSE = "comment token"
_WEEK = re.compile(r"[0-9]{1,6}")


def fresh_token(vault: Vault, purpose: str, subject: str, week: int) -> str:
    """Return a signed token for `subject` (an article, a receipt) in one week."""
    return f"{week}.{vault.digest(purpose, subject, str(week))[:40]}"


def is_good_token(vault: Vault, purpose: str, subject: str, token: str, week: int) -> bool:
    """Tell whether `token` was made for `subject` this week or in the two before."""
    claimed, _, _ = token.partition(".")
    if not _WEEK.fullmatch(claimed) or not week - TOKEN_WEEKS < int(claimed) <= week:
        return False
    return hmac.compare_digest(token.encode(), fresh_token(vault, purpose, subject, int(claimed)).encode())


def old_form() -> str:
    """Return the sentence for a token that is old or unknown."""
    return say("This form had been open for long, so we could not be sure of it. Please send it again.")


class StatelessToken(CSRF):  # type: ignore[misc]  # WTForms brings no types
    """A token bound to the article and to the week: no cookie, no session, so the page can be kept."""

    def setup_form(self, form: Any) -> Any:  # Any: WTForms brings no types
        """Remember what the token is for."""
        self.subject: str = form.meta.subject
        return super().setup_form(form)

    def generate_csrf_token(self, csrf_token_field: Any) -> str:
        """Return a token of this week; '' while the site's key is missing, since nothing can be sent then."""
        if site().keys is None:
            return ""
        return fresh_token(site().vault, PURPOSE, self.subject, token_week(clock()))

    def validate_csrf_token(self, form: Any, field: Any) -> None:
        """Refuse a token that is old, unknown or another article's."""
        sent = field.data if isinstance(field.data, str) else ""
        if not is_good_token(site().vault, PURPOSE, self.subject, sent, token_week(clock())):
            raise ValidationError(old_form())


class WordsForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF brings no types
    """What a comment says; `meta={"subject": "receipt:…"}` binds it to what it is about."""

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

    comment = TextAreaField()
    name = StringField()

    def validate_name(self, field: Any) -> None:
        """Ask for a name of bearable length."""
        if sanitize.is_blank(sanitize.one_line(field.data or "")):
            raise ValidationError(say("Please give your name."))
        if len(sanitize.one_line(field.data)) > NAME_MAX_CHARS:
            raise ValidationError(
                say("Your name is too long: please use at most %(limit)s characters.", limit=NAME_MAX_CHARS)
            )
        self._tell_once(field.data)

    def validate_comment(self, field: Any) -> None:
        """Ask for a text of bearable length."""
        limit = site().settings.comment_max_chars
        text = sanitize.comment_text(field.data or "")
        if sanitize.is_blank(sanitize.plain_text(sanitize.comment_html(text[: limit + 1]))):
            raise ValidationError(say("Please write your comment."))
        if len(text) > limit:
            raise ValidationError(
                say(
                    "Your comment has %(length)s characters; at most %(limit)s fit. Please shorten it.",
                    length=language().number(len(text)),
                    limit=language().number(limit),
                )
            )
        self._tell_once(text)

    def problems(self) -> list[tuple[str, str]]:
        """Return each error with the id of its field, in the order of the form."""
        return [(field.id, str(error)) for field in self for error in field.errors]

    def _tell_once(self, text: str) -> None:
        """Ask for another look at words for everybody where there is reason to."""


class CommentForm(WordsForm):
    """Name, e-mail address and comment; `meta={"subject": "article:42"}` binds it to its article."""

    email = EmailField()
    reply_to = HiddenField()
    notify = BooleanField()
    website = StringField()
    told = HiddenField()  # set once she has been told that her address would be public

    def validate_email(self, field: Any) -> None:
        """Ask for something that can be an e-mail address."""
        if not (field.data or "").strip():
            raise ValidationError(say("Please give your e-mail address. It will not be published."))
        if not is_address(field.data.strip()):
            raise ValidationError(
                say("This is not a complete e-mail address. One looks like name@example.org.")
            )

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
