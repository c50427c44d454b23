"""What accounts decide without a database."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms.accounts.rules import ALLOWED, Act, Refusal, Role, home, is_local_path, may, password_refusal


@pytest.mark.parametrize("role", list(Role))
def test_every_role_stands_in_the_one_table(role: Role) -> None:
    assert ALLOWED[role]


def test_a_moderator_needs_no_right_to_write() -> None:
    assert not may(Role.MODERATOR, Act.WRITE)
    assert may(Role.MODERATOR, Act.MODERATE)


@pytest.mark.parametrize(
    "path", ["/desk/", "/desk/?status=draft", "/moderation/log?page=1.2", "/", "/desk/ا"]
)
def test_a_path_here_is_local(path: str) -> None:
    assert is_local_path(path)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "desk/",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "https://evil.example",
        "\\\\evil",
        "/" * 3,
    ],
)
def test_what_leads_elsewhere_is_not_local(address: str) -> None:
    assert not is_local_path(address)


@given(st.text(max_size=40))
def test_whatever_is_local_keeps_a_browser_on_this_host(address: str) -> None:
    if is_local_path(address):
        as_a_browser_reads_it = "".join(letter for letter in address if letter not in "\t\r\n").replace(
            "\\", "/"
        )
        assert as_a_browser_reads_it.startswith("/")
        assert not as_a_browser_reads_it.startswith("//")


@pytest.mark.parametrize(("length", "fits"), [(11, False), (12, True), (1024, True), (1025, False)])
def test_a_password_has_12_to_1024_characters(length: int, fits: bool) -> None:
    assert (password_refusal("x" * length) is None) is fits
    assert fits or isinstance(password_refusal("x" * length), Refusal)


def test_a_password_needs_no_mixture() -> None:
    assert password_refusal("correct horse battery staple") is None


def test_everybody_is_at_home_where_the_work_is() -> None:
    assert home(Role.MODERATOR) == "/moderation/"
    assert {home(role) for role in Role if role is not Role.MODERATOR} == {"/desk/"}
