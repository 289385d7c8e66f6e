"""The account's books: whatever moves money writes a balance transaction, and the balance is their sum."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from marketplace.payments.stand_ins.stripe.errors import Json
from marketplace.payments.stand_ins.stripe.money import ZERO_DECIMAL
from marketplace.payments.stand_ins.stripe.requests import Page, Request
from marketplace.payments.stand_ins.stripe.world import PLATFORM, World

FEE_PERCENT = Decimal("2.9")
FEE_FIXED = 30
"""In minor units of currencies with decimals; others pay the percentage only."""
DISPUTE_FEE = 1500
DAYS_PENDING = 2
DAY_SECONDS = 86400
CATEGORIES = {
    "adjustment": "dispute", "refund_failure": "refund_failure", "transfer": "transfer", "payout": "payout",
    "payout_cancel": "payout_reversal",
    "payout_failure": "payout_reversal", "transfer_refund": "transfer_reversal", "payment": "charge",
    "payment_refund": "refund",
}  # fmt: skip


def fee_of(amount: int, currency: str) -> int:
    """What Stripe keeps of a charge of that amount."""
    share = int((amount * FEE_PERCENT / 100).to_integral_value(ROUND_HALF_UP))
    return min(amount, share + (0 if currency in ZERO_DECIMAL else FEE_FIXED))


def book(
    world: World,
    type: str,
    amount: int,
    source: Json,
    *,
    fee: int = 0,
    owner: str = PLATFORM,
    at_once: bool = False,
    description: str | None = None,
    category: str | None = None,
) -> Json:
    """Write what a charge, a refund, ... does to the balance, in the currency it is settled in.

    `amount` is signed. `at_once`: it counts as available now, and not after two days.
    """
    currency, rate = world.settled_in.get(source["currency"], (source["currency"], None))
    if rate is not None:
        amount, fee = (int((n * rate).to_integral_value(ROUND_HALF_UP)) for n in (amount, fee))
    details = [
        {
            "amount": fee,
            "application": None,
            "currency": currency,
            "description": "Stripe processing fees",
            "type": "stripe_fee",
        }
    ]
    return world.add(
        "balance_transaction",
        owner=owner,
        amount=amount,
        currency=currency,
        description=description,
        exchange_rate=None if rate is None else float(rate),
        fee=fee,
        fee_details=details if fee else [],
        net=amount - fee,
        type=type,
        reporting_category=category or CATEGORIES.get(type, type),
        source=source["id"],
        available_on=world.now() + (0 if at_once else DAYS_PENDING * DAY_SECONDS),
        status="available" if at_once else "pending",
    )


@dataclass(frozen=True, slots=True)
class Funds:
    """Minor units by currency."""

    available: dict[str, int]
    pending: dict[str, int]

    def available_in(self, currency: str) -> int:
        return self.available.get(currency, 0)


def funds(world: World, owner: str = PLATFORM) -> Funds:
    """What the account has: the sum of its balance transactions."""
    available: dict[str, int] = defaultdict(int)
    pending: dict[str, int] = defaultdict(int)
    for entry in world.all("balance_transaction", owner):
        (available if is_available(world, entry) else pending)[entry["currency"]] += entry["net"]
    return Funds(dict(available), dict(pending))


def money_of(world: World, payment_intent_id: str) -> int:
    """The sum of what a payment's charges, refunds and disputes moved, before fees."""
    charges = {one["id"] for one in world.all("charge") if one["payment_intent"] == payment_intent_id}
    sources = charges | {
        one["id"] for noun in ("refund", "dispute") for one in world.all(noun) if one["charge"] in charges
    }
    return sum(entry["amount"] for entry in world.all("balance_transaction") if entry["source"] in sources)


def is_available(world: World, entry: Json) -> bool:
    available_on: int = entry["available_on"]
    if available_on <= world.now():
        entry["status"] = "available"
    return bool(entry["status"] == "available")


def top_up(world: World, amount: int, currency: str) -> Json:
    """Our bank has sent Stripe money, which is there at once. Nobody asks after the top-up itself."""
    source = {"id": world.new_id("tu"), "currency": currency}
    return book(world, "topup", amount, source, at_once=True, description="Top-up")


def retrieve(request: Request) -> Json:
    has = funds(request.world, request.account)
    currencies = sorted(has.available.keys() | has.pending.keys()) or ["eur"]

    def shown(part: dict[str, int]) -> list[Json]:
        amounts = [(currency, part.get(currency, 0)) for currency in currencies]
        return [{"amount": n, "currency": currency, "source_types": {"card": n}} for currency, n in amounts]

    return {
        "object": "balance",
        "available": shown(has.available),
        "connect_reserved": [{"amount": 0, "currency": currency} for currency in currencies],
        "livemode": False,
        "pending": shown(has.pending),
    }


def transaction(request: Request) -> Json:
    found = request.find("balance_transaction")
    is_available(request.world, found)
    return found


def transactions(request: Request) -> Json:
    wanted = {name: request.params[name] for name in ("currency", "source", "type") if name in request.params}
    found = [
        entry
        for entry in request.world.all("balance_transaction", request.account)
        if all(entry[name] == value for name, value in wanted.items())
    ]
    if "payout" in request.params:
        found = [entry for entry in found if entry["source"] == request.params["payout"]]
    for entry in found:
        is_available(request.world, entry)
    return Page(found[::-1]).read(request.params, "/v1/balance_transactions")
