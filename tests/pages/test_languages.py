"""French, Arabic, English: which one a visitor reads, and that no text is missing in any of them."""

import re

import pytest

from marketplace.pages.catalogues import extracted, lacking, read
from marketplace.pages.languages import languages, preferred

PLACEHOLDER = re.compile(r"%\((\w+)\)")


@pytest.mark.parametrize("code", ["fr", "ar", "en"])
def test_every_text_of_the_pages_is_translated(code: str) -> None:
    assert lacking(code) == []


@pytest.mark.parametrize("code", ["ar", "en"])
def test_no_catalogue_keeps_a_text_that_no_page_shows(code: str) -> None:
    shown = {message.id for message in extracted()}
    assert [message.id for message in read(code) if message.id not in shown and message.id] == []


@pytest.mark.parametrize("code", ["ar", "en"])
def test_a_translation_names_nothing_that_its_text_does_not_give(code: str) -> None:
    for message in read(code):
        if not message.id:
            continue
        texts = message.id if isinstance(message.id, tuple) else (message.id,)
        given = {name for text in texts for name in PLACEHOLDER.findall(text)}
        translations = message.string if isinstance(message.string, tuple) else (message.string,)
        for translation in translations:
            assert set(PLACEHOLDER.findall(translation)) <= given, message.id


def test_a_text_that_counts_has_every_form_that_arabic_counts_in() -> None:
    counting = [message for message in read("ar") if message.pluralizable]
    assert counting
    assert all(len(message.string) == 6 for message in counting)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ("ar-MA,ar;q=0.9,fr;q=0.8", "ar"),
        ("en-GB", "en"),
        ("de;q=0.9, en;q=0.4, fr;q=0.6", "fr"),
        ("zgh", "fr"),
        ("", "fr"),
        ("en;q=much", "fr"),
    ],
)
def test_whoever_names_no_language_gets_what_the_browser_asks_for(asked: str, code: str) -> None:
    assert preferred(asked).code == code


def test_only_arabic_runs_from_right_to_left() -> None:
    assert {code: language.direction for code, language in languages().items()} == {
        "fr": "ltr",
        "ar": "rtl",
        "en": "ltr",
    }
