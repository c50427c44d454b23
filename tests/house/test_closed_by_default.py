"""A stranger walks through every route: what is not listed as open is closed."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.routing import AnyConverter, BaseConverter, IntegerConverter, Rule

from cms.accounts.guard import OPEN_BLUEPRINTS, OPEN_ENDPOINTS
from cms.site import Site
from tests.conftest import Clock
from tests.factories import hire
from tests.reader import Moderator

ROOMS_OF_STAFF = {"desk", "moderation", "staff"}


def addresses(app: Flask) -> Iterator[tuple[str, str, str]]:
    """Yield method, address and endpoint of every route, with something plausible in each gap."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield method, _filled(app, rule), rule.endpoint


def test_a_stranger_is_asked_to_sign_in_at_every_door_of_the_house(app: Flask) -> None:
    client = app.test_client()
    for method, address, endpoint in addresses(app):
        if endpoint.partition(".")[0] in OPEN_BLUEPRINTS or endpoint in OPEN_ENDPOINTS:
            continue
        response = client.open(address, method=method, headers={"Sec-Fetch-Site": "same-origin"})
        expected = 303 if method == "GET" else 401
        assert response.status_code == expected, f"{method} {address}"
        assert method != "GET" or response.headers["Location"].startswith("/sign-in?next=/"), address
        assert response.headers["Cache-Control"] == "no-store", address


def test_an_address_with_a_number_that_no_column_holds_is_404(app: Flask, site: Site, clock: Clock) -> None:
    hire(site, "Abe", clock())
    abe, tried = Moderator(app, "Abe"), 0
    for rule in app.url_map.iter_rules():
        for number in (2**31, 10**20) if "GET" in (rule.methods or ()) else ():
            address = re.sub("<int:.*?>", str(number), rule.rule)
            if "<" not in address and address != rule.rule:
                tried += 1
                assert abe.get(address).status_code == 404, address
    assert tried


@pytest.mark.parametrize("room", sorted(ROOMS_OF_STAFF))
def test_no_room_of_staff_is_listed_as_open(room: str) -> None:
    assert room not in OPEN_BLUEPRINTS
    assert not [endpoint for endpoint in OPEN_ENDPOINTS if endpoint.startswith(f"{room}.")]


def test_what_is_listed_as_open_exists(app: Flask) -> None:
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert endpoints >= OPEN_ENDPOINTS
    assert {endpoint.partition(".")[0] for endpoint in endpoints} >= OPEN_BLUEPRINTS - {"privacy"}


def _filled(app: Flask, rule: Rule) -> str:
    gaps = {name: _plausible(converter) for name, converter in rule._converters.items()}
    with app.test_request_context():
        built = rule.build(gaps, append_unknown=False)
    assert built is not None
    return built[1]


def _plausible(converter: BaseConverter) -> str | int:
    if isinstance(converter, AnyConverter):
        return min(converter.items)
    return 1 if isinstance(converter, IntegerConverter) else "1"
