"""How a writer changes her comment by its receipt, and asks for a second look."""

import pytest
from flask import Flask
from sqlmodel import col, select

from cms.comments.models import Comment, CommentEdit, CommentVersion, LikenessBand
from cms.moderation.actions.deciding import decide
from cms.moderation.rules import Verdict
from cms.site import Site
from tests.comments.stored import deeds, held_because, only
from tests.conftest import ON_SQLITE, START, Clock
from tests.factories import hire, write_article
from tests.reader import Page, Reader, check_page

CAT = "/articles/cat"
FOR_EVER = 10**9


@pytest.fixture
def cleo(site: Site) -> int:
    write_article(site, "Cat", START)
    return hire(site, "Cleo", START)


@pytest.fixture
def reader(app: Flask, cleo: int) -> Reader:
    return Reader(app)


def _say(site: Site, cleo: int, verdict: Verdict, reason: str = "") -> None:
    decide(site, cleo, [_id(site)], verdict, reason, FOR_EVER, START)


def _id(site: Site) -> int:
    comment_id = only(site).id
    assert comment_id is not None
    return comment_id


def _change(reader: Reader, receipt: str, comment: str, name: str = "Dan", **fields: str) -> Page:
    sent = {**reader.form_of(receipt), "comment": comment, "name": name, **fields}
    answer = reader.post(f"{receipt}/edits", sent)
    assert answer.status_code == 303, answer.text
    return reader.page(answer.headers["Location"])


def _texts(site: Site, table: type[CommentEdit] | type[CommentVersion]) -> list[str]:
    with site.database.reading() as session:
        return list(session.exec(select(col(table.body_text))))


@pytest.mark.both_engines
def test_a_held_comment_changes_at_once_and_the_log_says_so(reader: Reader, site: Site) -> None:
    receipt = reader.comment(CAT, comment="It was red.").headers["Location"]
    page = _change(reader, receipt, "It was <em>blue</em>. See https://example.org/", name="Daniel")
    assert page.text("div", class_="comment__body") == "It was blue. See https://example.org/"
    comment = only(site)
    assert (comment.name, comment.status, comment.waiting_since) == ("Daniel", "held", START)
    assert deeds(site, _id(site)) == ["submitted", "edited"]
    assert held_because(site) == {"links"}
    assert _texts(site, CommentVersion) == ["It was red."]


@pytest.mark.both_engines
def test_an_edit_leaves_no_fingerprint_of_what_was_said_before(reader: Reader, site: Site) -> None:
    receipt = reader.comment(CAT, comment="The ferry was late again this morning.").headers["Location"]
    _change(reader, receipt, "The harbour office has never answered my letters.")
    with site.database.reading() as session:
        assert set(session.exec(select(col(LikenessBand.likeness)))) == {only(site).likeness}


@pytest.mark.both_engines
def test_what_was_said_before_may_be_sent_again_as_a_new_comment(reader: Reader) -> None:
    receipt = reader.comment(CAT, comment="First.").headers["Location"]
    _change(reader, receipt, "Second.")
    assert reader.comment(CAT, comment="First.").headers["Location"] != receipt


@pytest.mark.both_engines
def test_an_edit_of_a_published_comment_waits_while_the_public_text_stays(
    reader: Reader, site: Site, cleo: int, clock: Clock
) -> None:
    receipt = reader.comment(CAT, comment="It was red.").headers["Location"]
    _say(site, cleo, Verdict.APPROVE)
    clock.advance(hours=1)
    page = _change(reader, receipt, "It was blue.")
    assert "Your change is waiting" in page.text("p", class_="receipt__state")
    assert [text for _, text in page.all("div", class_="comment__body")] == ["It was blue.", "It was red."]
    assert page.text("textarea") == "It was blue."
    assert "It was red." in reader.get(CAT).text
    assert "It was blue." not in reader.get(CAT).text
    assert only(site).waiting_since == clock()
    assert deeds(site, _id(site)) == ["submitted", "decided", "edited"]


@pytest.mark.both_engines
def test_an_edit_that_goes_back_to_the_public_text_waits_for_nobody(
    reader: Reader, site: Site, cleo: int
) -> None:
    receipt = reader.comment(CAT, comment="It was red.").headers["Location"]
    _say(site, cleo, Verdict.APPROVE)
    _change(reader, receipt, "It was blue.")
    _change(reader, receipt, "It was red.")
    assert _texts(site, CommentEdit) == []
    assert only(site).waiting_since is None


@ON_SQLITE
def test_an_edit_that_changes_nothing_leaves_no_trace(reader: Reader, site: Site) -> None:
    receipt = reader.comment(CAT, comment="It was red.").headers["Location"]
    _change(reader, receipt, "It was red.")
    assert deeds(site, _id(site)) == ["submitted"]
    assert _texts(site, CommentVersion) == []


@ON_SQLITE
def test_a_withdrawal_takes_a_waiting_edit_along(reader: Reader, site: Site, cleo: int) -> None:
    receipt = reader.comment(CAT).headers["Location"]
    _say(site, cleo, Verdict.APPROVE)
    _change(reader, receipt, "Something else.")
    assert reader.post(f"{receipt}/withdrawal", reader.form_of(receipt)).status_code == 303
    assert (_texts(site, CommentEdit), only(site).waiting_since) == ([], None)


@ON_SQLITE
@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"comment": " "}, "Please write your comment."),
        ({"name": ""}, "Please give your name."),
        ({"comment": "x" * 5001}, "at most 5,000 fit"),
        ({"token": "1.0"}, "had been open for long"),
    ],
)
def test_a_refused_edit_keeps_the_words(
    reader: Reader, site: Site, fields: dict[str, str], problem: str
) -> None:
    receipt = reader.comment(CAT).headers["Location"]
    sent = {**reader.form_of(receipt), "comment": "Kept words.", "name": "Dan", **fields}
    answer = reader.post(f"{receipt}/edits", sent)
    page = check_page(answer)
    assert answer.status_code == 422
    assert problem in answer.text
    assert page.text("title").startswith("Error:")
    assert page.text("textarea") == " ".join(sent["comment"].split())
    assert "open" in page.all("details")[0][0]
    assert only(site).body_text == "I was there."


@ON_SQLITE
def test_words_are_kept_where_another_site_sends_them_or_they_are_too_many(
    reader: Reader, app: Flask, site: Site
) -> None:
    receipt = reader.comment(CAT).headers["Location"]
    sent = {**reader.form_of(receipt), "comment": "Kept words.", "name": "Dan"}
    foreign = Reader(app, origin="cross-site").post(f"{receipt}/edits", sent)
    assert (foreign.status_code, check_page(foreign).text("textarea")) == (403, "Kept words.")
    long = reader.post(f"{receipt}/edits", {**sent, "comment": "x" * 300_000})
    assert long.status_code == 413
    assert "xxx" in check_page(long).text("textarea")
    assert only(site).body_text == "I was there."


@ON_SQLITE
def test_edits_count_towards_the_limit_of_comments(reader: Reader, site: Site) -> None:
    receipt = reader.comment(CAT).headers["Location"]
    sent = {**reader.form_of(receipt), "name": "Dan"}
    answers = [reader.post(f"{receipt}/edits", {**sent, "comment": f"Text {n}"}) for n in range(10)]
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert check_page(answers[-1]).text("textarea") == "Text 9"


@pytest.mark.both_engines
@pytest.mark.parametrize("verdict", [Verdict.REJECT, Verdict.SPAM])
def test_what_was_decided_against_meanwhile_is_not_changed_and_the_words_stay(
    reader: Reader, site: Site, cleo: int, verdict: Verdict
) -> None:
    receipt = reader.comment(CAT).headers["Location"]
    sent = {**reader.form_of(receipt), "comment": "Kept words.", "name": "Dan"}
    _say(site, cleo, verdict)
    answer = reader.post(f"{receipt}/edits", sent)
    assert (answer.status_code, check_page(answer).text("textarea")) == (409, "Kept words.")
    assert only(site).body_text == "I was there."


@ON_SQLITE
def test_what_only_a_policy_called_spam_can_be_changed_like_what_waits(reader: Reader, site: Site) -> None:
    receipt = reader.comment(CAT).headers["Location"]
    with site.database.writing() as session:
        session.connection().exec_driver_sql("UPDATE comment SET status = 'spam', waiting_since = NULL")
        session.commit()
    page = _change(reader, receipt, "A better text.")
    assert page.text("p", class_="receipt__state").startswith("It is waiting")
    assert (only(site).body_text, only(site).status) == ("A better text.", "spam")


@ON_SQLITE
def test_an_edit_in_which_her_own_address_stands_is_held_for_that(reader: Reader, site: Site) -> None:
    receipt = reader.comment(CAT).headers["Location"]
    _change(reader, receipt, "Write to me (Dan@Example.org).")
    assert held_because(site) == {"address_in_text"}


@pytest.mark.both_engines
def test_a_second_look_can_be_asked_for_once(reader: Reader, site: Site, cleo: int) -> None:
    receipt = reader.comment(CAT).headers["Location"]
    _say(site, cleo, Verdict.REJECT, "off_topic")
    assert "Ask for a second look" in reader.get(receipt).text
    fields = reader.form_of(receipt)
    for _ in range(2):
        assert reader.post(f"{receipt}/second-look", fields).status_code == 303
    state = reader.page(receipt).text("p", class_="receipt__state")
    assert state.startswith("It was not published. It was not about the article. You have asked")
    assert deeds(site, _id(site)) == ["submitted", "decided", "asked"]
    assert only(site).escalated_at == START
    _say(site, cleo, Verdict.REJECT, "rude")
    assert only(site).escalated_at is None
    assert "somebody has decided again" in reader.get(receipt).text
    reader.post(f"{receipt}/second-look", fields)
    assert deeds(site, _id(site)) == ["submitted", "decided", "asked", "decided"]


@ON_SQLITE
@pytest.mark.parametrize("verdict", [None, Verdict.APPROVE, Verdict.SPAM])
def test_only_a_rejection_is_looked_at_twice(
    reader: Reader, site: Site, cleo: int, verdict: Verdict | None
) -> None:
    receipt = reader.comment(CAT).headers["Location"]
    if verdict:
        _say(site, cleo, verdict)
    assert "Ask for a second look" not in reader.get(receipt).text
    reader.post(f"{receipt}/second-look", reader.form_of(receipt))
    assert only(site).second_look_at is None


@ON_SQLITE
def test_the_receipt_of_an_urdu_article_is_edited_in_urdu(app: Flask, site: Site) -> None:
    write_article(site, "Billi", START, language="ur", slug="billi")
    reader = Reader(app)
    receipt = reader.comment("/articles/billi", comment="چائے اچھی تھی۔", name="دانیال").headers["Location"]
    answer = reader.post(f"{receipt}/edits", {**reader.form_of(receipt), "comment": "", "name": "دانیال"})
    page = check_page(answer)
    assert page.all("html")[0][0]["dir"] == "rtl"
    assert "براہِ کرم اپنا تبصرہ لکھیں" in answer.text


@pytest.mark.both_engines
def test_a_comment_that_waits_nowhere_is_refused_by_the_database(reader: Reader, site: Site) -> None:
    reader.comment(CAT)
    with pytest.raises(Exception, match=r"(?i)waits"), site.database.writing() as session:
        session.connection().exec_driver_sql("UPDATE comment SET waiting_since = NULL")
    with site.database.reading() as session:
        assert session.exec(select(col(Comment.waiting_since))).one() == START
