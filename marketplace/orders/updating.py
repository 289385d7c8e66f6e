"""What staff may say of an order at any time once it is placed: whose it is, where it goes, metadata."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.announcements import announce
from marketplace.kit.errors import InvalidError
from marketplace.orders.baskets import open_basket
from marketplace.orders.drafts import Changes, flush_pending, say_addresses, say_email, say_texts
from marketplace.orders.history import note
from marketplace.orders.locks import lock_whole
from marketplace.orders.models import Order, OrderStatus
from marketplace.orders.rewriting import rewrite

METADATA = ("public_metadata", "private_metadata")


async def update_order(session: AsyncSession, order: Order, changes: Changes, user_id: int | None) -> Order:
    """Say something else of an order: billing_address, shipping_address, user_email, external_reference,
    language_code, public_metadata, private_metadata.

    Only one that waits to be confirmed is taxed anew where it goes now. Raises InvalidError for a draft,
    UniqueError, Errors (addresses).
    """
    order, parts = await lock_whole(session, order.id)
    if order.status is OrderStatus.DRAFT:
        raise InvalidError("This is a draft: use `draftOrderUpdate`.", field="id")
    said: dict[str, Any] = dict(changes.said)
    addresses = await say_addresses(session, order, changes)
    if said.get("user_email"):
        await say_email(session, order, said["user_email"])
    await say_texts(session, order, said)
    order.updated_at = clock.now()
    await flush_pending(session)
    if addresses:
        note(session, order, "UPDATED_ADDRESS", user_id)
        if order.status is OrderStatus.UNCONFIRMED:
            await rewrite(session, await open_basket(session, order, parts), is_told=False)
    await session.flush()
    if any(said.get(store) for store in METADATA):
        await announce(session, "ORDER_METADATA_UPDATED", order)
    await announce(session, "ORDER_UPDATED", order)
    return order
