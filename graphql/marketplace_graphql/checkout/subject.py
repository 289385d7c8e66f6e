"""Which checkout a mutation is about, and who may change it."""

import uuid

from sqlalchemy import Uuid, bindparam, select
from strawberry import ID

from marketplace.checkout import models
from marketplace.checkout.errors import CheckoutGoneError
from marketplace_graphql.checkout.inputs import checkout_key
from marketplace_graphql.checkout.types import SEES_ALL_CHECKOUTS
from marketplace_graphql.kernel import UUID, Info, subject

_OWNER = select(models.Checkout.user_id).where(models.Checkout.id == bindparam("checkout_id", type_=Uuid))


@subject(token="Use `id`.", checkout_id="Use `id`.")  # noqa: S106 - no password
async def the_checkout(
    info: Info,
    id: ID | None = None,
    token: UUID | None = None,
    checkout_id: ID | None = None,
) -> uuid.UUID:
    """The key of the checkout that one of Saleor's three ways names.

    Whoever knows the id of one without a customer may change it, as in Saleor. Another is its customer's: to
    anybody else it does not exist. Raises CheckoutGoneError, DomainError.
    """
    key = checkout_key(id, checkout_id, token)
    owner_id = await info.session.scalar(_OWNER, {"checkout_id": key})
    if not may_change(info, owner_id):
        raise CheckoutGoneError
    return key


the_checkout_by_id_or_token = the_checkout.without("checkout_id")
"""For mutations that came after `checkoutId` had gone out of use."""


@subject()
async def the_only_checkout(info: Info, id: ID) -> uuid.UUID:
    """For mutations that know no older name than `id`. Raises CheckoutGoneError, DomainError."""
    key: uuid.UUID = await the_checkout.find(info, id=id)
    return key


def may_change(info: Info, owner_id: int | None) -> bool:
    """Whether the requester may change what belongs to a customer (None: to nobody)."""
    return owner_id in (None, info.requester.user_id) or info.requester.has_any(SEES_ALL_CHECKOUTS)
