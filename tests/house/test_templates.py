"""A template shows, in the catalogue's words, and trusts nothing that was not cleaned."""

import re

import pytest
from flask import Flask

from tests.house.pages_source import (
    EXPRESSION,
    TEMPLATES,
    filters_of,
    markup_of,
    strings_outside_the_catalogue,
    text_of,
)

SPOKEN_ATTRIBUTES = {"alt", "title", "placeholder", "aria-label", "aria-description", "summary"}
LETTERS = re.compile(r"[^\W\d_]{2,}")
SENTENCE = re.compile(r"^[A-Z][a-z]+[ .,:!?]")
PAGES = [name for name in TEMPLATES if name.endswith(".html")]


def test_every_template_can_be_compiled(app: Flask) -> None:
    assert len(TEMPLATES) > 20
    for name in TEMPLATES:
        app.jinja_env.get_template(name)


@pytest.mark.parametrize(
    ("template", "is_bare"),
    [
        ("<p>Hello</p>", True),
        ('<p>{{ _("Hello") }}</p>', False),
        ("<p>{{ name }}, {{ 3 }}</p>", False),
        ('<img alt="A boat">', True),
        ('<a class="more" href="/x">{# a note #}·</a>', False),
        ('<p{% if a %} class="b"{% endif %}>{{ "Plain words." }}</p>', True),
    ],
)
def test_bare_sentences_are_told_from_others(template: str, is_bare: bool) -> None:
    assert bool(_bare_sentences(template)) is is_bare


def test_no_sentence_stands_bare_in_a_template() -> None:
    bare = {name: found for name in PAGES if (found := _bare_sentences(text_of(name)))}
    assert not bare


def _bare_sentences(source: str) -> list[str]:
    markup = markup_of(source)
    spoken = [
        value
        for _, attributes in markup.elements
        for name, value in attributes.items()
        if name in SPOKEN_ATTRIBUTES
    ]
    found = [
        text.strip() for text in (*markup.texts, *spoken) if LETTERS.search(text.replace(EXPRESSION, " "))
    ]
    return found + [text for text in strings_outside_the_catalogue(source) if SENTENCE.match(text)]


def test_only_cleaned_html_is_shown_as_it_is() -> None:
    uses = [(name, *use) for name in TEMPLATES for use in filters_of(text_of(name), {"safe", "clean"})]
    assert uses
    assert not [use for use in uses if not use[2].endswith("_html")]


def test_no_template_holds_style_script_or_handlers_of_its_own() -> None:
    wrong = []
    for name in TEMPLATES:
        for tag, attributes in markup_of(text_of(name)).elements:
            inline = tag == "style" or (tag == "script" and "src" not in attributes)
            if inline and attributes.get("type") != "application/ld+json":
                wrong.append((name, tag))
            wrong += [
                (name, attribute)
                for attribute in attributes
                if attribute == "style" or attribute.startswith("on")
            ]
    assert not wrong


def test_no_template_leads_to_another_host() -> None:
    addresses = [
        (name, value)
        for name in PAGES
        for _, attributes in markup_of(text_of(name)).elements
        for key, value in attributes.items()
        if key in {"href", "src", "srcset", "action", "poster", "data"}
    ]
    assert len(addresses) > 30
    assert not [(name, value) for name, value in addresses if value.startswith(("http:", "https:", "//"))]
