"""Kin are articles that share something rare, however old they are."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms.articles.related import KEPT, Subject, kin, kin_of_many, rarity, score, title_words

DAY = datetime(2026, 3, 1, 12, tzinfo=UTC)


def subject(number: int, *traits: int | str, section: int | None = None, days_ago: float = 0) -> Subject:
    """Return an article with these tags (numbers) and title words."""
    return Subject(number, section, DAY - timedelta(days=days_ago), frozenset(traits))


SUBJECTS = st.lists(
    st.builds(
        lambda traits, section, days: (traits, section, days),
        st.frozensets(st.one_of(st.integers(1, 9), st.sampled_from(["ferry", "bread", "clock"])), max_size=5),
        st.none() | st.integers(1, 3),
        st.floats(0, 4000),
    ),
    max_size=30,
).map(lambda rows: [subject(i, *t, section=s, days_ago=d) for i, (t, s, d) in enumerate(rows, 1)])


def test_an_article_that_shares_a_tag_comes_before_newer_ones_that_share_nothing() -> None:
    old = subject(1, 7, days_ago=900)
    newest = [subject(number, 8, days_ago=0.1) for number in range(3, 9)]
    assert [found.id for found in kin_of_many([old, subject(2, 7), *newest], [2])[2]] == [1]


def test_a_rare_tag_says_more_than_a_common_one() -> None:
    rarities = {1: rarity(2, 100), 2: rarity(60, 100)}
    found = kin(subject(1, 1, 2), [subject(2, 2), subject(3, 1)], rarities)
    assert [one.id for one in found] == [3, 2]


def test_a_tag_says_more_than_a_word_of_the_title() -> None:
    rarities: dict[int | str, float] = {1: 2.0, "ferry": 2.0}
    assert score(subject(1, 1), subject(2, 1), rarities) > score(
        subject(1, "ferry"), subject(2, "ferry"), rarities
    )


def test_a_tag_that_every_article_has_makes_nobody_kin() -> None:
    subjects = [subject(number, 1) for number in range(1, 31)]
    assert kin_of_many(subjects, [1]) == {1: []}


def test_the_same_section_makes_kin_closer() -> None:
    rarities: dict[int | str, float] = {1: 1.0}
    here = subject(1, 1, section=4)
    assert score(here, subject(2, 1, section=4), rarities) > score(here, subject(2, 1, section=5), rarities)


def test_the_same_section_alone_makes_nobody_kin() -> None:
    subjects = [subject(1, section=4), subject(2, section=4), subject(3, section=5)]
    assert kin_of_many(subjects, [1]) == {1: []}


def test_of_two_that_share_the_same_the_nearer_in_time_comes_first() -> None:
    rarities: dict[int | str, float] = {1: 1.0}
    found = kin(subject(1, 1), [subject(2, 1, days_ago=400), subject(3, 1, days_ago=10)], rarities)
    assert [one.id for one in found] == [3, 2]


@given(SUBJECTS)
def test_kinship_is_the_same_from_both_sides_and_needs_something_shared(subjects: list[Subject]) -> None:
    rarities: dict[int | str, float] = {trait: 1.0 for one in subjects for trait in one.traits}
    for one in subjects:
        for other in subjects:
            assert score(one, other, rarities) == score(other, one, rarities)
            assert one.traits & other.traits or score(one, other, rarities) == 0


@given(SUBJECTS)
def test_each_list_is_short_ordered_and_without_the_article_itself(subjects: list[Subject]) -> None:
    for article_id, found in kin_of_many(subjects, [one.id for one in subjects]).items():
        assert len(found) <= KEPT
        assert article_id not in {one.id for one in found}
        assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)


@given(SUBJECTS)
def test_kin_of_many_is_what_pair_by_pair_comparing_finds(subjects: list[Subject]) -> None:
    traits = Counter(trait for one in subjects for trait in one.traits)
    rarities = {trait: rarity(holders, len(subjects)) for trait, holders in traits.items()}
    found = kin_of_many(subjects, [one.id for one in subjects])
    for one in subjects:
        expected = [near.score for near in kin(one, subjects, rarities)]
        assert [near.score for near in found[one.id]] == pytest.approx(expected)
        others = {other.id: score(one, other, rarities) for other in subjects}
        assert all(near.score == pytest.approx(others[near.id]) for near in found[one.id])


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("The Last Ferry of the Year", {"last", "ferry", "year"}),
        ("کتاب کی دنیا میں", {"کتاب", "دنیا"}),
        ("في المدرسة على البحر", {"المدرسہ", "البحر"}),
        ("A I O", set()),
    ],
)
def test_small_words_of_a_title_say_nothing(title: str, said: set[str]) -> None:
    assert title_words(title) == said
