"""To be written."""

from flask import Blueprint

blueprint = Blueprint("privacy", __name__)
