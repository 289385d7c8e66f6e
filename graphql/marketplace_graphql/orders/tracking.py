"""Where parcels can be followed."""

from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, null, or_, select

from marketplace.markets.models import ShippingMethod
from marketplace.orders import models
from marketplace_graphql.kernel import each, never_null, object_type
from marketplace_graphql.kernel.reader.aliases import aliased

PLAIN = "^[A-Za-z0-9-]+$"
"""Numbers that can stand in an address as they are. Others are shown, but lead nowhere."""


@object_type
class ParcelTracking:
    """A parcel under way, as its carrier knows it."""

    number: str
    """The carrier's number."""
    carrier: str | None
    """Who carries it."""
    url: str | None
    """Where the carrier shows where it is."""


def tracking_of(part: Any) -> Any:
    """The numbered parcels of a vendor order, in the order in which they left."""
    parcel, order, method = aliased(models.Fulfillment), aliased(models.Order), aliased(ShippingMethod)
    source = (
        select(
            parcel.id,
            parcel.tracking_number.label("number"),
            func.nullif(method.carrier, "").label("carrier"),
            _address(parcel.tracking_number, method.tracking_url).label("url"),
        )
        .join(order, order.id == parcel.order_id)
        .outerjoin(method, method.id == order.shipping_method_id)
        .where(
            and_(parcel.vendor_order_id == part.id, parcel.tracking_number != ""),
            parcel.status != models.FulfillmentStatus.CANCELED,
        )
        .correlate_except(parcel, order, method)
        .subquery("tracking")
    )
    shown = {"number": never_null(source.c.number), "carrier": source.c.carrier, "url": source.c.url}
    return each(source, shown, order_by=source.c.id, limit=100)


def _address(number: Any, template: Any) -> ColumnElement[str | None]:
    """What a seller types is no part of an address unless it is letters and digits."""
    return case(
        (or_(template.is_(None), template == "", ~number.regexp_match(PLAIN)), null()),
        else_=func.replace(template, "{number}", number),
    )
