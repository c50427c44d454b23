"""The form in which somebody gives her address to be sent a letter."""

from typing import Any

from wtforms import EmailField

from cms.answering.forms import Form
from cms.comments.forms import need_address


class AddressForm(Form):
    """An e-mail address and nothing else."""

    class Meta(Form.Meta):
        """Use no CSRF token: anybody may ask for any address, and the answer goes to that address."""

        csrf = False

    email = EmailField()

    def validate_email(self, field: Any) -> None:
        """Refuse what cannot be an e-mail address."""
        need_address(field.data or "")
