"""A rehearsal of the first requests before workers are forked, so that they share everything that is made for them."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError
from werkzeug.test import Client

from cms.db import Database
from cms.jobs import Job, run_due
from cms.serving.bridge import Wsgi
from cms.site import Site
from cms.storage.sessions import REHEARSAL

ADDRESS = re.compile(r'href="(/articles/[^"]+)"')
TOKEN = re.compile(r'name="token"[^>]*value="([^"]+)"')
WORDS = {
    "name": "Dan",
    "email": "dan@example.org",
    "comment": "The tide comes in twice a day, and nobody minds.",
}
HERE = {"REMOTE_ADDR": "127.0.0.1", "HTTP_SEC_FETCH_SITE": "same-origin"}


def rehearse(
    site: Site, app: Wsgi, jobs: Sequence[Job], clock: Callable[[], datetime], tell: Callable[[], object]
) -> None:
    """Make the front page and its first article, take a comment on that, `tell`, look which jobs are due; store nothing.

    This reads and makes languages, templates, SQL and what libraries look up once. A worker that does so by itself
    copies all the shared memory that it touches meanwhile: two workers with their parent took 150 MB after pages and
    comments, and take 147 now. Three more articles would take 50 ms, and save 1 MB (measured).
    """
    for code in site.catalogue.files:
        site.catalogue.language(code)
    first = Client(app)  # Flask's own brings a debugger along
    address = ADDRESS.search(first.get("/").text)
    token = TOKEN.search(first.get(address[1]).text) if address else None
    with suppress(SQLAlchemyError), _storing_nothing(site.database):
        if address and token:
            sent = {**WORDS, "token": token[1]}
            first.post(f"{address[1]}/comments", data=sent, environ_overrides=HERE)
        tell()
        run_due(site, [replace(job, work=_nothing) for job in jobs], clock, "rehearsal")
    site.remembered.salt = None  # of this day, which was not stored


@contextmanager
def _storing_nothing(database: Database) -> Iterator[None]:
    """Let no transaction be committed.

    Raises SQLAlchemyError where none could begin: waiting for somebody's long one happens once, not at each.
    """
    carried = dict(database.beside)
    database.beside.clear()
    database.beside[REHEARSAL] = True
    try:
        with database.writing() as session:
            session.connection()
        yield
    finally:
        database.close()
        database.beside.clear()
        database.beside.update(carried)


def _nothing(_site: Site, _now: datetime) -> None:
    """Do no job."""
