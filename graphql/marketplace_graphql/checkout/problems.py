"""What stands in the way of buying what is in a checkout, as it is at this moment."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Integer,
    Select,
    Text,
    Uuid,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)

from marketplace.catalog.listings import ProductChannelListing, VariantChannelListing
from marketplace.catalog.models import ProductVariant as VariantRow
from marketplace.checkout import models
from marketplace.inventory.availability import available_pieces
from marketplace_graphql.kernel import each, either, never_null, object_type, one, typed, union
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.markets.offered_methods import OfferedMethod

if TYPE_CHECKING:
    from marketplace_graphql.catalog.products import ProductVariant
    from marketplace_graphql.checkout.types import CheckoutLine, Delivery


@object_type
class CheckoutLineProblemInsufficientStock:
    """More pieces are wanted than can be had."""

    available_quantity: int | None
    """How many can be had: for all lines with this variant together."""
    line: "CheckoutLine"
    variant: "ProductVariant"


@object_type
class CheckoutLineProblemVariantNotAvailable:
    """It is not for sale any more, or not yet."""

    line: "CheckoutLine"


@object_type
class CheckoutProblemDeliveryMethodStale:
    """The chosen delivery costs something else by now. Completing the checkout reckons with the new price."""

    delivery: "Delivery"


@object_type
class CheckoutProblemDeliveryMethodInvalid:
    """The chosen delivery can't carry these goods to this address any more, or an app has refused it: another
    has to be chosen.
    """

    delivery: "Delivery"


CheckoutLineProblem = union(
    "CheckoutLineProblem",
    CheckoutLineProblemInsufficientStock,
    CheckoutLineProblemVariantNotAvailable,
    description="Why a line can't be bought as it is.",
)
CheckoutProblem = union(
    "CheckoutProblem",
    CheckoutProblemDeliveryMethodStale,
    CheckoutProblemDeliveryMethodInvalid,
    CheckoutLineProblemInsufficientStock,
    CheckoutLineProblemVariantNotAvailable,
    description="Why a checkout can't be completed as it is.",
)

NOT_AVAILABLE, SHORT, STALE, INVALID = "NOT_AVAILABLE", "SHORT", "STALE", "INVALID"


def problems_of_line(row: Any, ctx: Any) -> Any:
    """What is wrong with a line: one thing at most, since what isn't for sale can't be short."""
    found = _of_lines(ctx).subquery()
    return each(found, _line_problem(found), where=found.c.line_id == row.id)


def problems_of_checkout(row: Any, ctx: Any) -> Any:
    """Those of its lines, in their order, and of its delivery."""
    found = union_all(_of_lines(ctx), _of_delivery()).subquery()
    delivery = {"delivery": one(lambda delivery: delivery.id == found.c.delivery_id)}
    problem = either(
        found.c.kind == STALE,
        typed("CheckoutProblemDeliveryMethodStale", delivery),
        either(
            found.c.kind == INVALID,
            typed("CheckoutProblemDeliveryMethodInvalid", delivery),
            _line_problem(found),
        ),
    )
    return each(
        found, problem, where=found.c.checkout_id == row.id, order_by=(found.c.created_at, found.c.line_id)
    )


def _line_problem(found: Any) -> Any:
    line = one(lambda line: line.id == found.c.line_id)
    short = {
        "available_quantity": never_null(func.greatest(found.c.available, 0)),
        "line": line,
        "variant": one(lambda variant: variant.id == found.c.variant_id),
    }
    return either(
        found.c.kind == SHORT,
        typed("CheckoutLineProblemInsufficientStock", short),
        typed("CheckoutLineProblemVariantNotAvailable", {"line": line}),
    )


def _of_lines(ctx: Any) -> Select[*tuple[Any, ...]]:
    """Lines that can't be bought as they are. What the checkout's own lines reserve is no obstacle."""
    line, own, checkout = aliased(models.CheckoutLine), aliased(models.CheckoutLine), aliased(models.Checkout)
    variant = aliased(VariantRow)
    same_checkout = own.checkout_id == line.checkout_id
    own_ids = func.array(select(own.id).where(same_checkout).correlate_except(own).scalar_subquery())
    wanted = (
        select(func.sum(own.quantity))
        .where(same_checkout, own.variant_id == line.variant_id, ~own.is_gift)
        .correlate_except(own)
        .scalar_subquery()
    )
    available = available_pieces(line.variant_id, ctx.now, own_ids, checkout.channel_id)
    is_for_sale = _for_sale(variant, checkout, ctx)
    return (
        select(
            line.checkout_id.label("checkout_id"),
            line.id.label("line_id"),
            line.variant_id.label("variant_id"),
            cast(null(), Uuid).label("delivery_id"),
            case((is_for_sale, literal(SHORT, Text())), else_=literal(NOT_AVAILABLE, Text())).label("kind"),
            cast(available, Integer).label("available"),
            line.created_at.label("created_at"),
        )
        .join(checkout, checkout.id == line.checkout_id)
        .join(variant, variant.id == line.variant_id)
        # A gift that is gone stands in nobody's way: it leaves the cart.
        .where(~line.is_gift, or_(~is_for_sale, and_(variant.track_inventory, available < wanted)))
    )


def _for_sale(variant: Any, checkout: Any, ctx: Any) -> Any:
    """As `checkout.offers.check_buyable`: a price in the channel, on the shelves, and no day to wait for."""
    price, listing = aliased(VariantChannelListing), aliased(ProductChannelListing)
    return (
        exists()
        .where(
            price.variant_id == variant.id,
            price.channel_id == checkout.channel_id,
            price.price_minor.is_not(None),
            listing.product_id == variant.product_id,
            listing.channel_id == checkout.channel_id,
            listing.is_live,
            listing.available_for_purchase_at <= ctx.now,
        )
        .correlate_except(price, listing)
    )


def _of_delivery() -> Select[*tuple[Any, ...]]:
    """Chosen deliveries that are not offered any more, or at another price."""
    checkout, delivery = aliased(models.Checkout), aliased(models.CheckoutDelivery)
    offered: Any = aliased(OfferedMethod)
    price = (
        select(offered.price_minor)
        .where(
            offered.checkout_id == checkout.id,
            or_(offered.id == delivery.method_id, offered.app_method_id == delivery.app_method_id),
            offered.refusal.is_(None),
        )
        .correlate_except(offered)
        .scalar_subquery()
    )
    return (
        select(
            checkout.id,
            cast(null(), Uuid),
            cast(null(), Integer),
            delivery.id,
            case((price.is_(None), literal(INVALID, Text())), else_=literal(STALE, Text())),
            cast(null(), Integer),
            func.now(),
        )
        .join(delivery, delivery.id == checkout.delivery_id)
        .where(price.is_distinct_from(delivery.price_minor))
    )
