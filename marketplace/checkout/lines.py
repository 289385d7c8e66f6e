"""What is in the cart: added, changed, taken out. On an error nothing has changed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout import carts, deliveries, rewards
from marketplace.checkout.carts import Cart
from marketplace.checkout.errors import (
    GiftLineError,
    GiftRemovalError,
    QuantityLimitError,
    UnknownLineError,
    UnknownVariantError,
    ZeroQuantityError,
)
from marketplace.checkout.models import Checkout, CheckoutLine
from marketplace.checkout.offers import Offer, check_buyable
from marketplace.inventory.errors import InsufficientStockError
from marketplace.inventory.reservations import Wanted, check_available, reserve
from marketplace.kit.errors import InvalidError
from marketplace.kit.ids import to_global_id
from marketplace.kit.money import Money

MAXIMUM_LINES = 100
MAXIMUM_PRICE = Decimal(10**10)
"""Of one piece: far from what a total's column can't hold."""


@dataclass(frozen=True, slots=True)
class PriceOverride:
    """What one piece shall cost instead of its listed price. Who may say so is the caller's matter."""

    amount: Decimal | None
    """As prices are entered in the channel. None: the listed price again."""
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class LineToAdd:
    variant_id: int
    quantity: int
    own_line: bool = False
    """Not to be added to a line that has the variant already."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    price: PriceOverride | None = None
    """None: the price stays what it is."""


@dataclass(frozen=True, slots=True)
class LineChange:
    """A line by its id, or by its variant where only one line has it. Nothing of it: out with it."""

    quantity: int | None
    """None: as many as there are."""
    line_id: UUID | None = None
    variant_id: int | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    price: PriceOverride | None = None
    """None: the price stays what it is."""


async def add_lines(session: AsyncSession, checkout_id: UUID, adding: Sequence[LineToAdd]) -> Checkout:
    """Put pieces into the cart and keep them for it.

    Raises ZeroQuantityError, QuantityLimitError, UnknownVariantError, VariantNotInChannelError,
    NotPublishedError, NotForSaleError, InsufficientStockError, CheckoutGoneError, InactiveChannelError.
    """
    check_quantities([line.quantity for line in adding], least=1)
    cart = await carts.lock(session, checkout_id)
    await carts.load_lines(session, cart)
    changed = await choose(session, cart, adding)
    session.add_all(changed)
    await session.flush()
    await keep(session, cart, changed)
    await deliveries.refresh(session, cart)
    await session.flush()
    return cart.checkout


async def choose(session: AsyncSession, cart: Cart, adding: Sequence[LineToAdd]) -> list[CheckoutLine]:
    """Add pieces to the lines of a cart in hand, priced, and give the lines that are new or more.

    Their stocks are locked. To write them, to `keep` their pieces and to add the cart up is the caller's.
    """
    variant_ids = {line.variant_id for line in adding}
    known = {line.variant_id for line in cart.goods}
    if len(variant_ids | known) > MAXIMUM_LINES:  # Before all their stocks are locked.
        raise _too_many_lines()
    with session.no_autoflush:  # Lines are written once, with their prices.
        changed = _merged(cart, adding)
        await rewards.lock_with_gift(session, cart)
    check_known(cart.offers, variant_ids)
    check_buyable([cart.offers[variant_id] for variant_id in variant_ids])
    _check_limits(cart, changed)
    carts.price_all(cart)
    return changed


async def update_lines(session: AsyncSession, checkout_id: UUID, changes: Sequence[LineChange]) -> Checkout:
    """Set quantities; zero takes a line out.

    Raises what `add_lines` raises, UnknownLineError and GiftLineError.
    """
    check_quantities([change.quantity for change in changes if change.quantity is not None], least=0)
    cart = await carts.lock(session, checkout_id)
    await carts.load_lines(session, cart)
    new = [
        LineToAdd(change.variant_id, change.quantity, metadata=change.metadata, price=change.price)
        for change in changes
        if change.line_id is None
        and change.variant_id is not None
        and change.quantity
        and not any(line.variant_id == change.variant_id for line in cart.goods)
    ]
    wanted = {line.id: change for change in changes if (line := _line_of(cart, change)) is not None}
    emptied = [line_id for line_id, change in wanted.items() if change.quantity == 0]
    changed = [line for line in cart.lines if line.id in wanted and line.id not in emptied]
    for line in changed:
        change = wanted[line.id]
        line.quantity = line.quantity if change.quantity is None else change.quantity
        line.public_metadata = {**line.public_metadata, **change.metadata}
        _set_price(line, change.price)
    await carts.take_out(session, cart, emptied)
    added = await choose(session, cart, new)
    check_buyable([cart.offer(line) for line in changed])
    _check_limits(cart, changed)
    session.add_all(added)
    await session.flush()
    await keep(session, cart, [*changed, *added])
    await deliveries.refresh(session, cart)
    await session.flush()
    return cart.checkout


async def delete_lines(session: AsyncSession, checkout_id: UUID, line_ids: Sequence[UUID]) -> Checkout:
    """Take lines out. Raises UnknownLineError, GiftRemovalError, CheckoutGoneError, InactiveChannelError."""
    cart = await carts.lock(session, checkout_id)
    await carts.load_lines(session, cart)
    unknown = set(line_ids) - {line.id for line in cart.lines}
    if unknown:
        raise UnknownLineError(
            "Some of these lines are not in this checkout.",
            field="linesIds",
            lines=[to_global_id("CheckoutLine", line_id) for line_id in line_ids if line_id in unknown],
        )
    _check_no_gift([line for line in cart.lines if line.id in line_ids], GiftRemovalError, "linesIds")
    await carts.take_out(session, cart, line_ids)
    await carts.load_priced_lines(session, cart)
    await deliveries.refresh(session, cart)
    await session.flush()
    return cart.checkout


async def add_up_anew(session: AsyncSession, checkout_id: UUID) -> Checkout:
    """Price the lines that there are and add them up. Raises CheckoutGoneError, InactiveChannelError."""
    cart = await carts.lock(session, checkout_id)
    await carts.load_priced_lines(session, cart)
    await deliveries.refresh(session, cart)
    await session.flush()
    return cart.checkout


def check_quantities(quantities: Iterable[int], *, least: int) -> None:
    """Raises ZeroQuantityError."""
    if any(quantity < least for quantity in quantities):
        raise ZeroQuantityError(
            "At least one piece, please." if least else "A quantity can't be below zero.", field="quantity"
        )


def check_known(found: Mapping[int, Offer], variant_ids: Iterable[int]) -> None:
    """Raises UnknownVariantError."""
    unknown = [to_global_id("ProductVariant", key) for key in sorted(variant_ids) if key not in found]
    if unknown:
        raise UnknownVariantError(
            f"There is no product variant {', '.join(unknown)}.", field="variantId", variants=unknown
        )


async def check_stock(session: AsyncSession, cart: Cart) -> None:
    """See that all lines, whose stocks are locked, can still be had. Raises InsufficientStockError."""
    await _kept_or_refused(session, cart, cart.lines, keep=False)


def _line_of(cart: Cart, change: LineChange) -> CheckoutLine | None:
    """The line that a change is about; None where its variant is new to the cart. Raises UnknownLineError."""
    if change.line_id is not None:
        for line in cart.lines:
            if line.id == change.line_id:
                _check_no_gift([line], GiftLineError, "lineId")
                return line
        raise UnknownLineError(
            "This line is not in this checkout.",
            field="lineId",
            lines=[to_global_id("CheckoutLine", change.line_id)],
        )
    of_variant = [line for line in cart.goods if line.variant_id == change.variant_id]
    if len(of_variant) > 1:
        raise InvalidError("Several lines have this variant: name the line.", field="variantId")
    if not of_variant and change.quantity is None:
        raise UnknownLineError("This variant is not in this checkout.", field="variantId")
    return of_variant[0] if of_variant else None


def _check_no_gift(
    lines: Iterable[CheckoutLine], error: type[GiftLineError | GiftRemovalError], field: str
) -> None:
    """Raises the error, naming the lines, where there is a gift among them."""
    gifts = [to_global_id("CheckoutLine", line.id) for line in lines if line.is_gift]
    if gifts:
        raise error(field=field, lines=gifts)


def _merged(cart: Cart, adding: Sequence[LineToAdd]) -> list[CheckoutLine]:
    """Lines with the added pieces: one for each variant, except where a line of its own was asked for."""
    lines_by_variant: dict[int, list[CheckoutLine]] = defaultdict(list)
    for line in cart.goods:
        lines_by_variant[line.variant_id].append(line)
    changed: dict[UUID, CheckoutLine] = {}
    for given in adding:
        same = lines_by_variant[given.variant_id]
        if given.own_line or len(same) != 1:
            line = CheckoutLine(
                id=uuid4(),
                checkout_id=cart.checkout.id,
                variant_id=given.variant_id,
                quantity=given.quantity,
                currency=cart.channel.currency_code,
                public_metadata=dict(given.metadata),
            )
            cart.lines.append(line)
            same.append(line)
        else:
            line = same[0]
            line.quantity += given.quantity
            line.public_metadata = {**line.public_metadata, **given.metadata}
        _set_price(line, given.price)
        changed[line.id] = line
    return list(changed.values())


def _set_price(line: CheckoutLine, price: PriceOverride | None) -> None:
    """Raises InvalidError for an amount that can't be paid in the currency's coins."""
    if price is None:
        return
    if price.amount is None:
        line.price_override_minor = line.price_override_reason = None
        return
    # What is far too much is not even counted out in coins: its digits alone would take a while.
    amount = Money.from_decimal(min(price.amount, MAXIMUM_PRICE), line.currency)
    if price.amount < 0 or price.amount != amount.amount:
        raise InvalidError(f"This can't be paid in {line.currency}.", field="price")
    line.price_override_minor, line.price_override_reason = amount.minor, price.reason or None


def _check_limits(cart: Cart, changed: Sequence[CheckoutLine]) -> None:
    if len(cart.goods) > MAXIMUM_LINES:
        raise _too_many_lines()
    pieces: dict[int, int] = defaultdict(int)
    for line in cart.goods:
        pieces[line.variant_id] += line.quantity
    for line in changed:
        offer = cart.offer(line)
        if pieces[line.variant_id] > offer.maximum_pieces:
            raise QuantityLimitError(
                f"At most {offer.maximum_pieces} of {offer.product_name} can be bought at once.",
                field="quantity",
                variants=[to_global_id("ProductVariant", line.variant_id)],
            )


def _too_many_lines() -> QuantityLimitError:
    return QuantityLimitError(f"A checkout has at most {MAXIMUM_LINES} lines.", field="lines")


async def keep(session: AsyncSession, cart: Cart, changed: Sequence[CheckoutLine]) -> None:
    """Keep the pieces of lines for as long as the channel or the shop says. Raises InsufficientStockError."""
    await _kept_or_refused(session, cart, changed, keep=cart.minutes_kept > 0)


async def _kept_or_refused(
    session: AsyncSession, cart: Cart, lines: Sequence[CheckoutLine], *, keep: bool
) -> None:
    wanted = [
        Wanted(line.id, line.variant_id, line.quantity) for line in lines if cart.offer(line).is_tracked
    ]
    if not wanted:
        return
    try:
        if keep:
            until = cart.now + timedelta(minutes=cart.minutes_kept)
            await reserve(session, wanted, cart.now, until, channel_id=cart.channel.id)
        else:
            await check_available(session, wanted, cart.now, channel_id=cart.channel.id)
    except InsufficientStockError as refused:
        raise _in_words(cart, refused) from refused


def _in_words(cart: Cart, refused: InsufficientStockError) -> InsufficientStockError:
    """The same refusal, naming the products and, for the API, the variants and lines."""
    short = {shortage.variant_id: shortage for shortage in refused.shortages}
    error = InsufficientStockError(refused.shortages)
    error.message = " ".join(
        f"Only {shortage.available} of {cart.offers[variant_id].product_name} can be had just now."
        for variant_id, shortage in short.items()
    )
    error.details = {
        "variants": [to_global_id("ProductVariant", variant_id) for variant_id in short],
        "lines": [to_global_id("CheckoutLine", line.id) for line in cart.lines if line.variant_id in short],
    }
    return error
