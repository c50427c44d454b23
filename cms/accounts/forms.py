"""The sign-in form."""

from wtforms import EmailField, HiddenField, PasswordField

from cms.answering.forms import Form


class SignInForm(Form):
    """Address and password, with the session's token and the way on."""

    email = EmailField()
    password = PasswordField()
    next = HiddenField()
