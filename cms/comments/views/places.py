"""Where a reader finds the page of comments that she asks for, and the way to a single one."""

from urllib.parse import urlencode

from flask import Response, abort, redirect
from sqlmodel import Session

from cms.answering.current import this_request
from cms.articles.rules import Cursor, cursor
from cms.comments.queries.first_page import first_page
from cms.comments.queries.places import place_of
from cms.comments.queries.thread import VisibleThread, visible_thread, whole_thread
from cms.text.numbers import number_or_0
from cms.web import site


def thread_asked_for(session: Session, article_id: int) -> VisibleThread | None:
    """Return an article's comments from the first one, from the cursor `?comments=` on, or of `?thread=` alone."""
    request = this_request()
    asked, size = request.args.get("comments"), site().settings.thread_size
    after = (cursor(asked) or abort(404)) if asked else None
    root_id = request.args.get("thread", 0, number_or_0)
    if root_id:
        return whole_thread(session, article_id, root_id, after=after, size=size)
    if after is None:
        return first_page(session, article_id, size=size)
    return visible_thread(session, article_id, after=after, size=size)


def way_to_comment(session: Session, article_id: int, path: str) -> Response:
    """Lead to the page of the article at `path` on which `?comment=` stands today; 302, since that changes."""
    request = this_request()
    asked = request.args.get("comment", 0, number_or_0)
    place = place_of(session, article_id, asked, size=site().settings.thread_size)
    anchor = f"comment-{place.comment_id}" if place else "comments"
    where = thread_path(path, place.thread, place.after) if place else path
    response: Response = redirect(f"{where}#{anchor}", 302)  # type: ignore[assignment]  # Flask's own at run time
    response.headers["Cache-Control"] = "no-cache"
    return response


def thread_path(path: str, thread: int | None, after: Cursor | None) -> str:
    """Return the address of a page of comments: from `after` on, of one thread or of all."""
    asked = {"thread": thread, "comments": after}
    query = urlencode({name: value for name, value in asked.items() if value is not None})
    return f"{path}?{query}" if query else path
