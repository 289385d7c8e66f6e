"""What apps have said of a cart's ways to ship: kept, so that reads show it and nobody waits for it twice.

An answer belongs to its *inputs*: what is in the cart, where it goes, whose it is. While an app is silent,
its last answer to the same inputs stands in; one to others never does.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ForeignKey, String, UniqueConstraint, and_, or_, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.apps.models import App
from marketplace.checkout.app_methods import AppMethod, MethodKey
from marketplace.checkout.models import Checkout, CheckoutLine
from marketplace.kit import clock
from marketplace.kit.models import Base, IntegerKey
from marketplace.people.addresses import postal_address
from marketplace.people.models import Address
from marketplace.webhooks.asking import Heard, is_asked, webhooks_that_are_there
from marketplace.webhooks.models import Webhook

LIST, FILTER = "SHIPPING_LIST_METHODS_FOR_CHECKOUT", "CHECKOUT_FILTER_SHIPPING_METHODS"
FILTER_OF_ORDER = "ORDER_FILTER_SHIPPING_METHODS"
FRESH_FOR = timedelta(minutes=5)
"""So long an app is not asked again about the same inputs."""
SILENCE_RESTS_FOR = timedelta(minutes=1)
"""So long an app that has said nothing is not asked again about the same inputs."""
STANDS_IN_FOR = timedelta(hours=12)
"""So long an answer stands in for one that does not come: as long as Saleor keeps prices of deliveries."""


class ShippingAnswer(IntegerKey):
    """What came of asking one webhook about one thing: the last answer, and the last time it was asked."""

    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhook.id", ondelete="CASCADE"), index=True)
    event: Mapped[str] = mapped_column(String(60))
    asked_inputs: Mapped[str] = mapped_column(String(64))
    asked_at: Mapped[datetime]
    inputs: Mapped[str | None] = mapped_column(String(64))
    """What it has answered to; None: nothing yet."""
    answered_at: Mapped[datetime | None]
    answer: Mapped[Any] = mapped_column(JSONB(none_as_null=True), nullable=True)
    """Of a list, methods as `AppMethod` writes them; of a filter, reasons by the keys of methods."""


class CheckoutShippingAnswer(ShippingAnswer, Base):
    """What an app has said of a checkout."""

    __tablename__ = "checkout_shipping_answer"
    __table_args__ = (UniqueConstraint("owner_id", "event", "webhook_id"),)

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("checkout.id", ondelete="CASCADE"))


@dataclass(frozen=True, slots=True)
class Answers:
    """What apps say of a cart."""

    methods: Mapping[str, AppMethod] = field(default_factory=dict)
    """What they offer."""
    refusals: Mapping[str, str] = field(default_factory=dict)
    """Why methods can't be taken, by their keys as text."""

    def refusal(self, key: MethodKey) -> str | None:
        """Why a method can't be taken; None where nobody says so."""
        return self.refusals.get(str(key))


NO_ANSWERS = Answers()


async def inputs_of_checkout(session: AsyncSession, checkout: Checkout, lines: Iterable[CheckoutLine]) -> str:
    """What answers about a checkout depend on. Prices are none of it: they change by themselves, or with what
    an app says of taxes, and are told anew soon enough. Nor is a gift, which comes and goes with the rest.
    """
    goods = [line for line in lines if not line.is_gift]
    pieces = sorted([line.variant_id, line.quantity, str(line.price_override_minor)] for line in goods)
    return await digest_of(
        session,
        checkout.shipping_address_id,
        pieces,
        checkout.channel_id,
        checkout.voucher_code,
        checkout.email,
        checkout.user_id,
        checkout.is_tax_exempt,
        checkout.public_metadata,
        checkout.private_metadata,
    )


async def digest_of(session: AsyncSession, address_id: int | None, *inputs: object) -> str:
    """Inputs and an address, in short."""
    address = None if address_id is None else await session.get(Address, address_id)
    told = [asdict(postal_address(address)) if address else None, *inputs]
    return hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()


async def answers_about(
    session: AsyncSession, table: type[Any], owner_id: UUID, inputs: str | None = None
) -> Answers:
    """What apps that may be asked have said of something: to these inputs, or to whichever."""
    events = (FILTER_OF_ORDER,) if table is not CheckoutShippingAnswer else (LIST, FILTER)
    query = (
        select(table.event, table.answer)
        .join(Webhook, Webhook.id == table.webhook_id)
        .join(App, App.id == Webhook.app_id)
        .where(
            table.owner_id == owner_id,
            table.answered_at > clock.now() - STANDS_IN_FOR,
            or_(*[and_(table.event == event, is_asked(event)) for event in events]),
        )
        .order_by(table.webhook_id)
    )
    if inputs is not None:
        query = query.where(table.inputs == inputs)
    methods: dict[str, AppMethod] = {}
    reasons: dict[str, list[str]] = defaultdict(list)
    for event, answer in (await session.execute(query)).all():
        if event == LIST:
            methods |= {one["id"]: AppMethod(**one) for one in answer}
            continue
        for key, reason in answer.items():
            reasons[key] += [reason] if reason else []
    return Answers(methods, {key: " ".join(said) for key, said in reasons.items()})


async def fresh_webhooks(
    session: AsyncSession, table: type[Any], owner_id: UUID, event: str, inputs: str
) -> set[int]:
    """Those that need not be asked again about the same: they have just answered, or just been silent."""
    now = clock.now()
    answered = and_(table.inputs == inputs, table.answered_at > now - FRESH_FOR)
    asked = and_(table.asked_inputs == inputs, table.asked_at > now - SILENCE_RESTS_FOR)
    query = select(table.webhook_id).where(table.owner_id == owner_id, table.event == event)
    return set(await session.scalars(query.where(or_(answered, asked))))


async def keep_answers(
    session: AsyncSession,
    table: type[Any],
    owner_id: UUID,
    inputs: str,
    heard: Sequence[tuple[Heard, Any]],
) -> None:
    """Write down what apps have said of something that is there; None for one that has said nothing."""
    present = await webhooks_that_are_there(session, [one for one, _ in heard])
    for one, answer in sorted(heard, key=lambda each: each[0].question.webhook_id):
        if one.question.webhook_id not in present:
            continue
        said: dict[str, Any] = {"asked_inputs": inputs, "asked_at": one.asked_at}
        if answer is not None:
            said |= {"inputs": inputs, "answered_at": one.asked_at, "answer": answer}
        row = {"owner_id": owner_id, "event": one.question.event, "webhook_id": one.question.webhook_id}
        await session.execute(
            insert(table).values(row | said).on_conflict_do_update(index_elements=list(row), set_=said)
        )
