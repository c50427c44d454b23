"""What every form of the site has in common: its sentences are the catalogue's, and its errors are listed above it."""

from typing import Any

from flask_wtf import FlaskForm
from wtforms import ValidationError
from wtforms.i18n import DummyTranslations

from cms.web import language, say


class Form(FlaskForm):  # type: ignore[misc]  # Flask-WTF brings no types
    """A Flask-WTF form in whose errors nothing is said in WTForms' own words."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]  # as above
        """Leave every sentence to the catalogue."""

        def get_translations(self, form: Any) -> Any:  # Any: WTForms brings no types
            """Return what translates nothing."""
            return DummyTranslations()

    def problems(self) -> list[tuple[str, str]]:
        """Return each error with the id of its field, in the order of the form."""
        return [(field.id, str(error)) for field in self for error in field.errors]


def refuse_longer(text: str, limit: int) -> None:
    """Raise ValidationError, with a sentence for who typed it, for a text of more than `limit` characters."""
    if len(text) > limit:
        length, most = language().number(len(text)), language().number(limit)
        raise ValidationError(
            say("This has %(length)s characters; at most %(limit)s fit.", length=length, limit=most)
        )
