"""What sellers are called in addresses."""

from secrets import token_hex

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.text import slug_of
from marketplace.vendors.models import Vendor

DRAFT_SLUG = "application-"
"""Of those who apply: a slug of the name would say, by the number behind it, that there is another."""


def draft_slug() -> str:
    return f"{DRAFT_SLUG}{token_hex(8)}"


async def free_slug(session: AsyncSession, name: str) -> str:
    """The name's slug, with the least number behind it that nobody has."""
    base = slug_of(name, "vendor")
    taken = set(
        await session.scalars(
            select(Vendor.slug).where((Vendor.slug == base) | Vendor.slug.startswith(f"{base}-"))
        )
    )
    number = 1
    slug = base
    while slug in taken:
        number += 1
        slug = f"{base}-{number}"
    return slug
