"""Every route of staff is tried with every role against the one table."""

import pytest
from flask import Flask

from cms.accounts.guard import act_of, is_open
from cms.accounts.rules import ALLOWED
from cms.site import Site
from tests.conftest import Clock
from tests.factories import STAFF, hire
from tests.house.test_closed_by_default import addresses
from tests.reader import Colleague


@pytest.mark.parametrize("name", STAFF)
def test_a_role_passes_where_the_table_lets_it_and_nowhere_else(
    name: str, site: Site, app: Flask, clock: Clock
) -> None:
    hire(site, name, clock())
    someone = Colleague(app, name)
    role = STAFF[name][1]
    room = "/desk/" if role.value != "moderator" else "/moderation/"
    token = {"csrf_token": someone.token(room)}
    for method, address, endpoint in addresses(app):
        act = act_of(endpoint)
        if act is None or is_open(endpoint):
            continue
        response = someone.client.open(address, method=method, data=token, headers=someone.headers)
        if act in ALLOWED[role]:
            assert response.status_code in {200, 303, 404, 422}, (
                f"{role} {method} {address}: {response.status}"
            )
        else:
            assert response.status_code == 403, f"{role} {method} {address}: {response.status}"
