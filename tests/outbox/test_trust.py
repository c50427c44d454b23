"""Trust is only for the proved: who shows that an address is hers may let her comment appear, nobody else gains anything."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Any

import pytest
import sqlalchemy as sa

from cms.comments.actions.receipts import withdraw
from cms.comments.models import Comment
from cms.comments.rules import CommentStatus
from cms.moderation.queries.log import Wanted, log_page
from cms.moderation.rules import TRUST_POLICY, Verdict
from cms.outbox.actions.examining import mail_findings
from cms.outbox.actions.wording import confirm_secret
from cms.outbox.rules import LetterKind
from cms.privacy.actions.erasing import erase_comments
from cms.site import Site
from tests.comments.stored import deeds
from tests.conftest import ON_SQLITE, application
from tests.factories import write_article
from tests.outbox.correspondence import Correspondence, text_of
from tests.reader import Reader

ADVERT = "CALL NOW +1 555 010 9988, www.pills.example and www.more.example and www.most.example"
# Rows of one INSERT beyond its first: there is a reason more to hold whom nobody knows.
_MORE_ROWS = re.compile(r"(?<=\)), \([^()]+\)")


@pytest.fixture
def paper(paper: Correspondence) -> Correspondence:
    """Give a paper that trusts Dan: he has proved his address, and two comments of his were approved."""
    paper.site = paper.site.but(trust_proved=True, trust_from_approved=2, trust_per_article=2)
    paper.consenting("Dan", text="The first tram was a horse's.")
    paper.published("Dan", text="The second one smelt of coal.")
    assert paper.post(hours=1) == []
    return paper


@pytest.mark.both_engines
def test_a_trusted_writer_lets_her_comment_appear_and_a_moderator_takes_it_back(
    paper: Correspondence,
) -> None:
    comment, letter = _written(paper)
    assert (letter["To"], letter["Subject"]) == ("dan@example.org", "Did you comment on “The last tram”?")
    assert "> I rode on it.\n" in text_of(letter)
    reader, path = _reader(paper), _path(letter)
    page = reader.page(path)
    assert len(page.all("button")) == 1
    assert _status(paper, comment) is CommentStatus.HELD, "opening a link changes nothing"
    assert "I rode on it." not in reader.page("/articles/the-last-tram").text("main")
    assert "It is published." in _press(reader, path)
    assert (_status(paper, comment), deeds(paper.site, comment)) == (
        CommentStatus.APPROVED,
        ["submitted", "decided"],
    )
    with paper.site.database.reading() as session:
        newest = log_page(session, Wanted(), after=None, size=1).rows[0]
        assert session.execute(sa.text("SELECT count(*) FROM spam_lesson")).scalar_one() == 2, "people teach"
    assert (newest.policy, newest.by_name) == (TRUST_POLICY, "")
    assert "I rode on it." in reader.page("/articles/the-last-tram").text("main")
    assert "It is published." in _press(reader, path), "a second press says so again"
    paper.undo(comment)
    assert "It does not appear at once." in _press(reader, path), "a moderator's word stands"
    assert _status(paper, comment) is CommentStatus.HELD


def test_her_comment_tells_those_who_wait_for_replies(paper: Correspondence) -> None:
    eves = paper.consenting("Eve", notify=True)
    paper.post(hours=1)
    _, letter = _written(paper, below=eves)
    assert "It is published." in _press(_reader(paper), _path(letter))
    (told,) = paper.post(minutes=2)
    assert told["To"] == "eve@example.org"


def _by_mallory(paper: Correspondence) -> None:
    paper.comment("Mallory")


def _after_a_rejection(paper: Correspondence) -> None:
    paper.approve(paper.published("Dan", text="What was rude."), verdict=Verdict.REJECT)
    paper.comment(text="And what was not.")


def _after_spam(paper: Correspondence) -> None:
    paper.approve(paper.published("Dan", text="What was spam."), verdict=Verdict.SPAM)
    paper.comment(text="And what was not.")


def _an_advert(paper: Correspondence) -> None:
    paper.comment(text=ADVERT)


def _with_her_address(paper: Correspondence) -> None:
    paper.comment(text="Write to dan@example.org, I was there.")


def _in_slow_mode(paper: Correspondence) -> None:
    paper.site = paper.site.but(article_comments_per_ten_minutes=1)
    paper.comment(text="One of very many.")


def _decided(paper: Correspondence) -> None:
    paper.approve(paper.comment(text="Read already."))


def _held_on_purpose(paper: Correspondence) -> None:
    comment = paper.comment(text="Let us think.")
    paper.approve(comment)
    paper.approve(comment, verdict=Verdict.HOLD)


def _withdrawn(paper: Correspondence) -> None:
    _withdraw(paper, paper.comment(text="Or rather not."))


def _erased(paper: Correspondence) -> None:
    erase_comments(paper.site, [paper.comment(text="Nor this.")], paper.clock())


def _with_too_few(paper: Correspondence) -> None:
    paper.site = paper.site.but(trust_from_approved=3)
    paper.comment(text="One more.")


def _without_proof(paper: Correspondence) -> None:
    for text in ("What Eve saw.", "What Eve heard.", "What Eve thought."):
        paper.published("Eve", text=text)
    paper.comment("Eve", text="What Eve says now.")


def _after_a_no(paper: Correspondence) -> None:
    with paper.site.database.writing() as session:
        session.execute(sa.text("UPDATE commenter SET wish = 'no'"))
        session.commit()
    paper.comment(text="No more letters.")


@ON_SQLITE
@pytest.mark.parametrize(
    "happens",
    [
        _by_mallory,
        _after_a_rejection,
        _after_spam,
        _an_advert,
        _with_her_address,
        _in_slow_mode,
        _decided,
        _held_on_purpose,
        _withdrawn,
        _erased,
        _with_too_few,
        _without_proof,
        _after_a_no,
    ],
)
def test_no_letter_asks_about_a_comment_that_could_not_appear(
    paper: Correspondence, happens: Callable[[Correspondence], None]
) -> None:
    happens(paper)
    assert paper.post(minutes=1) == []
    assert not [one for one in paper.letters() if one.kind is LetterKind.CONFIRM], "nothing is left of it"


@ON_SQLITE
@pytest.mark.parametrize(
    "happens", [_after_a_rejection, _after_spam, _in_slow_mode], ids=["rejected", "spam", "slow"]
)
def test_all_is_looked_at_again_when_the_button_is_pressed(
    paper: Correspondence, happens: Callable[[Correspondence], None]
) -> None:
    comment, letter = _written(paper)
    happens(paper)
    assert "A moderator decides." in _press(_reader(paper), _path(letter))
    assert _status(paper, comment) is CommentStatus.HELD


@ON_SQLITE
def test_what_she_changes_or_takes_back_afterwards_waits(paper: Correspondence) -> None:
    comment, letter = _written(paper)
    reader = _reader(paper)
    _withdraw(paper, comment)
    assert "It does not appear at once." in _press(reader, _path(letter))
    assert deeds(paper.site, comment) == ["submitted", "withdrawn"]
    paper.clock.advance(minutes=1)
    comment, letter = _written(paper, text="Another.")
    erase_comments(paper.site, [comment], paper.clock())
    assert "It does not appear at once." in _press(reader, _path(letter))
    assert "Another." not in reader.page("/articles/the-last-tram").text("main")


@pytest.mark.both_engines
def test_an_article_lets_few_through_in_a_day(paper: Correspondence) -> None:
    reader = _reader(paper)
    letters = []
    for text in ("One.", "Two.", "Three."):
        letters += [_written(paper, text=f"{text} I rode on it.")[1]]
    said = [_press(reader, _path(letter)) for letter in letters]
    assert ["It is published." in one for one in said] == [True, True, False]
    paper.comment(text="Four. I rode on it.")
    assert paper.post(minutes=2) == [], "nobody is asked in vain"
    paper.clock.advance(days=1)
    assert "It is published." in _press(reader, _path(letters[2]))


@ON_SQLITE
def test_who_types_in_a_strangers_address_bothers_her_seldom(paper: Correspondence) -> None:
    paper.comment(text="One at once.")
    paper.comment(text="Two at once.")
    assert len(paper.post(seconds=10)) == 1
    came = 0
    for number in range(8):
        paper.comment(text=f"Number {number} of a long afternoon.")
        came += len(paper.post(minutes=2))
    assert came == 4


@ON_SQLITE
def test_one_click_ends_these_letters_too(paper: Correspondence) -> None:
    _, letter = _written(paper)
    stop = re.findall(r"<https://news\.example\.org(/\S+)>", str(letter["List-Unsubscribe"]))[0]
    assert _reader(paper).post(stop, {"List-Unsubscribe": "One-Click"}).status_code == 200
    paper.comment(text="The day after.")
    assert paper.post(days=1) == []


UNLIKE = (  # near-copies are held for being such
    "It left at ten that night.",
    "My aunt sold the tickets.",
    "Nobody rang the bell.",
    "We walked home in the rain.",
)


def test_the_same_is_stored_and_answered_for_every_address(paper: Correspondence) -> None:
    answers: list[tuple[object, ...]] = []
    statements: list[list[str]] = []
    for site in (paper.site, paper.site.but(trust_proved=False)):
        reader = Reader(application(site, paper.clock))
        for place in range(2):  # from the third on, all are held for their number
            earlier = f"Earlier {len(answers)} {place}."
            assert reader.comment("/articles/the-last-tram", comment=earlier).status_code == 303
        for email in ("dan@example.org", "nobody@example.org"):
            text = UNLIKE[len(answers)]
            with _written_by(site) as sent:
                answer = reader.comment("/articles/the-last-tram", email=email, comment=text)
            receipt = reader.get(answer.headers["Location"])
            shown = re.sub(r"[0-9a-f]{32,}|\d+\.[0-9a-f]{40}", "", receipt.text.replace(text, ""))
            answers.append((answer.status_code, sorted(answer.headers.keys()), receipt.status_code, shown))
            statements.append(sent)
    assert answers[1:] == answers[:-1], "with and without trust, known and unknown"
    assert statements[0] == statements[1]
    assert [one for one in statements[0] if "INTO letter" in one]
    assert not [one for one in statements[2] if "letter" in one]


@ON_SQLITE
def test_a_flood_of_addresses_that_nobody_proved_leaves_no_queue(paper: Correspondence) -> None:
    for number in range(30):
        paper.comment(f"Bot {number}", email=f"bot{number}@example.org")
    paper.comment(text="I rode on it.")
    assert [letter["To"] for letter in paper.post(seconds=5)] == ["dan@example.org"]
    assert len([one for one in paper.letters() if one.kind is LetterKind.CONFIRM]) == 1


@ON_SQLITE
def test_the_letter_and_its_page_speak_the_articles_language(paper: Correspondence) -> None:
    urdu = write_article(paper.site, "آخری ٹرام", paper.clock(), language="ur", slug="akhri")
    paper.comment(text="میں اس میں بیٹھا تھا۔", article=urdu, language="ur")
    (letter,) = paper.post(minutes=1)
    assert "کیا آپ نے «آخری ٹرام» پر تبصرہ کیا؟" in str(letter["Subject"])
    assert _reader(paper).page(_path(letter)).all("html", lang="ur", dir="rtl")


@ON_SQLITE
def test_a_link_that_no_letter_held_confirms_nothing(paper: Correspondence) -> None:
    comment, letter = _written(paper)
    reader = _reader(paper)
    wish = re.findall(r"(/letters/\w+)\?", text_of(letter))[-1]
    for path in (f"{wish}/comment", f"/letters/{'0' * 72}/comment"):
        assert (reader.get(path).status_code, reader.post(path, {}).status_code) == (404, 404), path
    assert (
        Reader(application(paper.site, paper.clock), origin="cross-site").post(_path(letter), {}).status_code
        == 403
    )
    unknown = f"/letters/{confirm_secret(paper.site.vault, '0' * 32)}/comment"
    assert "It does not appear at once." in _press(reader, unknown)
    assert _status(paper, comment) is CommentStatus.HELD


@ON_SQLITE
def test_without_letters_trust_does_nothing_and_the_doctor_says_so(paper: Correspondence) -> None:
    trusting, paper.site = paper.site, paper.site.but(smtp_host="")
    paper.comment(text="I rode on it.")
    assert not [one for one in paper.letters() if one.kind is LetterKind.CONFIRM]
    said = list(mail_findings(paper.site.settings, 0))
    assert [sentence for is_well, sentence in said if not is_well and "trust_proved" in sentence]
    for site, shown in ((paper.site, False), (trusting, True)):
        page = Reader(application(site, paper.clock)).page("/privacy").text("main")
        assert ("let you publish it without waiting" in page) is shown


def _written(
    paper: Correspondence, below: int | None = None, text: str = "I rode on it."
) -> tuple[int, EmailMessage]:
    """Let Dan comment; return the comment's id and the letter that asks whether it was he."""
    comment = paper.comment("Dan", below, text=text)
    (letter,) = paper.post(minutes=2)
    return comment, letter


def _path(letter: EmailMessage) -> str:
    return str(re.findall(r"https://news\.example\.org(/letters/\w+/comment\S*)", text_of(letter))[0])


def _press(reader: Reader, path: str) -> str:
    answer = reader.post(path, {})
    assert answer.status_code == 303
    return str(reader.page(answer.headers["Location"]).text("main"))


def _reader(paper: Correspondence) -> Reader:
    return Reader(application(paper.site, paper.clock))


def _status(paper: Correspondence, comment: int) -> CommentStatus:
    with paper.site.database.reading() as session:
        return session.get_one(Comment, comment).status


def _withdraw(paper: Correspondence, comment: int) -> None:
    withdraw(paper.site, [comment], paper.clock())


@contextmanager
def _written_by(site: Site) -> Iterator[list[str]]:
    """Give the list of what is sent to the database meanwhile by whoever writes."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(_MORE_ROWS.sub("", statement))

    sa.event.listen(site.database.writer, "before_cursor_execute", note)
    yield sent
    sa.event.remove(site.database.writer, "before_cursor_execute", note)
