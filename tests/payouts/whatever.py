"""Orders, and what may happen to their money: steps in any order, by the rooms' own services.

A step may be refused, as a person's click may be; it then leaves everything as it was. `Whatever` remembers
what it did, so that a sequence that breaks a rule can be read, and played again by its seed.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from types import ModuleType

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock as the_clock
from marketplace.kit.errors import DomainError, Errors
from marketplace.kit.events import publish
from marketplace.kit.money import Money
from marketplace.kit.settings import Settings
from marketplace.orders.cancelling import cancel_part
from marketplace.orders.events import VendorOrderDelivered
from marketplace.orders.fulfilment import deliver, fulfil, refuse
from marketplace.orders.models import FulfillmentLine, Order, OrderLine, VendorOrder, VendorOrderStatus
from marketplace.orders.moving import LinePieces, ParcelPieces
from marketplace.payments.at_the_door.partly import collect_partly
from marketplace.payments.by_hand import mark_as_paid
from marketplace.payments.cash import remit
from marketplace.payments.events import CashRemitted, DisputeDecided
from marketplace.payments.gateways.stripe.models import DisputeStatus, StripeDispute
from marketplace.payments.models import (
    CashCollection,
    CashRemittance,
    CashStatus,
    ShortfallBearer,
    TransactionEventType,
    TransactionItem,
)
from marketplace.payments.refund_shares import Wish
from marketplace.payments.refunding import refund_products, return_products
from marketplace.payments.transactions import lock_payable, refresh_order, tell
from marketplace.payouts.answers import import_answer
from marketplace.payouts.models import Payout, PayoutRun, PayoutRunStatus, PayoutStatus
from marketplace.payouts.release import release_due
from marketplace.payouts.runs import approve_run, cancel_run, create_run, review_run
from marketplace.people.models import User
from marketplace.people.permissions import Permission
from marketplace.vendors.models import Vendor
from tests.factories.checkout import Market, make_market, make_piece
from tests.factories.orders import make_order, make_unpaid_order
from tests.factories.payouts import make_bank_account, make_rule
from tests.factories.people import make_staff
from tests.factories.vendors import make_vendor

CARD = "app.card"
MOSTLY = 0.9
Step = Callable[["Whatever"], Awaitable[str]]


@dataclass
class Shop:
    """Sellers with different commissions, and orders of some of them, of which nothing has left."""

    sellers: list[Vendor]
    staff: list[User]
    orders: list[Order]
    cards: list[TransactionItem]
    """Payments by a gateway of which nothing is charged yet, one for each order that is paid so."""


async def make_shop(session: AsyncSession, settings: Settings, chance: Random) -> Shop:
    """The same for the same chance."""
    market = await make_market(session)
    sellers = [await make_vendor(session) for _ in range(3)]
    await make_rule(session, 800)
    await make_rule(session, 1234, vendor_id=sellers[1].id)
    await make_rule(session, 500, vendor_id=sellers[2].id, vat_rate_bp=0)
    for vendor in sellers:
        await make_bank_account(session, vendor, settings.bank_keys.get_secret_value())
    staff = [await make_staff(session, Permission.MANAGE_PAYOUTS) for _ in range(2)]
    orders = [
        await _order(session, market, sellers, chance, at_the_door=place % 2 == 0) for place in range(6)
    ]
    cards = [await _card(session, order) for order in orders[1::4]]
    return Shop(sellers, staff, orders, cards)


async def _order(
    session: AsyncSession, market: Market, sellers: Sequence[Vendor], chance: Random, *, at_the_door: bool
) -> Order:
    pieces = [
        await make_piece(session, market.channel, chance.randrange(1, 999_99), vendor_id=vendor.id)
        for vendor in chance.sample(sellers, chance.choice([1, 2, 3]))
    ]
    make = make_order if at_the_door else make_unpaid_order
    return await make(session, market, *pieces, quantity=chance.choice([1, 2, 3]))


async def _card(session: AsyncSession, order: Order) -> TransactionItem:
    card = TransactionItem(order_id=order.id, gateway=CARD, name="Card", currency=order.currency)
    session.add(card)
    await session.flush()
    return card


@dataclass
class Whatever:
    """One sequence of steps over a shop that is as `make_shop` left it."""

    session: AsyncSession
    settings: Settings
    shop: Shop
    chance: Random
    clock: ModuleType
    told: list[str] = field(default_factory=list)

    async def happens(self, steps: int) -> None:
        for _ in range(steps):
            name, step = self.chance.choices(STEPS, WEIGHTS)[0]
            try:
                async with self.session.begin_nested():
                    self.told.append(f"{name} {await step(self)}")
            except (DomainError, Errors) as refused:
                self.told.append(f"{name}: refused, {type(refused).__name__}")

    def some_minor(self, at_most: int) -> int:
        """Often all of it, or a centime, sometimes too much."""
        return self.chance.choice([at_most, 1, at_most + 1, self.chance.randint(1, max(at_most, 1))])

    async def part(self, *statuses: VendorOrderStatus) -> VendorOrder:
        """Mostly one that stands so, if there is any; now and then whichever."""
        found = await self.session.scalars(
            select(VendorOrder)
            .join(Order, Order.id == VendorOrder.order_id)
            .order_by(Order.number, VendorOrder.position)
        )
        parts = found.all()
        fit = [part for part in parts if part.status in statuses]
        return self.chance.choice(fit if fit and self.chance.random() < MOSTLY else parts)

    async def order(self) -> Order:
        """Mostly one that is paid, if only in part."""
        orders = (await self.session.scalars(select(Order).order_by(Order.number))).all()
        paid = [order for order in orders if order.total_charged_minor]
        return self.chance.choice(paid if paid and self.chance.random() < MOSTLY else orders)

    async def card(self) -> tuple[TransactionItem, Order]:
        """A payment by card and its order, locked."""
        known = self.chance.choice(self.shop.cards)
        payable = await lock_payable(self.session, None, known.order_id)
        assert payable.order is not None
        card = await self.session.get_one(TransactionItem, known.id, populate_existing=True)
        return card, payable.order


async def hand_over(it: Whatever) -> str:
    part = await it.part(VendorOrderStatus.UNFULFILLED)
    await fulfil(it.session, part.id)
    return str(part.id)


async def arrive(it: Whatever) -> str:
    part = await it.part(VendorOrderStatus.FULFILLED)
    await deliver(it.session, part.id)
    return str(part.id)


async def be_told_twice_of_a_delivery(it: Whatever) -> str:
    part = await it.part(VendorOrderStatus.DELIVERED)
    if part.delivered_at is not None:
        await publish(it.session, VendorOrderDelivered(part.id))
    return str(part.id)


async def be_refused(it: Whatever) -> str:
    part = await it.part(VendorOrderStatus.FULFILLED)
    await refuse(it.session, part.id)
    return str(part.id)


async def be_paid_in_part(it: Whatever) -> str:
    part = await it.part(VendorOrderStatus.FULFILLED)
    bearer = it.chance.choice(list(ShortfallBearer))
    amount = Money(it.some_minor(part.total_gross_minor - 1), part.currency)
    await collect_partly(it.session, part.id, amount, bearer, "A tear.")
    return f"{part.id} {amount} {bearer}"


async def call_off(it: Whatever) -> str:
    part = await it.part(VendorOrderStatus.UNFULFILLED)
    await cancel_part(it.session, part.id)
    return str(part.id)


async def pay_by_transfer(it: Whatever) -> str:
    order = it.chance.choice(it.shop.orders[3::4])
    await mark_as_paid(it.session, order.id, user_id=it.shop.staff[0].id)
    return str(order.id)


async def hear_of_a_card(it: Whatever) -> str:
    """What gateways say, in whatever order: some of it twice, some of it taken back."""
    card, order = await it.card()
    kind = it.chance.choice(
        [
            TransactionEventType.CHARGE_SUCCESS,
            TransactionEventType.CHARGE_SUCCESS,
            TransactionEventType.CHARGE_FAILURE,
            TransactionEventType.AUTHORIZATION_SUCCESS,
        ]
    )
    amount = Money(it.chance.choice([order.total_gross_minor, it.some_minor(order.total_gross_minor)]), "MAD")
    await tell(it.session, card, kind, amount, it.chance.choice("ab"))
    await refresh_order(it.session, order)
    return f"{order.id} {kind} {amount}"


async def dispute(it: Whatever) -> str:
    """The buyer's bank takes a charge back, gives it back, or decides."""
    card, order = await it.card()
    query = select(StripeDispute).where(StripeDispute.transaction_id == card.id)
    known = await it.session.scalar(query)
    if known is None:
        if not card.charged_minor:
            return "of nothing"
        amount = Money(it.chance.randint(1, card.charged_minor), card.currency)
        await tell(it.session, card, TransactionEventType.CHARGE_BACK, amount, "du_1")
        it.session.add(
            StripeDispute(
                reference=f"du_{card.id}",
                transaction_id=card.id,
                status=DisputeStatus.NEEDS_RESPONSE,
                reason="fraudulent",
                currency=amount.currency,
                amount_minor=amount.minor,
                created_at=the_clock.now(),
                is_withdrawn=True,
            )
        )
        await refresh_order(it.session, order)
        return f"{order.id} {amount}"
    is_lost = known.status is not DisputeStatus.LOST
    if not is_lost:
        await publish(it.session, DisputeDecided(known.id, is_lost=False))
    if not is_lost or (known.status is DisputeStatus.NEEDS_RESPONSE and it.chance.random() < 0.5):
        amount = Money(known.amount_minor, known.currency)
        await tell(it.session, card, TransactionEventType.REFUND_REVERSE, amount, "du_1")
        known.status, known.is_withdrawn = DisputeStatus.WON, False
        await refresh_order(it.session, order)
        return f"{order.id} won"
    if known.status is DisputeStatus.NEEDS_RESPONSE:
        known.status = DisputeStatus.LOST
        await publish(it.session, DisputeDecided(known.id, is_lost=True))
        return f"{order.id} lost"
    return "is over"


async def give_back(it: Whatever) -> str:
    """Some pieces, an amount, with the delivery or without; sent back or kept."""
    order = await it.order()
    query = select(OrderLine).where(OrderLine.order_id == order.id).join(OrderLine.vendor_order)
    lines = (await it.session.scalars(query.order_by(VendorOrder.position, OrderLine.position))).all()
    pieces = [
        LinePieces(line.id, it.chance.randint(1, line.quantity)) for line in lines if it.chance.random() < 0.3
    ]
    in_parcels = await it.session.execute(
        select(FulfillmentLine.id, FulfillmentLine.quantity)
        .where(FulfillmentLine.order_line_id.in_([line.id for line in lines]))
        .order_by(FulfillmentLine.id)
    )
    parcels = [
        ParcelPieces(line_id, it.chance.randint(1, quantity))
        for line_id, quantity in in_parcels
        if it.chance.random() < 0.5
    ]
    wish = Wish(
        it.some_minor(order.total_charged_minor) if it.chance.random() < 0.5 else None,
        includes_shipping=it.chance.random() < 0.5,
    )
    if it.chance.random() < 0.5:
        await return_products(it.session, order.id, pieces, parcels, wish)
        return f"{order.id} returned {wish}"
    await refund_products(it.session, order.id, pieces, parcels, wish)
    return f"{order.id} refunded {wish}"


async def hand_cash_over(it: Whatever) -> str:
    """A carrier hands over some of what it collected: right, short or over; told twice."""
    query = (
        select(CashCollection)
        .where(CashCollection.status == CashStatus.COLLECTED)
        .order_by(CashCollection.id)
    )
    owed = [cash for cash in (await it.session.scalars(query)).all() if it.chance.random() < 0.7]
    due_minor = sum(cash.amount_minor for cash in owed)
    amount = Money(due_minor + it.chance.choice([0, 0, 0, -1, 1, -due_minor // 3]), "MAD")
    number = await it.session.scalar(select(func.count()).select_from(CashRemittance)) or 0
    tolerant = it.chance.random() < MOSTLY

    async def hand_over() -> CashRemittance:
        carrier = owed[0].carrier if owed else "AMANA"
        parcels = [cash.vendor_order_id for cash in owed]
        reference = f"BR-{number}"
        return await remit(it.session, carrier, reference, amount, parcels, accept_difference=tolerant)

    told = [await hand_over(), await hand_over()]
    await publish(it.session, CashRemitted(told[0].id))
    return f"{amount} of {due_minor}"


async def pass_time(it: Whatever) -> str:
    days = it.chance.randint(2, 12)
    it.clock.advance(timedelta(days=days))
    return f"{days} days, {await release_due(it.session)} released"


async def make_run(it: Whatever) -> str:
    vendor_ids = [vendor.id for vendor in it.shop.sellers if it.chance.random() < 0.8]
    run = await create_run(it.session, "MAD", it.chance.choice(it.shop.staff).id, vendor_ids)
    return f"{run.id}"


async def judge_run(it: Whatever) -> str:
    """Approve a draft, by whoever comes, and have it at the bank; or call it off."""
    run = await _a_run(it, PayoutRunStatus.DRAFT, PayoutRunStatus.REVIEWED)
    if it.chance.random() < 0.25:
        await cancel_run(it.session, run.id, it.shop.staff[0].id)
        return f"{run.id} called off"
    others = [one for one in it.shop.staff if one.id != run.created_by_id]
    approver = it.chance.choice(others if it.chance.random() < MOSTLY else it.shop.staff)
    if run.status is PayoutRunStatus.DRAFT:
        maker = run.created_by_id or it.shop.staff[0].id
        likely = it.chance.random() < MOSTLY
        await review_run(it.session, run.id, maker if likely else it.chance.choice(it.shop.staff).id)
    await approve_run(it.session, run.id, approver.id, it.settings)
    run.status = PayoutRunStatus.SENT
    for payout in await _payouts_of(it, run):
        payout.status = PayoutStatus.SENT
    await it.session.flush()
    return f"{run.id} approved"


async def hear_from_the_bank(it: Whatever) -> str:
    """An answer to some of a run's transfers, told twice, perhaps other than before."""
    run = await _a_run(it, PayoutRunStatus.SENT)
    lines = [
        f"{payout.end_to_end_id};{it.chance.choice(['PAID', 'PAID', 'FAILED', 'RETURNED'])};why"
        for payout in await _payouts_of(it, run)
        if it.chance.random() < 0.8
    ]
    for _ in range(2):
        await import_answer(it.session, run.id, "\r\n".join(["reference;statut;motif", *lines]).encode())
    return f"{run.id} {lines}"


async def _a_run(it: Whatever, *statuses: PayoutRunStatus) -> PayoutRun:
    runs = (await it.session.scalars(select(PayoutRun).order_by(PayoutRun.id))).all()
    if not runs:
        raise DomainError("There is no run yet.")
    fit = [run for run in runs if run.status in statuses]
    return it.chance.choice(fit if fit and it.chance.random() < MOSTLY else runs)


async def _payouts_of(it: Whatever, run: PayoutRun) -> Sequence[Payout]:
    query = select(Payout).where(Payout.run_id == run.id).order_by(Payout.number)
    return (await it.session.scalars(query)).all()


WEIGHED: dict[Step, int] = {
    hand_over: 8,
    arrive: 9,
    be_told_twice_of_a_delivery: 1,
    be_refused: 1,
    be_paid_in_part: 2,
    call_off: 1,
    pay_by_transfer: 2,
    hear_of_a_card: 4,
    dispute: 2,
    give_back: 8,
    hand_cash_over: 5,
    pass_time: 6,
    make_run: 5,
    judge_run: 5,
    hear_from_the_bank: 5,
}
STEPS = [(step.__name__, step) for step in WEIGHED]
WEIGHTS = list(WEIGHED.values())
