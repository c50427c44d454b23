"""Letters about replies: to whoever said yes, about what can be read, as seldom as was promised."""

import re

import pytest
from sqlmodel import col, select

from cms.comments.actions.receipts import withdraw
from cms.comments.models import Comment
from cms.moderation.rules import Verdict
from cms.privacy.actions.erasing import forget_person
from tests.conftest import ON_SQLITE, application
from tests.factories import write_article
from tests.outbox.correspondence import Correspondence, link_in, text_of
from tests.reader import Reader


@pytest.mark.both_engines
def test_who_says_yes_hears_of_a_reply_and_of_nobodys_address(paper: Correspondence) -> None:
    dans = paper.published("Dan", text="I was there, and it was like that.")
    assert paper.post(minutes=1) == []
    (asked,) = paper.post(minutes=1)
    assert asked["To"] == "dan@example.org"
    assert asked["Subject"] == "Shall we email you when somebody replies?"
    mallory = paper.published("Mallory", dans, text="So was I.")
    assert paper.post(hours=2) == [], "she has not answered yet"
    paper.says(asked, "yes")
    paper.published("Eve", mallory, text="It was <b>not</b>.\n\nNot at all.")
    assert paper.post(minutes=1) == []
    (told,) = paper.post(minutes=1)
    assert told["To"] == "dan@example.org"
    assert told["From"] == "The Tidewaiter <letters@example.org>"
    assert told["Subject"] == "Eve replied to you on “The last tram”"
    assert "> It was not.\n> Not at all.\n" in text_of(told)
    assert f"https://news.example.org/articles/the-last-tram?comment={mallory + 1}\n" in text_of(told)
    assert set(re.findall(r"[\w.]+@[\w.]+", paper.mailbox.raw[-1].decode())) <= {
        "letters@example.org",
        "dan@example.org",
        re.findall(r"<(\w+@news.example.org)>", str(told["Message-ID"]))[0],
    }


@ON_SQLITE
def test_a_letter_is_plain_text_from_a_machine_that_one_click_ends(paper: Correspondence) -> None:
    dans = paper.consenting("Dan")
    paper.published("Eve", dans)
    (told,) = paper.post(minutes=2)
    assert told.get_content_type() == "text/plain"
    assert told["Auto-Submitted"] == "auto-generated"
    assert told["Date"].datetime == paper.clock()
    stop = str(told["List-Unsubscribe"])
    assert stop == f"<https://news.example.org{link_in(told).replace('?', '/stop?')}>"
    assert told["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    paper.site = paper.site.but(base_url="http://localhost")
    paper.published("Eve", dans, text="Once more.")
    (told,) = paper.post(hours=1)
    assert "List-Unsubscribe" not in told, "RFC 8058 asks for https"


@pytest.mark.both_engines
def test_an_undo_within_two_minutes_unsends(paper: Correspondence) -> None:
    dans = paper.consenting("Dan")
    eves = paper.published("Eve", dans)
    paper.clock.advance(minutes=1)
    paper.undo(eves)
    assert paper.post(minutes=5) == []
    paper.approve(eves)
    assert len(paper.post(minutes=2)) == 1
    paper.undo(eves)
    paper.approve(eves)
    assert paper.post(days=2) == [], "what was told is told"


def test_nothing_is_told_that_has_gone_meanwhile(paper: Correspondence) -> None:
    dans = paper.consenting("Dan")
    eves = paper.published("Eve", dans)
    withdraw(paper.site, [eves], paper.clock())
    assert paper.post(minutes=2) == []
    fays = paper.published("Fay", dans)
    paper.approve(dans, verdict=Verdict.REJECT)
    assert paper.post(hours=2) == [], "her own comment is no longer there"
    paper.approve(dans)
    gone = paper.published("Gus", dans)
    paper.published("Hal", dans, text="This one stays.")
    paper.approve(gone, verdict=Verdict.SPAM)
    (told,) = paper.post(hours=2)
    assert "This one stays." in text_of(told)
    assert "Gus" not in text_of(told)
    assert fays not in [letter.reply_id for letter in paper.letters()]


@pytest.mark.both_engines
def test_replies_of_an_hour_share_a_letter(paper: Correspondence) -> None:
    dans = paper.consenting("Dan")
    paper.published("Eve", dans)
    assert len(paper.post(minutes=2)) == 1
    for name in ("Fay", "Gus"):
        paper.published(name, dans)
    assert paper.post(minutes=58) == []
    other = paper.published("Dan", text="Another thread of mine.")
    paper.published("Hal", other)
    assert len(paper.post(minutes=1)) == 0
    (elsewhere, together) = sorted(
        paper.post(minutes=1), key=lambda letter: str(letter["Subject"]), reverse=True
    )
    assert elsewhere["Subject"] == "Hal replied to you on “The last tram”"
    assert together["Subject"] == "2 replies to you on “The last tram”"
    assert "Fay wrote below" in text_of(together)
    assert "Gus wrote below" in text_of(together)
    assert "Eve" not in text_of(together)


@ON_SQLITE
def test_a_letter_goes_once_to_one_person_and_never_about_herself(paper: Correspondence) -> None:
    dans = paper.consenting("Dan")
    eves = paper.published("Eve", dans)
    dan_again = paper.published("Dan", eves, text="As I said.")
    assert len(paper.post(minutes=2)) == 1, "Eve's to Dan; his own is no news"
    paper.published("Fay", dan_again)
    (told,) = paper.post(hours=1)
    assert text_of(told).count("Fay wrote below") == 1


@ON_SQLITE
def test_who_does_not_answer_is_asked_three_times_and_once_a_day(paper: Correspondence) -> None:
    asked = 0
    for day in range(6):
        paper.published("Dan", text=f"What I think of day {day}.")
        paper.published("Dan", text=f"What else I think of day {day}.")
        came = paper.post(hours=12)
        assert paper.post(hours=12) == []
        asked += len(came)
    assert asked == 3


@ON_SQLITE
def test_only_an_approval_lets_an_address_be_asked(paper: Correspondence) -> None:
    comment = paper.comment("Dan")
    paper.comment("Eve")
    paper.approve(comment, verdict=Verdict.SPAM)
    assert paper.post(days=1) == []
    paper.published("Fay", notify=False)
    assert paper.post(days=1) == []


def test_after_a_no_nobody_is_asked_again(paper: Correspondence) -> None:
    dans = paper.published("Dan")
    (asked,) = paper.post(minutes=2)
    paper.says(asked, "no")
    paper.published("Dan", text="And another thing.")
    paper.published("Eve", dans)
    assert paper.post(days=3) == []


@ON_SQLITE
def test_a_no_takes_back_the_letters_that_wait(paper: Correspondence) -> None:
    dans = paper.published("Dan")
    (asked,) = paper.post(minutes=2)
    paper.says(asked, "yes")
    paper.published("Eve", dans)
    paper.says(asked, "no")
    assert paper.post(minutes=2) == []
    assert not [letter for letter in paper.letters() if letter.reply_id]


@pytest.mark.both_engines
def test_forgetting_somebody_takes_her_letters_along(paper: Correspondence) -> None:
    dans = paper.consenting("Dan")
    paper.published("Eve", dans)
    fingerprint = paper.site.vault.fingerprint("dan@example.org")
    with paper.site.database.writing() as session:
        forget_person(session, fingerprint)
        session.commit()
    assert paper.letters() == []
    assert paper.commenters() == []
    assert paper.post(hours=2) == []


@ON_SQLITE
def test_letters_speak_the_articles_language(paper: Correspondence) -> None:
    urdu = write_article(paper.site, "آخری ٹرام", paper.clock(), language="ur", slug="akhri")
    dans = paper.published("Dan", article=urdu)
    (asked,) = paper.post(minutes=2)
    assert "کیا ہم آپ کو ای میل کریں" in str(asked["Subject"])
    assert link_in(asked).endswith("?language=ur")
    page = Reader(application(paper.site, paper.clock)).page(link_in(asked))
    assert page.all("html", lang="ur", dir="rtl")
    paper.says(asked, "yes")
    paper.published("Eve", dans, article=urdu)
    (told,) = paper.post(minutes=2)
    assert text_of(told).startswith("\u200f«آخری ٹرام»")


@ON_SQLITE
def test_what_readers_wrote_ends_no_header(paper: Correspondence) -> None:
    title = "A tram\r\nBcc: everybody@example.org\r\n\r\nBuy this"
    article = write_article(paper.site, title, paper.clock(), slug="a-tram")
    dans = paper.consenting("Dan", article=article)
    paper.published("Eve\nTo: everybody@example.org", dans, article=article, email="eve@example.org")
    (told,) = paper.post(minutes=2)
    assert (told["To"], told["Bcc"], len(told.get_all("To", []))) == ("dan@example.org", None, 1)
    assert paper.mailbox.recipients == ["dan@example.org"] * 2
    assert told["Subject"] == (
        "Eve To: everybody@example.org replied to you on “A tram Bcc: everybody@example.org Buy this”"
    )


@ON_SQLITE
def test_a_long_reply_is_cut(paper: Correspondence) -> None:
    dans = paper.consenting("Dan")
    paper.published("Eve", dans, text="word " * 900)
    (told,) = paper.post(minutes=2)
    assert len(text_of(told)) < 1000
    assert "word…" in text_of(told)


@ON_SQLITE
def test_the_box_is_offered_only_where_letters_are_written(paper: Correspondence) -> None:
    silent = paper.site.but(smtp_host="")
    for site, offered in ((paper.site, 1), (silent, 0)):
        reader = Reader(application(site, paper.clock))
        assert len(reader.page("/articles/the-last-tram").all("input", name="notify")) == offered
        answer = reader.comment("/articles/the-last-tram", comment=f"{offered}", notify="y")
        assert answer.status_code == 303
    with paper.site.database.reading() as session:
        stored = [comment.notify for comment in session.exec(select(Comment).order_by(col(Comment.id)))]
    assert stored == [True, False]


def test_a_site_without_mail_puts_no_letter(paper: Correspondence) -> None:
    paper.site = paper.site.but(mail_from="")
    dans = paper.published("Dan")
    paper.published("Eve", dans)
    assert paper.letters() == []
    assert paper.post(minutes=5) == []
