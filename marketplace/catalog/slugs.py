"""Slugs: spelled from the name, or chosen, and nobody else's."""

import itertools
import re
import secrets
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Text, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.models import Product
from marketplace.kit.errors import InvalidError, RequiredError, UniqueError
from marketplace.kit.text import slug_of

LONGEST_SLUG = 255
_SLUG = re.compile(r"[-\w]+")
Sluggable = Any
"""A model with a column `slug` that is nobody else's."""

NUMBERED = 20
"""So many listings of one seller may share a name's spelling before their slugs are drawn by lot."""


async def free_slugs(
    session: AsyncSession,
    names: Sequence[str],
    vendor_slugs: Sequence[str],
    chosen: Collection[str] = (),
) -> list[str]:
    """A slug for each name: the name's own, else with its seller's behind it, else with a number. `chosen`
    are slugs that are about to be somebody's.

    Until the transaction ends nobody else is given slugs, so that two sellers don't get the same.
    """
    await hold_slugs(session, Product)
    wishes = [
        _wishes(slug_of(name, "listing"), vendor_slug)
        for name, vendor_slug in zip(names, vendor_slugs, strict=True)
    ]
    asked = bindparam("slugs", [wish for each in wishes for wish in each], ARRAY(Text))
    taken = {*await session.scalars(select(Product.slug).where(Product.slug == any_(asked))), *chosen}
    given = []
    for wishes_of_one in wishes:
        slug = next(
            (wish for wish in wishes_of_one if wish not in taken),
            f"{wishes_of_one[0]}-{secrets.token_hex(4)}",
        )
        taken.add(slug)
        given.append(slug)
    return given


def _wishes(base: str, vendor_slug: str) -> list[str]:
    own = f"{base}-{vendor_slug}"
    return [base, own, *(f"{own}-{number}" for number in range(2, NUMBERED + 1))]


async def free_slug(session: AsyncSession, model: type[Sluggable], name: str, otherwise: str) -> str:
    """The slug of a name, else with the least number behind it that nobody has.

    Until the transaction ends nobody else is given a slug of the same table.
    """
    await hold_slugs(session, model)
    base = slug_of(name, otherwise)
    numbered = model.slug.regexp_match(f"^{re.escape(base)}(-[0-9]+)?$")
    taken = set(await session.scalars(select(model.slug).where(model.slug.startswith(base), numbered)))
    return next(slug for number in itertools.count(1) if (slug := _numbered(base, number)) not in taken)


async def checked_slug(
    session: AsyncSession, model: type[Sluggable], slug: str | None, own_id: int | None = None
) -> str:
    """A slug that a person chose. Raises RequiredError, InvalidError, UniqueError, on the field `slug`."""
    slug = checked_spelling(slug)
    await hold_slugs(session, model)
    whose = await session.scalar(select(model.id).where(model.slug == slug))
    if whose not in (None, own_id):
        raise UniqueError("This slug is taken.", field="slug")
    return slug


async def checked_slug_in_language(
    session: AsyncSession, translation: Sluggable, slug: str, language_code: str, key: str, own: object
) -> str:
    """A slug that something has in a language, where `key` is the column that says what is translated and
    `own` its value. Raises InvalidError, UniqueError, on the field `slug`.
    """
    checked_spelling(slug)
    await hold_slugs(session, translation)
    whose = select(getattr(translation, key)).filter_by(slug=slug, language_code=language_code)
    if (await session.scalar(whose)) not in (None, own):
        raise UniqueError("This slug is taken.", field="slug")
    return slug


def checked_spelling(slug: str | None) -> str:
    """A slug as one is written. Raises RequiredError, InvalidError, on the field `slug`."""
    if not slug:
        raise RequiredError("A slug can't be empty.", field="slug")
    if len(slug) > LONGEST_SLUG or not _SLUG.fullmatch(slug):
        raise InvalidError(
            f"A slug is of letters, digits, hyphens and underscores, at most {LONGEST_SLUG}.", field="slug"
        )
    return slug


async def hold_slugs(session: AsyncSession, model: type[Sluggable]) -> None:
    """Let nobody else be given a slug of a table until the transaction ends."""
    lock = func.pg_advisory_xact_lock(func.hashtext(f"{model.__tablename__}.slug"))
    await session.execute(select(lock))


def _numbered(base: str, number: int) -> str:
    return base if number == 1 else f"{base}-{number}"
