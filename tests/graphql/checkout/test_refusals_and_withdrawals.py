"""What a cart says when its goods are withdrawn, and a payload when nothing could be done."""

from uuid import uuid4

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.listings import ProductChannelListing
from marketplace.kit.ids import to_global_id
from marketplace.vendors.models import Vendor, VendorStatus
from tests.factories.checkout import make_cart, make_piece
from tests.factories.markets import make_channel
from tests.graphql.conftest import Ask


async def test_a_cart_still_names_what_its_seller_has_taken_off_the_shelf(
    session: AsyncSession, read: Ask
) -> None:
    channel = await make_channel(session)
    cart = await make_cart(session, channel, await make_piece(session, channel))
    await session.execute(update(ProductChannelListing).values(is_published=False, is_live=False))
    await session.execute(update(Vendor).values(status=VendorStatus.SUSPENDED))

    data = await read(
        "query($id: ID!) { checkout(id: $id) { lines { variant { product { name vendor { name } } } } } }",
        id=to_global_id("Checkout", cart.id),
    )

    (line,) = data["checkout"]["lines"]
    assert line["variant"]["product"]["name"]
    assert line["variant"]["product"]["vendor"]["name"]


@pytest.mark.parametrize(
    ("document", "kept"),
    [
        ("deliveryOptionsCalculate(id: $id) { deliveries { id } errors { field code } }", {"deliveries": []}),
        (
            "checkoutComplete(id: $id) { order { id } confirmationNeeded errors { field code } }",
            {"order": None, "confirmationNeeded": False},
        ),
    ],
)
async def test_a_refusal_says_why_where_the_payload_can_never_be_null(
    document: str, kept: dict[str, object], ask: Ask
) -> None:
    answer = await ask(f"mutation($id: ID!) {{ {document} }}", id=to_global_id("Checkout", uuid4()))

    (payload,) = answer["data"].values()
    assert "errors" not in answer
    assert payload == kept | {"errors": [{"field": "id", "code": "NOT_FOUND"}]}
