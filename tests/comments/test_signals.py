"""Which signals a comment gives, in tables."""

import string
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms.comments.habits import (
    capitals_percent,
    despaced,
    disguised,
    foreign_percent,
    hosts,
    measured,
    where_phones,
)
from cms.comments.lookalikes import plain, skeleton
from cms.comments.signals import HOLD_SENTENCES, SCORE_MAX, HoldCode, Lane, Reason, Traits, judge, lane, score

PLAIN = measured("Dan", "I was there, and it was like that.")
SIGNS = st.text(max_size=300) | st.text(alphabet="ab 1@./:-\u200b\u0301😀аА𝐀", max_size=300)


def test_nothing_speaks_against_a_plain_comment() -> None:
    assert judge(Traits(PLAIN)) == ()


@pytest.mark.parametrize(
    ("trait", "code", "measure"),
    [
        ({"trap_filled": True}, HoldCode.TRAP, 0),
        ({"origin_known": False}, HoldCode.NO_ORIGIN, 0),
        ({"own_address_in_text": True}, HoldCode.ADDRESS_IN_TEXT, 0),
        ({"haste_seconds": 0}, HoldCode.HASTE, 1),
        ({"copies": 3}, HoldCode.COPIES, 3),
        ({"spam_copies": 2}, HoldCode.SPAM_COPIES, 2),
        ({"copied_parent_percent": 90}, HoldCode.COPIED_PARENT, 90),
        ({"from_network": 8}, HoldCode.BURST, 8),
        ({"foreign_percent": 80}, HoldCode.FOREIGN, 80),
        ({"is_staff_name": True}, HoldCode.STAFF_NAME, 0),
        ({"is_thread_name": True}, HoldCode.THREAD_NAME, 0),
        ({"bad_hosts": 1}, HoldCode.BAD_HOSTS, 1),
        ({"words_percent": 97}, HoldCode.WORDS, 97),
    ],
)
def test_each_trait_gives_its_reason_with_what_was_measured(
    trait: dict[str, int], code: HoldCode, measure: int
) -> None:
    assert Reason(code, measure) in judge(Traits(PLAIN, **trait))


@pytest.mark.parametrize(
    "trait",
    [{"haste_seconds": None}, {"haste_seconds": 60}, {"from_network": 2}, {"foreign_percent": 30}],
)
def test_what_honest_readers_do_is_no_signal(trait: dict[str, int]) -> None:
    assert judge(Traits(PLAIN, **trait)) == ()


@pytest.mark.parametrize(
    ("name", "text", "code", "measure"),
    [
        ("Dan", "See https://a.example and www.b.example", HoldCode.LINKS, 2),
        ("Dan", "earn more at MONEYGQ.COM now", HoldCode.LINKS, 1),
        ("Dan", "Call 08712 460324 or +92 (300) 123-4567 today", HoldCode.PHONES, 2),
        ("Dan", "write to win@prize.example", HoldCode.ADDRESSES, 1),
        ("Dan", "Gasken bareng 𝑩𝟎𝑺𝑺", HoldCode.DISGUISED, 4),
        ("Dan", "P\u0343U\u0343L\u0343A\u0343U\u0343", HoldCode.DISGUISED, 5),
        ("Dan", "c\u200bas\u200bino", HoldCode.DISGUISED, 2),
        ("Dan", "an excellеnt blоg", HoldCode.DISGUISED, 2),
        ("Dan", "join A L E X I S 1 7 now", HoldCode.SPACED, 1),
        ("best-loans.example.com", "Nice.", HoldCode.NAME_LINK, 0),
        ("Dan", "THIS IS A LONG SHOUT AT THE WHOLE PAPER", HoldCode.CAPITALS, 100),
    ],
)
def test_each_habit_of_adverts_is_a_signal(name: str, text: str, code: HoldCode, measure: int) -> None:
    assert Reason(code, measure) in judge(Traits(measured(name, text)))


@pytest.mark.parametrize(
    "text",
    [
        "The war of 1939-1945 cost more, e.g. in Node.js terms.",
        "It had 2.124.821.694 views on 2026-03-02 at 10:30.",
        "کیا آپ نے می‌خواهم کہا؟ 👨‍👩‍👧 بہت خوب۔",
        "Это написано по-русски, 한국어로, 日本語で。",
        "J. R. R. Tolkien wrote to the U.S.A. in 1954. Café, naïve, Åse.",
        "Goal! 🇧🇷🇵🇰🇩🇪",
    ],
)
def test_honest_numbers_names_and_scripts_are_no_signal(text: str) -> None:
    assert judge(Traits(measured("Dan", text))) == ()


def test_the_strongest_signal_is_said_first() -> None:
    found = judge(Traits(measured("Dan", "https://a.example"), spam_copies=4, is_thread_name=True))
    assert [reason.code for reason in found] == [
        HoldCode.SPAM_COPIES,
        HoldCode.LINKS,
        HoldCode.THREAD_NAME,
    ]
    assert score(found) > score(found[1:]) > score(found[2:])


def test_each_signal_has_a_sentence_and_a_weight() -> None:
    assert set(HOLD_SENTENCES) == set(HoldCode)
    assert all(Reason(code, 50).weight >= 0 for code in HoldCode)


@pytest.mark.parametrize(
    ("traits", "expected"),
    [
        (Traits(PLAIN), Lane.LIKELY_FINE),
        (Traits(measured("Dan", "see https://a.example")), Lane.NEEDS_THOUGHT),
        (Traits(PLAIN, trap_filled=True), Lane.NEEDS_THOUGHT),
        (Traits(PLAIN, from_network=500, haste_seconds=0), Lane.NEEDS_THOUGHT),
        (Traits(PLAIN, spam_copies=3), Lane.LIKELY_SPAM),
        (Traits(measured("Dan", "𝑩𝟎𝑺𝑺 https://a.example 08712 460324"), trap_filled=True), Lane.LIKELY_SPAM),
    ],
)
def test_a_site_that_has_learnt_nothing_sorts_by_signals_alone(traits: Traits, expected: Lane) -> None:
    assert lane(score(judge(traits))) is expected


@given(SIGNS, SIGNS)
def test_whatever_is_written_is_measured_and_scored_within_bounds(name: str, text: str) -> None:
    assert 0 <= score(judge(Traits(measured(name, text)))) <= SCORE_MAX


@pytest.mark.parametrize(
    ("text", "percent"),
    [
        ("SHORT SHOUT", 0),
        ("THIS IS A LONG SHOUT AT THE WHOLE PAPER", 100),
        ("a quiet sentence of more than twenty letters", 0),
        ("یہ جملہ بڑے حروف نہیں جانتا کیونکہ اردو میں ایسا کچھ نہیں", 0),
    ],
)
def test_capitals_are_counted_among_letters_that_have_a_case(text: str, percent: int) -> None:
    assert capitals_percent(text) == percent


@pytest.mark.parametrize(
    ("text", "language", "percent"),
    [
        ("یہ جملہ اردو میں لکھا گیا ہے اور لمبا ہے", "ur", 0),
        ("یہ جملہ اردو میں لکھا گیا ہے اور لمبا ہے", "en-GB", 100),
        ("This sentence is long enough to say so", "ur", 100),
        ("This sentence is long enough to say so", "xx", 0),
        ("OK", "ur", 0),
    ],
)
def test_a_text_is_foreign_by_the_script_of_its_letters(text: str, language: str, percent: int) -> None:
    assert foreign_percent(text, language) == percent


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Go to http://WWW.Win.Example/now?x=1, please", ("win.example",)),
        ("moneygq.com or www.moneygq.com", ("moneygq.com",)),
        ("write to ada@moneygq.com", ()),
        ("𝐰𝐰𝐰.𝐰𝐢𝐧.𝐜𝐨𝐦", ("win.com",)),
    ],
)
def test_a_host_is_found_however_it_is_written(text: str, expected: tuple[str, ...]) -> None:
    assert hosts(text) == expected


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("𝑩𝟎𝑺𝑺", "b0ss"),
        ("P\u0343U\u0343L\u0343A\u0343U\u0343", "pulau"),
        ("ʙᴇsᴛ 🅱🅴🆂🆃", "best best"),
        ("c\u200bas\u200bino", "casino"),
        ("excellеnt", "excellent"),
        ("Привет мир", "привет мир"),
    ],
)
def test_a_disguised_text_is_read_as_it_sounds(text: str, read: str) -> None:
    assert plain(text) == read


def test_names_that_look_alike_have_one_skeleton() -> None:
    alike = [
        "Ada Lovelace",
        "ADA LOVELACE",
        "Аdа Lоvеlасе",
        "Ada  Love1ace",
        "Ada\u200bLovelace",
        "𝐀da Lovelace",
    ]
    assert len({skeleton(name) for name in alike}) == 1
    assert skeleton("Ada Lovelace") != skeleton("Ida Lovelace")


def test_letters_with_gaps_are_put_together_and_versions_are_not() -> None:
    assert despaced("A L E X I S 1 7 and v. 1.2.0.4, U.S.A.") == ("alexis17",)


@given(SIGNS)
def test_disguise_is_never_found_in_plain_ascii(text: str) -> None:
    assert disguised(text.encode("ascii", "ignore").decode()) == 0


def test_every_letter_with_a_case_is_seen_beside_twenty_small_ones() -> None:
    cased = [one for one in map(chr, range(sys.maxunicode + 1)) if one.isupper() or one.islower()]
    missed = [one for one in cased if capitals_percent("a" * 20 + one * 80) != 80 * one.isupper()]
    assert not missed


@given(st.text(alphabet="0123456789٤५ ().-+/=,a\n", max_size=80))
def test_as_many_telephone_numbers_are_counted_as_are_marked(text: str) -> None:
    assert measured("", text).phones == len(list(where_phones(text)))


@given(
    st.lists(st.sampled_from(string.ascii_lowercase), min_size=4),
    st.sampled_from([" ", ".", "  ", "*", " - "]),
)
def test_a_word_written_letter_by_letter_is_read(letters: list[str], gap: str) -> None:
    assert despaced(f"Go: {gap.join(letters)} now!") == ("".join(letters),)
