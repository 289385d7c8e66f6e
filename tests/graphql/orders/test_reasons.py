"""Pages that name reasons: people give one once the shop has chosen their type; lines may have their own."""

from typing import Any

import pytest
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.content.pages import Page
from marketplace.kit.ids import to_global_id
from marketplace.markets.shop_settings import shop_settings
from marketplace.orders.models import Fulfillment
from marketplace.orders.refunds import GrantedRefund
from marketplace_graphql.kernel import Requester
from tests.factories.apps import make_app
from tests.factories.content import make_page, make_page_type
from tests.graphql.conftest import Ask, app_itself
from tests.graphql.orders.conftest import Placed, place_paid
from tests.graphql.orders.test_granting import codes, payment_id

NAMED = "reason reasonReference { id }"
GRANT = f"""mutation ($id: ID!, $input: OrderGrantRefundCreateInput!) {{
  it: orderGrantRefundCreate(id: $id, input: $input) {{
    grantedRefund {{ id {NAMED} app {{ name }} user {{ id }} lines {{ {NAMED} }} }}
    errors {{ field code lines {{ field code }} }} }} }}"""
CHANGE = f"""mutation ($id: ID!, $input: OrderGrantRefundUpdateInput!) {{
  it: orderGrantRefundUpdate(id: $id, input: $input) {{
    grantedRefund {{ {NAMED} lines {{ {NAMED} }} }} errors {{ field code addLines {{ field code }} }} }} }}"""
RETURN = f"""mutation ($id: ID!, $input: OrderReturnProductsInput!) {{
  it: orderFulfillmentReturnProducts(order: $id, input: $input) {{
    returnFulfillment {{ {NAMED} lines {{ {NAMED} }} }} errors {{ field code }} }} }}"""


async def make_reason(session: AsyncSession, what: str) -> str:
    """The id of a page that names a reason for a refund, or for a return."""
    page = await make_page(session, await make_page_type(session))
    setattr(await shop_settings(session), f"{what}_reason_reference_type_id", page.page_type_id)
    await session.flush()
    return to_global_id("Page", page.id)


async def grant(
    session: AsyncSession, read: Ask, placed: Placed, who: Requester | None = None, **given: Any
) -> dict[str, Any]:
    said = {"transactionId": await payment_id(session, placed), "amount": 1} | given
    made: dict[str, Any] = (await read(GRANT, who or placed.clerk, id=placed.id, input=said))["it"]
    return made


async def test_a_granted_refund_and_its_lines_name_their_reasons(session: AsyncSession, read: Ask) -> None:
    placed, page = await place_paid(session), await make_reason(session, "refund")
    line = {"id": placed.line_id(), "quantity": 1, "reason": "Fêlé", "reasonReference": page}
    made = await grant(session, read, placed, lines=[line], reason="Cassé", reasonReference=page)
    assert made["errors"] == []
    refund = made["grantedRefund"]
    named = {"reasonReference": {"id": page}}
    assert refund == refund | {"reason": "Cassé", "app": None} | named
    assert refund["lines"] == [{"reason": "Fêlé"} | named]
    await session.execute(delete(Page))
    session.expire_all()
    again = (await read(CHANGE, placed.clerk, id=refund["id"], input={"amount": 2}))["it"]
    assert again["grantedRefund"]["reasonReference"] is None


async def test_a_granted_refund_is_given_another_reason(session: AsyncSession, read: Ask) -> None:
    placed, page = await place_paid(session), await make_reason(session, "refund")
    refund = (await grant(session, read, placed, reasonReference=page))["grantedRefund"]
    other = to_global_id("Page", (await make_page(session, await _type_of(session, page))).id)
    changed = (await read(CHANGE, placed.clerk, id=refund["id"], input={"reasonReference": other}))["it"]
    assert changed["errors"] == []
    assert changed["grantedRefund"]["reasonReference"] == {"id": other}


async def _type_of(session: AsyncSession, page: str) -> Any:
    found = await session.scalars(select(Page).order_by(Page.id.desc()))
    row = next(one for one in found if to_global_id("Page", one.id) == page)
    await session.refresh(row, ["page_type"])
    return row.page_type


async def test_a_person_must_name_a_reason_once_there_are_pages_for_it(
    session: AsyncSession, read: Ask
) -> None:
    placed = await place_paid(session)
    await make_reason(session, "refund")
    assert codes(await grant(session, read, placed)) == [("reasonReference", "REQUIRED")]
    assert await session.scalar(select(GrantedRefund.id)) is None
    app = await make_app(session, "MANAGE_ORDERS", name="Returns")  # type: ignore[arg-type]
    made = await grant(session, read, placed, app_itself(app))
    assert made["errors"] == []
    assert (made["grantedRefund"]["app"], made["grantedRefund"]["user"]) == ({"name": "Returns"}, None)


async def test_only_a_page_of_the_type_is_a_reason(session: AsyncSession, read: Ask) -> None:
    placed, page = await place_paid(session), await make_reason(session, "refund")
    stranger = to_global_id("Page", (await make_page(session)).id)
    for wrong in (stranger, to_global_id("Page", 0), to_global_id("PageType", 1), "nonsense"):
        refused = await grant(session, read, placed, reasonReference=wrong)
        assert codes(refused) == [("reasonReference", "INVALID")]
        line = {"id": placed.line_id(), "quantity": 1, "reasonReference": wrong}
        refused = await grant(session, read, placed, lines=[line], reasonReference=page)
        assert codes(refused) == [("lines", "INVALID")]
        assert refused["errors"][0]["lines"] == [{"field": "reasonReference", "code": "INVALID"}]
    assert await session.scalar(select(GrantedRefund.id)) is None


async def test_what_comes_back_names_its_reasons(session: AsyncSession, read: Ask) -> None:
    placed, page = await place_paid(session), await make_reason(session, "return")
    line = {"orderLineId": placed.line_id(), "quantity": 1, "reason": "Petit", "reasonReference": page}
    given = {"orderLines": [line], "reason": "Retour", "reasonReference": page}
    made = (await read(RETURN, placed.clerk, id=placed.id, input=given))["it"]
    assert made["errors"] == []
    named = {"reasonReference": {"id": page}}
    assert (
        made["returnFulfillment"]
        == {
            "reason": "Retour",
            "lines": [{"reason": "Petit"} | named],
        }
        | named
    )


@pytest.mark.parametrize(
    ("given", "code"),
    [({}, "REQUIRED"), ({"reasonReference": to_global_id("Page", 0)}, "INVALID")],
)
async def test_a_return_without_its_reason_is_refused(
    session: AsyncSession, read: Ask, given: dict[str, str], code: str
) -> None:
    placed = await place_paid(session)
    await make_reason(session, "return")
    lines = {"orderLines": [{"orderLineId": placed.line_id(), "quantity": 1}]}
    refused = (await read(RETURN, placed.clerk, id=placed.id, input=lines | given))["it"]
    assert codes(refused) == [("reasonReference", code)]
    assert await session.scalar(select(Fulfillment.id)) is None
