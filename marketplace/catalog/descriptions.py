"""Descriptions: EditorJS blocks, as Saleor keeps them. What comes in from outside is cleaned here."""

from collections.abc import Iterator
from html import escape, unescape
from typing import Any

import nh3

from marketplace.kit.errors import InvalidError

MAXIMUM_BLOCKS = 200
MAXIMUM_LETTERS = 50_000
_ALLOWED_TAGS = {"a", "b", "strong", "i", "em", "u", "s", "br", "mark", "code", "sub", "sup"}
_ALLOWED_BLOCKS = {"paragraph", "header", "list", "quote"}
_SCHEMES = {"https", "http", "mailto", "tel"}


def description_of_text(text: str) -> dict[str, Any] | None:
    """Plain text as blocks: a paragraph for each part that stands apart. None for no text."""
    paragraphs = [" ".join(part.split()) for part in text.replace("\r", "").split("\n\n")]
    blocks = [
        {"type": "paragraph", "data": {"text": escape(paragraph, quote=False)}}
        for paragraph in paragraphs
        if paragraph
    ]
    return {"blocks": blocks} if blocks else None


def clean_description(description: dict[str, Any], field: str = "description") -> dict[str, Any]:
    """Blocks as a page may show them: kinds we know, harmless tags, links that lead somewhere.

    Raises InvalidError for what are no EditorJS blocks, or too many.
    """
    blocks = description.get("blocks")
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise InvalidError("A description is a document of EditorJS: {blocks: [...]}.", field=field)
    if len(blocks) > MAXIMUM_BLOCKS:
        raise InvalidError(f"A description has at most {MAXIMUM_BLOCKS} blocks.", field=field)
    clean = [_clean_block(block) for block in blocks if block.get("type") in _ALLOWED_BLOCKS]
    if sum(len(text) for block in clean for text in _texts(block)) > MAXIMUM_LETTERS:
        raise InvalidError(f"A description has at most {MAXIMUM_LETTERS} letters.", field=field)
    return {"blocks": clean}


def text_of_description(description: dict[str, Any] | None) -> str:
    """What the blocks say, without any mark-up; a line for each."""
    if not description:
        return ""
    return "\n".join(
        unescape(nh3.clean(text, tags=set())) for block in description["blocks"] for text in _texts(block)
    )


def _clean_block(block: dict[str, Any]) -> dict[str, Any]:
    data = block.get("data")
    if not isinstance(data, dict):
        raise InvalidError("A block of the description has no data.", field="description")
    kind = block["type"]
    clean: dict[str, Any] = {}
    if kind == "list":
        items = data.get("items")
        items = items if isinstance(items, list) else []
        clean["items"] = [_clean_html(item) for item in items if isinstance(item, str)]
        clean["style"] = "ordered" if data.get("style") == "ordered" else "unordered"
    else:
        clean["text"] = _clean_html(data.get("text"))
    if kind == "header":
        level = data.get("level")
        clean["level"] = min(max(level, 2), 4) if isinstance(level, int) else 2
    if kind == "quote":
        clean["caption"] = _clean_html(data.get("caption"))
    return {"type": kind, "data": clean}


def _clean_html(text: object) -> str:
    if not isinstance(text, str):
        return ""
    return nh3.clean(
        text.replace("\x00", ""), tags=_ALLOWED_TAGS, attributes={"a": {"href"}}, url_schemes=_SCHEMES
    )


def _texts(block: dict[str, Any]) -> Iterator[str]:
    data = block.get("data") or {}
    if isinstance(data.get("text"), str):
        yield data["text"]
    for item in data.get("items") or ():
        if isinstance(item, str):
            yield item
