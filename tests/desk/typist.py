"""Someone at the desk who fills in the form as a browser does."""

import io
from html.parser import HTMLParser

from flask import Flask
from PIL import Image
from werkzeug.test import TestResponse

from tests.reader import Colleague


class Fields(HTMLParser):
    """The fields of a page's last form with exactly what stands in them, as a browser would send them."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.sent: list[tuple[str, str]] = []
        self._textarea: tuple[str, list[str]] | None = None
        self._select: str | None = None
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.sent = []
        elif tag == "input" and "name" in given and (given.get("type") != "checkbox" or "checked" in given):
            self.sent.append((given["name"], given.get("value", "")))
        elif tag == "textarea":
            self._textarea = (given["name"], [])
        elif tag == "select":
            self._select = given["name"]
        elif tag == "option" and "selected" in given and self._select:
            self.sent.append((self._select, given["value"]))

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._textarea:
            name, text = self._textarea
            self.sent.append((name, "".join(text).replace("\r\n", "\n").removeprefix("\n")))
            self._textarea = None
        elif tag == "select":
            self._select = None

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self._textarea[1].append(data)


def fields_of(response: TestResponse) -> dict[str, str]:
    """Return the fields of a page's last form."""
    return dict(Fields(response.text).sent)


class Typist(Colleague):
    """Ada, Ben or Con at the desk."""

    def form(self, path: str = "/desk/articles/new") -> dict[str, str]:
        """Return the fields of a form at the desk as they stand."""
        response = self.get(path)
        assert response.status_code == 200, response.status
        return fields_of(response)

    def send(self, path: str, action: str, fields: dict[str, str]) -> TestResponse:
        """Press a button of a form with these fields."""
        return self.client.post(path, data={**fields, "action": action}, headers=self.headers)

    def write(self, action: str = "save", **fields: str) -> str:
        """Write a new article; return the path of its form."""
        filled = {**self.form(), "title": "The clock", "body_html": "It strikes.", **fields}
        response = self.send("/desk/articles/new", action, filled)
        assert response.status_code == 303, response.text
        return response.headers["Location"]

    def change(self, path: str, action: str = "save", **fields: str) -> TestResponse:
        """Open an article's form, change some fields and press a button."""
        return self.send(path, action, {**self.form(path), **fields})


def photograph(kind: str = "JPEG", size: tuple[int, int] = (3200, 1600), colour: str = "teal") -> bytes:
    """Return a picture with what a camera writes into it."""
    exif = Image.Exif()
    exif[0x010F] = "A camera of hers"
    written = io.BytesIO()
    Image.new("RGB", size, colour).save(written, kind, exif=exif)
    return written.getvalue()


def at_desk(app: Flask, name: str = "Ada") -> Typist:
    """Return someone signed in who is already hired."""
    return Typist(app, name)
