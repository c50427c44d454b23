"""The papers that the tests of this folder read, in Urdu and in Arabic."""

import pytest
from flask import Flask

from cms.languages import Language
from cms.site import Site
from tests.conftest import Clock
from tests.languages.paper import ARABIC, URDU, Paper


@pytest.fixture(params=[URDU, ARABIC], ids=["ur", "ar"])
def paper(request: pytest.FixtureRequest, site: Site, app: Flask, clock: Clock) -> Paper:
    """Give a site that is English itself, with articles in another language."""
    return Paper(site, app, clock(), request.param)


@pytest.fixture
def spoken(paper: Paper) -> Language:
    """Give the language of the paper's articles."""
    return paper.site.catalogue.language(paper.words.language)
