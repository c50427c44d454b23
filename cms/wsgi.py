"""The door for any WSGI server: `cms.wsgi:app`."""

import logging

from cms import create_app, jobs, now_utc, open_site, timed_jobs
from cms.config import load_settings
from cms.pages.views.shelf import Shelf
from cms.pages.views.wsgi import WithPages
from cms.privacy.actions.workers import Presence

logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
logging.getLogger("alembic").setLevel(logging.WARNING)

site = open_site(load_settings())
app = WithPages(create_app(site), Shelf(site, now_utc))
# Both threads begin here, since a server loads this after it has forked.
Presence(site, now_utc).start()
jobs.Runner(site, timed_jobs(), now_utc).start()
