"""What moderators write into the readers' thread."""

from typing import Any

from flask_wtf import FlaskForm
from wtforms import SelectField, TextAreaField, ValidationError
from wtforms.i18n import DummyTranslations

from cms.comments.forms import need_text
from cms.moderation.corrections import CORRECTION_SENTENCES, correction_reason
from cms.web import say


class StaffForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF brings no types
    """A form of the dashboard."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]  # as above
        """Say nothing in WTForms' words; the guard has checked the token."""

        csrf = False

        def get_translations(self, form: Any) -> Any:  # Any: WTForms brings no types
            """Leave every sentence to the catalogue."""
            return DummyTranslations()


class ReplyForm(StaffForm):
    """A reply by somebody of staff."""

    reply = TextAreaField()

    def validate_reply(self, field: Any) -> None:
        """Ask for a text of bearable length, as of any comment."""
        need_text(field.data or "")


class CorrectionForm(StaffForm):
    """What an editor makes of a comment."""

    text = TextAreaField()
    reason = SelectField(validate_choice=False)

    def __init__(self, *arguments: Any, **more: Any) -> None:
        """Offer the reasons in words."""
        super().__init__(*arguments, **more)
        reasons = [(code.value, say(sentence)) for code, sentence in CORRECTION_SENTENCES.items()]
        self.reason.choices = [("", say("Choose a reason")), *reasons]

    def validate_text(self, field: Any) -> None:
        """Ask for a text of bearable length, as of any comment."""
        need_text(field.data or "")

    def validate_reason(self, field: Any) -> None:
        """Ask for one of the reasons."""
        if correction_reason(field.data or "") is None:
            raise ValidationError(say("Please choose why."))
