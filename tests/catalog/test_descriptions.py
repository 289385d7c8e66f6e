"""Descriptions are clean before they are kept."""

import pytest

from marketplace.catalog.descriptions import clean_description, description_of_text, text_of_description
from marketplace.kit.errors import InvalidError


def test_plain_text_becomes_paragraphs_that_say_the_same() -> None:
    description = description_of_text("Laine <du> Haut & Bas\nAtlas.\r\n\r\n\n Nouée main. ")
    assert description is not None
    assert [block["type"] for block in description["blocks"]] == ["paragraph", "paragraph"]
    assert text_of_description(description) == "Laine <du> Haut & Bas Atlas.\nNouée main."
    assert description_of_text(" \n ") is None
    assert text_of_description(None) == ""


def test_what_could_harm_a_reader_is_taken_out() -> None:
    dirty = {
        "time": 1,
        "blocks": [
            {"type": "paragraph", "data": {"text": "a<script>alert(1)</script><b onclick='x'>b</b>"}},
            {"type": "paragraph", "data": {"text": '<a href="javascript:alert(1)">c</a>', "more": "x"}},
            {"type": "header", "data": {"text": "<h1>d</h1>", "level": 1}},
            {"type": "list", "data": {"style": "x", "items": ["<img src=x onerror=y>e", 3]}},
            {"type": "raw", "data": {"html": "<script>"}},
        ],
    }
    clean = clean_description(dirty)
    assert [block["data"] for block in clean["blocks"]] == [
        {"text": "a<b>b</b>"},
        {"text": '<a rel="noopener noreferrer">c</a>'},
        {"text": "d", "level": 2},
        {"items": ["e"], "style": "unordered"},
    ]


@pytest.mark.parametrize(
    "description",
    [
        {},
        {"blocks": "text"},
        {"blocks": ["text"]},
        {"blocks": [{"type": "paragraph"}]},
        {"blocks": [{"type": "paragraph", "data": {"text": "x"}}] * 201},
        {"blocks": [{"type": "paragraph", "data": {"text": "x" * 50_001}}]},
    ],
)
def test_what_is_no_description_is_refused(description: dict[str, object]) -> None:
    with pytest.raises(InvalidError):
        clean_description(description)
