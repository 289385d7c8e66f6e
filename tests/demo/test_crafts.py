"""The tables of crafts and facts fit together."""

from collections import Counter

import pytest

from marketplace.demo import facts
from marketplace.demo.crafts import Words, colours, kinds, roots, sizes
from marketplace.demo.demand import SEASONS
from marketplace.demo.pictures.draw import MOTIFS
from marketplace.demo.shelves import ATTRIBUTES
from marketplace.kit.money import share

SHELVES = [shelf for root in roots() for shelf in root.shelves]


def test_every_thing_has_a_motif_and_known_colours() -> None:
    for shelf in SHELVES:
        for item in shelf.items:
            assert item.motif in MOTIFS
            assert set(item.palettes) <= set(colours())
            assert item.mad[0] < item.mad[1]


def test_every_shelf_names_what_there_is() -> None:
    names = {row["name"] for row in facts.indications()}
    for shelf in SHELVES:
        assert shelf.kind in kinds()
        assert shelf.season in SEASONS
        assert shelf.sizes is None or sizes()[shelf.sizes].attribute in ATTRIBUTES
        assert set(shelf.provinces) <= set(facts.places())
        assert set(shelf.indications) <= set(shelf.provinces)
        assert set(shelf.indications.values()) <= names
        assert len(shelf.tells) >= 2


def test_every_province_of_a_shelf_makes_some_of_its_things() -> None:
    for shelf in SHELVES:
        for item in shelf.items:
            assert set(item.only) <= set(shelf.provinces)
        for province in shelf.provinces:
            assert any(not item.only or province in item.only for item in shelf.items), (shelf.slug, province)


def test_slugs_are_unique() -> None:
    slugs = [thing.slug for root in roots() for thing in (root, *root.shelves)]
    assert max(Counter(slugs).values()) == 1


def test_a_french_answer_has_one_translation() -> None:
    known: dict[tuple[str, str], Words] = {}
    for shelf in SHELVES:
        for attribute, answers in (("matter", shelf.matter), ("technique", shelf.technique)):
            for words in answers:
                assert known.setdefault((attribute, words.fr), words) == words


def test_arabic_is_arabic() -> None:
    texts = [
        words.ar for shelf in SHELVES for words in (shelf.name, shelf.craft, *shelf.details, *shelf.tells)
    ]
    for text in texts:
        assert any("\u0621" <= letter <= "\u064a" for letter in text), text


@pytest.mark.parametrize("region", [row["iso_3166_2"] for row in facts.regions()])
def test_every_region_has_sellers(region: str) -> None:
    parts = share(700, [shelf.cooperatives for shelf in SHELVES])
    expected = sum(
        part
        * sum(facts.places()[code].region_code == region for code in shelf.provinces)
        / len(shelf.provinces)
        for shelf, part in zip(SHELVES, parts, strict=True)
    )
    assert expected > 5


def test_the_corrected_provinces_stand_where_they_are() -> None:
    regions = {row["iso_3166_2"]: row["region"] for row in facts.provinces()}
    assert regions["MA-CHT"] == "MA-09"
    assert regions["MA-NOU"] == "MA-06"
