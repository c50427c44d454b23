"""The forms at the door: to sign in, and to choose a new password."""

from typing import Any

from wtforms import EmailField, HiddenField, PasswordField, ValidationError

from cms.accounts.rules import PASSWORD_MAX_CHARS, PASSWORD_MIN_CHARS, composed
from cms.answering.forms import Form, refuse_longer
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
