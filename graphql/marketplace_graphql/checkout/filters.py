"""What lists of checkouts can be narrowed down by and sorted by."""

from collections.abc import Callable
from enum import Enum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Uuid,
    any_,
    case,
    cast,
    false,
    func,
    literal_column,
    null,
    or_,
    select,
    union,
)
from strawberry import ID

from marketplace.catalog.models import ProductVariant
from marketplace.checkout.models import Checkout, CheckoutLine
from marketplace.payments.models import TransactionItem
from marketplace.people.models import Address, User
from marketplace_graphql.checkout.statuses import (
    CheckoutAuthorizeStatusEnum,
    CheckoutChargeStatusEnum,
    authorize_status_of,
    charge_status_of,
)
from marketplace_graphql.inputs import DateRangeInput, MetadataFilter, has_metadata
from marketplace_graphql.kernel import Filter, OrderDirection, Sorting, enum, input_type, never_null
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.orders.filters import days
from marketplace_graphql.orders.finding import full_name


@input_type
class CheckoutFilterInput:
    """Which checkouts are listed."""

    customer: str | None
    """The buyer's e-mail address, name or telephone number."""
    created: DateRangeInput | None
    search: str | None
    """Whatever a checkout is known by: its token, its buyer, the SKU of something in it, a payment."""
    metadata: list[MetadataFilter] | None
    """Entries that they have."""
    channels: list[ID] | None
    updated_at: DateRangeInput | None
    authorize_status: list[CheckoutAuthorizeStatusEnum] | None
    charge_status: list[CheckoutChargeStatusEnum] | None


def _where(rule: Callable[[Any], ColumnElement[bool]]) -> Select[Any]:
    checkout = aliased(Checkout)
    return select(checkout.id).where(rule(checkout))


def _of_buyer(word: Any) -> list[Select[Any]]:
    account, kept = aliased(User), aliased(Address)
    accounts = select(account.id).where(func.lower(account.email) == func.lower(word))
    addresses = select(kept.id).where(
        or_(
            func.lower(kept.last_name) == func.lower(word),
            full_name(kept) == func.lower(word),
            kept.phone == word,
        ),
        word != "",
    )
    return [
        _where(lambda checkout: func.lower(checkout.email) == func.lower(word)),
        _where(lambda checkout: checkout.user_id.in_(accounts)),
        _where(lambda checkout: checkout.billing_address_id.in_(addresses)),
        _where(lambda checkout: checkout.shipping_address_id.in_(addresses)),
    ]


def _known_by(word: Any) -> list[Select[Any]]:
    line, variant, payment = aliased(CheckoutLine), aliased(ProductVariant), aliased(TransactionItem)
    is_token = func.lower(word).op("~")("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
    token = case((is_token, cast(word, Uuid)), else_=null())
    return [
        _where(lambda checkout: checkout.id == token),
        *_of_buyer(word),
        select(line.checkout_id)
        .join(variant, variant.id == line.variant_id)
        .where(variant.sku == word, word != ""),
        select(payment.checkout_id).where(payment.psp_reference == word, payment.checkout_id.is_not(None)),
    ]


def _among(row: Any, ways: list[Select[Any]]) -> ColumnElement[bool]:
    found = union(*ways).subquery()
    return row.id == any_(func.array(select(found.c[0]).scalar_subquery()))  # type: ignore[no-any-return]


def _by_buyer(row: Any, term: Any, _ctx: Any) -> ColumnElement[bool]:
    return _among(row, _of_buyer(func.btrim(term)))


def _found(row: Any, term: Any, _ctx: Any) -> ColumnElement[bool]:
    """What a whole word is the name of."""
    return _among(row, _known_by(func.btrim(term)))


def _in_state(status_of: Callable[[Any], ColumnElement[str]]) -> Any:
    """Meaning of a list of statuses. Of most checkouts nothing is promised or paid; the others have a
    payment, or cost nothing.
    """

    def meaning(row: Any, wanted: list[Enum], ctx: Any) -> ColumnElement[bool]:
        values = [each.value for each in dict.fromkeys(wanted)]
        holds = status_of(row).in_(values)
        if not values:
            return false()
        payment, checkout = aliased(TransactionItem), aliased(Checkout)
        paid = select(payment.checkout_id).where(payment.checkout_id.is_not(None))
        touched = union(paid, _where(lambda checkout: checkout.total_gross_minor <= 0)).subquery()
        if "NONE" in values:
            return or_(row.id.not_in(select(touched.c[0])), holds)
        keys = select(checkout.id).where(
            checkout.id.in_(select(touched.c[0])), status_of(checkout).in_(values)
        )
        if ctx.whole:
            return row.id.in_(keys)  # type: ignore[no-any-return]
        return ctx.few_or_many(row, keys, holds)  # type: ignore[no-any-return]

    return meaning


checkout_filter = Filter(
    CheckoutFilterInput,
    {
        "customer": _by_buyer,
        "created": days(lambda row: row.created_at),
        "search": _found,
        "metadata": has_metadata,
        "channels": lambda row, ids, ctx: ctx.one_of_few(
            row, row.channel_id, ctx.key(ids, "Channel"), sorted_by=row.created_at
        ),
        "updated_at": days(lambda row: row.updated_at),
        "authorize_status": _in_state(authorize_status_of),
        "charge_status": _in_state(charge_status_of),
    },
)


@enum
class CheckoutSortField(Enum):
    """What checkouts can be sorted by."""

    CREATION_DATE = "CREATION_DATE"
    CUSTOMER = "CUSTOMER"
    RANK = "RANK"


@input_type
class CheckoutSortingInput:
    """How checkouts are sorted."""

    direction: OrderDirection
    field: CheckoutSortField


def _email(row: Any) -> Any:
    """As the index on it is written."""
    return never_null(func.coalesce(row.email, literal_column("''")))


checkout_sorting = Sorting(
    CheckoutSortingInput,
    {
        CheckoutSortField.CREATION_DATE: lambda row, ctx: row.created_at,
        CheckoutSortField.CUSTOMER: lambda row, ctx: _email(row),
        # What a search finds it finds by a whole word: none is a better match than another.
        CheckoutSortField.RANK: lambda row, ctx: row.created_at,
    },
)
