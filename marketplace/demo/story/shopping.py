"""Act two: a buyer buys from three sellers in two regions, by Saleor's own operations."""

from marketplace.demo.story.cast import CHANNEL, Cast, sellers_with_listings, with_variant
from marketplace.demo.story.client import Client, StoryBroken, dirhams, minor

BUYER_ADDRESS = {
    "firstName": "Salma",
    "lastName": "Bennani",
    "streetAddress1": "12, rue Ibn Batouta",
    "city": "Rabat",
    "postalCode": "10000",
    "country": "MA",
    "phone": "+212661234567",
}


def shop(cast: Cast) -> None:
    """Act two: a buyer buys from three sellers in two regions, by Saleor's own operations."""
    story = cast.story
    story.act("2. A buyer in Rabat buys from three sellers")
    buyer = cast.anyone()
    cast.sellers += [
        *with_variant(cast, sellers_with_listings(buyer, {"regions": ["MA-05"]}), 1),
        *with_variant(cast, sellers_with_listings(buyer, {"regions": ["MA-09"]}), 1),
    ]
    for seller in cast.sellers:
        story.say(f"{seller.name}, {seller.region}: {dirhams(seller.price_minor)} a piece")
    quantities = [2, 1, 1]
    for seller, quantity in zip(cast.sellers, quantities, strict=True):
        seller.subtotal_minor = seller.price_minor * quantity
    goods_minor = sum(seller.subtotal_minor for seller in cast.sellers)

    checkout = buyer.mutate("create_checkout", channel=CHANNEL, email="salma@example.com")["checkout"]["id"]
    lines = [
        {"variantId": seller.variant, "quantity": quantity}
        for seller, quantity in zip(cast.sellers, quantities, strict=True)
    ]
    filled = buyer.mutate("add_lines", id=checkout, lines=lines)["checkout"]
    story.check("Subtotal", dirhams(minor(filled["subtotalPrice"]["gross"]["amount"])), dirhams(goods_minor))
    buyer.mutate("set_shipping_address", id=checkout, address=BUYER_ADDRESS)
    buyer.mutate("set_billing_address", id=checkout, address=BUYER_ADDRESS)
    delivery_minor = _choose_delivery(cast, buyer, checkout, goods_minor)
    _place(cast, buyer, checkout, goods_minor + delivery_minor)


def _choose_delivery(cast: Cast, buyer: Client, checkout: str, goods_minor: int) -> int:
    """Take the cheapest delivery that can be paid at the door, and pay there. Gives its price in centimes."""
    story = cast.story
    options = buyer.mutate("delivery_options", id=checkout)["deliveries"]
    for option in sorted(options, key=lambda option: minor(option["price"]["amount"])):
        chosen = buyer.mutate("choose_delivery", id=checkout, delivery=option["id"])["checkout"]
        paid = buyer.payload("pay_at_the_door", id=checkout, key=f"story-{option['id']}")
        if not paid["errors"]:
            break
    else:
        raise StoryBroken("no delivery can be paid at the door")
    parcels = {parcel["vendor"]["id"]: minor(parcel["price"]["amount"]) for parcel in option["parcels"]}
    for seller in cast.sellers:
        seller.delivery_minor = parcels[seller.id]
    total_minor = goods_minor + sum(parcels.values())
    story.say(f"{option['shippingMethod']['name']}, one parcel from each seller:")
    story.check("Parcels", len(parcels), 3)
    story.check(
        "Delivery, charged once",
        dirhams(minor(chosen["shippingPrice"]["gross"]["amount"])),
        dirhams(sum(parcels.values())),
    )
    story.check("Total", dirhams(minor(chosen["totalPrice"]["gross"]["amount"])), dirhams(total_minor))
    story.check(
        "To be paid at the door",
        dirhams(minor(paid["transaction"]["authorizedAmount"]["amount"])),
        dirhams(total_minor),
    )
    return sum(parcels.values())


def _place(cast: Cast, buyer: Client, checkout: str, total_minor: int) -> None:
    story = cast.story
    cast.order = order = buyer.mutate("complete_checkout", id=checkout)["order"]
    story.check(
        f"Order {order['number']}", dirhams(minor(order["total"]["gross"]["amount"])), dirhams(total_minor)
    )
    again = buyer.payload("complete_checkout", id=checkout)
    story.check("Completed again, it is the same order", (again["order"] or {}).get("id"), order["id"])
    parts = {part["vendor"]["id"]: part for part in order["vendorOrders"]}
    story.check("Vendor orders", len(parts), 3)
    for seller in cast.sellers:
        part = parts[seller.id]
        seller.vendor_order = part["id"]
        story.check(
            f"{part['number']} {seller.name}: goods, delivery",
            [dirhams(minor(part[key]["gross"]["amount"])) for key in ("subtotal", "shippingPrice")],
            [dirhams(seller.subtotal_minor), dirhams(seller.delivery_minor)],
        )
    story.check(
        "The parts add up to the whole",
        sum(minor(part["total"]["gross"]["amount"]) for part in parts.values()),
        total_minor,
    )
