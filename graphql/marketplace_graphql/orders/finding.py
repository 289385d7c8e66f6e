"""What orders are known by: every whole word that a search for them may be, each found by an index."""

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, case, cast, func, literal, null, or_, select, union
from sqlalchemy.orm import aliased

from marketplace.orders import models
from marketplace.orders.invoice_models import Invoice
from marketplace.payments.models import TransactionItem
from marketplace.people.models import Address, User


def numbered(order: Any, term: Any) -> ColumnElement[bool]:
    """Whether a text is the order's number. Other texts are no number, so the index on it is used."""
    number = case((term.op("~")(r"^[0-9]{1,15}$"), cast(term, BigInteger)), else_=null())
    found: ColumnElement[bool] = order.number == number
    return found


def orders_known_by(term: Any) -> Select[Any]:
    """The keys of the orders that a term names: by number, reference or buyer, by the SKU of what was
    ordered, by the number of a parcel, an invoice or a payment.
    """
    word = func.btrim(term)
    own, line, parcel = aliased(models.Order), aliased(models.OrderLine), aliased(models.Fulfillment)
    invoice, payment = aliased(Invoice), aliased(TransactionItem)
    return _all_of(
        select(own.id).where(numbered(own, func.ltrim(word, "#"))),
        _own(lambda order: order.external_reference == word),
        *_of_buyer(word),
        select(line.order_id).where(line.product_sku == word),
        select(parcel.order_id).where(parcel.tracking_number == word, parcel.tracking_number != ""),
        select(invoice.order_id).where(invoice.number == word),
        select(payment.order_id).where(payment.psp_reference == word),
    )


def orders_of_buyer(term: Any) -> Select[Any]:
    """The keys of the orders of whoever has an e-mail address, a name or a telephone number."""
    return _all_of(*_of_buyer(func.btrim(term)))


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
        _own(lambda order: order.user_email == func.lower(word)),
        _own(lambda order: order.user_id.in_(accounts)),
        _own(lambda order: order.billing_address_id.in_(addresses)),
        _own(lambda order: order.shipping_address_id.in_(addresses)),
    ]


def full_name(address: Any) -> ColumnElement[str]:
    """As the index on it is written."""
    return func.lower(address.first_name.concat(literal(" ")).concat(address.last_name))


def _own(rule: Any) -> Select[Any]:
    order = aliased(models.Order)
    return select(order.id).where(rule(order))


def _all_of(*ways: Select[Any]) -> Select[Any]:
    found = union(*ways).subquery()
    return select(found.c[0]).where(found.c[0].is_not(None))
