"""What moderators write into the readers' thread."""

from typing import Any

from wtforms import SelectField, TextAreaField, ValidationError

from cms.answering.forms import Form
from cms.comments.forms import need_text
from cms.moderation.corrections import CORRECTION_SENTENCES, correction_reason
from cms.web import say


class StaffForm(Form):
    """A form of the dashboard."""

    class Meta(Form.Meta):
        """Leave the token alone: the guard has checked it."""

        csrf = False


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
