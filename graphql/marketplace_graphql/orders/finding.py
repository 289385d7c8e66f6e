"""What orders are known by: every whole word that a search for them may be, each found by an index."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Select,
    Uuid,
    and_,
    any_,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
)

from marketplace.orders import models
from marketplace.orders.invoice_models import Invoice
from marketplace.payments.models import TransactionItem
from marketplace.people.models import Address, User
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.orders.conditions import few_or_many

HANGING: tuple[tuple[Any, str], ...] = (
    (models.OrderLine, "product_sku"),
    (models.Fulfillment, "tracking_number"),
    (Invoice, "number"),
    (TransactionItem, "psp_reference"),
)
"""By what an order is known that belongs to it: what was ordered, a parcel, an invoice, a payment."""
FEW = 1_000
"""Keys of orders are found by way of their addresses: that takes longer than by an index of their own."""
ADDRESSES = ("billing_address_id", "shipping_address_id")


def order_found(row: Any, term: Any, ctx: Any) -> ColumnElement[bool]:
    """What a search for orders finds: that of which a whole word is the number, a reference or the buyer, or
    the number of something that belongs to it.
    """
    word = func.btrim(term)
    ways = _of_buyer(row, word)
    ways += [
        _own(row, lambda order: numbered(order, func.ltrim(word, "#"))),
        _own(row, lambda order: order.external_reference == word),
        *[_numbered_part(row, model, name, word) for model, name in HANGING],
    ]
    return _known_by(row, ways, ctx)


def by_buyer(row: Any, term: Any, ctx: Any) -> ColumnElement[bool]:
    """Orders of whoever has an e-mail address, a name or a telephone number."""
    return _known_by(row, _of_buyer(row, func.btrim(term)), ctx)


def numbered(order: Any, term: Any) -> ColumnElement[bool]:
    """Whether a text is the order's number. Other texts are no number, so the index on it is used."""
    number = case((term.op("~")(r"^[0-9]{1,15}$"), cast(term, BigInteger)), else_=null())
    found: ColumnElement[bool] = order.number == number
    return found


def full_name(address: Any) -> ColumnElement[str]:
    """As the index on it is written."""
    return func.lower(address.first_name.concat(literal(" ")).concat(address.last_name))


@dataclass(frozen=True)
class _Way:
    """One thing that orders are known by: their keys, by indexes; whether a row is one of them; and the
    same, as it is said of many rows at once.
    """

    keys: list[Select[Any]]
    holds: ColumnElement[bool]
    of_many: ColumnElement[bool]


def _known_by(row: Any, ways: list[_Way], ctx: Any) -> ColumnElement[bool]:
    if ctx.many:
        return or_(*[way.of_many for way in ways])
    known = union_all(*[keys for way in ways for keys in way.keys]).subquery()
    found = select(known.c[0])
    if ctx.whole:
        named: ColumnElement[bool] = row.id == any_(func.array(found.scalar_subquery(), type_=ARRAY(Uuid())))
        return named
    return few_or_many(row, found, or_(*[way.holds for way in ways]), ctx, few=FEW)


def _own(row: Any, rule: Callable[[Any], ColumnElement[bool]]) -> _Way:
    """What an order says itself."""
    order = aliased(models.Order)
    return _Way([select(order.id).where(rule(order))], rule(row), rule(row))


def _numbered_part(row: Any, model: Any, name: str, word: Any) -> _Way:
    """The number of something that belongs to an order. Not every row has a number, nor an order."""
    one, other = aliased(model), aliased(model)

    def said(each: Any) -> ColumnElement[bool]:
        return and_(getattr(each, name) == word, getattr(each, name) != "")

    keys = select(one.order_id).where(said(one), one.order_id.is_not(None))
    there = select(literal(1)).where(other.order_id == row.id, said(other)).correlate_except(other)
    return _Way([keys], there.exists(), row.id.in_(keys))


def _of_buyer(row: Any, word: Any) -> list[_Way]:
    """Whoever has an e-mail address, a name or a telephone number, in the account or in an address."""
    account, kept, other = aliased(User), aliased(Address), aliased(Address)
    accounts = func.array(
        select(account.id).where(func.lower(account.email) == func.lower(word)).scalar_subquery(),
        type_=ARRAY(BigInteger()),
    )
    named = and_(or_(*_said_of(kept, word)), word != "")
    columns = [getattr(row, each) for each in ADDRESSES]
    there = select(literal(1)).where(kept.id.in_(columns), named).correlate_except(kept).exists()
    addresses = select(other.id).where(or_(*_said_of(other, word)), word != "")
    sayings = range(len(_said_of(kept, word)))
    return [
        _own(row, lambda order: order.user_email == func.lower(word)),
        _own(row, lambda order: order.user_id == any_(accounts)),
        _Way(
            [_at(each, number, word) for each in ADDRESSES for number in sayings],
            there,
            or_(*[column.in_(addresses) for column in columns]),
        ),
    ]


def _said_of(address: Any, word: Any) -> list[ColumnElement[bool]]:
    """By what an address is found, each by an index: the last name, the whole name, the telephone."""
    name = func.lower(word)
    telephone = and_(address.phone == word, address.phone != "")
    return [func.lower(address.last_name) == name, full_name(address) == name, telephone]


def _at(column: str, number: int, word: Any) -> Select[Any]:
    """The keys of the orders to one of the addresses that a word names, looked up for one after the other."""
    order, kept = aliased(models.Order), aliased(Address)
    # The offset keeps PostgreSQL from reading all addresses and all orders to join them.
    there = select(order.id).where(getattr(order, column) == kept.id).offset(0).correlate(kept).lateral()
    named = _said_of(kept, word)[number]
    return select(there.c.id).select_from(kept).join(there, true()).where(named, word != "")
