"""Words as the search compares them: in what is looked through and in what is asked, the same.

Capitals, accents, Arabic letter forms and vowel signs, Tifinagh letters, plurals and feminines make no
difference: *Tapis brodés* is found by *tapis brodé*, *أركان* by *اركان*, *ⴰⵔⴳⴰⵏ* by *argan*. Nor do the
ways in which Amazigh names are spelled in Latin letters: *Tifaouine*, *Tifawin*, *ⵜⵉⴼⴰⵡⵉⵏ* are one word.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from marketplace.catalog.irregular_words import ARABIC, ENGLISH, FRENCH
from marketplace.kit.text import tifinagh_in_latin, without_marks

MAXIMUM_QUERY_WORDS = 8
MAXIMUM_QUERY_LETTERS = 200
LONGEST_WORD = 40
SHORTEST_STEM = 3
"""Endings are only taken from words that keep so many letters."""

_MARKS = "\u0300-\u036f\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed"
"""Accents that stand by themselves, Arabic vowel signs, the stroke that draws words out."""
_WORD = re.compile(rf"[^\W_](?:[^\W_]|[{_MARKS}])*")
_LETTERS = re.compile("[a-z0-9]+|[\u0621-\u063a\u0641-\u064a]+")
_ARABIC = re.compile("[\u0621-\u064a]")
_ARABIC_FORMS = str.maketrans(
    {"ٱ": "ا", "ى": "ي", "ی": "ي", "ة": "ه", "ک": "ك", "گ": "ك", "ڭ": "ك", "ڤ": "ف", "پ": "ب", "ء": None}
    | {"ـ": None}
)
_ARABIC_ARTICLES = ("وال", "بال", "كال", "فال", "ال", "لل")
_STOP_WORDS = frozenset(
    [
        *["au", "aux", "avec", "ce", "dan", "dans", "de", "des", "du", "en", "est", "et", "la", "le", "les"],
        *["leur", "ou", "par", "pour", "que", "qui", "sa", "se", "son", "sur", "un", "une"],
        *["an", "and", "by", "for", "from", "in", "is", "it", "of", "on", "or", "the", "to", "with"],
        *["من", "في", "على", "إلى", "عن", "مع", "هذا", "هذه", "أو"],
    ]
)


def words_of(text: str) -> list[str]:
    """The words of a text in their order, folded; words that say nothing are left out."""
    return [folded for word in _WORD.findall(text.casefold()) for folded in _folded(word)]


def index_text(*texts: str | None) -> str:
    """What is kept of a listing to be looked through: each word once, where it first appears."""
    return " ".join(_distinct(word for text in texts if text for word in words_of(text)))


def query_words(term: str) -> str:
    """What a person typed, as `catalog_search_query` takes it: at most eight words, blanks between them.

    Empty where nothing that could be looked for is left: then the search restricts nothing.
    """
    return " ".join(list(_distinct(words_of(term[:MAXIMUM_QUERY_LETTERS])))[:MAXIMUM_QUERY_WORDS])


def one_letter_off(word: str) -> set[str]:
    """The word and what is left of it without any one of its letters.

    Two words of which one can be made from the other by one wrong, missing, extra or swapped letter have
    one of these in common (symmetric deletion), so that a look-up finds them.
    """
    return {word} | {word[:place] + word[place + 1 :] for place in range(len(word))}


@lru_cache(maxsize=65_536)
def _folded(word: str) -> tuple[str, ...]:
    """The word without marks, article, plural and feminine endings; nothing for one that says nothing.

    A word of two scripts, or with letters that we don't know, falls into parts.
    """
    if word in _STOP_WORDS:  # Before its accents go: *thé* is tea, *the* is nothing.
        return ()
    parts = (_part_folded(part)[:LONGEST_WORD] for part in _LETTERS.findall(_plain(word)))
    return tuple(part for part in parts if len(part) > 1 or part.isdecimal())


def _part_folded(word: str) -> str:
    if word.isdecimal():
        return word
    return _arabic_folded(word) if _ARABIC.match(word) else _latin_folded(word)


def _latin_folded(word: str) -> str:
    """French and English endings, lightly, and one spelling of what Morocco writes in several.

    What matters is that both sides are folded alike.
    """
    if word in _IRREGULAR:
        word = _IRREGULAR[word]
    elif len(word) > SHORTEST_STEM:
        word = _without_ending(word)
    return word.replace("ou", "u").replace("w", "u").replace("y", "i")


def _without_ending(word: str) -> str:
    if word.endswith("aux") and not word.endswith("eaux"):
        word = f"{word[:-3]}al"
    elif word.endswith(("eux", "oux", "eaux")) or (word.endswith("s") and not word.endswith("ss")):
        word = word[:-1]
    while len(word) > SHORTEST_STEM and word.endswith("e"):
        word = word[:-1]
    return word


def _arabic_folded(word: str) -> str:
    article = next((article for article in _ARABIC_ARTICLES if word.startswith(article)), "")
    if len(word) - len(article) >= SHORTEST_STEM:
        word = word[len(article) :]
    word = _IRREGULAR.get(word, word)
    for ending in ("ات", "ه"):
        if word.endswith(ending) and len(word) - len(ending) >= SHORTEST_STEM:
            return word[: -len(ending)]
    return word


def _plain(word: str) -> str:
    """Its letters in their plainest form: Latin or Arabic ones."""
    return _with_ascii_digits(tifinagh_in_latin(without_marks(word)).translate(_ARABIC_FORMS))


def _with_ascii_digits(text: str) -> str:
    return "".join(
        str(unicodedata.digit(letter)) if not letter.isascii() and letter.isdigit() else letter
        for letter in text
    )


def _distinct(words: Iterable[str]) -> Iterable[str]:
    return dict.fromkeys(words)


_IRREGULAR = {_plain(plural): _plain(singular) for plural, singular in (FRENCH | ENGLISH | ARABIC).items()}
