"""Long texts: EditorJS blocks as the API gives them, made into HTML that is safe to show."""

import json
from collections.abc import Mapping
from html import escape
from typing import Any

import nh3
from markupsafe import Markup

INLINE_TAGS = {"b", "strong", "i", "em", "u", "mark", "code", "br", "a", "sub", "sup"}
HEADING_LEVELS = (2, 4)
"""A description stands below the page's own heading."""


def html_of(description: str | None) -> Markup:
    """The blocks as HTML. Unknown kinds of blocks are left out; all of it passes through a sanitiser."""
    if not description:
        return Markup()
    blocks = json.loads(description).get("blocks", [])
    html = "".join(filter(None, (_block(block) for block in blocks)))
    clean = nh3.clean(html, tags=INLINE_TAGS | {"p", "ul", "ol", "li", "h2", "h3", "h4", "blockquote"})
    return Markup(clean)  # noqa: S704 - sanitised one line above


def plain_text_of(description: str | None, limit: int = 160) -> str:
    """The beginning of the text, for search engines: whole words, no markup."""
    words = nh3.clean(str(html_of(description)).replace("</", " </"), tags=set()).split()
    text = ""
    for word in words:
        if len(text) + len(word) >= limit:
            return f"{text}…"
        text = f"{text} {word}".strip()
    return text


def paragraphs(text: str) -> list[str]:
    """A plain text's paragraphs: lines between empty ones."""
    return [part.strip() for part in text.replace("\r\n", "\n").split("\n\n") if part.strip()]


def _block(block: Mapping[str, Any]) -> str | None:
    data = block.get("data", {})
    match block.get("type"):
        case "paragraph":
            return f"<p>{data.get('text', '')}</p>"
        case "header":
            lowest, highest = HEADING_LEVELS
            level = min(max(int(data.get("level", lowest)), lowest), highest)
            return f"<h{level}>{data.get('text', '')}</h{level}>"
        case "list":
            tag = "ol" if data.get("style") == "ordered" else "ul"
            items = "".join(f"<li>{_item(item)}</li>" for item in data.get("items", []))
            return f"<{tag}>{items}</{tag}>"
        case "quote":
            return f"<blockquote>{data.get('text', '')}</blockquote>"
    return None


def _item(item: object) -> str:
    """An item is a text, or in newer editors an object that holds one."""
    if isinstance(item, Mapping):
        return str(item.get("content", ""))
    return item if isinstance(item, str) else escape(str(item))
