"""Act four: parcels travel, carriers collect and remit, the withdrawal period passes."""

from decimal import Decimal
from uuid import uuid4

from marketplace.demo.story.cast import Cast, balance_of
from marketplace.demo.story.client import Client, StoryBroken, dirhams, minor
from marketplace.kit.money import percentage

WITHDRAWAL_DAYS = 7
COMMISSION_BP, COMMISSION_VAT_BP = 800, 2000
"""The demo's general rule: 8 % of the goods, and VAT on it."""


def deliver(cast: Cast) -> None:
    """Act four: parcels travel, carriers collect and remit, the withdrawal period passes."""
    story = cast.story
    story.act("4. Parcels, cash, and what each seller earned")
    staff = cast.staff("finance")
    for seller in cast.sellers:
        before = balance_of(staff, seller)
        seller.payable_before_minor, seller.paid_before_minor = before["payable"], before["paid"]
        member = cast.member_of(seller)
        strangers = next(other for other in cast.sellers if other is not seller).vendor_order
        seen = member.run("my_vendor_orders", id=seller.vendor_order, strangers=strangers)
        story.check(f"{seller.name} sees a stranger's order", seen["stranger"], None)
        commission = percentage(seller.subtotal_minor, COMMISSION_BP)
        vat = percentage(commission, COMMISSION_VAT_BP)
        seller.earning_minor = seller.subtotal_minor - commission - vat
        earning = seen["vendorOrder"]["earning"]
        story.say(earning["explanation"])
        story.check(
            "Sales, commission, VAT on it, earned",
            [minor(earning[key]["amount"]) for key in ("sales", "commission", "vat", "earning")],
            [seller.subtotal_minor, commission, vat, seller.earning_minor],
        )
        number = f"AMANA{uuid4().hex[:9].upper()}"
        sent = member.mutate("fulfil", id=seller.vendor_order, tracking=number)["vendorOrder"]
        story.check("Handed to the carrier", sent["status"], "FULFILLED")
        arrived = staff.mutate("deliver", id=seller.vendor_order)["vendorOrder"]
        story.check(
            "Delivered; cash collected",
            (arrived["status"], dirhams(minor(arrived["cash"]["amount"]["amount"]))),
            ("DELIVERED", dirhams(seller.subtotal_minor + seller.delivery_minor)),
        )
        story.check(
            "Held for the seller", balance_of(staff, seller)["held"] - before["held"], seller.earning_minor
        )
        cast.carrier = arrived["cash"]["carrier"]
    status = staff.run("order_status", id=cast.order["id"])["order"]
    story.check("The order", (status["status"], status["chargeStatus"]), ("FULFILLED", "FULL"))
    _remit(cast, staff)
    _wait_out_the_withdrawal(cast)


def _remit(cast: Cast, staff: Client) -> None:
    """The carrier hands over the cash of the three parcels; the same remittance told twice is booked once."""
    story = cast.story
    cash_minor = sum(seller.subtotal_minor + seller.delivery_minor for seller in cast.sellers)
    owed_before = _owed(staff, cast.carrier)
    remittance = {
        "carrier": cast.carrier,
        "reference": f"BR-{uuid4().hex[:10].upper()}",
        "amount": str(Decimal(cash_minor) / 100),
        "currency": "MAD",
        "vendorOrders": [seller.vendor_order for seller in cast.sellers],
    }
    first = staff.mutate("remit_cash", input=remittance)["cashRemittance"]
    again = staff.mutate("remit_cash", input=remittance)["cashRemittance"]
    story.check(f"{cast.carrier} remits", dirhams(minor(first["amount"]["amount"])), dirhams(cash_minor))
    story.check("Told twice, it is booked once", again["id"], first["id"])
    story.check("The carrier's debt fell by", owed_before - _owed(staff, cast.carrier), cash_minor)


def _wait_out_the_withdrawal(cast: Cast) -> None:
    story, staff = cast.story, cast.staff("finance")
    for seller in cast.sellers:
        now = balance_of(staff, seller)["payable"]
        story.check(
            f"{seller.name}: payable before the buyer's 7 days are over", now, seller.payable_before_minor
        )
    admin = cast.staff("admin")
    answer = admin.http.post("/demo/clock", json={"days": WITHDRAWAL_DAYS + 1})
    if not answer.is_success:
        raise StoryBroken(f"the clock can't be moved: HTTP {answer.status_code}: {answer.text[:200]}")
    story.say(f"Eight days later ({answer.json()['now'][:10]}), the buyer can no longer withdraw.")


def _owed(staff: Client, carrier: str) -> int:
    owed = staff.run("cash_outstanding")["cashOutstanding"]
    return sum(
        minor(debt["amount"]["amount"])
        for debt in owed
        if debt["carrier"] == carrier and debt["currency"] == "MAD"
    )
