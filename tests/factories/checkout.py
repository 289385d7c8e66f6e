"""Carts for tests, filled by the services that buyers use."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.models import ProductVariant
from marketplace.checkout import service
from marketplace.checkout.deliveries import calculate_deliveries, choose_delivery
from marketplace.checkout.lines import LineToAdd
from marketplace.checkout.models import Checkout
from marketplace.checkout.service import NewCheckout
from marketplace.markets.models import Channel, ShippingMethod
from marketplace.payments.gateways.cash_on_delivery import GATEWAY_ID
from marketplace.payments.transactions import Begun, initialize_transaction
from marketplace.people.addresses import PostalAddress
from tests.factories.catalog import make_listed_product
from tests.factories.inventory import make_stock
from tests.factories.markets import make_channel, make_method

RABAT = PostalAddress(
    country_code="MA",
    first_name="Salma",
    last_name="Bennani",
    street_address_1="12, rue Ibn Batouta",
    city="Rabat",
    postal_code="10000",
    phone="+212661234567",
)
PARIS = PostalAddress(
    country_code="FR",
    first_name="Salma",
    last_name="Bennani",
    street_address_1="3 rue des Écoles",
    city="Paris",
    postal_code="75005",
)


@dataclass
class Market:
    """A channel with a carrier that takes cash."""

    channel: Channel
    method: ShippingMethod


async def make_market(session: AsyncSession, **given: object) -> Market:
    channel = await make_channel(session, **given)
    return Market(channel, await make_method(session, channel))


async def make_piece(
    session: AsyncSession, channel: Channel, price_minor: int = 120_00, stock: int = 10, **given: object
) -> ProductVariant:
    """A variant on the shelf of a channel, with pieces in stock; a seller of its own unless given."""
    _, variant = await make_listed_product(session, channel, price_minor, **given)
    await make_stock(session, variant, stock)
    return variant


async def make_cart(
    session: AsyncSession, channel: Channel, *variants: ProductVariant, quantity: int = 1, **given: object
) -> Checkout:
    """A cart with so many pieces of each variant, its e-mail address set."""
    lines: Sequence[LineToAdd] = [LineToAdd(variant.id, quantity) for variant in variants]
    return await service.create_checkout(
        session,
        NewCheckout(**{"channel_slug": channel.slug, "lines": lines, "email": "salma@example.test"} | given),
    )


async def make_ready_cart(
    session: AsyncSession, market: Market, *variants: ProductVariant, quantity: int = 1, **given: object
) -> Checkout:
    """A cart that only needs to be paid: addresses and delivery are there."""
    cart = await make_cart(
        session,
        market.channel,
        *variants,
        quantity=quantity,
        **{"shipping_address": RABAT, "billing_address": RABAT} | given,
    )
    await calculate_deliveries(session, cart.id)
    return await choose_delivery(session, cart.id, method_id=market.method.id)


async def promise_cash(session: AsyncSession, checkout_id: UUID) -> Begun:
    """Promise to pay at the door."""
    return await initialize_transaction(session, GATEWAY_ID, checkout_id=checkout_id)
