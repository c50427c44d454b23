"""Somebody at a browser's window, who notices every error, refusal and foreign request."""

from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Request

from cms.accounts.rules import Role
from cms.exchange.actions.demo import STAFF
from tests.factories import PASSWORD

ARTICLE = "/articles/the-last-ferry-waits-for-the-baker"
LONG_ARTICLE = "/articles/tram-four-will-stop-at-needle-street"
URDU_ARTICLE = "/articles/purane-pul-ka-chai-khana"
TEXT = "[data-desk-writing] [role=textbox]"  # an article's text as it is written
TEXT_SENT = "textarea[name=body_html]"  # and as it is sent, which who prefers HTML writes in
TABS_AT_MOST = 400


@dataclass
class Paper:
    """A served newspaper; staff who have signed in once keep their cookies."""

    base_url: str
    signed_in: dict[Role, Any] = field(default_factory=dict)  # Any: what playwright calls a storage state


@dataclass
class Visitor:
    """One window of a browser; `complaints` are what must not happen in it."""

    context: BrowserContext
    page: Page
    paper: Paper
    complaints: list[str] = field(default_factory=list)

    @classmethod
    def arriving(cls, browser: Browser, paper: Paper, role: Role | None = None, **options: Any) -> "Visitor":
        """Open a window, as a reader or as someone of staff."""
        context = browser.new_context(
            base_url=paper.base_url, storage_state=paper.signed_in.get(role), **options
        )
        someone = cls(context, context.new_page(), paper)
        context.on("request", someone._note_request)
        context.on("console", someone._note_console)
        context.on("weberror", lambda error: someone.complaints.append(f"script error: {error.error}"))
        if role is not None and role not in paper.signed_in:
            someone.sign_in(role)
            paper.signed_in[role] = context.storage_state()
        return someone

    def goto(self, path: str) -> Page:
        """Open a page."""
        self.page.goto(path)
        return self.page

    def press(self, button: Locator) -> None:
        """Click what leads to another page, and wait until that page is there."""
        with self.page.expect_navigation():
            button.click()

    def come_again(self, ending: str, *, away: str) -> None:
        """Go away and back, where `ending` says "back", to what Chromium would not show if it came of a POST; else reload."""
        if ending == "back":
            self.goto(away)
            self.page.go_back()
        else:
            self.page.reload()

    def decide(self, button: Locator) -> None:
        """Click a verdict, and wait until it was carried out: by script on this page, or by the next one."""
        with self.page.expect_response("**/moderation/decisions"):
            button.click()

    def enter(self) -> None:
        """Press Enter on what leads to another page, and wait until that page is there."""
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def sign_in(self, role: Role) -> None:
        """Sign in by the form."""
        page = self.goto("/sign-in")
        page.get_by_label("E-mail address").fill(STAFF[role][1])
        page.get_by_label("Password").fill(PASSWORD)
        self.press(page.get_by_role("main").get_by_role("button", name="Sign in"))
        assert not page.url.endswith("/sign-in")

    def comment(self, path: str, text: str, name: str = "Dan") -> str:
        """Send a comment by the form under an article; return the receipt's address."""
        page = self.goto(path)
        page.locator("textarea[name=comment]").fill(text)
        page.locator("input[name=name]").fill(name)
        page.locator("input[name=email]").fill("dan@example.org")
        self.press(page.locator("form[action$='/comments'] button[type=submit]:not([name])"))
        assert "/comments/" in page.url
        return page.url

    def tab_to(self, selector: str) -> None:
        """Press Tab until what the selector names has the focus."""
        for _ in range(TABS_AT_MOST):
            self.page.keyboard.press("Tab")
            if self.page.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
        raise AssertionError(f"{TABS_AT_MOST} times Tab do not lead to {selector}")

    def leave(self) -> None:
        """Close the window."""
        self.context.close()

    def _note_request(self, request: Request) -> None:
        if not request.url.startswith((f"{self.paper.base_url}/", "data:", "blob:")):
            self.complaints.append(f"asked another host: {request.url}")

    def _note_console(self, message: ConsoleMessage) -> None:
        # Chromium reports a page that answers 404 or 422 as an error; the tests ask for those themselves.
        is_own_answer = "Failed to load resource" in message.text and message.location["url"] == self.page.url
        # Where an author joins two paragraphs, Chromium would keep the look of one by a style, which the policy forbids.
        is_own_editing = "/desk/" in self.page.url and message.text.startswith(
            "Applying inline style violates"
        )
        if message.type in {"error", "warning"} and not is_own_answer and not is_own_editing:
            self.complaints.append(f"{message.type} on {self.page.url}: {message.text}")


def png() -> bytes:
    """Return a picture as a phone would send it."""
    written = BytesIO()
    Image.new("RGB", (600, 300), "teal").save(written, "PNG")
    return written.getvalue()
