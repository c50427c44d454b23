"""A reader finds articles by their words, whatever she types, on both databases."""

import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cms.articles.models import ArticleKind, ArticleStatus
from cms.articles.queries.search import BEST, search_page
from tests.articles.paper import Paper, counted, paper_of

pytestmark = pytest.mark.both_engines

ZWNJ = "\u200c"
NASTY = [
    '"', '""', "*", "a*", "AND", "OR NOT", "NEAR(", "NEAR(a b, 3)", "-x", "+x", "^x", "title:", "title : x",
    "{a b}: c", "(", ")", "((((", "' OR 1=1 --", "a & b | !c", "a <-> b", "x:*", ":*", "\\", "%", "_", "\x00",
    "a\x00b", "😀👩\u200d👧", "\u202efdsa", "ـــ", "ّّّ", "\u0e31", "ﷺ", "word " * 2000, "x" * 10_000, "ferry'",
    "1e5 -1.5 0x1f", "a.b@c.example", "http://x.example/a?b=c", "<script>", "\u0345", "𞤀", "Ⅷ", "語語語",
    "हिन्दी",
]  # fmt: skip

SPELT = [
    ("یہ کتاب علی کی ہے", "كتاب علي"),
    ("هذا كتاب علي", "کتاب علی"),
    ("في المدرسة الكبيرة", "المدرسه الکبیره"),
    ("ماہ و سال", "ماه"),
    ("ذهب مُحَمَّدٌ إلى البيت", "محمد الي"),
    ("محمد", "مُحَمَّد"),
    (f"او می{ZWNJ}خواهم گفت", "میخواهم"),
    ("او میخواهم گفت", f"می{ZWNJ}خواهم"),
    (f"او می{ZWNJ}خواهم گفت", "می خواهم"),
    ("سنہ ۲۰۲۴ میں", "2024"),
    ("علماء نے کہا", "علما"),
    ("ﻛﺘﺎب", "كتاب"),
    ("The Café at Straße 5", "cafe strasse"),
    ("Ferries sail", "ferri"),
    ("हिन्दी में", "हिन्दी"),
]


@pytest.fixture
def paper(app: Flask) -> Paper:
    """Return an empty newspaper."""
    return paper_of(app)


def titles_for(paper: Paper, typed: str, page: int = 1, size: int = 20) -> list[str]:
    """Return the titles found for what was typed, best first."""
    with paper.site.database.reading() as session:
        found = search_page(session, typed, now=paper.now, page=page, size=size)
    return [hit.title for hit in found.results]


def test_a_word_is_found_however_it_is_spelt(paper: Paper) -> None:
    for number, (written, _) in enumerate(SPELT):
        paper.article(f"Right case{number:02}", written)
        paper.article(f"Wrong case{number:02}", "nothing of the kind")
    found = {case: titles_for(paper, f"{case[1]} case{number:02}") for number, case in enumerate(SPELT)}
    assert found == {case: [f"Right case{number:02}"] for number, case in enumerate(SPELT)}


def test_nothing_that_can_be_typed_is_an_error(app: Flask, paper: Paper) -> None:
    paper.article("The last ferry", "and the baker's boy")
    client = app.test_client()
    statuses = {typed: client.get("/search", query_string={"q": typed}).status_code for typed in NASTY}
    assert statuses == dict.fromkeys(NASTY, 200)


def test_no_text_at_all_is_an_error(app: Flask, paper: Paper) -> None:
    paper.article("The last ferry", "a b c")

    @settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.text(max_size=60))
    def anything(typed: str) -> None:
        titles_for(paper, typed)

    anything()


def test_a_search_page_is_always_there(app: Flask, paper: Paper) -> None:
    paper.article("The last ferry")
    client = app.test_client()
    for query in ("", "?q=", "?q=%00", "?q=%ff%fe", "?q=ferry&page=x", "?q=ferry&page=99", "?page=-1"):
        assert client.get(f"/search{query}").status_code == 200, query


@pytest.mark.parametrize(
    "fields",
    [
        {"status": ArticleStatus.DRAFT},
        {"status": ArticleStatus.RETRACTED},
        {"days_ago": -1},
        {"kind": ArticleKind.PAGE},
    ],
)
def test_what_is_not_an_article_in_public_is_not_found(paper: Paper, fields: dict[str, object]) -> None:
    paper.article("The last ferry", **fields)
    assert titles_for(paper, "ferry") == []


def test_a_scheduled_article_is_found_when_its_time_has_come(paper: Paper) -> None:
    paper.article("The last ferry", days_ago=-1)
    paper.now += timedelta(days=2)
    assert titles_for(paper, "ferry") == ["The last ferry"]


def test_an_article_is_found_by_its_present_words_only(paper: Paper) -> None:
    article_id = paper.article("The last ferry")
    paper.change(article_id, title="The first tram")
    assert (titles_for(paper, "ferry"), titles_for(paper, "tram")) == ([], ["The first tram"])
    paper.change(article_id, status=ArticleStatus.DRAFT)
    assert titles_for(paper, "tram") == []


def test_every_word_must_be_there(paper: Paper) -> None:
    paper.article("Ferry", "no bread")
    paper.article("Ferry and baker")
    assert titles_for(paper, "baker ferry") == ["Ferry and baker"]


def test_a_word_in_the_title_comes_before_one_in_the_text(paper: Paper) -> None:
    paper.article("A ferry", "sails at nine", days_ago=9)
    paper.article("News", "there is a ferry somewhere in this text", days_ago=1)
    assert titles_for(paper, "ferry") == ["A ferry", "News"]


def test_a_whole_word_comes_before_one_that_only_begins_so(paper: Paper) -> None:
    paper.article("A carpet of news", days_ago=1)
    paper.article("A car full of news", days_ago=9)
    assert titles_for(paper, "car") == ["A car full of news", "A carpet of news"]


def test_of_equals_the_newest_comes_first(paper: Paper) -> None:
    for days_ago in (3, 1, 2):
        paper.article("The ferry", days_ago=days_ago, slug=f"ferry-{days_ago}")
    with paper.site.database.reading() as session:
        found = search_page(session, "ferry", now=paper.now, page=1, size=20)
    assert [hit.slug for hit in found.results] == ["ferry-1", "ferry-2", "ferry-3"]


def test_pages_show_each_result_once(app: Flask, paper: Paper) -> None:
    for number in range(5):
        paper.article(f"Ferry {number}")
    pages = [titles_for(paper, "ferry", page=page, size=2) for page in (1, 2, 3, 4)]
    assert [len(page) for page in pages] == [2, 2, 1, 0]
    assert len({title for page in pages for title in page}) == 5


def test_the_next_page_has_a_link(app: Flask, paper: Paper) -> None:
    for number in range(paper.site.settings.page_size + 1):
        paper.article(f"کتاب {number}")
    client = app.test_client()
    body = client.get("/search", query_string={"q": "كتاب"}).get_data(as_text=True)
    link = f"/search?q={quote('كتاب')}&amp;page=2"
    assert f'href="{link}" rel="next"' in body
    last = client.get(link.replace("&amp;", "&")).get_data(as_text=True)
    assert 'rel="next"' not in last
    assert last.count("card__title") == 1


def test_a_result_names_its_authors_and_marks_the_words(app: Flask, paper: Paper) -> None:
    paper.article("Night", "A <b>ferry</b> & a lamp", authors=["Ada", "Ben"])
    body = app.test_client().get("/search?q=ferry").get_data(as_text=True)
    assert "A &lt;b&gt;<mark>ferry</mark>&lt;/b&gt; &amp; a lamp" in body
    assert [body.index("Ada"), body.index("Ben")] == sorted([body.index("Ada"), body.index("Ben")])


def test_what_somebody_looks_for_is_not_kept(app: Flask, paper: Paper) -> None:
    response = app.test_client().get("/search?q=ferry")
    assert "private" in response.headers["Cache-Control"]
    assert "Set-Cookie" not in response.headers
    assert re.search(r'<meta name="robots" content="noindex', response.get_data(as_text=True))


def test_a_search_takes_three_selects_however_much_it_finds(paper: Paper) -> None:
    for number in range(12):
        paper.article(f"Ferry {number}", authors=["Ada"])
    with counted(paper.site) as sent:
        assert len(titles_for(paper, "ferry")) == 12
    assert len(sent) == 3


def test_the_longest_article_can_be_indexed(paper: Paper) -> None:
    text = " ".join(f"word{number}" for number in range(150_000))
    paper.article("Long", text)
    assert titles_for(paper, "word77 long") == ["Long"]


def test_no_more_than_the_best_are_listed(paper: Paper) -> None:
    with paper.site.database.reading() as session:
        assert search_page(session, "ferry", now=paper.now, page=BEST, size=20).results == ()
