"""The form by which somebody asks for what was sent from her address."""

from typing import Any

from wtforms import EmailField

from cms.answering.forms import Form
from cms.comments.forms import need_address


class AddressForm(Form):
    """An e-mail address and nothing else."""

    class Meta(Form.Meta):
        """Do without a token, which would guard nothing: anybody may ask, and it is the address that is answered."""

        csrf = False

    email = EmailField()

    def validate_email(self, field: Any) -> None:
        """Ask for something that can be an e-mail address."""
        need_address(field.data or "")
