"""Applications behind a shelf of their own, as each worker of a site has one."""

from flask import Flask

import cms
from cms.config import Settings
from cms.pages.views.shelf import Shelf
from cms.pages.views.wsgi import WithPages
from tests.conftest import Clock


class Worker:
    """One process of a site: its application with kept pages, and how often a page was made anew."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.site = cms.open_site(settings)
        self.app: Flask = cms.create_app(self.site, clock)
        self.shelf = Shelf(self.site, clock)
        self.made = 0
        inner = self.app.wsgi_app

        def counted(environ, start_response):  # type: ignore[no-untyped-def]
            self.made += 1
            return inner(environ, start_response)

        self.app.wsgi_app = WithPages(counted, self.shelf)  # type: ignore[method-assign]

    def close(self) -> None:
        """Let every connection go."""
        self.shelf.close()
        self.site.database.close()
