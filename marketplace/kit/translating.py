"""Texts in other languages: a row for each language, beside the row that they translate."""

from collections.abc import Mapping
from typing import Any, TypeVar

from sqlalchemy import inspect, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.announcements import announce
from marketplace.kit.models import Base

Translation = TypeVar("Translation", bound=Base)


def key_of_translated(translation: type[Base], translated: type[Base]) -> str:
    """The column of a table of translations that names the row translated."""
    (key,) = (
        key.parent.name
        for key in translation.__table__.foreign_keys
        if key.column.table is translated.__table__
    )
    return key


async def write_translation(
    session: AsyncSession,
    translation: type[Translation],
    row: Base,
    language_code: str,
    columns: Mapping[str, Any],
) -> Translation:
    """Write what is said of a row in a language: what is not given stays as it was.

    Announces TRANSLATION_CREATED or TRANSLATION_UPDATED. Languages of one row are written one at a time.
    """
    model = type(row)
    (key,) = inspect(row).identity or (None,)
    (column,) = inspect(model).primary_key
    await session.execute(select(column).where(column == key).with_for_update(key_share=True))
    named = {key_of_translated(translation, model): key, "language_code": language_code}
    found = await session.scalar(select(translation).filter_by(**named))
    event = "TRANSLATION_CREATED" if found is None else "TRANSLATION_UPDATED"
    if found is None:
        found = translation(**named)
        session.add(found)
    for name, value in columns.items():
        setattr(found, name, value)
    await session.flush()
    await announce(session, event, found)
    return found
