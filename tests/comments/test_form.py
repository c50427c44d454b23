"""What a reader meets when she fills in the comment form."""

import re

import pytest
from flask import Flask

from cms.comments.models import Comment
from cms.site import Site
from tests.comments.stored import held_because, only, stored
from tests.conftest import ON_SQLITE, START, Clock
from tests.factories import write_article
from tests.reader import Page, Reader, check_page

CAT = "/articles/cat"


@pytest.fixture(autouse=True)
def _cat(site: Site) -> None:
    write_article(site, "Cat", START)


@pytest.mark.both_engines
def test_a_comment_is_answered_by_303_to_its_receipt_and_held(app: Flask, site: Site) -> None:
    answer = Reader(app).comment(CAT, comment="It purred.")
    assert answer.status_code == 303
    assert re.fullmatch(r"/comments/[0-9a-f]{40}", answer.headers["Location"])
    assert answer.headers["Cache-Control"] == "no-store"
    comment = only(site)
    assert (comment.status, comment.body_text, comment.name) == ("held", "It purred.", "Dan")
    assert held_because(site) == set()


@ON_SQLITE
def test_a_held_comment_is_not_on_its_articles_page(app: Flask) -> None:
    reader = Reader(app)
    reader.comment(CAT, comment="It purred.")
    assert "It purred." not in reader.get(CAT).text


@ON_SQLITE
def test_an_empty_form_says_all_that_is_missing_in_the_order_of_its_fields(app: Flask) -> None:
    answer = Reader(app).comment(CAT, name="", email="", comment="")
    page = check_page(answer)
    assert answer.status_code == 422
    assert page.text("title").startswith("Error: ")
    summary = page.all("div", role="alert")[0][1]
    assert summary.startswith("There is a problem")
    links = [attrs["href"] for attrs, _ in page.all("a") if attrs["href"] in {"#comment", "#name", "#email"}]
    assert links == ["#comment", "#name", "#email"]
    fields = [attrs["id"] for tag, attrs, _ in page.elements if attrs.get("aria-invalid") == "true"]
    assert fields == ["comment", "name", "email"]
    for name in fields:
        described = next(attrs for _, attrs, _ in page.elements if attrs.get("id") == name)[
            "aria-describedby"
        ]
        assert f"{name}-error" in described.split()
        assert page.text("p", id=f"{name}-error")


@ON_SQLITE
def test_a_refused_form_comes_back_with_every_word(app: Flask, site: Site) -> None:
    typed = 'First line.\n\n  Second, with <b>tags</b> & "quotes".\nآخری سطر'
    answer = Reader(app).comment(CAT, name="Dan O’Hara", email="not an address", comment=typed)
    page = Page(answer.text)
    kept = next("".join(text) for tag, attrs, text in page.elements if attrs.get("id") == "comment")
    assert kept.replace("\r\n", "\n").removeprefix("\n") == typed
    assert page.all("input", id="name")[0][0]["value"] == "Dan O’Hara"
    assert page.all("input", id="email")[0][0]["value"] == "not an address"
    assert answer.headers["Cache-Control"] == "no-store"
    assert stored(site) == []


@ON_SQLITE
@pytest.mark.parametrize("name", ["", "   ", "\u200d\u200c", "\u202e\u2066", "\u2800", "\u3164", "\0"])
def test_a_name_that_nobody_could_see_is_refused(app: Flask, name: str) -> None:
    answer = Reader(app).comment(CAT, name=name)
    assert answer.status_code == 422
    assert "Please give your name." in answer.text


@ON_SQLITE
@pytest.mark.parametrize("text", ["", " \n\t ", "\u200b\u200d", "<b></b>", "<p> </p>", "<b>\u200b</b>"])
def test_a_comment_that_nobody_could_see_is_refused(app: Flask, site: Site, text: str) -> None:
    answer = Reader(app).comment(CAT, comment=text)
    assert answer.status_code == 422
    assert "Please write your comment." in answer.text
    assert stored(site) == []


@ON_SQLITE
def test_a_name_cannot_turn_the_text_behind_it(app: Flask, site: Site) -> None:
    Reader(app).comment(CAT, name="\u202eDan\u2066 \n  O\u2019Hara\0")
    assert only(site).name == "Dan O\u2019Hara"


@ON_SQLITE
def test_a_text_one_letter_too_long_is_refused_in_words_and_one_that_fits_is_taken(
    app: Flask, site: Site
) -> None:
    reader = Reader(app)
    refused = reader.comment(CAT, comment="ا" * 5001)
    assert refused.status_code == 422
    assert "Your comment has 5,001 characters; at most 5,000 fit." in refused.text
    assert reader.comment(CAT, comment="ا" * 5000).status_code == 303
    assert len(only(site).body_text) == 5000


@ON_SQLITE
def test_no_field_cuts_pasted_text_in_silence(app: Flask) -> None:
    page = Reader(app).page(CAT)
    form = page.all("form", action=f"{CAT}/comments")[0][0]
    assert "novalidate" in form
    assert not [attrs for _, attrs, _ in page.elements if "maxlength" in attrs]
    assert page.all("input", id="name")[0][0]["autocomplete"] == "name"
    assert page.all("input", id="email")[0][0]["autocomplete"] == "email"


@ON_SQLITE
def test_a_preview_shows_the_cleaned_text_and_stores_nothing(app: Flask, site: Site) -> None:
    answer = Reader(app).comment(CAT, comment="<b>Bold</b> and <script>x</script>", preview="1")
    page = check_page(answer)
    assert answer.status_code == 200
    assert page.text("b") == "Bold"
    assert "<script>x</script>" in page.text("div", class_="comment__body")
    assert not page.text("title").startswith("Error:")
    assert stored(site) == []


@ON_SQLITE
def test_the_form_of_a_preview_can_be_sent(app: Flask, site: Site) -> None:
    reader = Reader(app)
    page = Page(reader.comment(CAT, comment="It purred.", preview="1").text)
    token = page.all("input", name="token")[0][0]["value"]
    fields = {"name": "Dan", "email": "dan@example.org", "comment": "It purred.", "token": token}
    assert reader.post(f"{CAT}/comments", fields).status_code == 303


@ON_SQLITE
def test_a_filled_trap_is_a_reason_and_never_a_refusal(app: Flask, site: Site) -> None:
    assert Reader(app).comment(CAT, website="https://spam.example").status_code == 303
    assert held_because(site) == {"trap"}


@ON_SQLITE
@pytest.mark.parametrize(
    "words",
    [
        {"name": "Dan@Example.org"},
        {"comment": "Write to DAN@example.org."},
        {"comment": "It is dan @ example . org, as ever."},
        {"comment": "dan<b>@</b>example.org"},
        {"comment": "dan\u200b＠example.org"},
    ],
)
def test_who_writes_her_own_address_is_told_once_and_then_held_for_it(
    app: Flask, site: Site, words: dict[str, str]
) -> None:
    reader = Reader(app)
    told = reader.comment(CAT, **words)
    assert told.status_code == 422
    assert "so everybody could read it" in told.text
    assert stored(site) == []
    page = check_page(told)
    hidden = {attrs["name"]: attrs.get("value", "") for attrs, _ in page.all("input", type="hidden")}
    assert page.all(id="comment", aria_invalid="true") or page.all(id="name", aria_invalid="true")
    assert reader.comment(CAT, **words, **hidden).status_code == 303
    assert held_because(site) == {"address_in_text"}


@ON_SQLITE
def test_who_takes_her_address_out_is_held_for_nothing_of_the_kind(app: Flask, site: Site) -> None:
    reader = Reader(app)
    assert reader.comment(CAT, comment="Write to dan@example.org.").status_code == 422
    assert reader.comment(CAT, comment="Write to me.", told="yes").status_code == 303
    assert held_because(site) == set()


@ON_SQLITE
def test_links_in_the_text_are_a_reason(app: Flask, site: Site) -> None:
    Reader(app).comment(CAT, comment="See https://a.example and http://b.example")
    assert held_because(site) == {"links"}


@ON_SQLITE
def test_a_post_that_says_nothing_of_its_origin_is_held_for_it(app: Flask, site: Site) -> None:
    reader = Reader(app)
    fields = {"name": "Dan", "email": "dan@example.org", "comment": "Hello.", **reader.form_of(CAT)}
    assert reader.post(f"{CAT}/comments", fields, headers={}).status_code == 303
    assert held_because(site) == {"no_origin"}


@ON_SQLITE
@pytest.mark.parametrize("days", [1, 7, 13])
def test_a_form_from_a_page_kept_for_days_still_sends(app: Flask, clock: Clock, days: int) -> None:
    reader = Reader(app)
    hidden = reader.form_of(CAT)
    clock.advance(days=days)
    fields = {"name": "Dan", "email": "dan@example.org", "comment": "Hello.", **hidden}
    assert reader.post(f"{CAT}/comments", fields).status_code == 303


@ON_SQLITE
def test_a_tab_of_last_month_gets_its_words_and_a_token_that_works(
    app: Flask, site: Site, clock: Clock
) -> None:
    reader = Reader(app)
    fields = {"name": "Dan", "email": "dan@example.org", "comment": "Old words.", **reader.form_of(CAT)}
    clock.advance(days=31)
    refused = reader.post(f"{CAT}/comments", fields)
    page = check_page(refused)
    assert refused.status_code == 422
    assert "Old words." in page.text("textarea", id="comment")
    assert "open for long" in page.all("div", role="alert")[0][1]
    fields["token"] = page.all("input", name="token")[0][0]["value"]
    assert reader.post(f"{CAT}/comments", fields).status_code == 303
    assert only(site).body_text == "Old words."


@ON_SQLITE
@pytest.mark.parametrize(
    "token", ["", "x", ".", "2931.", "99999999.abc", "٢٩٣١.abc", "2931" + "0" * 5000 + ".x", "\0", "-1.a"]
)
def test_a_token_of_nobody_is_refused_with_the_words(app: Flask, token: str) -> None:
    refused = Reader(app).comment(CAT, token=token, comment="My words.")
    assert refused.status_code == 422
    assert "My words." in refused.text


@ON_SQLITE
def test_a_token_is_bound_to_its_article(app: Flask, site: Site) -> None:
    write_article(site, "Dog", START)
    reader = Reader(app)
    refused = reader.comment(CAT, token=reader.form_of("/articles/dog")["token"])
    assert refused.status_code == 422
    assert stored(site) == []


@ON_SQLITE
def test_a_static_page_with_open_comments_takes_them_too(app: Flask, site: Site) -> None:
    write_article(site, "About", START, kind="page")
    assert Reader(app).comment("/pages/about").status_code == 303
    assert isinstance(only(site), Comment)
