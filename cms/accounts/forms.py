"""The sign-in form."""

from typing import Any

from flask_wtf import FlaskForm
from wtforms import EmailField, HiddenField, PasswordField
from wtforms.i18n import DummyTranslations


class SignInForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF brings no types
    """Address and password, with the session's token and the way on."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]  # as above
        """Say nothing in WTForms' words."""

        def get_translations(self, form: Any) -> Any:  # Any: WTForms brings no types
            """Leave every sentence to the catalogue."""
            return DummyTranslations()

    email = EmailField()
    password = PasswordField()
    next = HiddenField()
