"""The door for any WSGI server: `cms.wsgi:app`."""

import logging

from cms import create_app, open_site
from cms.config import load_settings

logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
logging.getLogger("alembic").setLevel(logging.WARNING)

app = create_app(open_site(load_settings()))
