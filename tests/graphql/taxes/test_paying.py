"""What is paid of checkouts whose taxes an app works out."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.payments.gateways.cash_on_delivery import GATEWAY_ID
from marketplace.payments.models import TransactionItem
from tests.factories.checkout import Market
from tests.graphql.conftest import Ask
from tests.graphql.taxes.conftest import TaxApp, ready, taxed_by
from tests.graphql.taxes.documents import COMPLETE, both

PAY = """mutation ($id: ID!, $gateway: String!) {
  it: transactionInitialize(id: $id, paymentGateway: {id: $gateway}) { errors { code } } }"""


async def test_what_is_promised_is_what_it_costs_with_its_taxes(
    session: AsyncSession, read: Ask, market: Market, tax_app: TaxApp
) -> None:
    market.channel.allow_unpaid_orders = False
    cart_id = await ready(session, market)
    assert (await read(PAY, id=cart_id, gateway=GATEWAY_ID))["it"]["errors"] == []
    assert await session.scalar(select(TransactionItem.authorized_minor)) == 156_00
    payload = (await read(COMPLETE, id=cart_id))["it"]
    assert both(payload["order"]["total"]) == (156.0, 130.0)
    assert len(tax_app.heard) == 1


async def test_what_is_missing_is_asked_for_when_the_app_speaks_after_the_payment(
    session: AsyncSession, read: Ask, market: Market, tax_app: TaxApp
) -> None:
    market.channel.allow_unpaid_orders = False
    cart_id = await ready(session, market)
    tax_app.says = (500, b"")
    assert (await read(PAY, id=cart_id, gateway=GATEWAY_ID))["it"]["errors"] == []
    assert await session.scalar(select(TransactionItem.authorized_minor)) == 130_00
    tax_app.says = taxed_by(20)
    payload = (await read(COMPLETE, id=cart_id))["it"]
    assert [error["code"] for error in payload["errors"]] == ["CHECKOUT_NOT_FULLY_PAID"]
