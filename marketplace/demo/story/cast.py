"""Who takes part in the story, and what one act hands to the next."""

from dataclasses import dataclass, field

from marketplace.demo.story.client import Client, Data, StoryBroken, minor
from marketplace.demo.story.tell import Story

CHANNEL = "maroc"
PASSWORD = "demo-marketplace"  # noqa: S105 - the demo's, printed in the README


@dataclass
class Seller:
    """A seller, and what the story knows of its part in the order."""

    id: str
    slug: str
    name: str
    region: str
    variant: str = ""
    price_minor: int = 0
    vendor_order: str = ""
    subtotal_minor: int = 0
    delivery_minor: int = 0
    earning_minor: int = 0
    payable_before_minor: int = 0
    paid_before_minor: int = 0


@dataclass
class Cast:
    """Who takes part, and what one act hands to the next."""

    url: str
    story: Story
    sellers: list[Seller] = field(default_factory=list)
    order: Data = field(default_factory=dict)
    carrier: str = ""
    first_day: str = ""
    """The day the story begins, by the server's clock."""

    def anyone(self) -> Client:
        return Client(self.url)

    def staff(self, name: str) -> Client:
        return self.anyone().sign_in(f"{name}@demo.sil", PASSWORD)

    def member_of(self, seller: Seller) -> Client:
        return self.anyone().sign_in(f"{seller.slug}@vendors.demo.sil", PASSWORD)


def sellers_with_listings(client: Client, seen_through: Data) -> list[Seller]:
    edges = client.run("sellers", filter=seen_through, channel=CHANNEL)["vendors"]["edges"]
    return [
        Seller(node["id"], node["slug"], node["name"], node["region"]["name"])
        for node in (edge["node"] for edge in edges)
        if node["productCount"]
    ]


WORTH_A_PAYOUT_MINOR = 300_00
"""Sellers are paid from two hundred dirhams on; what this leaves after the commission is more."""


def with_variant(cast: Cast, candidates: list[Seller], wanted: int) -> list[Seller]:
    """Sellers not in the story yet, each with two pieces of something dear enough for a payout of its own."""
    client, staff = cast.anyone(), cast.staff("finance")
    found: list[Seller] = []
    for seller in candidates:
        if len(found) == wanted:
            break
        if any(seller.id == other.id for other in cast.sellers) or not is_at_rest(staff, seller):
            continue
        listed = client.run("listings", channel=CHANNEL, filter={"vendors": [seller.id]}, first=10)
        for edge in listed["products"]["edges"]:
            for variant in edge["node"]["variants"]:
                if seller.variant or variant["quantityAvailable"] < 2 or not variant["pricing"]:
                    continue
                price_minor = minor(variant["pricing"]["price"]["gross"]["amount"])
                if price_minor >= WORTH_A_PAYOUT_MINOR:
                    seller.variant, seller.price_minor = variant["id"], price_minor
        if seller.variant:
            found.append(seller)
    if len(found) < wanted:
        raise StoryBroken("the demo has too few sellers with stock; load it with `make demo-data`")
    return found


def is_at_rest(staff: Client, seller: Seller) -> bool:
    """Whether nothing is held for the seller: nothing falls due by itself while the story lets days pass."""
    return balance_of(staff, seller)["held"] == 0


def balance_of(staff: Client, seller: Seller) -> dict[str, int]:
    """The seller's dirham balances in centimes."""
    for balance in staff.run("balances", id=seller.id)["vendor"]["balances"]:
        if balance["currency"] == "MAD":
            return {key: minor(balance[key]["amount"]) for key in ("held", "payable", "inTransit", "paid")}
    return dict.fromkeys(("held", "payable", "inTransit", "paid"), 0)
