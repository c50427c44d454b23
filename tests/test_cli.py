"""Where the commands say that a site is."""

import pytest

from cms.cli import address_at, host_and_port
from cms.config import origin_of


@pytest.mark.parametrize(
    ("bind", "address"),
    [
        ("127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("paper.example:80", "http://paper.example:80"),
        ("[::1]:8000", "http://[::1]:8000"),
        ("0.0.0.0:8000", "http://127.0.0.1:8000"),
        ("[::]:8000", "http://127.0.0.1:8000"),
    ],
)
def test_what_is_served_has_an_address_that_a_browser_can_open(bind: str, address: str) -> None:
    assert address_at(*host_and_port(bind)) == address
    assert origin_of(address)
