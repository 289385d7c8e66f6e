"""Act three: a buyer pays by card, at the second try. The money is the stand-in's of Stripe: pretended."""

from uuid import uuid4

import httpx

from marketplace.demo.story.cast import CHANNEL, Cast, sellers_with_listings, with_variant
from marketplace.demo.story.client import Client, Data, StoryBroken, dirhams, minor
from marketplace.demo.story.shopping import BUYER_ADDRESS


def pay_by_card(cast: Cast) -> None:
    """Act three: a buyer pays by card, at the second try."""
    story, buyer = cast.story, cast.anyone()
    story.act("3. Another buyer pays by card (test mode: no money moves)")
    stand_in = buyer.http.get("/demo/cards")
    if not stand_in.is_success:
        story.say("This shop is set up with keys of Stripe's, or with none: the story pays by no card there.")
        return
    (seller,) = with_variant(cast, sellers_with_listings(buyer, {"regions": ["MA-09"]}), 1)
    checkout, total_minor = _fill(buyer, seller.variant)
    (config,) = buyer.mutate("card_key", id=checkout)["gatewayConfigs"]
    bank = Bank(stand_in.json()["address"], config["data"]["stripePublishableKey"])
    begun = buyer.mutate("pay_by_card", id=checkout, key=f"story-{uuid4()}")

    story.check("The first card", bank.confirm(begun, "pm_card_chargeDeclined"), "card_declined")
    declined = buyer.mutate("go_on_by_card", id=begun["transaction"]["id"])
    story.say(declined["transactionEvent"]["message"])
    story.check("… nothing is charged", _covered_minor(declined), 0)
    unpaid = buyer.payload("complete_checkout", id=checkout)["errors"]
    story.check("… and nothing is sold", unpaid[0]["code"] if unpaid else None, "CHECKOUT_NOT_FULLY_PAID")

    taken = bank.confirm(begun, "pm_card_visa") in {"succeeded", "requires_capture"}
    story.check_that("The second card is taken", taken)
    paid = buyer.mutate("go_on_by_card", id=begun["transaction"]["id"])
    story.check("Promised or paid by card", dirhams(_covered_minor(paid)), dirhams(total_minor))
    order = buyer.mutate("complete_checkout", id=checkout)["order"]
    story.check(
        f"Order {order['number']}",
        (order["authorizeStatus"], dirhams(minor(order["total"]["gross"]["amount"]))),
        ("FULL", dirhams(total_minor)),
    )
    if minor(paid["transaction"]["authorizedAmount"]["amount"]):
        cast.staff("admin").mutate("charge", id=paid["transaction"]["id"])
    charged = cast.staff("admin").run("order_status", id=order["id"])["order"]
    story.check(
        "Paid by card",
        (charged["chargeStatus"], dirhams(minor(charged["totalCharged"]["amount"]))),
        ("FULL", dirhams(total_minor)),
    )
    again = buyer.payload("complete_checkout", id=checkout)
    story.check("Completed again, it is the same order", (again["order"] or {}).get("id"), order["id"])


def _covered_minor(payload: Data) -> int:
    """What a payment has charged, or promised where the channel charges later."""
    payment = payload["transaction"]
    return minor(payment["chargedAmount"]["amount"]) + minor(payment["authorizedAmount"]["amount"])


class Bank:
    """What Stripe's script does in a buyer's browser, by the publishable key."""

    def __init__(self, address: str, publishable_key: str) -> None:
        self.http = httpx.Client(base_url=address, timeout=20)
        self.key = publishable_key

    def confirm(self, begun: Data, card: str) -> str:
        """Pay with a test card; how the payment stands then, or why not."""
        answer = self.http.post(
            f"/v1/payment_intents/{begun['transaction']['pspReference']}/confirm",
            data={
                "key": self.key,
                "client_secret": begun["data"]["paymentIntent"]["stripeClientSecret"],
                "payment_method": card,
                "return_url": "https://shop.example/back",
            },
        )
        said: Data = answer.json()
        return str(said["status"] if answer.is_success else said["error"]["code"])


def _fill(buyer: Client, variant: str) -> tuple[str, int]:
    """A checkout that only needs to be paid, and what it costs in centimes."""
    checkout = buyer.mutate("create_checkout", channel=CHANNEL, email="youssef@example.com")["checkout"]["id"]
    buyer.mutate("add_lines", id=checkout, lines=[{"variantId": variant, "quantity": 1}])
    buyer.mutate("set_shipping_address", id=checkout, address=BUYER_ADDRESS)
    buyer.mutate("set_billing_address", id=checkout, address=BUYER_ADDRESS)
    options = buyer.mutate("delivery_options", id=checkout)["deliveries"]
    if not options:
        raise StoryBroken("nobody delivers to the buyer who pays by card")
    chosen = buyer.mutate("choose_delivery", id=checkout, delivery=options[0]["id"])["checkout"]
    return checkout, minor(chosen["totalPrice"]["gross"]["amount"])
