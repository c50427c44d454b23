"""What a receipt shows to the one who holds it, and how she withdraws."""

import pytest
from flask import Flask

from cms.moderation.actions import deciding
from cms.moderation.rules import Verdict
from cms.pages.models import Version
from cms.site import Site
from tests.comments.stored import deeds, only
from tests.conftest import ON_SQLITE, START, Clock
from tests.factories import hire, write_article
from tests.reader import Reader, check_page

CAT = "/articles/cat"
FOR_EVER = 10**9  # a moderator who has seen the whole log


@pytest.fixture
def reader(app: Flask, site: Site) -> Reader:
    """Give a reader of a site with one article and one moderator."""
    write_article(site, "Cat", START)
    return Reader(app)


def decide(site: Site, verdict: Verdict, reason: str = "") -> None:
    """Let Cleo decide about the one comment."""
    comment_id = only(site).id
    assert comment_id is not None
    deciding.decide(site, hire(site, "Cleo", START), [comment_id], verdict, reason, FOR_EVER, START)


def withdraw(reader: Reader, receipt: str, **fields: str) -> int:
    """Press the button of a receipt."""
    sent = {**reader.form_of(receipt), **fields}
    return reader.post(f"{receipt}/withdrawal", sent).status_code


@ON_SQLITE
@pytest.mark.parametrize(
    ("verdict", "sentence"),
    [
        (None, "It is waiting for a moderator."),
        (Verdict.APPROVE, "It is published."),
        (Verdict.REJECT, "It was not published."),
        (Verdict.SPAM, "It was not published."),
        (Verdict.HOLD, "It is waiting for a moderator."),
    ],
)
def test_a_receipt_says_in_which_state_its_comment_is(
    reader: Reader, site: Site, verdict: Verdict | None, sentence: str
) -> None:
    receipt = reader.comment(CAT).headers["Location"]
    if verdict is not None:
        decide(site, verdict)
    state = reader.page(receipt).text("p", class_="receipt__state")
    assert state.startswith(sentence)


@ON_SQLITE
def test_a_receipt_is_for_no_cache_and_no_search_engine(reader: Reader) -> None:
    answer = reader.get(reader.comment(CAT).headers["Location"])
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert check_page(answer).all("meta", name="robots")[0][0]["content"] == "noindex"
    assert answer.headers["Referrer-Policy"] == "same-origin"


@ON_SQLITE
def test_a_receipt_says_its_own_link_whole_also_to_who_runs_no_scripts(reader: Reader, site: Site) -> None:
    receipt = reader.comment(CAT).headers["Location"]
    page = reader.page(receipt)
    assert page.text("bdi", class_="receipt__address") == f"{site.settings.base_url}{receipt}"
    assert "hidden" in page.all("button", data_link_copy="")[0][0]


@ON_SQLITE
@pytest.mark.parametrize("deed", ["edits", "second-look", "withdrawal"])
def test_an_address_that_takes_a_receipts_forms_leads_to_it_when_it_is_opened(
    reader: Reader, deed: str
) -> None:
    receipt = reader.comment(CAT).headers["Location"]
    answer = reader.get(f"{receipt}/{deed}")
    assert (answer.status_code, answer.headers["Location"]) == (303, receipt)


@ON_SQLITE
def test_a_receipt_speaks_its_articles_language(app: Flask, site: Site) -> None:
    write_article(site, "Billi", START, language="ur", slug="billi")
    reader = Reader(app)
    page = reader.page(reader.comment("/articles/billi").headers["Location"])
    assert page.all("html")[0][0]["lang"] == "ur"


@pytest.mark.both_engines
def test_a_withdrawal_takes_a_published_comment_away_with_an_entry_in_the_log(
    reader: Reader, site: Site
) -> None:
    receipt = reader.comment(CAT, comment="I take it back.").headers["Location"]
    decide(site, Verdict.APPROVE)
    assert "I take it back." in reader.get(CAT).text
    before = article_version(site)
    assert withdraw(reader, receipt) == 303
    assert "I take it back." not in reader.get(CAT).text
    assert article_version(site) == before + 1
    comment = only(site)
    assert comment.status == "approved"
    assert comment.withdrawn_at == START
    assert comment.id is not None
    assert deeds(site, comment.id) == ["submitted", "decided", "withdrawn"]
    assert reader.page(receipt).text("p", class_="receipt__state").startswith("You have withdrawn it.")


def article_version(site: Site) -> int:
    """Return how often the article of the one comment has changed."""
    with site.database.reading() as session:
        found = session.get(Version, f"article:{only(site).article_id}")
        return found.number if found else 0


@pytest.mark.both_engines
def test_a_withdrawal_pressed_twice_is_done_once(reader: Reader, site: Site) -> None:
    receipt = reader.comment(CAT).headers["Location"]
    fields = reader.form_of(receipt)
    answers = [reader.post(f"{receipt}/withdrawal", fields).status_code for _ in range(2)]
    assert answers == [303, 303]
    comment_id = only(site).id
    assert comment_id is not None
    assert deeds(site, comment_id) == ["submitted", "withdrawn"]


@ON_SQLITE
def test_looking_at_a_receipt_changes_nothing(reader: Reader, site: Site) -> None:
    receipt = reader.comment(CAT).headers["Location"]
    for method in ("GET", "HEAD", "OPTIONS"):
        reader.client.open(receipt, method=method)
        reader.client.open(f"{receipt}/withdrawal", method=method)
    assert only(site).withdrawn_at is None


@ON_SQLITE
def test_a_withdrawal_from_a_tab_of_last_month_is_asked_again(
    reader: Reader, site: Site, clock: Clock
) -> None:
    receipt = reader.comment(CAT).headers["Location"]
    fields = reader.form_of(receipt)
    clock.advance(days=31)
    refused = reader.post(f"{receipt}/withdrawal", fields)
    page = check_page(refused)
    assert refused.status_code == 422
    assert page.text("title").startswith("Error:")
    assert only(site).withdrawn_at is None
    token = page.all("input", name="token")[0][0]["value"]
    assert reader.post(f"{receipt}/withdrawal", {"token": token}).status_code == 303
    assert only(site).withdrawn_at == clock.now


@ON_SQLITE
def test_another_site_cannot_press_the_button(reader: Reader, app: Flask, site: Site) -> None:
    receipt = reader.comment(CAT).headers["Location"]
    fields = reader.form_of(receipt)
    assert Reader(app, origin="cross-site").post(f"{receipt}/withdrawal", fields).status_code == 403
    assert only(site).withdrawn_at is None


@ON_SQLITE
def test_the_button_of_one_receipt_does_not_work_on_another(reader: Reader, site: Site) -> None:
    first = reader.comment(CAT, comment="One.").headers["Location"]
    second = reader.comment(CAT, comment="Two.").headers["Location"]
    assert reader.post(f"{first}/withdrawal", reader.form_of(second)).status_code == 422


@ON_SQLITE
@pytest.mark.parametrize("secret", ["x", "0" * 40, "%00", "a" * 3000])
def test_a_receipt_that_nobody_holds_is_404(reader: Reader, secret: str) -> None:
    assert reader.get(f"/comments/{secret}").status_code == 404
    assert reader.post(f"/comments/{secret}/withdrawal", {}).status_code == 404


@ON_SQLITE
def test_the_secret_of_a_receipt_is_nowhere_in_the_database(reader: Reader, site: Site) -> None:
    secret = reader.comment(CAT).headers["Location"].rpartition("/")[2]
    assert secret not in repr(only(site).model_dump())


@pytest.mark.both_engines
def test_a_spam_verdict_of_no_person_still_reads_as_waiting(reader: Reader, site: Site) -> None:
    receipt = reader.comment(CAT).headers["Location"]
    with site.database.writing() as session:
        session.connection().exec_driver_sql("UPDATE comment SET status = 'spam'")
        session.commit()
    assert reader.page(receipt).text("p", class_="receipt__state").startswith("It is waiting")
