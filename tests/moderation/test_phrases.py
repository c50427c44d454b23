"""Lists of words and hosts find what they mean, however it is disguised, and no line can make the search slow."""

import time

import pytest

from cms.moderation.phrases import WordIndex, hosts_of, listed_hosts, listed_words, words_of


def _finds(lines: str, text: str) -> bool:
    return WordIndex([(1, listed_words(lines))]).found_in(words_of(text)) == {1}


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        ("casino", "Come to the CASINO!"),
        ("casino", "Come to the c\u0430sin\u043e"),  # two Cyrillic letters
        ("casino", "c4s1no bonus"),
        ("casino", "c a s i n o bonus"),
        ("casino", "ca<b>si</b>no"),
        ("casino", "\U0001d41c\U0001d41a\U0001d42c\U0001d422\U0001d427\U0001d428"),
        ("nothing\ncasino", "the casino"),
        ("easy money", "EASY, money"),
        ("easy money", "easy<br>money"),
        ("casino*", "the casinos of Monaco"),
        ("*coin", "buy dogecoin"),
        ("b*n*s", "a bonus"),
        ("v?agra", "viagra"),
        ("buy * now", "buy it now"),
        ("جوا", "یہ جوا ہے"),
    ],
)
def test_a_line_finds_what_it_means(lines: str, text: str) -> None:
    assert _finds(lines, text)


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        ("casino", "casinos"),
        ("ass", "a class of its own"),
        ("easy money", "money is easy"),
        ("easy money", "easy"),
        ("v?agra", "vagra"),
        ("*coin", "coins"),
        ("a*a", "a"),
        ("buy * now", "buy it right now"),
    ],
)
def test_a_line_finds_nothing_else(lines: str, text: str) -> None:
    assert not _finds(lines, text)


@pytest.mark.parametrize("line", ["*", "* ?", "!!!", "a b c d e f g h i"])
def test_a_line_without_words_or_with_too_many_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        listed_words(f"good\n{line}")


def test_a_host_stands_for_all_below_it() -> None:
    assert listed_hosts("https://www.Example.org/path\n\nb.example") == ("example.org", "b.example")
    assert "example.org" in set(hosts_of("see http://shop.example.org/x"))
    assert "example.org" not in set(hosts_of("see http://notexample.org/x"))
    for bad in ("no host", "example", "*.org"):
        with pytest.raises(ValueError, match=r"."):
            listed_hosts(bad)


def test_the_worst_lines_are_sought_in_the_worst_text_within_a_moment() -> None:
    lines = "\n".join(f"{'a*' * 45}{'b' * n}" for n in range(1, 9))
    index = WordIndex([(1, listed_words(lines))])
    text = " ".join(["a" * 95] * 100)
    began = time.process_time()
    assert index.found_in(words_of(text)) == set()
    assert time.process_time() - began < 0.5
