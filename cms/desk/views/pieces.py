"""What the page of an article fetches while somebody writes: her text as it would be stored, the HTML of a picture."""

from flask import Blueprint, Response, request

from cms import sanitize
from cms.desk.actions.pictures import PictureRefusal, figure, take_in
from cms.desk.forms import PICTURE_SENTENCES
from cms.web import clock, private_page, say, site

blueprint = Blueprint("pieces", __name__)


@blueprint.post("/texts")
def clean() -> Response:
    """Answer with an article's text as it would be stored, for the page to show."""
    return private_page(sanitize.article_html(request.form.get("body_html", "")))


@blueprint.post("/pictures")
def add_picture() -> Response:
    """Keep a picture; answer with the HTML that shows it."""
    sent = request.files.get("picture")
    if sent is None:
        return private_page(say("Please choose a picture."), 422)
    alt, caption = (
        sanitize.one_line(request.form.get(name, "")) for name in ("picture_alt", "picture_caption")
    )
    taken = take_in(site(), sent.read(), clock())
    if isinstance(taken, PictureRefusal):
        status = 415 if taken is PictureRefusal.UNREADABLE else 507
        return private_page(say(PICTURE_SENTENCES[taken]), status)
    return private_page(figure(taken._replace(alt=alt, caption=caption)), 201)
