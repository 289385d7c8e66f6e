"""Words are compared without what people write differently."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.catalog.words import index_text, one_letter_off, query_words, words_of
from marketplace.kit.text import slug_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("BRODÉS", "brodé"),
        ("bijoux", "bijou"),
        ("châles", "chale"),
        ("cristaux", "cristal"),
        ("tableaux", "tableau"),
        ("chevaux", "cheval"),
        ("cadeaux", "cadeau"),
        ("travaux", "travail"),
        ("ÉMAUX", "émail"),
        ("shelves", "shelf"),
        ("women", "woman"),
        ("الزرابي", "زربية"),
        ("حقائب", "حقيبة"),
        ("عُطور", "عطر"),
        ("أوانٍ", "أوان"),
        ("الأواني", "آنية"),
        ("قفاطين", "القفطان"),
        ("ⵜⵉⴼⴰⵡⵉⵏ", "Tifaouine"),
        ("ⵜⵉⴼⴰⵡⵉⵏ", "tifawin"),
        ("ⵡⴰⵔⵣⴰⵣⴰⵜ", "Ouarzazate"),
        ("ⵜⴰⴼⵔⴰⵡⵜ", "Tafraout"),
        ("ⵛⵉⵛⴰⵡⴰ", "Chichaoua"),
        ("ⴰⵖⵔⵓⵎ", "aghrum"),
        ("ⴰⵣⵔⵓ", "Azrou"),
        ("argane", "ARGAN"),
        ("l'huile", "huiles"),
        ("l’huile", "huile"),
        ("berries", "berry"),
        ("cœur", "coeur"),
        ("e\u0301pices", "épice"),
        ("أركان", "اركان"),
        ("الأركان", "أركان"),
        ("زَرْبِيَّة", "زربيه"),
        ("زربـــية", "زربية"),
        ("مجوهرات", "المجوهرات"),
        ("ⴰⵔⴳⴰⵏ", "argan"),
        ("٢٥٠", "250"),
    ],
)
def test_these_are_one_word(one: str, other: str) -> None:
    assert words_of(one) == words_of(other)
    assert len(words_of(one)) == 1


@pytest.mark.parametrize(
    ("one", "other"), [("rose", "rosette"), ("thé", "the"), ("sel", "selle"), ("coq", "coquelicot")]
)
def test_these_are_not(one: str, other: str) -> None:
    assert words_of(one) != words_of(other)


def test_a_listing_keeps_each_word_once_and_none_that_says_nothing() -> None:
    assert index_text("Tapis de la Haute-Kasbah", None, "le tapis, la kasbah") == "tapi haut kasbah"


def test_a_query_keeps_no_more_than_eight_words_and_none_of_its_signs() -> None:
    assert query_words("a b'c & !(x:*) | tapis <-> \\' \x00") == "tapi"
    assert len(query_words(" ".join(f"mot{n}" for n in range(50))).split()) == 8
    assert query_words("de la  !") == ""


@given(st.text(max_size=300))
def test_any_text_becomes_words_of_plain_letters(text: str) -> None:
    for word in query_words(text).split():
        assert all(
            (letter.isascii() and letter.isalnum()) or "\u0621" <= letter <= "\u064a" for letter in word
        )


@given(st.text("abcd", min_size=4, max_size=9), st.data())
def test_two_words_one_letter_apart_have_a_spelling_in_common(word: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(word) - 2))
    letter = data.draw(st.sampled_from("abcdz"))
    variants = [
        word[:place] + letter + word[place:],
        word[:place] + letter + word[place + 1 :],
        word[:place] + word[place + 1 :],
        word[:place] + word[place + 1] + word[place] + word[place + 2 :],
    ]
    assert all(one_letter_off(word) & one_letter_off(variant) for variant in variants)


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Tapis Aït Ouaouzguit (3 × 2 m)", "tapis-ait-ouaouzguit-3-2-m"),
        ("زربية أزيلال", "zrbia-azilal"),
        ("ⵜⵉⴼⴰⵡⵉⵏ", "tifawin"),
        ("Œuvre d'art", "oeuvre-d-art"),
        ("…", "x"),
        ("é" * 300, "e" * 100),
    ],
)
def test_a_slug_is_spelled_in_plain_latin_letters(text: str, slug: str) -> None:
    assert slug_of(text) == slug
