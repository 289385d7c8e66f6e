"""Words by which staff find gift cards."""

from collections.abc import Collection, Sequence

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.errors import InvalidError
from marketplace.pricing.gift_cards import GiftCardTag, gift_card_tagged

LONGEST_TAG = 255
MAXIMUM_TAGS = 100
"""At once."""


def tidy_tags(tags: Collection[str], field: str) -> list[str]:
    """Tags as they are kept: in small letters, each once. Raises InvalidError."""
    names = list(dict.fromkeys(tag.strip().lower() for tag in tags))
    if len(names) > MAXIMUM_TAGS:
        raise InvalidError(f"At most {MAXIMUM_TAGS} tags at once.", field=field)
    if any(not 0 < len(name) <= LONGEST_TAG for name in names):
        raise InvalidError(f"A tag has from 1 to {LONGEST_TAG} characters.", field=field)
    return names


async def tag(session: AsyncSession, card_ids: Sequence[int], names: Collection[str]) -> None:
    """Put tidy tags on cards; those that are new are made."""
    if not names:
        return
    await session.execute(
        insert(GiftCardTag).values([{"name": name} for name in sorted(names)]).on_conflict_do_nothing()
    )
    ids = await session.scalars(
        select(GiftCardTag.id).where(GiftCardTag.name.in_(names)).with_for_update(read=True, key_share=True)
    )
    rows = [{"gift_card_id": card_id, "tag_id": tag_id} for tag_id in ids for card_id in card_ids]
    await session.execute(insert(gift_card_tagged).on_conflict_do_nothing(), rows)


async def untag(session: AsyncSession, card_id: int, names: Collection[str]) -> None:
    """Take tidy tags off a card; those that no card has any more are forgotten."""
    if not names:
        return
    found = select(GiftCardTag.id).where(GiftCardTag.name.in_(names)).order_by(GiftCardTag.id)
    ids = list(await session.scalars(found.with_for_update()))
    tagged = gift_card_tagged.c
    await session.execute(
        delete(gift_card_tagged).where(tagged.gift_card_id == card_id, tagged.tag_id.in_(ids))
    )
    unused = ~select(tagged.tag_id).where(tagged.tag_id == GiftCardTag.id).exists()
    await session.execute(delete(GiftCardTag).where(GiftCardTag.id.in_(ids), unused))


async def tags_of(session: AsyncSession, card_id: int) -> list[str]:
    """A card's tags, in the order of the alphabet."""
    names = await session.scalars(
        select(GiftCardTag.name)
        .join(gift_card_tagged, gift_card_tagged.c.tag_id == GiftCardTag.id)
        .where(gift_card_tagged.c.gift_card_id == card_id)
        .order_by(GiftCardTag.name)
    )
    return list(names)
