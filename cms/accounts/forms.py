"""The forms of accounts: to sign in, to choose a new password, and to take someone on."""

from typing import Any

from wtforms import EmailField, HiddenField, PasswordField, SelectField, StringField, ValidationError

from cms import sanitize
from cms.accounts.rules import (
    NAME_MAX_CHARS,
    PASSWORD_MAX_CHARS,
    PASSWORD_MIN_CHARS,
    ROLE_SENTENCES,
    Role,
    composed,
)
from cms.answering.forms import Form, refuse_longer
from cms.comments.rules import is_address
from cms.web import language, say


class SignInForm(Form):
    """Address and password, with the session's token and the way on."""

    email = EmailField()
    password = PasswordField()
    next = HiddenField()


class NewPasswordForm(Form):
    """A password that somebody chooses."""

    class Meta(Form.Meta):
        """Do without a token: whoever posts this holds the secret of a letter's link."""

        csrf = False

    password = PasswordField()

    def validate_password(self, field: Any) -> None:
        """Ask for a password of bearable length."""
        typed = composed(field.data or "")
        if len(typed) < PASSWORD_MIN_CHARS:
            number = language().number(PASSWORD_MIN_CHARS)
            raise ValidationError(say("Please choose one of at least %(number)s characters.", number=number))
        refuse_longer(typed, PASSWORD_MAX_CHARS)


class HireForm(Form):
    """Someone to be taken on."""

    name = StringField()
    email = EmailField()
    role = SelectField(validate_choice=False, default=Role.AUTHOR.value)

    def __init__(self, **more: Any) -> None:
        """Begin with nothing typed, and with the role that most have."""
        super().__init__(**more)
        self.role.choices = [(role.value, say(sentence)) for role, sentence in ROLE_SENTENCES.items()]

    def validate_name(self, field: Any) -> None:
        """Ask for a name of bearable length."""
        field.data = sanitize.one_line(field.data or "")
        if not field.data:
            raise ValidationError(say("Please give a name."))
        refuse_longer(field.data, NAME_MAX_CHARS)

    def validate_email(self, field: Any) -> None:
        """Ask for what can be an e-mail address."""
        if not is_address((field.data or "").strip()):
            raise ValidationError(
                say("This is not a complete e-mail address. One looks like name@example.org.")
            )

    def validate_role(self, field: Any) -> None:
        """Ask for one of the roles."""
        if field.data not in set(Role):
            raise ValidationError(say("Please choose one of the roles."))
