"""The people who use a site in tests: a Reader without cookies, a Moderator and others who sign in."""

import html
import re
from html.parser import HTMLParser
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.factories import PASSWORD, STAFF

VOID = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"})


class Page(HTMLParser):
    """A fetched page as a test looks at it: every element with its attributes and its text."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str], list[str]]] = []
        self._open: list[tuple[str, list[str]]] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        text: list[str] = []
        self.elements.append((tag, {name: value or "" for name, value in attrs}, text))
        if tag not in VOID:
            self._open.append((tag, text))

    def handle_endtag(self, tag: str) -> None:
        for index in range(len(self._open) - 1, -1, -1):
            if self._open[index][0] == tag:
                del self._open[index:]
                return

    def handle_data(self, data: str) -> None:
        for _, text in self._open:
            text.append(data)

    def all(self, tag: str = "", **attributes: str) -> list[tuple[dict[str, str], str]]:
        """Return attributes and text of each element that fits; `class_` matches one of several classes."""
        return [
            (attrs, " ".join("".join(text).split()))
            for name, attrs, text in self.elements
            if (not tag or name == tag) and all(_fits(attrs, key, value) for key, value in attributes.items())
        ]

    def text(self, tag: str = "", **attributes: str) -> str:
        """Return the text of the one element that fits."""
        found = self.all(tag, **attributes)
        assert len(found) == 1, f"{len(found)} elements fit {tag} {attributes}"
        return found[0][1]


def _fits(attrs: dict[str, str], key: str, value: str) -> bool:
    if key == "class_":
        return value in attrs.get("class", "").split()
    return attrs.get(key.replace("_", "-")) == value


def check_page(response: TestResponse) -> Page:
    """Check what holds for every HTML page: one h1, one main, a label for each field, errors tied to theirs."""
    page = Page(response.text)
    assert len(page.all("h1")) == 1, "one h1"
    assert len(page.all("main")) == 1, "one main"
    ids = [attrs["id"] for _, attrs, _ in page.elements if "id" in attrs]
    assert len(ids) == len(set(ids)), "every id once"
    labelled = {attrs.get("for") for attrs, _ in page.all("label")}
    for tag, attrs, _ in page.elements:
        if tag in {"input", "textarea", "select"} and attrs.get("type") not in {"hidden", "submit", "button"}:
            assert attrs.get("id") in labelled or "aria-label" in attrs or "aria-labelledby" in attrs, attrs
        for described in attrs.get("aria-describedby", "").split():
            assert described in ids, f"{described} describes nothing"
    return page


class Reader:
    """Someone who reads and answers back; keeps no cookie, and a test fails if one is offered."""

    def __init__(self, app: Flask, *, origin: str = "same-origin") -> None:
        self.client: FlaskClient = app.test_client(use_cookies=False)
        self.headers = {"Sec-Fetch-Site": origin} if origin else {}

    def get(self, path: str, **headers: str) -> TestResponse:
        """Fetch a path, and check that nothing about a cookie comes with it."""
        response = self.client.get(path, headers={**self.headers, **headers})
        assert "Set-Cookie" not in response.headers
        assert "Cookie" not in response.headers.get("Vary", "")
        return response

    def page(self, path: str) -> Page:
        """Fetch a page that is there, and look at it."""
        response = self.get(path)
        assert response.status_code == 200, response.status
        return check_page(response)

    def form_of(self, path: str, action_end: str = "/comments") -> dict[str, str]:
        """Return the hidden fields of the comment form on a page."""
        page = Page(self.get(path).text)
        return {
            attrs["name"]: html.unescape(attrs.get("value", ""))
            for attrs, _ in page.all("input", type="hidden")
            if "name" in attrs
        }

    def comment(self, path: str, **fields: str) -> TestResponse:
        """Fetch an article's form and send it, as Dan unless told otherwise."""
        filled = {"name": "Dan", "email": "dan@example.org", "comment": "I was there.", **self.form_of(path)}
        return self.client.post(f"{path}/comments", data={**filled, **fields}, headers=self.headers)

    def post(
        self, path: str, data: Any, *, headers: dict[str, str] | None = None, **options: Any
    ) -> TestResponse:
        """Send a body as it is; `headers` stand in for those that a browser would send."""
        sent = self.headers if headers is None else headers
        response = self.client.post(path, data=data, headers=sent, **options)
        assert "Set-Cookie" not in response.headers
        return response


class Colleague:
    """Someone of staff, signed in by the real form."""

    def __init__(self, app: Flask, name: str) -> None:
        self.client: FlaskClient = app.test_client()
        self.headers = {"Sec-Fetch-Site": "same-origin"}
        self.name = name
        token = self.token("/sign-in")
        fields = {"email": STAFF[name][0], "password": PASSWORD, "csrf_token": token}
        response = self.client.post("/sign-in", data=fields, headers=self.headers)
        assert response.status_code == 303, response.text

    def token(self, path: str) -> str:
        """Return the session's token from a form on a page."""
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get(path).text)
        assert found, f"no token on {path}"
        return found[1]

    def get(self, path: str) -> TestResponse:
        """Fetch a path."""
        return self.client.get(path, headers=self.headers)

    def page(self, path: str) -> Page:
        """Fetch a page that is there, and look at it."""
        response = self.get(path)
        assert response.status_code == 200, response.status
        return check_page(response)

    def post(self, path: str, form_on: str, **fields: Any) -> TestResponse:
        """Send fields with the token of a form that stands on another page."""
        data = {"csrf_token": self.token(form_on), **fields}
        return self.client.post(path, data=data, headers=self.headers)


class Moderator(Colleague):
    """Someone who decides about comments."""

    def hidden(self, path: str = "/moderation/") -> dict[str, str]:
        """Return the hidden fields of the queue's form."""
        page = Page(self.get(path).text)
        return {
            attrs["name"]: attrs.get("value", "")
            for attrs, _ in page.all("input", type="hidden")
            if "name" in attrs
        }

    def decide(self, verdict: str, *comments: int, **fields: str) -> TestResponse:
        """Fetch the queue, then give one verdict on some comments."""
        data = {**self.hidden(), "verdict": verdict, "comment": [str(one) for one in comments], **fields}
        return self.client.post("/moderation/decisions", data=data, headers=self.headers)
