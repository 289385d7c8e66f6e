"""A checkout from its opening to the moment before it becomes an order: whose it is and where it goes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from sqlalchemy import false, true
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout import carts, deliveries, discounts
from marketplace.checkout.carts import Cart
from marketplace.checkout.errors import MissingAddressError
from marketplace.checkout.lines import LineToAdd, check_quantities, choose, keep
from marketplace.checkout.models import Checkout
from marketplace.checkout.totals import NOTHING
from marketplace.kit import clock
from marketplace.kit.errors import DomainError, Errors, InvalidError, PermissionDeniedError
from marketplace.markets.queries import channel_and
from marketplace.people.addresses import (
    PostalAddress,
    change_address,
    checked_address,
    create_address,
    postal_address,
)
from marketplace.people.models import Address, User
from marketplace.people.service import checked_email

MAXIMUM_NOTE_LENGTH = 10_000


@dataclass(frozen=True, slots=True)
class AddressChecks:
    """How strictly an address is looked at while it is being typed. On completion all of it counts."""

    required: bool = True
    form: bool = True
    normalise: bool = True


STRICT = AddressChecks()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCheckout:
    channel_slug: str | None
    lines: Sequence[LineToAdd] = ()
    user: User | None = None
    email: str | None = None
    shipping_address: PostalAddress | None = None
    billing_address: PostalAddress | None = None
    shipping_checks: AddressChecks = STRICT
    billing_checks: AddressChecks = STRICT
    save_shipping_address: bool | None = None
    """Whether the buyer's address book gets it once this is an order: yes, unless something else is said."""
    save_billing_address: bool | None = None
    language_code: str = "fr"
    metadata: Mapping[str, str] = field(default_factory=dict)
    private_metadata: Mapping[str, str] = field(default_factory=dict)


async def create_checkout(session: AsyncSession, given: NewCheckout) -> Checkout:
    """Open a checkout. Raises what the channel, an address, the e-mail address or a line can be refused
    for: see `channel_and`, `checked_address`, `checked_email`, `lines.add_lines`; and
    MissingAddressError.
    """
    check_quantities([line.quantity for line in given.lines], least=1)
    if given.save_shipping_address is not None and given.shipping_address is None:
        raise MissingAddressError("There is no address to save.", field="saveShippingAddress")
    if given.save_billing_address is not None and given.billing_address is None:
        raise MissingAddressError("There is no address to save.", field="saveBillingAddress")
    now = clock.now()
    channel, may_be_rewarded, minutes_kept = await channel_and(
        session,
        given.channel_slug,
        carts.REWARDS_IN_FORCE,
        carts.minutes_kept(true() if given.user is None else false()),
        now=now,
    )
    shipping, billing = given.shipping_address, given.billing_address
    if shipping is not None:
        shipping = _checked(shipping, "SHIPPING", given.shipping_checks)
    if billing is not None:
        billing = _checked(billing, "BILLING", given.billing_checks)
    email = checked_email(given.email) if given.email else None
    checkout = Checkout(
        id=uuid4(),
        channel_id=channel.id,
        user_id=given.user.id if given.user else None,
        email=email or (given.user.email if given.user else None),
        currency=channel.currency_code,
        country_code=shipping.country_code if shipping else channel.default_country_code,
        language_code=given.language_code,
        public_metadata=dict(given.metadata),
        private_metadata=dict(given.private_metadata),
        is_tax_exempt=False,
        save_shipping_address=given.save_shipping_address is not False,
        save_billing_address=given.save_billing_address is not False,
        shipping_address_id=await _kept(session, shipping),
        billing_address_id=await _kept(session, billing),
    )
    cart = Cart(checkout, channel, now, minutes_kept, may_be_rewarded=may_be_rewarded)
    changed = await choose(session, cart, given.lines)
    carts.add_up(cart, NOTHING)
    session.add_all([checkout, *changed])
    await session.flush()
    await keep(session, cart, changed)
    if may_be_rewarded:
        await discounts.reduce_lines(session, cart)
        carts.add_up(cart, NOTHING)
        await session.flush()
    return checkout


async def set_shipping_address(
    session: AsyncSession,
    checkout_id: UUID,
    given: PostalAddress,
    checks: AddressChecks = STRICT,
    *,
    save: bool = True,
) -> Checkout:
    """Where it goes, and hence how it is taxed and can travel; `save` is for the buyer's address book.

    Raises Errors, one for each wrong field.
    """
    address = _checked(given, "SHIPPING", checks)
    cart = await carts.lock(session, checkout_id)
    checkout = cart.checkout
    checkout.shipping_address_id = await _kept(session, address, checkout.shipping_address_id)
    checkout.save_shipping_address = save
    country_changes = checkout.country_code != address.country_code
    checkout.country_code = address.country_code
    checkout.updated_at = cart.now
    if country_changes or checkout.tax_answer is not None:
        await carts.load_priced_lines(session, cart)
        await deliveries.refresh(session, cart)
    await session.flush()
    return checkout


async def set_billing_address(
    session: AsyncSession,
    checkout_id: UUID,
    given: PostalAddress,
    checks: AddressChecks = STRICT,
    *,
    save: bool = True,
) -> Checkout:
    """Who is billed; `save` is for the buyer's address book. Raises Errors, one for each wrong field."""
    address = _checked(given, "BILLING", checks)
    cart = await carts.lock(session, checkout_id)
    checkout = cart.checkout
    checkout.billing_address_id = await _kept(session, address, checkout.billing_address_id)
    checkout.save_billing_address = save
    if checkout.tax_answer is not None and checkout.shipping_address_id is None:
        await session.flush()
        await carts.load_priced_lines(session, cart)  # It is taxed where it is billed.
        await deliveries.refresh(session, cart)
    return await _saved(session, checkout)


async def set_email(session: AsyncSession, checkout_id: UUID, email: str) -> Checkout:
    """Raises InvalidError for what is no e-mail address."""
    address = checked_email(email)
    checkout = (await carts.lock(session, checkout_id)).checkout
    checkout.email = address
    return await _saved(session, checkout)


async def attach_customer(session: AsyncSession, checkout_id: UUID, user: User) -> Checkout:
    """Make the checkout a signed-in buyer's. Raises PermissionDeniedError where it is somebody's already."""
    checkout = (await carts.lock(session, checkout_id)).checkout
    if checkout.user_id is not None and checkout.user_id != user.id:
        raise PermissionDeniedError
    checkout.user_id = user.id
    checkout.email = user.email
    return await _saved(session, checkout)


async def detach_customer(
    session: AsyncSession, checkout_id: UUID, requester_id: int | None, *, for_another: bool = False
) -> Checkout:
    """Make it nobody's. Raises PermissionDeniedError for whoever it does not belong to, unless they act
    `for_another`.
    """
    checkout = (await carts.lock(session, checkout_id)).checkout
    if not for_another and (checkout.user_id is None or checkout.user_id != requester_id):
        raise PermissionDeniedError
    checkout.user_id = None
    return await _saved(session, checkout)


async def set_language(session: AsyncSession, checkout_id: UUID, language_code: str) -> Checkout:
    checkout = (await carts.lock(session, checkout_id)).checkout
    checkout.language_code = language_code
    return await _saved(session, checkout)


async def set_note(session: AsyncSession, checkout_id: UUID, note: str) -> Checkout:
    """What the buyer wants the sellers to know. Raises InvalidError where it is too long."""
    if len(note) > MAXIMUM_NOTE_LENGTH:
        raise InvalidError(f"At most {MAXIMUM_NOTE_LENGTH} characters, please.", field="customerNote")
    checkout = (await carts.lock(session, checkout_id)).checkout
    checkout.note = note.strip()
    return await _saved(session, checkout)


def check_address_again(row: Address, address_type: str) -> None:
    """Hold a kept address to its country's rules, whatever was overlooked while it was typed, and keep it
    in its country's form. Raises Errors.
    """
    as_kept = postal_address(row)
    checked = checked_address(as_kept, address_type)
    if checked != as_kept:
        change_address(row, checked)


def _checked(given: PostalAddress, address_type: str, checks: AddressChecks) -> PostalAddress:
    try:
        checked = checked_address(given, address_type)
    except Errors as refused:
        counting = [error for error in refused.errors if _counts(error, checks)]
        if counting:
            raise Errors(counting) from refused
        return given
    return checked if checks.normalise else given


def _counts(error: DomainError, checks: AddressChecks) -> bool:
    return checks.required if error.code == "REQUIRED" else checks.form


async def _kept(
    session: AsyncSession, address: PostalAddress | None, row_id: int | None = None
) -> int | None:
    """The key of an address row of the checkout's own: the one it has is written over."""
    if address is None:
        return None
    row = await session.get(Address, row_id) if row_id is not None else None
    if row is None:
        return (await create_address(session, address)).id
    change_address(row, address)
    return row.id


async def _saved(session: AsyncSession, checkout: Checkout) -> Checkout:
    checkout.updated_at = clock.now()
    await session.flush()
    return checkout
