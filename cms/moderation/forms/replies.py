"""What moderators write into the readers' thread."""

from typing import Any

from flask_wtf import FlaskForm
from wtforms import TextAreaField
from wtforms.i18n import DummyTranslations

from cms.comments.forms import need_text


class ReplyForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF brings no types
    """A reply by somebody of staff."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]  # as above
        """Say nothing in WTForms' words; the guard has checked the token."""

        csrf = False

        def get_translations(self, form: Any) -> Any:  # Any: WTForms brings no types
            """Leave every sentence to the catalogue."""
            return DummyTranslations()

    reply = TextAreaField()

    def validate_reply(self, field: Any) -> None:
        """Ask for a text of bearable length, as of any comment."""
        need_text(field.data or "")
