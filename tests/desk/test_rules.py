"""What the desk decides without a database."""

from datetime import UTC, datetime

import pytest

from cms.desk.rules import Button, State, as_typed, moment_in, names_in, offered


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("harbour, tram", ("harbour", "tram")),
        ("بندرگاہ، ٹرام", ("بندرگاہ", "ٹرام")),
        (" a ,, A,  b  c ", ("a", "b c")),
        ("", ()),
        (" , ،", ()),
    ],
)
def test_a_list_is_split_at_commas_of_any_script(typed: str, names: tuple[str, ...]) -> None:
    assert names_in(typed) == names


def test_a_name_that_is_known_with_its_comma_stays_one_name() -> None:
    assert names_in("Ada, Smith, John", known=["Smith, John"]) == ("Ada", "Smith, John")


def test_a_time_is_read_and_shown_in_the_time_zone_of_the_site() -> None:
    moment = moment_in("2026-07-01T09:00", "Asia/Karachi")
    assert moment == datetime(2026, 7, 1, 4, 0, tzinfo=UTC)
    assert as_typed(moment, "Asia/Karachi") == "2026-07-01T09:00"


@pytest.mark.parametrize("typed", ["", "soon", "2026-13-01T09:00", "0001-01-01T00:00", "9999-12-31T23:59"])
def test_what_is_no_time_is_none(typed: str) -> None:
    assert moment_in(typed, "UTC") is None


@pytest.mark.parametrize("state", [None, *State])
def test_a_contributor_is_offered_to_save_and_to_look_only(state: State | None) -> None:
    assert offered(state, may_publish=False) == (Button.SAVE, Button.PREVIEW)


@pytest.mark.parametrize("state", [None, *State])
def test_enter_in_a_field_saves(state: State | None) -> None:
    assert offered(state, may_publish=True)[0] is Button.SAVE
