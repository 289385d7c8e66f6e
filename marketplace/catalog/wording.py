"""What shelves, collections and products say of themselves: checked, all mistakes told at once."""

from collections.abc import Iterable, Mapping
from typing import Any

from marketplace.catalog.descriptions import clean_description
from marketplace.kit import metadata
from marketplace.kit.errors import DomainError, InvalidError, Mistakes, RequiredError
from marketplace.kit.models import WithMetadata

LONGEST_NAME = 250
LONGEST_SEO = {"seo_title": 70, "seo_description": 300}
"""As in Saleor: what search engines show of a page."""
STORES = {"public_metadata": "metadata", "private_metadata": "privateMetadata"}


def checked_name(name: object) -> str:
    """A name without spaces around it. Raises RequiredError, InvalidError with the code MAX_LENGTH."""
    tidy = str(name or "").strip()
    if not tidy:
        raise RequiredError("What is it called?", field="name")
    if len(tidy) > LONGEST_NAME:
        raise InvalidError(f"A name has at most {LONGEST_NAME} letters.", field="name", code="MAX_LENGTH")
    return tidy


def checked_words(said: Mapping[str, Any]) -> dict[str, Any]:
    """Columns of `name`, `description`, `seo_title` and `seo_description`, as far as they are said.

    Raises Errors.
    """
    columns: dict[str, Any] = {}
    mistakes = Mistakes()
    if "name" in said:
        with mistakes.noted():
            columns["name"] = checked_name(said["name"])
    if "description" in said:
        with mistakes.noted():
            columns["description"] = checked_description(said["description"])
    for name, longest in LONGEST_SEO.items():
        if name in said:
            columns[name] = (said[name] or "").strip() or None
            if len(said[name] or "") > longest:
                field = "seoTitle" if name == "seo_title" else "seoDescription"
                mistakes.found.append(InvalidError(f"At most {longest} letters, please.", field=field))
    mistakes.raise_any()
    return columns


def checked_description(description: Any) -> dict[str, Any] | None:
    """EditorJS blocks, cleaned. Raises InvalidError for anything else."""
    if not description:
        return None
    if not isinstance(description, dict):
        raise InvalidError("A description is a document of EditorJS: {blocks: [...]}.", field="description")
    return clean_description(description)


def write_metadata(row: WithMetadata, said: Mapping[str, Any]) -> set[str]:
    """Add the entries given of a row's metadata; names the stores that have changed.

    Raises RequiredError, InvalidError.
    """
    changed = set()
    for store in STORES.keys() & said.keys():
        before = getattr(row, store) or {}
        after = merged(store, before, said[store] or ())
        if after != before:
            setattr(row, store, after)
            changed.add(store)
    return changed


def merged(store: str, before: Mapping[str, str], entries: Iterable[tuple[str, str]]) -> dict[str, str]:
    """A store with more entries; what is wrong with them is told of the input's field of that store."""
    try:
        return metadata.merged(before, entries)
    except DomainError as error:
        error.field = STORES[store]
        raise
