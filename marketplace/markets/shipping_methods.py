"""Ways to ship, as staff set them up: for which parcels, whereto, and at which price in each channel."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.errors import DomainError, Errors, InvalidError, RequiredError
from marketplace.kit.events import publish
from marketplace.kit.ids import to_global_id
from marketplace.kit.money import Money
from marketplace.markets.events import ShippingMethodsGone
from marketplace.markets.models import (
    Channel,
    PostalCodeInclusion,
    PostalCodeRule,
    ShippingMethod,
    ShippingMethodListing,
    ShippingMethodTranslation,
    excluded_product,
    zone_channel,
)

NAME_LENGTH = 100
POSTAL_CODE_LENGTH = 32
HEAVIEST_GRAMS = 1_000_000_000
LONGEST_DAYS = 10_000
DEAREST = Decimal(10) ** 12


async def create_method(session: AsyncSession, zone_id: int, said: Mapping[str, Any]) -> ShippingMethod:
    """Add a way to ship to a zone. Raises Errors."""
    missing: list[DomainError] = [
        RequiredError("This is needed.", field=name) for name in ("name", "type") if said.get(name) is None
    ]
    if missing:
        raise Errors(missing)
    method = ShippingMethod(zone_id=zone_id, name="")
    _say(method, said)
    session.add(method)
    await session.flush()
    return method


async def change_method(
    session: AsyncSession, method: ShippingMethod, said: Mapping[str, Any]
) -> ShippingMethod:
    """Change what is said of a locked way to ship. Raises Errors."""
    _say(method, said)
    await session.flush()
    return method


async def delete_methods(session: AsyncSession, methods: Sequence[ShippingMethod]) -> None:
    """Delete ways to ship. Orders keep the names of what carried them."""
    keys = tuple(method.id for method in methods)
    await publish(session, ShippingMethodsGone(keys))
    await session.execute(
        delete(ShippingMethod).where(ShippingMethod.id.in_(keys)),
        execution_options={"synchronize_session": False},
    )


def _say(method: ShippingMethod, said: Mapping[str, Any]) -> None:
    errors: list[DomainError] = []
    if "name" in said:
        method.name = (said["name"] or "").strip()
        if not method.name:
            errors.append(RequiredError("What is it called?", field="name"))
        elif len(method.name) > NAME_LENGTH:
            errors.append(InvalidError(f"A name has at most {NAME_LENGTH} letters.", field="name"))
    for name in ("type", "zone_id"):
        if said.get(name) is not None:
            setattr(method, name, said[name])
    for name in ("description", "tax_class_id"):
        if name in said:
            setattr(method, name, said[name])
    _say_weights(method, said, errors)
    _say_days(method, said, errors)
    if errors:
        raise Errors(errors)


def _say_weights(method: ShippingMethod, said: Mapping[str, Any], errors: list[DomainError]) -> None:
    for name, field in (
        ("minimum_weight_grams", "minimumOrderWeight"),
        ("maximum_weight_grams", "maximumOrderWeight"),
    ):
        if name not in said:
            continue
        grams = said[name]
        if grams is not None and not 0 <= grams <= HEAVIEST_GRAMS:
            errors.append(InvalidError("This is no weight of a parcel.", field=field))
            continue
        setattr(method, name, None if grams is None else round(grams))
    least, most = method.minimum_weight_grams, method.maximum_weight_grams
    if not errors and least is not None and most is not None and most <= least:
        errors.append(
            InvalidError(
                "The heaviest parcel must be heavier than the lightest.",
                field="maximumOrderWeight",
                code="MAX_LESS_THAN_MIN",
            )
        )


def _say_days(method: ShippingMethod, said: Mapping[str, Any], errors: list[DomainError]) -> None:
    before = len(errors)
    names = {"minimum_delivery_days": "minimumDeliveryDays", "maximum_delivery_days": "maximumDeliveryDays"}
    for name, field in names.items():
        if name not in said:
            continue
        days = said[name]
        if days is not None and not 0 <= days <= LONGEST_DAYS:
            errors.append(InvalidError("This is no number of days.", field=field))
            continue
        setattr(method, name, days)
    least, most = method.minimum_delivery_days, method.maximum_delivery_days
    if len(errors) == before and least is not None and most is not None and least > most:
        wrong = [field for name, field in names.items() if said.get(name) is not None]
        errors.append(InvalidError("It can't arrive later than it does at the latest.", field=wrong[0]))


async def set_postal_codes(
    session: AsyncSession,
    method: ShippingMethod,
    *,
    added: Sequence[tuple[str, str | None]],
    removed: Collection[int],
    inclusion: PostalCodeInclusion | None,
) -> None:
    """Add ranges of postal codes (their first and last), and take rules away.

    Raises RequiredError, InvalidError, and DomainError (ALREADY_EXISTS) for a range that is there.
    """
    if removed:
        await session.execute(
            delete(PostalCodeRule).where(
                PostalCodeRule.method_id == method.id, PostalCodeRule.id.in_(removed)
            ),
            execution_options={"synchronize_session": False},
        )
    if not added:
        return
    if inclusion is None:
        raise RequiredError("Say whether these codes are served, or are not.", field="inclusionType")
    for start, end in added:
        if not start.strip() or max(len(start), len(end or "")) > POSTAL_CODE_LENGTH:
            raise InvalidError("This is no postal code.", field="addPostalCodeRules")
        made = await session.execute(
            insert(PostalCodeRule)
            .values(method_id=method.id, start=start, end=end, inclusion=inclusion)
            .on_conflict_do_nothing()
            .returning(PostalCodeRule.id)
        )
        if made.first() is None:
            message = f"There is a rule for {start} to {end or 'the last one'} already."
            raise DomainError(message, field="addPostalCodeRules", code="ALREADY_EXISTS")


@dataclass(frozen=True, slots=True)
class ListingSaid:
    """What is said of a method's price in a channel: only the names in `given`."""

    channel: Channel
    price: Decimal | None = None
    minimum_order_price: Decimal | None = None
    maximum_order_price: Decimal | None = None
    given: frozenset[str] = frozenset()


async def set_listings(
    session: AsyncSession, method: ShippingMethod, said: Sequence[ListingSaid], removed: Collection[int]
) -> None:
    """Say what a locked method costs in channels of its zone, and where it is offered no more.

    Raises InvalidError, Errors; each names its channels.
    """
    await _check_zone(session, method, said)
    found = await session.scalars(
        select(ShippingMethodListing).where(ShippingMethodListing.method_id == method.id)
    )
    listings = {listing.channel_id: listing for listing in found}
    errors: list[DomainError] = []
    for each in said:
        columns = _listing_columns(each, listings.get(each.channel.id), errors)
        if errors:
            continue
        listing = listings.get(each.channel.id)
        if listing is None:
            listing = ShippingMethodListing(
                method_id=method.id, channel_id=each.channel.id, currency=each.channel.currency_code
            )
        for name, amount_minor in columns.items():
            setattr(listing, name, amount_minor)
        session.add(listing)
    if errors:
        raise Errors(errors)
    await session.flush()
    await session.execute(
        delete(ShippingMethodListing).where(
            ShippingMethodListing.method_id == method.id, ShippingMethodListing.channel_id.in_(removed)
        ),
        execution_options={"synchronize_session": False},
    )


async def _check_zone(session: AsyncSession, method: ShippingMethod, said: Sequence[ListingSaid]) -> None:
    served = await session.scalars(
        select(zone_channel.c.channel_id).where(zone_channel.c.zone_id == method.zone_id)
    )
    strangers = {each.channel.id for each in said} - set(served)
    if strangers:
        raise InvalidError(
            "The method's zone does not belong to these channels.",
            field="addChannels",
            channels=[to_global_id("Channel", channel_id) for channel_id in sorted(strangers)],
        )


_COLUMNS = {
    "price": ("parcel_price_minor", "price"),
    "minimum_order_price": ("minimum_order_price_minor", "minimumOrderPrice"),
    "maximum_order_price": ("maximum_order_price_minor", "maximumOrderPrice"),
}


def _listing_columns(
    said: ListingSaid, listing: ShippingMethodListing | None, errors: list[DomainError]
) -> dict[str, int | None]:
    """What is said, in minor units; what can't be is told."""
    named = [to_global_id("Channel", said.channel.id)]
    columns: dict[str, int | None] = {}
    for name in sorted(said.given):
        column, field = _COLUMNS[name]
        amount: Decimal | None = getattr(said, name)
        if amount is None:
            if name != "price":
                columns[column] = None
            continue
        money = Money.from_decimal(min(amount, DEAREST), said.channel.currency_code)
        if amount > DEAREST or money.amount != amount:
            message = f"This can't be paid in {said.channel.currency_code}."
            errors.append(InvalidError(message, field=field, channels=named))
        columns[column] = money.minor
    if listing is None and "parcel_price_minor" not in columns:
        errors.append(RequiredError("Say what it costs there.", field="price", channels=named))
    least, most = (
        columns.get(column, getattr(listing, column, None))
        for column in ("minimum_order_price_minor", "maximum_order_price_minor")
    )
    if least is not None and most is not None and most <= least:
        errors.append(
            InvalidError(
                "The dearest order must be dearer than the cheapest.",
                field="maximumOrderPrice",
                code="MAX_LESS_THAN_MIN",
                channels=named,
            )
        )
    return columns


async def exclude(session: AsyncSession, method: ShippingMethod, product_ids: Collection[int]) -> None:
    """Have a way to ship not carry products."""
    rows = [{"method_id": method.id, "product_id": product_id} for product_id in sorted(set(product_ids))]
    if rows:
        await session.execute(insert(excluded_product).values(rows).on_conflict_do_nothing())


async def include(session: AsyncSession, method: ShippingMethod, product_ids: Collection[int]) -> None:
    """Have it carry them again."""
    await session.execute(
        delete(excluded_product).where(
            excluded_product.c.method_id == method.id, excluded_product.c.product_id.in_(product_ids)
        )
    )


async def translate(
    session: AsyncSession, method: ShippingMethod, language_code: str, texts: Mapping[str, Any]
) -> None:
    """Write what was given of a method's `name` and `description` in a language. Raises InvalidError."""
    if len(texts.get("name") or "") > NAME_LENGTH:
        raise InvalidError(f"A name has at most {NAME_LENGTH} letters.", field="name")
    said = {name: texts[name] or None for name in ("name", "description") if name in texts}
    row = {"shipping_method_id": method.id, "language_code": language_code}
    statement = insert(ShippingMethodTranslation).values(row | said)
    await session.execute(
        statement.on_conflict_do_update(index_elements=list(row), set_=said)
        if said
        else statement.on_conflict_do_nothing()
    )
