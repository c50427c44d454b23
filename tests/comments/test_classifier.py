"""What the filter makes of what it has learnt, without a database."""

import random

from hypothesis import given
from hypothesis import strategies as st

from cms.comments import classifier, features
from cms.comments.classifier import ENOUGH_OF_EACH, NONE, Counts, Weights
from cms.config import Settings

FINE = "the tram was late and the council blames the rain on our bridge again".split()
SPAM = "subscribe to my channel and win a prize at the casino with bonus".split()


def taught(number: int) -> tuple[Counts, Weights]:
    """Return counts and weights after so many lessons of each kind."""
    chance, counts = random.Random(number), {}
    kinds = [
        [features.buckets("", " ".join(chance.choices(words, k=8))) for _ in range(number)]
        for words in (SPAM, FINE)
    ]
    for is_fine, kind in enumerate(kinds):
        for shown in kind:
            for bucket in shown:
                spam, fine = counts.get(bucket, (0, 0))
                counts[bucket] = (spam + (not is_fine), fine + is_fine)
    return counts, classifier.fit(classifier.alternating(*kinds))


COUNTS, WEIGHTS = taught(40)
SURE = Settings().spam_threshold


def test_who_has_learnt_nothing_says_nothing() -> None:
    assert classifier.opinion(features.buckets("", "win a prize"), {}, None) == NONE


def test_it_is_sure_of_words_that_it_knows_as_spam_only() -> None:
    advert = classifier.opinion(features.buckets("", " ".join(SPAM)), COUNTS, WEIGHTS)
    honest = classifier.opinion(features.buckets("", " ".join(FINE)), COUNTS, WEIGHTS)
    assert advert.certainty >= SURE > honest.certainty
    assert (advert.percent or 0) > 90 > 10 > (honest.percent or 0)


def test_it_is_never_sure_of_a_script_or_of_words_that_it_has_not_seen() -> None:
    for text in (
        "역시 대단한 기사입니다 감사합니다",
        "یہ بہت اچھا مضمون ہے",
        "Great post, thanks for sharing! I will come back to this blog.",
    ):
        assert classifier.opinion(features.buckets("", text), COUNTS, WEIGHTS).certainty < SURE


def test_it_is_never_sure_before_it_has_seen_enough_of_each_kind() -> None:
    counts, weights = taught(ENOUGH_OF_EACH - 1)
    assert not classifier.opinion(features.buckets("", " ".join(SPAM)), counts, weights).certainty


def test_it_is_never_sure_while_nothing_is_fitted() -> None:
    opinion = classifier.opinion(features.buckets("", " ".join(SPAM)), COUNTS, None)
    assert not opinion.certainty
    assert (opinion.percent or 0) > 50


def test_the_same_lessons_fit_the_same_weights() -> None:
    assert taught(30)[1] == taught(30)[1]


@given(st.text(max_size=200), st.text(max_size=200))
def test_whatever_is_written_has_buckets_in_order_within_bounds(name: str, text: str) -> None:
    shown = features.buckets(name, text)
    assert shown[0] == features.EVERY
    assert list(shown) == sorted(set(shown))
    assert shown[-1] < features.BUCKETS
    assert features.unpacked(features.packed(shown)) == shown
    assert 1 <= (classifier.opinion(shown, COUNTS, WEIGHTS).percent or 0) <= 99


def test_the_longest_comment_shows_no_more_than_a_bounded_number() -> None:
    text = " ".join(
        str(random.Random(1).random()).translate(str.maketrans("0123456789", "abcdefghij"))
        for _ in range(5000)
    )
    assert len(features.buckets("", text)) < 2500


def test_it_names_the_words_that_speak_for_spam_as_they_stand_in_the_text() -> None:
    told = classifier.telling_words("The tram was late. CASINO! Win a Prize, now.", WEIGHTS)
    assert {"CASINO", "Prize"} <= set(told)
    assert not {"tram", "late"} & set(told)
