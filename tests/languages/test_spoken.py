"""A template says its sentences in the language that it was compiled for."""

import pytest
from flask import Flask
from jinja2 import DictLoader
from markupsafe import Markup

from cms.languages import open_catalogue
from tests.house.pages_source import TEMPLATES

CATALOGUE = open_catalogue()


def shown(app: Flask, source: str, code: str = "ur", **values: object) -> str:
    """Return what a template shows in a language."""
    environment = app.jinja_env.speaking(CATALOGUE.language(code))  # type: ignore[attr-defined]  # ours
    environment.loader = DictLoader({"it": source})
    return str(environment.get_template("it").render(**values))


def test_a_sentence_is_text_by_the_time_a_page_is_made(app: Flask) -> None:
    urdu = CATALOGUE.language("ur").sentence("Search")
    assert urdu != "Search"
    assert shown(app, '<a>{{ _("Search") }}</a>', _=None) == f"<a>{urdu}</a>"


def test_a_value_in_a_sentence_is_escaped_and_stands_where_its_language_puts_it(app: Flask) -> None:
    sentence = CATALOGUE.language("ur").sentence("In reply to %(name)s")
    told = shown(app, '{{ _("In reply to %(name)s", name=who) }}', who="<Dan>")
    assert told == sentence % {"name": "&lt;Dan&gt;"}
    assert shown(app, '{{ _("In reply to %(name)s", name=who) }}', who=Markup("<b>Dan</b>")) == (
        sentence % {"name": "<b>Dan</b>"}
    )


def test_a_sentence_may_be_handed_on(app: Flask) -> None:
    macro = '{% macro said(words) %}<p title="{{ words }}"></p>{% endmacro %}'
    source = macro + '{{ said(_("It is %(name)s & <%(name)s> at 100 %%", name=who)) }}'
    assert shown(app, source, who="'") == '<p title="It is &#39; & <&#39;> at 100 %"></p>'


def test_a_sentence_chosen_by_a_variable_is_said_in_the_language_of_the_answer(app: Flask) -> None:
    with app.app_context():
        assert shown(app, "{{ _(sentence) }}", sentence="Search") == "Search"


@pytest.mark.parametrize("code", sorted(CATALOGUE.files))
def test_every_template_can_be_compiled_in_every_language(app: Flask, code: str) -> None:
    environment = app.jinja_env.speaking(CATALOGUE.language(code))  # type: ignore[attr-defined]  # ours
    for name in TEMPLATES:
        environment.get_template(name)
