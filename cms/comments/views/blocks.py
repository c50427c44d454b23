"""What the pages of many articles show alike, made once: comments, a blank form."""

from typing import Any

from flask import Flask, current_app
from markupsafe import Markup

from cms.answering.shown import once
from cms.comments.forms import CommentForm
from cms.comments.queries.thread import VisibleThread


def install(app: Flask) -> None:
    """Let the templates of `app` show comments and blank forms, both by `once()`."""
    app.jinja_env.globals.update(comment_blocks=comment_blocks, blank_fields=blank_fields)


def comment_blocks(thread: VisibleThread, can_reply: bool, article_url: str) -> Markup:
    """Return the comments of a page one after another; after a change, all but the changed ones are known already.

    One that moved in from elsewhere also answers to its old number, unless another here has that.
    """
    comment = _macros("macros/comment.html").comment
    here = {it.id for it in thread.comments}
    blocks = [
        once(
            comment,
            it,
            can_reply,
            bool(it.foreign_id) and it.foreign_id not in here,
            it.parent_id in here,
            article_url,
        )
        for it in thread.comments
    ]
    return Markup("").join(blocks)


def blank_fields(can_notify: bool) -> Markup:
    """Return the fields of a comment form in which nothing is typed, below its token."""
    form = CommentForm(formdata=None, meta={"subject": ""})
    made: Markup = _macros("comments/form.html").comment_fields(form, can_notify)
    return made


def _macros(template: str) -> Any:  # Any: a module's attributes are its template's macros
    return current_app.jinja_env.get_template(template).module
