"""Who is at the desk in every test of this folder."""

import pytest
from flask import Flask

from cms.site import Site
from tests.conftest import Clock
from tests.desk.typist import Typist
from tests.factories import hire


@pytest.fixture
def ada(site: Site, app: Flask, clock: Clock) -> Typist:
    """Give an author at the desk."""
    hire(site, "Ada", clock())
    return Typist(app, "Ada")


@pytest.fixture
def ben(site: Site, app: Flask, clock: Clock) -> Typist:
    """Give an editor at the desk."""
    hire(site, "Ben", clock())
    return Typist(app, "Ben")


@pytest.fixture
def con(site: Site, app: Flask, clock: Clock) -> Typist:
    """Give a contributor at the desk."""
    hire(site, "Con", clock())
    return Typist(app, "Con")
