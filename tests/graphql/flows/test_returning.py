"""An order from the first call to the money that goes back, and its papers."""

from pathlib import Path

import httpx

from tests.graphql.flows.conftest import ADDRESS, Team, Work
from tests.graphql.flows.team import open_market, plan_goods, rug, stock


async def test_an_order_of_staffs_is_paid_sent_returned_and_invoiced(
    boss_on_the_net: Team, net: httpx.AsyncClient, work: Work, tmp_path: Path
) -> None:
    boss = boss_on_the_net
    shop = await open_market(boss)
    await plan_goods(boss, shop)
    variants = await stock(boss, shop, rug(shop, "Kilim", 1000))
    order = await boss.made(
        "Draft",
        input={
            "channelId": shop.channel,
            "userEmail": "salma@example.test",
            "lines": [{"variantId": variants["KILIM-S"], "quantity": 2}],
            "billingAddress": ADDRESS,
            "shippingAddress": ADDRESS,
            "shippingMethod": shop.ways["Coursier"],
        },
    )
    await boss.run("PlaceDraft", id=order)
    paid = await boss.make("MarkPaid", id=order, reference="VIR-7")
    assert (paid["isPaid"], paid["totalCharged"]["amount"]) == (True, 2030)
    (line,) = (await boss.run("OrderToSend", id=order))["lines"]
    pieces = {"orderLineId": line["id"], "stocks": [{"warehouse": shop.warehouse, "quantity": 2}]}
    sent = await boss.run("SendParcel", order=order, input={"lines": [pieces], "notifyCustomer": True})
    (parcel,) = sent["fulfillments"]
    assert (sent["order"]["status"], parcel["status"]) == ("FULFILLED", "FULFILLED")
    await boss.run("Track", parcel=parcel["id"], number="AM1")
    back = {
        "fulfillmentLines": [{"fulfillmentLineId": parcel["lines"][0]["id"], "quantity": 1}],
        "refund": True,
        "reason": "Trop petit",
    }
    returned = await boss.run("TakeBack", order=order, input=back)
    assert returned["order"]["status"] == "PARTIALLY_RETURNED"
    assert returned["returnFulfillment"]["totalRefundedAmount"]["amount"] == 1000
    assert returned["order"]["totalRefunded"]["amount"] == 1000

    invoice = await boss.made("AskForInvoice", order=order)
    await work()
    (made,) = (await boss.run("OrderToSend", id=order))["invoices"]
    assert made["status"] == "SUCCESS"
    paper = await net.get(made["url"])
    assert (paper.status_code, paper.content[:5]) == (200, b"%PDF-")
    await boss.run("SendInvoice", id=invoice)
    await work()
    letters = [letter.read_text(encoding="utf-8") for letter in (tmp_path / "letters").iterdir()]
    assert any(made["number"] in letter for letter in letters)
