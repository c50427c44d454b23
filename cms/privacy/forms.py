"""The form by which somebody asks for what was sent from her address."""

from typing import Any

from flask_wtf import FlaskForm
from wtforms import EmailField
from wtforms.i18n import DummyTranslations

from cms.comments.forms import need_address


class AddressForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF brings no types
    """An e-mail address and nothing else."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]  # as above
        """Do without a token, which would guard nothing: anybody may ask, and it is the address that is answered."""

        csrf = False

        def get_translations(self, form: Any) -> Any:
            """Leave every sentence to the catalogue."""
            return DummyTranslations()

    email = EmailField()

    def validate_email(self, field: Any) -> None:
        """Ask for something that can be an e-mail address."""
        need_address(field.data or "")

    def problems(self) -> list[tuple[str, str]]:
        """Return each error with the id of its field."""
        return [(self.email.id, str(error)) for error in self.email.errors]
