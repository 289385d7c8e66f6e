"""How lists of gift cards, and of their tags, are narrowed and sorted."""

from dataclasses import dataclass
from enum import Enum
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, any_, case, cast, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from strawberry import ID

from marketplace.catalog.models import Product
from marketplace.catalog.search import reads_like
from marketplace.people.models import User
from marketplace.pricing import gift_cards as models
from marketplace_graphql.inputs import MetadataFilter, PriceRangeInput, has_metadata
from marketplace_graphql.kernel import (
    BEST_MATCH,
    Filter,
    OrderDirection,
    QueryError,
    Sorting,
    enum,
    input_type,
    refers,
)
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.values import in_minor
from marketplace_graphql.vouchers.gift_cards import ENDING

CURRENCY_MISSING = "You must provide a `currency` filter parameter for filtering by price."


@input_type(outdated={"used_by": "Use `assignedTo`."})
class GiftCardFilterInput:
    """Which gift cards are listed."""

    is_active: bool | None
    metadata: list[MetadataFilter] | None
    tags: list[str] | None
    """Those with one of these tags."""
    products: list[ID] | None
    """Those that were bought as one of these."""
    used_by: list[ID] | None
    assigned_to: list[ID] | None
    """Those that are these customers' own."""
    used: bool | None
    """Whether they have paid for something."""
    currency: str | None
    current_balance: PriceRangeInput | None
    """Only with `currency`."""
    initial_balance: PriceRangeInput | None
    """Only with `currency`."""
    code: str | None
    """Exactly this code."""
    created_by_email: str | None


@enum
class GiftCardSortField(Enum):
    """What gift cards can be sorted by."""

    PRODUCT = "PRODUCT"
    USED_BY = "USED_BY"
    CURRENT_BALANCE = "CURRENT_BALANCE"
    CREATED_AT = "CREATED_AT"
    RANK = "RANK"


@input_type
class GiftCardSortingInput:
    """How gift cards are sorted."""

    direction: OrderDirection
    field: GiftCardSortField


@input_type
class GiftCardTagFilterInput:
    """Which tags are listed."""

    search: str | None
    """A part of the tag."""


@dataclass(frozen=True)
class _CardFilter(Filter):
    """Amounts mean something in one currency only."""

    def predicate(self, row: Any, given: Any, ctx: Any) -> ColumnElement[bool] | None:
        said = dict(given.items())
        if (said.get("current_balance") or said.get("initial_balance")) and said.get("currency") is None:
            raise QueryError(CURRENCY_MISSING)
        return super().predicate(row, given, ctx)


def _worth(column: str) -> Any:
    def meaning(row: Any, given: Any, ctx: Any) -> ColumnElement[bool] | None:
        balance = getattr(row, column)
        parts = []
        if given.gte is not None:
            parts.append(balance >= cast(func.ceil(in_minor(given.gte, row.currency)), BigInteger))
        if given.lte is not None:
            parts.append(balance <= cast(func.floor(in_minor(given.lte, row.currency)), BigInteger))
        return and_(*parts) if parts else None

    return meaning


def _tagged(row: Any, tags: Any, ctx: Any) -> ColumnElement[bool]:
    tag, tagged = aliased(models.GiftCardTag), models.gift_card_tagged.alias()
    of_tags = select(tagged.c.gift_card_id).join(tag, tag.id == tagged.c.tag_id).where(tag.name == any_(tags))
    found: ColumnElement[bool] = row.id.in_(of_tags.correlate_except(tag, tagged))
    return found


def card_found(row: Any, term: Any, ctx: Any) -> ColumnElement[bool]:
    """By its code, the end of it, a tag, or the e-mail address of whose it is or of who made it."""
    tag, tagged = aliased(models.GiftCardTag), models.gift_card_tagged.alias()
    with_tag = select(tagged.c.gift_card_id).join(tag, tag.id == tagged.c.tag_id)
    by_tag = with_tag.where(tag.name == func.lower(term)).correlate_except(tag, tagged)
    email = func.lower(term)
    return or_(
        row.code == term,
        row.code == func.upper(term),
        func.right(row.code, ENDING) == func.upper(term),
        row.assigned_to_email == email,
        row.created_by_email == email,
        row.id == any_(func.array(by_tag.scalar_subquery(), type_=ARRAY(BigInteger))),
    )


def card_rank(row: Any, term: Any, ctx: Any) -> ColumnElement[Any]:
    """Whole codes first."""
    return case((or_(row.code == term, row.code == func.upper(term)), 1), else_=0)


def _product_of(row: Any, ctx: Any) -> Any:
    return ctx.joined(row, Product, lambda product: product.id == row.product_id, key="its product")


def _user_of(row: Any, ctx: Any) -> Any:
    return ctx.joined(row, User, lambda user: user.id == row.assigned_to_id, key="whose it is")


card_filter = _CardFilter(
    GiftCardFilterInput,
    {
        "is_active": lambda row, wanted, ctx: row.is_active == wanted,
        "metadata": has_metadata,
        "tags": _tagged,
        "products": refers(lambda row, ctx: row.product_id, "Product"),
        "used_by": refers(lambda row, ctx: row.assigned_to_id, "User"),
        "assigned_to": refers(lambda row, ctx: row.assigned_to_id, "User"),
        "used": lambda row, wanted, ctx: (
            row.last_used_at.is_not(None) if wanted else row.last_used_at.is_(None)
        ),
        "currency": lambda row, currency, ctx: row.currency == func.upper(currency),
        "current_balance": _worth("current_balance_minor"),
        "initial_balance": _worth("initial_balance_minor"),
        "code": lambda row, code, ctx: row.code == code,
        "created_by_email": lambda row, email, ctx: row.created_by_email == email,
    },
)
card_order = Sorting(
    GiftCardSortingInput,
    {
        GiftCardSortField.PRODUCT: lambda row, ctx: (
            _product_of(row, ctx).name,
            _product_of(row, ctx).slug,
        ),
        GiftCardSortField.USED_BY: lambda row, ctx: (
            _user_of(row, ctx).first_name,
            _user_of(row, ctx).last_name,
            row.created_at,
        ),
        GiftCardSortField.CURRENT_BALANCE: lambda row, ctx: (row.current_balance_minor, row.created_at),
        GiftCardSortField.CREATED_AT: lambda row, ctx: row.created_at,
        GiftCardSortField.RANK: BEST_MATCH,
    },
)
tag_filter = Filter(GiftCardTagFilterInput, {"search": lambda row, term, ctx: reads_like(row.name, term)})
