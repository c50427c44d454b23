"""The door for any WSGI server: `cms.wsgi:app`."""

import logging
import os

from cms import create_app, jobs, now_utc, open_site, timed_jobs
from cms.config import load_settings, slips
from cms.pages.views.baking import open_baker
from cms.pages.views.shelf import Shelf
from cms.pages.views.tightening import Tightener
from cms.pages.views.wsgi import WithPages
from cms.privacy.actions.workers import Presence
from cms.serving.bridge import Wsgi

logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
logging.getLogger("alembic").setLevel(logging.WARNING)

for sentence in slips(os.environ):
    logging.getLogger("cms").warning(sentence)
site = open_site(load_settings())
flask = create_app(site)
shelf = Shelf(site, now_utc)
app: Wsgi = WithPages(flask, shelf) if site.settings.page_store_bytes else flask
baker = open_baker(site, flask, now_utc)
# All threads begin here, since a server loads this after it has forked.
Presence(site, now_utc).start()
Tightener(shelf).start()
jobs.Runner(site, [*timed_jobs(), *([baker.job] if baker else [])], now_utc).start()
if baker:
    baker.start()
