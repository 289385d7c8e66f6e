"""What a variant costs in a market, whose it is, and whether it may be bought: read in one statement."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CHAR,
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Row,
    Select,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.listings import ProductChannelListing, VariantChannelListing
from marketplace.catalog.models import Product, ProductType, ProductTypeKind, ProductVariant
from marketplace.checkout.errors import NotForSaleError, NotPublishedError, VariantNotInChannelError
from marketplace.inventory.availability import number_locked, stocks_of
from marketplace.kit.errors import DomainError
from marketplace.kit.ids import to_global_id
from marketplace.kit.money import net_of_gross
from marketplace.markets.models import Channel
from marketplace.markets.shop_settings import shop_setting
from marketplace.pricing.catalogue_promotions import prices_now
from marketplace.pricing.promotions import Repricing
from marketplace.pricing.taxes import is_left_to_app, of_country, rate_expression
from marketplace.vendors.models import Vendor

ANY_NUMBER = 2**31 - 1
"""Where neither the variant nor the shop says how many pieces a checkout may hold."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A variant in a channel, as a cart sees it."""

    variant_id: int
    product_id: int
    vendor_id: int
    category_id: int | None
    product_name: str
    variant_name: str
    sku: str | None
    weight_grams: int
    """Of one piece."""
    is_shipping_required: bool
    is_tracked: bool
    lead_time_days: int | None
    """Made to order: until it is handed to the carrier."""
    maximum_pieces: int
    price_minor: int | None
    """As entered, after promotions. None: not sold in this channel."""
    undiscounted_minor: int | None
    promotion_rule_id: UUID | None
    """The rule of a catalogue promotion that makes the difference between the two."""
    is_out_of_date: bool
    """A promotion has begun, ended or changed since the price was stored: `up_to_date` works it out anew."""
    rate_bp: int
    """Tax at the destination, today, for this seller and tax class."""
    tax_class_id: int | None
    is_live: bool
    is_for_sale: bool
    is_taxed_by_app: bool = False
    """An app works out its tax, which nobody knows before it is asked: its rate is none meanwhile."""
    removed_rate_bp: int = 0
    """Of the tax in entered prices that this buyer is not charged: the prices here are without it."""

    def charged(self, entered_minor: int) -> int:
        """What of an entered price this buyer is charged."""
        return net_of_gross(entered_minor, self.removed_rate_bp) if self.removed_rate_bp else entered_minor


async def offers(
    session: AsyncSession,
    variant_ids: Collection[int],
    channel_id: int,
    country_code: str,
    now: datetime,
    *,
    is_exempt: bool = False,
    lock_stocks: bool = False,
) -> dict[int, Offer]:
    """The offers of variants in a channel to a country. Variants that don't exist are left out.

    `lock_stocks` takes the locks of `inventory.availability.lock_stocks` on the way.
    """
    if not variant_ids:
        return {}
    parameters = {
        "variant_ids": sorted(set(variant_ids)),
        "channel_id": channel_id,
        "country_code": country_code,
        "day": now.date(),
        "now": now,
        "is_exempt": is_exempt,
    }
    rows = await session.execute(_LOCKING_OFFERS if lock_stocks else _OFFERS, parameters)
    return await up_to_date(session, {row.variant_id: offer_of(row) for row in rows}, channel_id, now)


async def up_to_date(
    session: AsyncSession, found: Mapping[int, Offer], channel_id: int, now: datetime
) -> dict[int, Offer]:
    """The same offers at the prices of this moment, without tax where none is charged.

    Nearly always those are the stored ones, and nothing is asked. In the minute after a promotion begins or
    ends, and while many listings are being repriced, the rules themselves are asked: two statements more.
    """
    offers_now = dict(found)
    stale = [variant_id for variant_id, offer in found.items() if offer.is_out_of_date]
    if stale:
        for variant_id, price in (await prices_now(session, stale, channel_id, now)).items():
            offers_now[variant_id] = replace(
                found[variant_id], price_minor=price.price_minor, promotion_rule_id=price.rule_id
            )
    return {variant_id: _untaxed(offer) for variant_id, offer in offers_now.items()}


def _untaxed(offer: Offer) -> Offer:
    if offer.is_taxed_by_app:
        return replace(offer, rate_bp=0)
    if not offer.removed_rate_bp or offer.price_minor is None or offer.undiscounted_minor is None:
        return offer
    return replace(
        offer,
        price_minor=offer.charged(offer.price_minor),
        undiscounted_minor=offer.charged(offer.undiscounted_minor),
    )


def offer_of(row: Row[*tuple[Any, ...]]) -> Offer:
    """The offer in a row that has OFFER_COLUMNS."""
    found = row._mapping  # noqa: SLF001 - the public name of a row's mapping
    return Offer(*[found[name] for name in _OFFER_FIELDS])


_tax_class_id = func.coalesce(Product.tax_class_id, ProductType.tax_class_id)
_country_code = bindparam("country_code", type_=CHAR(2))
_rate = rate_expression(Vendor.tax_regime, _tax_class_id, _country_code, bindparam("day", type_=Date))
_is_charged = and_(
    not_(bindparam("is_exempt", type_=Boolean)),
    of_country("charge_taxes", bindparam("channel_id", type_=BigInteger), _country_code),
)
_is_entered_with_tax = (
    select(Channel.prices_entered_with_tax)
    .where(Channel.id == bindparam("channel_id", type_=BigInteger))
    .scalar_subquery()
)
OFFER_COLUMNS = (
    ProductVariant.id.label("variant_id"),
    ProductVariant.product_id,
    Product.vendor_id,
    Product.category_id,
    Product.name.label("product_name"),
    ProductVariant.name.label("variant_name"),
    ProductVariant.sku,
    func.coalesce(ProductVariant.weight_grams, Product.weight_grams, ProductType.weight_grams).label(
        "weight_grams"
    ),
    ProductType.is_shipping_required,
    ProductVariant.track_inventory.label("is_tracked"),
    ProductVariant.lead_time_days,
    func.coalesce(
        ProductVariant.quantity_limit_per_customer,
        shop_setting("limit_quantity_per_checkout"),
        literal(ANY_NUMBER, BigInteger()),
    ).label("maximum_pieces"),
    VariantChannelListing.price_minor,
    VariantChannelListing.entered_price_minor.label("undiscounted_minor"),
    VariantChannelListing.promotion_rule_id,
    or_(
        exists(select(Repricing.id)),
        func.coalesce(
            VariantChannelListing.price_valid_until <= bindparam("now", type_=DateTime(timezone=True)), False
        ),
    ).label("is_out_of_date"),
    case((_is_charged, _rate), else_=0).label("rate_bp"),
    is_left_to_app(_is_charged, bindparam("channel_id", type_=BigInteger), _country_code).label(
        "is_taxed_by_app"
    ),
    case((or_(_is_charged, not_(_is_entered_with_tax)), 0), else_=_rate).label("removed_rate_bp"),
    _tax_class_id.label("tax_class_id"),
    func.coalesce(ProductChannelListing.is_live, False).label("is_live"),
    and_(
        func.coalesce(
            ProductChannelListing.available_for_purchase_at
            <= bindparam("now", type_=DateTime(timezone=True)),
            False,
        ),
        # Whoever paid for a card would be given none: cards are given away by staff, not sold.
        ProductType.kind != ProductTypeKind.GIFT_CARD,
    ).label("is_for_sale"),
)
_OFFER_FIELDS = tuple(part.name for part in fields(Offer))


def with_offers(variants: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Join what OFFER_COLUMNS read to a statement over product variants. Parameters: `channel_id`,
    `country_code`, `day`, `now` and `is_exempt`.
    """
    return (
        variants.join(Product, Product.id == ProductVariant.product_id)
        .join(ProductType, ProductType.id == Product.product_type_id)
        .join(Vendor, Vendor.id == Product.vendor_id)
        .outerjoin(
            VariantChannelListing,
            and_(
                VariantChannelListing.variant_id == ProductVariant.id,
                VariantChannelListing.channel_id == bindparam("channel_id", type_=BigInteger),
            ),
        )
        .outerjoin(
            ProductChannelListing,
            and_(
                ProductChannelListing.product_id == Product.id,
                ProductChannelListing.channel_id == bindparam("channel_id", type_=BigInteger),
            ),
        )
    )


_wanted = bindparam("variant_ids", type_=ARRAY(BigInteger))
_OFFERS = with_offers(select(*OFFER_COLUMNS).select_from(ProductVariant)).where(
    ProductVariant.id == func.any(_wanted)
)
_LOCKING_OFFERS = _OFFERS.add_columns(number_locked(stocks_of(_wanted)))


def check_buyable(found: Collection[Offer]) -> None:
    """Raises VariantNotInChannelError, NotPublishedError or NotForSaleError, naming the variants."""
    refusals: list[tuple[type[DomainError], str, list[Offer]]] = [
        (
            VariantNotInChannelError,
            "Some of these are not sold in this channel.",
            [offer for offer in found if offer.price_minor is None],
        ),
        (
            NotPublishedError,
            "Some of these are not on the shelves just now.",
            [offer for offer in found if not offer.is_live],
        ),
        (
            NotForSaleError,
            "Some of these can't be bought yet.",
            [offer for offer in found if not offer.is_for_sale],
        ),
    ]
    for error, message, refused in refusals:
        if refused:
            variants = [to_global_id("ProductVariant", offer.variant_id) for offer in refused]
            raise error(message, field="lines", variants=variants)
