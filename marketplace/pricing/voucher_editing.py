"""Vouchers in the hands of staff: made, changed, listed in channels, deleted."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Table, delete, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.announcements import RowKey, announce
from marketplace.kit.errors import DomainError, InvalidError, NotFoundError, RequiredError
from marketplace.kit.ids import to_global_id
from marketplace.kit.money import to_minor
from marketplace.markets.models import Channel
from marketplace.pricing.discounts import DiscountValueType
from marketplace.pricing.errors import CodeTakenError
from marketplace.pricing.gift_card_use import is_free, new_code
from marketplace.pricing.voucher_use import LONGEST_CODE
from marketplace.pricing.vouchers import (
    Voucher,
    VoucherChannelListing,
    VoucherCode,
    voucher_category,
    voucher_collection,
    voucher_product,
    voucher_variant,
)

MAXIMUM_CODES = 1000
"""At once."""
HUNDRED_PER_CENT = 100

CATALOGUE: Mapping[str, Table] = {
    "category": voucher_category,
    "collection": voucher_collection,
    "product": voucher_product,
    "variant": voucher_variant,
}


@dataclass(frozen=True, slots=True)
class VoucherChanges:
    """What staff say of a voucher: columns by name, codes to add, and what of the catalogue it is for."""

    columns: Mapping[str, Any] = field(default_factory=dict)
    codes: Sequence[str] = ()
    catalogue: Mapping[str, Collection[int]] = field(default_factory=dict)
    """Keys by kind: what is named replaces what was."""


async def create_voucher(session: AsyncSession, given: VoucherChanges) -> Voucher:
    """Make a voucher; without a code it gets one. Raises InvalidError, RequiredError, CodeTakenError,
    NotFoundError.
    """
    voucher = Voucher(**{"starts_at": clock.now(), **given.columns})
    _check(voucher)
    session.add(voucher)
    await session.flush()
    await add_codes(session, voucher, given.codes or [new_code()])
    await _set_catalogue(session, voucher, given.catalogue)
    return voucher


async def update_voucher(session: AsyncSession, voucher: Voucher, given: VoucherChanges) -> Voucher:
    """Change a locked voucher. Raises what `create_voucher` raises."""
    for name, value in given.columns.items():
        setattr(voucher, name, value)
    _check(voucher)
    await session.flush()
    await add_codes(session, voucher, given.codes)
    await _set_catalogue(session, voucher, given.catalogue)
    return voucher


async def delete_vouchers(session: AsyncSession, vouchers: Sequence[Voucher]) -> None:
    """Take vouchers away. Orders keep what they took off; carts are priced without them from now on."""
    keys = sorted(voucher.id for voucher in vouchers)
    await session.execute(
        select(Voucher.id).where(Voucher.id.in_(keys)).order_by(Voucher.id).with_for_update()
    )
    await session.execute(delete(Voucher).where(Voucher.id.in_(keys)))


async def add_codes(session: AsyncSession, voucher: Voucher, codes: Sequence[str]) -> None:
    """Raises InvalidError, CodeTakenError."""
    wanted = [code.strip() for code in codes]
    if not wanted:
        return
    if len(wanted) > MAXIMUM_CODES:
        raise InvalidError(f"At most {MAXIMUM_CODES} codes at once.", field="addCodes")
    if any(not 0 < len(code) <= LONGEST_CODE for code in wanted):
        raise InvalidError(f"A code has from 1 to {LONGEST_CODE} characters.", field="addCodes")
    twice = sorted({code for code in wanted if wanted.count(code) > 1})
    if twice:
        raise InvalidError(
            "A code is given twice.", field="addCodes", code="DUPLICATED_INPUT_ITEM", voucher_codes=twice
        )
    if not await is_free(session, wanted):
        raise CodeTakenError("There is a promo code like this already.", field="addCodes")
    rows = [{"id": uuid4(), "voucher_id": voucher.id, "code": code} for code in wanted]
    await session.execute(insert(VoucherCode), rows)
    await announce(session, "VOUCHER_CODES_CREATED", *(RowKey(VoucherCode, row["id"]) for row in rows))


async def delete_codes(session: AsyncSession, code_ids: Collection[UUID]) -> int:
    """Take codes away; how many. Raises NotFoundError where one is none of any voucher."""
    wanted = set(code_ids)
    await announce(session, "VOUCHER_CODES_DELETED", *(RowKey(VoucherCode, key) for key in wanted))
    gone = await session.scalars(
        delete(VoucherCode).where(VoucherCode.id.in_(wanted)).returning(VoucherCode.id)
    )
    found = set(gone)
    if found != wanted:
        missing = [to_global_id("VoucherCode", code_id) for code_id in wanted - found]
        raise NotFoundError("Some of these codes are not there.", field="ids", voucher_codes=missing)
    return len(found)


@dataclass(frozen=True, slots=True)
class ListingChange:
    """What a voucher shall be worth in a channel; what is None stays as it is."""

    channel_id: int
    discount_value: Decimal | None = None
    minimum_spent: Decimal | None = None
    sets_minimum: bool = False
    """Whether `minimum_spent` was said, be it nothing."""


async def set_listings(
    session: AsyncSession, voucher: Voucher, wanted: Sequence[ListingChange], removed: Collection[int]
) -> None:
    """Say what a voucher is worth in channels, and where it holds no more.

    Raises RequiredError, InvalidError, NotFoundError, each naming the channels.
    """
    ids = [change.channel_id for change in wanted]
    if len(set(ids)) < len(ids) or set(ids) & set(removed):
        raise InvalidError("A channel is named twice.", field="addChannels", code="DUPLICATED_INPUT_ITEM")
    found = await session.execute(select(Channel.id, Channel.currency_code).where(Channel.id.in_(ids)))
    currencies = {row.id: row.currency_code for row in found}
    listed = await session.scalars(
        select(VoucherChannelListing).where(VoucherChannelListing.voucher_id == voucher.id)
    )
    listings = {listing.channel_id: listing for listing in listed}
    for change in wanted:
        if change.channel_id not in currencies:
            raise _of_channel(NotFoundError, "There is no such channel.", change.channel_id)
        listing = listings.get(change.channel_id)
        if listing is None:
            if change.discount_value is None:
                raise _of_channel(RequiredError, "Say what it is worth there.", change.channel_id)
            listing = VoucherChannelListing(
                voucher_id=voucher.id,
                channel_id=change.channel_id,
                currency=currencies[change.channel_id],
            )
            session.add(listing)
        _set_listing(voucher, listing, change)
    await session.execute(
        delete(VoucherChannelListing).where(
            VoucherChannelListing.voucher_id == voucher.id, VoucherChannelListing.channel_id.in_(removed)
        )
    )
    await session.flush()


def _set_listing(voucher: Voucher, listing: VoucherChannelListing, change: ListingChange) -> None:
    value = change.discount_value
    if value is not None:
        if voucher.discount_value_type is DiscountValueType.PERCENTAGE and value > HUNDRED_PER_CENT:
            raise _of_channel(InvalidError, "At most 100 per cent.", change.channel_id)
        listing.discount_value = value
    if change.sets_minimum:
        least = change.minimum_spent
        listing.minimum_spent_minor = None if least is None else to_minor(least, listing.currency)


def _of_channel(error: type[DomainError], message: str, channel_id: int) -> DomainError:
    return error(message, field="addChannels", channels=[to_global_id("Channel", channel_id)])


def _check(voucher: Voucher) -> None:
    """Raises InvalidError."""
    if voucher.ends_at is not None and voucher.ends_at < voucher.starts_at:
        raise InvalidError("It would end before it starts.", field="endDate")
    if voucher.usage_limit is not None and voucher.usage_limit < 1:
        raise InvalidError("It can be used at least once.", field="usageLimit")
    if voucher.minimum_pieces is not None and voucher.minimum_pieces < 1:
        raise InvalidError("At least one piece.", field="minCheckoutItemsQuantity")
    if voucher.single_use and voucher.usage_limit is not None:
        raise InvalidError(
            "Each code of a single-use voucher is good once: it needs no usage limit.", field="singleUse"
        )


async def _set_catalogue(
    session: AsyncSession, voucher: Voucher, catalogue: Mapping[str, Collection[int]]
) -> None:
    for kind, keys in catalogue.items():
        table = CATALOGUE[kind]
        await session.execute(delete(table).where(table.c.voucher_id == voucher.id))
        await add_to_catalogue(session, voucher, {kind: keys})


async def add_to_catalogue(
    session: AsyncSession, voucher: Voucher, catalogue: Mapping[str, Collection[int]]
) -> None:
    """Make a voucher good for more of the catalogue: keys by kind, which must exist."""
    for kind, keys in catalogue.items():
        rows = [{"voucher_id": voucher.id, f"{kind}_id": key} for key in sorted(set(keys))]
        if rows:
            await session.execute(upsert(CATALOGUE[kind]).on_conflict_do_nothing(), rows)


async def take_from_catalogue(
    session: AsyncSession, voucher: Voucher, catalogue: Mapping[str, Collection[int]]
) -> None:
    """Make a voucher good for less of the catalogue."""
    for kind, keys in catalogue.items():
        table = CATALOGUE[kind]
        await session.execute(
            delete(table).where(table.c.voucher_id == voucher.id, table.c[f"{kind}_id"].in_(keys))
        )
