"""An article's form, errors, dates and receipt are in the article's language, not in the site's."""

from collections.abc import Callable

import pytest

from cms.languages import Language
from cms.moderation.rules import PUBLIC_SENTENCES, Verdict
from tests.comments.stored import stored
from tests.conftest import ON_SQLITE, Clock
from tests.languages.chrome import latin_words, words
from tests.languages.paper import STORY, Paper
from tests.reader import Page, Reader

pytestmark = ON_SQLITE
PAGES: dict[str, Callable[[Paper], str]] = {
    "article with a thread and a form": lambda paper: paper.get_discussed(),
    "reply": lambda paper: paper.get_discussed("?reply_to=1"),
    "article without comments": lambda paper: paper.get(STORY),
    "closed article": lambda paper: paper.get_closed(),
    "empty form": lambda paper: paper.send(name="", email="", comment=""),
    "incomplete address": lambda paper: paper.send(email="dan"),
    "long name": lambda paper: paper.send(name=paper.words.reader * 30),
    "long comment": lambda paper: paper.send(comment=paper.words.title * 1000),
    "preview": lambda paper: paper.send(preview="1"),
    "foreign form": lambda paper: paper.send_from_elsewhere(),
    "unknown token": lambda paper: paper.send(token="1.0"),
    "body too large": lambda paper: paper.send(comment=paper.words.title * 30_000),
    "answer to a vanished comment": lambda paper: paper.send(reply_to="999"),
    "too many comments": lambda paper: [paper.send(comment=f"{paper.words.title} {n}") for n in range(11)][
        -1
    ],
    "receipt": lambda paper: paper.get(paper.receipt()),
    "receipt of a published comment": lambda paper: paper.get(decided(paper, Verdict.APPROVE)),
    "receipt of a rejected comment": lambda paper: paper.get(decided(paper, Verdict.REJECT)),
    "receipt of a withdrawn comment": lambda paper: paper.get(withdrawn(paper)),
}


def decided(paper: Paper, verdict: Verdict, reason: str = "") -> str:
    address = paper.receipt()
    comment = stored(paper.site)[-1].id
    assert comment is not None
    paper.decide(comment, verdict, reason)
    return address


def withdrawn(paper: Paper) -> str:
    reader, address = Reader(paper.app), paper.receipt()
    answer = reader.client.post(f"{address}/withdrawal", data=reader.form_of(address), headers=reader.headers)
    assert answer.status_code == 303
    return address


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_no_english_is_left_on_a_page_and_it_runs_from_right_to_left(
    paper: Paper, page: Callable[[Paper], str]
) -> None:
    source = page(paper)
    assert len(words(source)) > 10
    assert latin_words(source) == []
    (html, _text), *_ = Page(source).all("html")
    assert (html["lang"], html["dir"]) == (paper.words.language, "rtl")


def test_the_form_stands_under_its_two_sentences(paper: Paper, spoken: Language) -> None:
    page = Reader(paper.app).page(STORY)
    assert page.text("h2", id="reply-heading") == spoken.sentence("Leave a Reply")
    note = spoken.sentence("Your email address will not be published. Required fields are marked *")
    assert page.text("p", class_="form__note") == note
    assert "*" in note


def test_each_error_stands_at_its_field(paper: Paper, spoken: Language) -> None:
    page = Page(paper.send(name="", email="dan", comment=""))
    for field, sentence in (
        ("name", "Please give your name."),
        ("email", "This is not a complete e-mail address. One looks like name@example.org."),
        ("comment", "Please write your comment."),
    ):
        assert page.text("p", id=f"{field}-error") == spoken.sentence(sentence) != sentence


def test_an_old_form_is_asked_for_again_in_its_language(paper: Paper, spoken: Language, clock: Clock) -> None:
    sentence = "This form had been open for long, so we could not be sure of it. Please send it again."
    reader = Reader(paper.app)
    hidden = reader.form_of(STORY)
    clock.advance(weeks=5)
    answer = reader.comment(STORY, **hidden, comment=paper.words.title)
    assert answer.status_code == 422
    assert spoken.sentence(sentence) in words(answer.text)


@pytest.mark.parametrize("reason", list(PUBLIC_SENTENCES))
def test_a_receipt_says_why_a_comment_was_not_published(paper: Paper, spoken: Language, reason: str) -> None:
    source = paper.get(decided(paper, Verdict.REJECT, reason))
    assert spoken.sentence(PUBLIC_SENTENCES[reason]) in " ".join(words(source))
    assert latin_words(source) == []


def test_a_thread_is_counted_in_the_words_of_its_language(paper: Paper) -> None:
    heading = Page(paper.get_discussed()).text("h2", id="comments-heading")
    assert heading == {"ur": "2 تبصرے", "ar": "تعليقان"}[paper.words.language]


def test_a_day_is_written_in_the_words_of_its_language(paper: Paper) -> None:
    days = [text for attrs, text in Reader(paper.app).page(STORY).all("time")]
    assert days[0] == {"ur": "28 فروری، 2026", "ar": "28 فبراير 2026"}[paper.words.language]


def test_day_and_hour_are_joined_as_the_language_joins_them(paper: Paper) -> None:
    page = Page(paper.get_discussed())
    (_, text), *_ = page.all("a", class_="comment__link")
    assert text == {"ur": "2 مارچ، 2026 9:30 AM", "ar": "2 مارس 2026، 9:30 ص"}[paper.words.language]


def test_names_of_several_authors_are_joined_by_the_comma_of_the_language(paper: Paper) -> None:
    paper.write("together", authors=[paper.words.author, paper.words.reader])
    byline = Reader(paper.app).page("/articles/together").text("p", class_="byline")
    assert f"{paper.words.author}، {paper.words.reader}" in byline


def test_the_sites_own_pages_stay_in_its_language(paper: Paper) -> None:
    page = Reader(paper.app).page("/privacy")
    assert page.all("html")[0][0] == {"lang": "en", "dir": "ltr"}
    assert page.text("h1") == "What we keep about you"


def test_an_english_article_beside_them_is_english(paper: Paper) -> None:
    paper.write("english", language="en", days_ago=0.01)
    page = Reader(paper.app).page("/articles/english")
    assert page.all("html")[0][0] == {"lang": "en", "dir": "ltr"}
    assert page.text("h2", id="reply-heading") == "Leave a Reply"
