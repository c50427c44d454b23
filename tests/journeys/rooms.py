"""Every kind of page, and how one gets there."""

from collections.abc import Callable

from cms.accounts.rules import Role
from tests.journeys.visitor import ARTICLE, LONG_ARTICLE, TEXT, URDU_ARTICLE, Visitor

Walk = Callable[[Visitor], object]


def at(path: str) -> Walk:
    """Return the way to a page that has an address."""
    return lambda someone: someone.goto(path)


def through(path: str, selector: str) -> Walk:
    """Return the way to a page by the first link of another that fits."""
    return lambda someone: someone.press(someone.goto(path).locator(selector).first)


def _error_form(dan: Visitor) -> None:
    page = dan.goto(ARTICLE)
    page.locator("textarea[name=comment]").fill("Half a thought")
    dan.press(page.get_by_role("button", name="Post Comment"))


def _receipt(dan: Visitor) -> None:
    dan.comment(ARTICLE, "A comment for the sake of its receipt.")


def _sign_in_refused(ada: Visitor) -> None:
    page = ada.goto("/sign-in")
    page.get_by_label("E-mail address").fill("nobody@example.org")
    page.get_by_label("Password").fill("not a password")
    ada.press(page.get_by_role("main").get_by_role("button", name="Sign in"))


def _decided(cleo: Visitor) -> None:
    page = cleo.goto("/moderation/")
    cleo.decide(page.locator("[data-comment] button[value=spam]").first)


def _editor_with_errors(ada: Visitor) -> None:
    page = ada.goto("/desk/articles/new")
    page.locator(TEXT).fill("A body without a title.")
    ada.press(page.locator("button[name=action][value=publish]"))


def _picture_asked_for(ada: Visitor) -> None:
    page = ada.goto("/desk/articles/new")
    page.get_by_role("button", name="Picture").click()


def _link_asked_for(ada: Visitor) -> None:
    page = ada.goto("/desk/articles/new")
    page.get_by_role("button", name="Link").click()


def _preview(ada: Visitor) -> None:
    page = ada.goto("/desk/articles/new")
    page.locator("input[name=title]").fill("A look ahead")
    page.locator(TEXT).fill("It could be like this.")
    ada.press(page.locator("button[name=action][value=preview]"))


def _earlier_versions(ada: Visitor) -> None:
    page = ada.goto("/desk/articles/new")
    page.locator("input[name=title]").fill("Said and said again")
    for words in ("First it was like this.", "Then it was like that."):
        page.locator(TEXT).fill(words)
        ada.press(page.locator("button[name=action][value=save]"))
    ada.press(page.locator("a[href$='/revisions']"))


def _earlier_version(ada: Visitor) -> None:
    _earlier_versions(ada)
    ada.press(ada.page.locator("[data-revision] a"))


def _policy_tried(ada: Visitor) -> None:
    page = ada.goto("/moderation/policies/new?kind=words")
    page.locator("textarea[name=lines]").fill("ferry")
    ada.press(page.get_by_role("main").locator("button[type=submit]"))


ROOMS: dict[str, tuple[Role | None, Walk]] = {
    "front": (None, at("/")),
    "article": (None, at(ARTICLE)),
    "long article": (None, at(LONG_ARTICLE)),
    "urdu article": (None, at(URDU_ARTICLE)),
    "reply": (None, through(ARTICLE, ".comment__reply")),
    "form with errors": (None, _error_form),
    "receipt": (None, _receipt),
    "report": (None, at("/reports/1")),
    "section": (None, at("/sections/tideline")),
    "tag": (None, at("/tags/ferry")),
    "author": (None, through(ARTICLE, "a[rel=author]")),
    "page": (None, at("/pages/about")),
    "search": (None, at("/search?q=ferry")),
    "search without a find": (None, at("/search?q=zzyzx")),
    "not here": (None, at("/nowhere")),
    "privacy": (None, at("/privacy")),
    "sign-in": (None, at("/sign-in")),
    "forgotten password": (None, at("/sign-in/password")),
    "sign-in refused": (None, _sign_in_refused),
    "queue": (Role.MODERATOR, at("/moderation/")),
    "decided": (Role.MODERATOR, _decided),
    "narrowed queue": (Role.MODERATOR, at("/moderation/?words=the&fold=off")),
    "surroundings": (Role.MODERATOR, at("/moderation/context/1")),
    "reply by staff": (Role.MODERATOR, at("/moderation/replies/1")),
    "correction": (Role.EDITOR, at("/moderation/corrections/1")),
    "pauses": (Role.MODERATOR, at("/moderation/pauses/1")),
    "daily letter": (Role.MODERATOR, at("/moderation/digest/")),
    "approved": (Role.MODERATOR, at("/moderation/?status=approved")),
    "editors' list": (Role.EDITOR, at("/moderation/escalated")),
    "decisions about many": (Role.MODERATOR, at("/moderation/batches/")),
    "log": (Role.MODERATOR, at("/moderation/log")),
    "figures": (Role.MODERATOR, at("/moderation/figures?period=week")),
    "policies": (Role.MODERATOR, at("/moderation/policies/")),
    "policy form": (Role.EDITOR, at("/moderation/policies/new?kind=article")),
    "policy trial": (Role.EDITOR, _policy_tried),
    "reasons": (Role.EDITOR, at("/moderation/reasons/")),
    "reason": (Role.EDITOR, at("/moderation/reasons/advert")),
    "desk": (Role.EDITOR, at("/desk/")),
    "editor": (Role.EDITOR, at("/desk/articles/new")),
    "editor with a picture": (Role.EDITOR, _picture_asked_for),
    "editor with a link": (Role.EDITOR, _link_asked_for),
    "editor with errors": (Role.EDITOR, _editor_with_errors),
    "preview": (Role.EDITOR, _preview),
    "earlier version": (Role.EDITOR, _earlier_version),
    "earlier versions": (Role.EDITOR, _earlier_versions),
    "editing": (Role.EDITOR, through("/desk/", "main a[href^='/desk/articles/']:not([href*=new])")),
}
