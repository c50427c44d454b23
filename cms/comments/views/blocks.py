"""What the pages of many articles show alike, made once: a comment, a blank form."""

from collections.abc import Sequence
from functools import lru_cache

from flask import Flask, current_app, g
from jinja2 import Environment
from markupsafe import Markup

from cms.comments.forms import CommentForm
from cms.comments.queries.visible import VisibleComment
from cms.web import site

KEPT = (
    2_000  # blocks of 2 KB that a process remembers: those of the twenty articles that are being talked about
)


def install(app: Flask) -> None:
    """Let the templates of `app` show comments and blank forms."""
    app.jinja_env.globals.update(comment_blocks=comment_blocks, blank_fields=blank_fields)


def comment_blocks(comments: Sequence[VisibleComment], *, can_reply: bool, article_url: str) -> Markup:
    """Return the comments of a page one after another.

    One that moved in from elsewhere also answers to its old number, unless another here has that.
    """
    templates, zone, code = current_app.jinja_env, site().settings.timezone, g.language_code
    here = {it.id for it in comments}
    blocks = [
        _made(
            templates,
            zone,
            code,
            it,
            can_reply,
            bool(it.foreign_id) and it.foreign_id not in here,
            it.parent_id in here,
            article_url,
        )
        for it in comments
    ]
    return Markup("".join(blocks))  # noqa: S704  # made by a macro, each


def blank_fields(can_notify: bool) -> Markup:
    """Return the fields of a comment form in which nothing is typed, below its token."""
    return _made_fields(current_app.jinja_env, site().settings.comment_max_chars, g.language_code, can_notify)


# By all that goes into a block, so none is ever stale: what a reader or a moderator changes makes another key.
@lru_cache(maxsize=KEPT)
def _made(
    templates: Environment,
    _timezone: str,
    _language_code: str,
    it: VisibleComment,
    can_reply: bool,
    has_old_number: bool,
    parent_is_here: bool,
    article_url: str,
) -> str:
    macros = templates.get_template("macros/comment.html").module
    return str(macros.comment(it, can_reply, has_old_number, parent_is_here, article_url))  # type: ignore[attr-defined]


@lru_cache(maxsize=64)
def _made_fields(templates: Environment, _max_chars: int, _language_code: str, can_notify: bool) -> Markup:
    form = CommentForm(formdata=None, meta={"subject": ""})
    macros = templates.get_template("comments/form.html").module
    return Markup(macros.comment_fields(form, can_notify))  # type: ignore[attr-defined]  # noqa: S704  # as above
