"""Pages of the demo's shop, in three languages: what holds for orders, and how some crafts are done."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marketplace.catalog.attributes import (
    Attribute,
    AttributeInputType,
    AttributeTranslation,
    AttributeType,
    AttributeValue,
    AttributeValueTranslation,
)
from marketplace.content.pages import (
    Page,
    PageTranslation,
    PageType,
    PageTypeAttribute,
    page_attribute_value,
)
from marketplace.content.search import page_words
from marketplace.demo.crafts import Words
from marketplace.demo.world import World
from marketplace.kit.text import slug_of

TEXTS = Path(__file__).with_suffix(".toml")
TYPES = {
    "informations": Words("Informations", "معلومات", "Information"),
    "recits": Words("Récits", "حكايات", "Stories"),
}
FAMILIES = {
    "technique": Words("Technique", "تقنية", "Technique"),
    "origine": Words("Origine protégée", "منشأ محمي", "Protected origin"),
}
QUESTIONS = {
    "famille": (Words("Famille", "الصنف", "Family"), AttributeInputType.DROPDOWN),
    "en-bref": (Words("En bref", "باختصار", "In brief"), AttributeInputType.PLAIN_TEXT),
}
LANGUAGES = ("fr", "ar", "en")


@dataclass(frozen=True, slots=True)
class Pages:
    """Where the pages are, for those who refer to them: keys by slug."""

    keys: dict[str, int]
    type_ids: dict[str, int]


def titles() -> dict[str, Words]:
    """What the pages are called, by slug."""
    return {slug: Words(*page["title"]) for slug, page in _texts().items()}


def _texts() -> dict[str, Any]:
    return tomllib.loads(TEXTS.read_text(encoding="utf-8"))


def write_pages(world: World) -> Pages:
    """Write the pages and their types."""
    types = world.tables.of(PageType, "id name slug")
    type_ids = {slug: world.numbers.next("page_type") for slug in TYPES}
    for slug, name in TYPES.items():
        types.add(type_ids[slug], name.fr, slug)
    answers = _Answers(world, type_ids["recits"])
    rows = world.tables.of(
        Page,
        """
        id page_type_id title slug content is_published published_at search_title search_text metadata
        created_at updated_at
        """,
    )
    translations = world.tables.of(PageTranslation, "page_id language_code title slug content")
    said = world.tables.of(page_attribute_value, "page_id value_id position")
    opened = world.days_ago(800)
    keys: dict[str, int] = {}
    for slug, page in _texts().items():
        key = keys[slug] = world.numbers.next("page")
        titles = Words(*page["title"])
        contents = {language: _blocks(page, place) for place, language in enumerate(LANGUAGES)}
        title_words, words = page_words(page["title"], contents.values())
        rows.add(
            key, type_ids[page["type"]], titles.fr, slug, contents["fr"], True, opened, title_words, words,
            {"demo": "true"}, opened, opened,
        )  # fmt: skip
        for language in LANGUAGES[1:]:
            title = getattr(titles, language)
            translations.add(key, language, title, slug_of(title, slug), contents[language])
        for position, value_id in enumerate(answers.of(slug, page)):
            said.add(key, value_id, position)
    return Pages(keys, type_ids)


def _blocks(page: Mapping[str, Any], place: int) -> Any:
    """A page's paragraphs in one language as EditorJS blocks."""
    blocks: list[dict[str, Any]] = []
    for texts in page["text"]:
        text = texts[place]
        if text.startswith("# "):
            blocks.append({"type": "header", "data": {"text": text[2:], "level": 2}})
        else:
            blocks.append({"type": "paragraph", "data": {"text": text}})
    return {"blocks": blocks}


class _Answers:
    """What stories say to the two attributes that their type asks for."""

    def __init__(self, world: World, page_type_id: int) -> None:
        self._world = world
        self._attributes: dict[str, int] = {}
        self._families: dict[str, int] = {}
        rows = world.tables.of(Attribute, "id slug name type input_type position")
        translations = world.tables.of(AttributeTranslation, "attribute_id language_code name")
        asks = world.tables.of(PageTypeAttribute, "page_type_id attribute_id position")
        self._values = world.tables.of(AttributeValue, "id attribute_id slug name plain_text position")
        self._translations = world.tables.of(
            AttributeValueTranslation, "attribute_value_id language_code name plain_text"
        )
        for position, (slug, (name, kind)) in enumerate(QUESTIONS.items()):
            key = self._attributes[slug] = world.numbers.next("attribute")
            rows.add(key, slug, name.fr, AttributeType.PAGE_TYPE, kind, 100 + position)
            translations.add(key, "ar", name.ar)
            translations.add(key, "en", name.en)
            asks.add(page_type_id, key, position)

    def of(self, slug: str, page: Mapping[str, Any]) -> list[int]:
        """The keys of a page's values, in order; none of a page that is no story."""
        if "family" not in page:
            return []
        family = page["family"]
        if family not in self._families:
            self._families[family] = self._value("famille", family, FAMILIES[family], is_text=False)
        return [self._families[family], self._value("en-bref", slug, Words(*page["brief"]), is_text=True)]

    def _value(self, attribute: str, slug: str, words: Words, *, is_text: bool) -> int:
        key = self._world.numbers.next("attribute_value")
        text = words.fr if is_text else None
        self._values.add(key, self._attributes[attribute], slug, words.fr, text, key)
        for language in LANGUAGES[1:]:
            said = getattr(words, language)
            self._translations.add(key, language, said, said if is_text else None)
        return key
