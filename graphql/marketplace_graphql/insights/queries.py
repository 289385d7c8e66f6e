"""All sellers' figures, the best first."""

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Text, and_, any_, case, cast, exists, func, literal, select
from strawberry import ID

from marketplace.vendors import models
from marketplace_graphql.inputs import DateRangeInput
from marketplace_graphql.insights.fields import STAFF, VendorFigures, parts_of, table_of
from marketplace_graphql.kernel import (
    CountableConnection,
    each,
    input_type,
    object_type,
    one,
    value,
)
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.vendors.types import VendorKindEnum

MOST_AT_ONCE = 100


@input_type
class VendorFiguresFilterInput:
    """Whose figures are listed, and of what."""

    regions: list[str] | None
    """Sellers there, by ISO 3166-2 codes."""
    programmes: list[ID] | None
    """Sellers of these programmes."""
    kinds: "list[VendorKindEnum] | None"
    categories: list[ID] | None
    """Counts only what was sold in these categories and below them."""


@object_type
class InsightsQueries:
    """How sellers do."""

    @value(needs=STAFF)
    def vendor_figures(
        root: Any,
        ctx: Any,
        period: DateRangeInput,
        channel: str,
        filter: VendorFiguresFilterInput | None = None,
        first: int | None = MOST_AT_ONCE,
        after: str | None = None,
    ) -> CountableConnection[VendorFigures] | None:
        """Sellers with sales in a period or the one before, who sold most first; at most 100 at a time."""
        categories = None if filter is None else filter.categories
        keys = None if categories is None else ctx.key(categories, "Category")
        table = table_of(period, ctx, keys)
        listed = _listed(table, filter, ctx)
        start = _place_of(after)
        asked = func.least(MOST_AT_ONCE if first is None else func.greatest(first, 0), MOST_AT_ONCE)
        count = select(func.count()).select_from(listed).scalar_subquery()
        last = func.least(start + asked, count)
        return {
            "total_count": lambda: count,
            "page_info": lambda: {
                "has_next_page": start + asked < count,
                "has_previous_page": start > 0,
                "start_cursor": case((count > start, cast(start + 1, Text))),
                "end_cursor": case((count > start, cast(last, Text))),
            },
            "edges": lambda: each(
                listed,
                {
                    "cursor": cast(listed.c.place, Text),
                    "node": {
                        "vendor": one(lambda vendor: vendor.id == listed.c.vendor_id),
                        **parts_of(listed, ctx),
                    },
                },
                where=and_(listed.c.place > start, listed.c.place <= start + asked),
                order_by=listed.c.place,
            ),
        }


def _listed(table: Any, given: Any, ctx: Any) -> Any:
    """The rows that are asked for, numbered in their order."""
    figures = table.c
    place = func.row_number().over(order_by=(figures.sales_minor.desc(), figures.vendor_id))
    wanted = [figures.sales_minor + figures.previous_minor > 0, ctx.channel.currency.is_not(None)]
    if given is not None and (chosen := _chosen(given, ctx)):
        vendor = aliased(models.Vendor)
        conditions = [condition(vendor) for condition in chosen]
        wanted.append(exists().where(vendor.id == figures.vendor_id, *conditions))
    return select(table, place.label("place")).where(*wanted).correlate(None).subquery("listed")


def _chosen(given: Any, ctx: Any) -> list[Any]:
    """What the filter says of sellers: functions from a seller's row to a predicate."""
    chosen: list[Any] = []
    if given.regions is not None:
        chosen.append(lambda vendor: vendor.region_code == any_(given.regions))
    if given.programmes is not None:
        keys = ctx.key(given.programmes, "Programme")
        chosen.append(lambda vendor: vendor.programme_id == any_(keys))
    if given.kinds is not None:
        kinds = [kind.value for kind in given.kinds]
        chosen.append(lambda vendor: vendor.kind.in_(kinds))
    return chosen


def _place_of(cursor: Any) -> ColumnElement[int]:
    """Where a page begins: cursors are places, since figures that move have no better ones."""
    if cursor is None:
        return literal(0)
    return case((cursor.regexp_match("^[0-9]{1,9}$"), cast(cursor, BigInteger)), else_=0)
