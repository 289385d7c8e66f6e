"""What a payment is for, and who may pay it."""

import uuid
from dataclasses import dataclass

from sqlalchemy import Uuid, bindparam, select
from strawberry import ID

from marketplace.checkout.app_taxes import lacks_taxes
from marketplace.checkout.errors import CheckoutGoneError
from marketplace.checkout.models import Checkout
from marketplace.kit.errors import NotFoundError
from marketplace.kit.ids import split_global_id, uuid_pk
from marketplace.orders.models import Order
from marketplace.payments.models import TransactionItem
from marketplace.people.permissions import Permission
from marketplace_graphql.checkout.subject import may_change
from marketplace_graphql.checkout.taxes import tax_now
from marketplace_graphql.kernel import Info, subject


@dataclass(frozen=True, slots=True)
class Bill:
    """A checkout or an order, which the requester may pay."""

    currency: str
    checkout_id: uuid.UUID | None = None
    order_id: uuid.UUID | None = None


_key = bindparam("key", type_=Uuid)
_CHECKOUT = select(Checkout.user_id, Checkout.currency, Checkout.tax_answer).where(Checkout.id == _key)
_ORDER = select(Order.user_id, Order.currency).where(Order.id == _key)
_PAID_BY = (
    select(TransactionItem.checkout_id, Checkout.user_id, Order.user_id)
    .outerjoin(Checkout, Checkout.id == TransactionItem.checkout_id)
    .outerjoin(Order, Order.id == TransactionItem.order_id)
    .where(TransactionItem.token == _key)
)


@subject()
async def the_bill(info: Info, id: ID) -> Bill:
    """The checkout or the order of an id.

    A customer's is paid by them, and by staff who may: to anybody else there is none. Nobody's is paid by
    whoever knows its id. Raises CheckoutGoneError, NotFoundError, InvalidError.
    """
    if split_global_id(id)[0] == "Order":
        order_id = uuid_pk(id, "Order")
        order = (await info.session.execute(_ORDER, {"key": order_id})).one_or_none()
        if order is None or not _may_pay_order(info, order.user_id):
            raise NotFoundError("There is no such checkout or order.", field="id")
        return Bill(order.currency, order_id=order_id)
    checkout_id = uuid_pk(id, "Checkout", "Order")
    checkout = (await info.session.execute(_CHECKOUT, {"key": checkout_id})).one_or_none()
    if checkout is None or not may_change(info, checkout.user_id):
        raise CheckoutGoneError
    if lacks_taxes(checkout.tax_answer):  # What is asked for should be what it will cost.
        await tax_now(info, checkout_id)
    return Bill(checkout.currency, checkout_id=checkout_id)


async def may_go_on(info: Info, token: uuid.UUID) -> bool:
    """Whether the requester may pay what a payment, named by its token, was begun for."""
    found = (await info.session.execute(_PAID_BY, {"key": token})).one_or_none()
    if found is None:
        return False
    checkout_id, customer_id, buyer_id = found
    return may_change(info, customer_id) if checkout_id is not None else _may_pay_order(info, buyer_id)


def _may_pay_order(info: Info, owner_id: int | None) -> bool:
    return may_change(info, owner_id) or info.requester.has_any([Permission.MANAGE_ORDERS])
