"""Ways to pay that a gateway keeps, shown in a checkout to its customer alone."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.ids import to_global_id
from marketplace.payments import stored_methods
from marketplace.payments.stored_methods import Card, StoredMethod
from tests.factories.checkout import make_cart, make_market, make_piece
from tests.factories.people import make_user
from tests.graphql.conftest import Ask, buyer, staff

QUESTION = """query ($id: ID!) { checkout(id: $id) {
  storedPaymentMethods(amount: 10) { id type gateway { id } creditCardInfo { lastDigits } } } }"""


class _Bank:
    """A gateway that keeps one card for everybody."""

    id, name = "bank", "Bank"

    async def methods(self, user_id: int, channel_slug: str) -> list[StoredMethod]:
        return [
            StoredMethod(
                f"bank/{user_id}", "bank", "Bank", channel_slug, "Credit Card", card=Card("visa", "4242")
            )
        ]


async def test_a_checkouts_customer_sees_what_is_kept_for_them(
    session: AsyncSession, read: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored_methods, "KEEPERS", {"bank": _Bank()})
    market = await make_market(session)
    piece = await make_piece(session, market.channel)
    customer = await make_user(session)
    own = await make_cart(session, market.channel, piece, user=customer)
    guests = await make_cart(session, market.channel, piece)
    kept = await read(QUESTION, buyer(customer), id=to_global_id("Checkout", own.id))
    assert kept["checkout"]["storedPaymentMethods"] == [
        {
            "id": f"bank/{customer.id}",
            "type": "Credit Card",
            "gateway": {"id": "bank"},
            "creditCardInfo": {"lastDigits": "4242"},
        }
    ]
    for requester, cart in ((staff("HANDLE_CHECKOUTS"), own), (buyer(customer), guests), (None, guests)):
        found = await read(QUESTION, requester, id=to_global_id("Checkout", cart.id))
        assert found["checkout"]["storedPaymentMethods"] == []
    assert (await read(QUESTION, id=to_global_id("Checkout", own.id)))["checkout"] is None
