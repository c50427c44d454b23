"""Every sentence that a person sees stands in the catalogues; every one that a reader sees, in each language."""

import re

import pytest
from babel.messages.catalog import Message

from tests.house import catalogue
from tests.house.catalogue import LANGUAGES, Sentence, sentences

PLURALS = {"en": 2, "ur": 2, "ar": 6}
# Forms that stand for one number alone may say it in a word: Arabic has its own for none, one and two.
SAID_IN_A_WORD = {"en": 0, "ur": 0, "ar": 3}
MARKUP = re.compile(r"<\s*/?\s*[a-z!]|&(?:#\d+|\w+);", re.IGNORECASE)
UP_TO_DATE = "run `python -m tests.house.catalogue`"
translated = pytest.mark.parametrize("language", sorted(set(PLURALS) - {"en"}))
every_language = pytest.mark.parametrize("language", sorted(PLURALS))


def messages(language: str) -> list[Message]:
    return catalogue.messages_of(catalogue.catalogue_of(language))


def english(message: Message) -> str:
    return catalogue.forms(message.id)[0]


def test_the_collector_finds_sentences_of_each_kind() -> None:
    assert sentences()["Leave a Reply"] == Sentence("Leave a Reply", "", readers=True)
    assert sentences()["%(num)s comment"].many == "%(num)s comments"
    assert sentences()["Please give your name."].readers, "said by Python"
    assert sentences()["It was not about the article."].readers, "from a table"
    assert not sentences()["Please give a title."].readers, "the desk is not for readers"
    assert not sentences()["All that are ticked"].readers


def test_every_catalogue_is_tried_here() -> None:
    assert {path.stem for path in LANGUAGES.glob("*.po")} == set(PLURALS)


def test_no_sentence_is_said_that_cannot_be_collected() -> None:
    assert not catalogue.uncollectable()


@every_language
def test_a_catalogue_has_exactly_the_sentences_of_the_program(language: str) -> None:
    listed = {catalogue.forms(message.id) for message in messages(language)}
    said = {
        (one, many) if many else (one,)
        for one, many in ((each.one, each.many) for each in sentences().values())
    }
    assert sorted(said - listed) == [], f"missing: {UP_TO_DATE}"
    assert sorted(listed - said) == [], f"nobody says these any more: {UP_TO_DATE}"


@every_language
def test_a_catalogue_stands_as_the_command_writes_it(language: str) -> None:
    written = (LANGUAGES / f"{language}.po").read_text("utf-8")
    assert catalogue.up_to_date(language, sentences().values()) == written, UP_TO_DATE


@translated
def test_every_sentence_that_a_reader_sees_is_translated(language: str) -> None:
    readers = {sentence.one for sentence in sentences().values() if sentence.readers}
    assert sorted(readers & catalogue.untranslated(language)) == []


def test_english_says_its_sentences_as_they_stand() -> None:
    assert [english(message) for message in messages("en") if message.string not in {"", message.id}] == []
    assert not [
        each for each in sentences().values() if each.many and each.one in catalogue.untranslated("en")
    ]


@every_language
def test_a_translation_has_the_placeholders_of_its_sentence(language: str) -> None:
    wrong = {}
    for message in messages(language):
        wanted = catalogue.placeholders(catalogue.forms(message.id)[-1])
        for number, form in enumerate(catalogue.forms(message.string)):
            in_a_word = message.pluralizable and number < SAID_IN_A_WORD[language]
            found = catalogue.placeholders(form)
            if form and found != wanted and not (in_a_word and found == wanted - {"%(num)s"}):
                wrong[english(message)] = form
    assert wrong == {}


@every_language
def test_a_sentence_can_be_filled_in(language: str) -> None:
    """What stands after `%` is a name or a second `%`; anything else would break the page that says it."""
    wrong = [
        form
        for message in messages(language)
        for form in (*catalogue.forms(message.id), *catalogue.forms(message.string))
        for placeholder in catalogue.placeholders(form)
        if not re.fullmatch(r"%\(\w+\)s|%%", placeholder)
    ]
    assert wrong == []


@every_language
def test_no_sentence_holds_markup(language: str) -> None:
    forms = [form for message in messages(language) for form in catalogue.forms(message.string)]
    assert [form for form in (*forms, *sentences()) if MARKUP.search(form)] == []


@translated
def test_a_translation_is_in_letters_of_its_script(language: str) -> None:
    """No English words are left standing in it, but for names that every language writes so."""
    latin = re.compile(r"%\(\w+\)s|(?:name@)?example\.org|\b(?:CSV|HTML|JSON|IP|en|ur|ar)\b|2026-11-24T09:00")
    wrong = [
        form
        for message in messages(language)
        for form in catalogue.forms(message.string)
        if re.search("[A-Za-z]", latin.sub("", form))
    ]
    assert wrong == []


@every_language
def test_a_catalogue_has_as_many_plural_forms_as_its_language(language: str) -> None:
    assert catalogue.catalogue_of(language).num_plurals == PLURALS[language]
    with_number = [message for message in messages(language) if message.pluralizable]
    assert with_number
    assert {len(catalogue.forms(message.string)) for message in with_number} == {PLURALS[language]}


@translated
def test_what_a_button_shows_stands_in_its_longer_name(language: str) -> None:
    """Who speaks to a device says what she sees (WCAG 2.2, 2.5.3: label in name)."""
    words = {english(message): str(message.string) for message in messages(language)}
    for short, long in (("Reply", "Reply to %(name)s"), ("Undo", "Undo entry %(id)s")):
        assert words[short] in words[long]
