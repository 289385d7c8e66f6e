"""Slugs of products: spelled from the name, and nobody else's."""

import secrets
from collections.abc import Sequence

from sqlalchemy import Text, any_, bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.models import Product
from marketplace.kit.text import slug_of

NUMBERED = 20
"""So many listings of one seller may share a name's spelling before their slugs are drawn by lot."""


async def free_slugs(session: AsyncSession, names: Sequence[str], vendor_slug: str) -> list[str]:
    """A slug for each name: the name's own, else with the seller's behind it, else with a number.

    Until the transaction ends nobody else is given slugs, so that two sellers don't get the same.
    """
    await session.execute(text("SELECT pg_advisory_xact_lock(hashtext('product.slug'))"))
    wishes = [_wishes(slug_of(name, "listing"), vendor_slug) for name in names]
    asked = bindparam("slugs", [wish for each in wishes for wish in each], ARRAY(Text))
    taken = set(await session.scalars(select(Product.slug).where(Product.slug == any_(asked))))
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
