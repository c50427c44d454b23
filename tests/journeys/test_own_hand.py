"""A reader changes and withdraws by her receipt, and finds all that she has sent by a letter."""

import time
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.journeys.conftest import served
from tests.journeys.visitor import ARTICLE, Paper, Visitor
from tests.outbox.mailbox import Mailbox, Server

pytestmark = pytest.mark.journey
LETTER_SECONDS = 30.0


@pytest.fixture
def post_office(demo: Path, tmp_path: Path) -> Iterator[tuple[Paper, Mailbox]]:
    """Give a paper that sends letters, and the mailbox that they come to."""
    mailbox = Mailbox()
    server = Server(mailbox)
    server.start()
    settings = {"CMS_SMTP_HOST": "127.0.0.1", "CMS_SMTP_PORT": str(server.port), "CMS_SMTP_SECURITY": "none"}
    with served(demo, tmp_path, **settings, CMS_MAIL_FROM="letters@example.org") as paper:
        yield paper, mailbox
    server.stop()


def test_a_comment_is_changed_and_withdrawn_by_its_receipt(visitor: Callable[..., Visitor]) -> None:
    dan = visitor(java_script_enabled=False)
    dan.comment(ARTICLE, "The baker is late.")
    dan.page.get_by_text("Change it", exact=True).click()
    dan.page.locator("textarea[name=comment]").fill("The baker is never late.")
    dan.press(dan.page.get_by_role("button", name="Send the change"))
    assert "The baker is never late." in dan.page.locator(".comment__body").inner_text()
    dan.press(dan.page.get_by_role("button", name="Withdraw the comment"))
    assert "You have withdrawn it." in dan.page.locator("main").inner_text()


def test_a_receipts_link_is_copied_or_left_marked_to_be_copied(visitor: Callable[..., Visitor]) -> None:
    dan = visitor(permissions=["clipboard-read", "clipboard-write"])
    receipt = dan.comment(ARTICLE, "I shall want to find this again.")
    button = dan.page.get_by_role("button", name="Copy the link")
    button.click()
    dan.page.get_by_role("status").get_by_text("Copied").wait_for()
    assert dan.page.evaluate("navigator.clipboard.readText()") == receipt
    dan.page.reload()
    dan.page.evaluate("""() => {
        Object.defineProperty(navigator, "clipboard", { value: undefined });
        document.execCommand = () => false;
    }""")
    button.click()
    dan.page.wait_for_function("getSelection().toString() !== ''")
    assert dan.page.evaluate("getSelection().toString()") == receipt
    assert dan.page.get_by_text("Copied").count() == 0


def test_a_receipts_link_stands_there_to_be_read_without_scripts(visitor: Callable[..., Visitor]) -> None:
    dan = visitor(java_script_enabled=False)
    receipt = dan.comment(ARTICLE, "I shall write it down.")
    assert dan.page.get_by_text(receipt, exact=True).is_visible()
    assert dan.page.get_by_role("button", name="Copy the link").is_hidden()


@pytest.mark.parametrize("ending", ["back", "reload"])
def test_nobody_is_asked_to_send_again_after_a_refused_change(
    visitor: Callable[..., Visitor], ending: str
) -> None:
    dan = visitor()
    receipt = dan.comment(ARTICLE, "The baker is late, and so am I.")
    page = dan.page
    page.get_by_text("Change it", exact=True).click()
    page.locator("textarea[name=comment]").fill("The baker is never late.")
    page.locator("input[name=name]").fill("")
    dan.press(page.get_by_role("button", name="Send the change"))
    assert page.title().startswith("Error:")
    dan.come_again(ending, away=ARTICLE)
    assert page.url == receipt
    assert page.locator("textarea[name=comment]").input_value() == "The baker is never late."
    page.locator("input[name=name]").fill("Dan")
    dan.press(page.get_by_role("button", name="Send the change"))
    assert "The baker is never late." in page.locator(".comment__body").inner_text()
    assert page.locator("textarea[name=comment]").is_hidden()


def test_a_letter_leads_to_everything_and_everything_is_erased(
    browser: Browser, post_office: tuple[Paper, Mailbox]
) -> None:
    paper, mailbox = post_office
    dan = Visitor.arriving(browser, paper)
    dan.comment(ARTICLE, "A comment that is to go.")
    dan.press(dan.page.get_by_role("contentinfo").get_by_role("link", name="My comments"))
    dan.page.get_by_label("Email").fill("dan@example.org")
    dan.press(dan.page.get_by_role("button", name="Send me the link"))
    letter = _letter(mailbox)
    dan.goto(next(line for line in str(letter.get_content()).splitlines() if line.startswith("http")))
    dan.press(dan.page.get_by_role("button", name="Show my comments"))
    assert "A comment that is to go." in dan.page.locator("main").inner_text()
    dan.press(dan.page.get_by_role("link", name="Erase everything"))
    dan.press(dan.page.get_by_role("button", name="Erase everything"))
    assert dan.page.get_by_role("heading", level=1).inner_text() == "Everything is erased"
    dan.leave()
    assert not dan.complaints


def _letter(mailbox: Mailbox) -> EmailMessage:
    end = time.monotonic() + LETTER_SECONDS
    while not mailbox.letters and time.monotonic() < end:
        time.sleep(0.1)
    (letter,) = mailbox.take_all()
    return letter
