"""Gift cards at work: issued, opened and closed by staff, spent by buyers, given back.

A balance changes only here, under the card's lock, and each change is an event of the card.
"""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, String, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.announcements import announce
from marketplace.kit.errors import InvalidError
from marketplace.kit.events import publish
from marketplace.kit.jobs import enqueue
from marketplace.kit.money import Money
from marketplace.people.models import User
from marketplace.people.service import checked_email
from marketplace.pricing.errors import CodeTakenError
from marketplace.pricing.events import GiftCardsIssued
from marketplace.pricing.gift_card_tags import tag, tidy_tags
from marketplace.pricing.gift_cards import (
    GiftCard,
    GiftCardEvent,
    GiftCardEventType,
)
from marketplace.pricing.vouchers import VoucherCode

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""32 signs that are not mistaken for each other."""
GROUPS, GROUP_LENGTH = 4, 4
"""16 signs of 5 bits: 80 bits, which nobody guesses."""
SHORTEST_CODE, LONGEST_CODE = 8, 16
"""As Saleor takes a code of one's own."""
LONGEST_TEXT = 255
MAXIMUM_BALANCE_MINOR = 10**12
LETTER = "post.gift_card"
"""The job that sends a card's code to somebody."""


def new_code() -> str:
    """A code that can't be guessed, in groups that can be read out."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS))


@dataclass(frozen=True, slots=True, kw_only=True)
class NewGiftCard:
    balance: Money
    is_active: bool = True
    expires_on: date | None = None
    code: str | None = None
    """None: one is made up."""
    tags: Collection[str] = ()
    note: str = ""
    created_by: User | None = None
    assigned_to: User | None = None
    sent_to: str | None = None
    """The e-mail address that its code goes to; None: nobody is written to."""
    sent_in: str | None = None
    """The channel in whose name it is sent."""
    public_metadata: Mapping[str, str] = field(default_factory=dict)
    private_metadata: Mapping[str, str] = field(default_factory=dict)


async def issue(session: AsyncSession, given: NewGiftCard) -> GiftCard:
    """Make a gift card, and have its code sent to whom it is for. Raises InvalidError, CodeTakenError."""
    if not 0 < given.balance.minor <= MAXIMUM_BALANCE_MINOR:
        raise InvalidError("A gift card is worth something.", field="balance")
    check_expiry(given.expires_on)
    tags = tidy_tags(given.tags, "addTags")
    actor_id = given.created_by.id if given.created_by else None
    card = GiftCard(
        code=await _free_code(session, given.code),
        is_active=given.is_active,
        currency=given.balance.currency,
        initial_balance_minor=given.balance.minor,
        current_balance_minor=given.balance.minor,
        expires_on=given.expires_on,
        created_by_id=actor_id,
        created_by_email=given.created_by.email if given.created_by else None,
        assigned_to_id=given.assigned_to.id if given.assigned_to else None,
        assigned_to_email=given.assigned_to.email if given.assigned_to else None,
        public_metadata=dict(given.public_metadata),
        private_metadata=dict(given.private_metadata),
    )
    session.add(card)
    await session.flush()
    await tag(session, [card.id], tags)
    note_event(
        session,
        card,
        GiftCardEventType.ISSUED,
        actor_id,
        initial_balance_minor=card.initial_balance_minor,
        current_balance_minor=card.current_balance_minor,
        expiry_date=card.expires_on.isoformat() if card.expires_on else None,
    )
    if given.note.strip():
        note_event(session, card, GiftCardEventType.NOTE_ADDED, actor_id, message=given.note.strip())
    if given.sent_to is not None:
        email = checked_email(given.sent_to, "userEmail")
        note_event(session, card, GiftCardEventType.SENT_TO_CUSTOMER, actor_id, email=email)
        await enqueue(session, LETTER, gift_card_id=card.id, email=email)
        await announce(session, "GIFT_CARD_SENT", card, sent_to_email=email, channel=given.sent_in)
    await session.flush()
    await publish(session, GiftCardsIssued((card.id,)))
    return card


def check_expiry(expires_on: date | None) -> None:
    """Raises InvalidError for a day that has come."""
    if expires_on is not None and expires_on <= clock.now().date():
        raise InvalidError("It would have expired already.", field="expiryDate")


async def set_active(session: AsyncSession, card: GiftCard, user_id: int | None, *, active: bool) -> GiftCard:
    """Open or close a locked card; what is on it stays. Raises InvalidError for one that has expired."""
    if active and card.expires_on is not None and card.expires_on < clock.now().date():
        raise InvalidError("This card has expired.", field="id", code="EXPIRED_GIFT_CARD")
    if card.is_active is not active:
        card.is_active = active
        kind = GiftCardEventType.ACTIVATED if active else GiftCardEventType.DEACTIVATED
        note_event(session, card, kind, user_id)
        await session.flush()
    return card


async def usable_card(
    session: AsyncSession, codes: Sequence[str], *, currency: str, user_id: int | None, now: datetime
) -> GiftCard | None:
    """The card of the first of some spellings of a code, if a buyer may use it in a currency today."""
    found = await session.scalars(
        _BY_CODE,
        {
            "codes": [code for code in codes if 0 < len(code) <= LONGEST_TEXT],
            "currency": currency,
            "user_id": user_id,
        },
    )
    cards = {card.code: card for card in found if is_good(card, now)}
    return next((cards[code] for code in codes if code in cards), None)


_BY_CODE = select(GiftCard).where(
    GiftCard.code == func.any(bindparam("codes", type_=ARRAY(String))),
    GiftCard.currency == bindparam("currency", type_=String),
    or_(
        GiftCard.assigned_to_id.is_(None),
        GiftCard.assigned_to_id == bindparam("user_id", type_=BigInteger),
    ),
)


def is_good(card: GiftCard, now: datetime) -> bool:
    """Whether it is open and has not expired. An empty one is good for nothing, but not wrong."""
    return card.is_active and (card.expires_on is None or card.expires_on >= now.date())


@dataclass(frozen=True, slots=True)
class CardUse:
    """How much of an order a card pays, in minor units."""

    card: GiftCard
    amount_minor: int


def uses_of(cards: Sequence[GiftCard], total_minor: int) -> list[CardUse]:
    """What each of some cards pays of a total: one after the other, each as much as it can."""
    uses, left_minor = [], total_minor
    for card in cards:
        amount_minor = min(card.current_balance_minor, left_minor)
        if amount_minor > 0:
            uses.append(CardUse(card, amount_minor))
            left_minor -= amount_minor
    return uses


async def lock_cards(session: AsyncSession, card_ids: Collection[int]) -> dict[int, GiftCard]:
    """Cards by their ids, read afresh, which nobody else can spend before this transaction ends. Locked in
    the order of their ids, so that two orders with the same cards wait for each other.
    """
    found = await session.scalars(
        select(GiftCard)
        .where(GiftCard.id.in_(card_ids))
        .order_by(GiftCard.id)
        .with_for_update(key_share=True),
        execution_options={"populate_existing": True},
    )
    return {card.id: card for card in found}


async def spend(
    session: AsyncSession, uses: Sequence[CardUse], order_id: UUID, order_number: str, user_id: int | None
) -> None:
    """Take what an order costs from locked cards."""
    for use in uses:
        before = use.card.current_balance_minor
        use.card.current_balance_minor = before - use.amount_minor
        use.card.last_used_at = clock.now()
        _note_use(session, use, GiftCardEventType.USED_IN_ORDER, before, order_id, order_number, user_id)
    await session.flush()


async def give_back(
    session: AsyncSession, uses: Sequence[CardUse], order_id: UUID, order_number: str
) -> None:
    """Put back onto locked cards what they had paid of something that was given up.

    Staff may have set a balance below what a card once was worth: then it is worth more than that now.
    """
    for use in uses:
        before = use.card.current_balance_minor
        use.card.current_balance_minor = before + use.amount_minor
        use.card.initial_balance_minor = max(use.card.initial_balance_minor, use.card.current_balance_minor)
        _note_use(session, use, GiftCardEventType.REFUNDED_IN_ORDER, before, order_id, order_number, None)
    await session.flush()


def _note_use(
    session: AsyncSession,
    use: CardUse,
    kind: GiftCardEventType,
    before_minor: int,
    order_id: UUID,
    order_number: str,
    user_id: int | None,
) -> None:
    note_event(
        session,
        use.card,
        kind,
        user_id,
        order_id,
        order_number=order_number,
        current_balance_minor=use.card.current_balance_minor,
        old_current_balance_minor=before_minor,
    )


def note_event(
    session: AsyncSession,
    card: GiftCard,
    kind: GiftCardEventType,
    user_id: int | None = None,
    order_id: UUID | None = None,
    **parameters: object,
) -> GiftCardEvent:
    """Write into a card's history what happened to it."""
    event = GiftCardEvent(
        gift_card_id=card.id, type=kind, user_id=user_id, order_id=order_id, parameters=parameters
    )
    session.add(event)
    return event


async def is_free(session: AsyncSession, codes: Collection[str]) -> bool:
    """Whether neither a voucher nor a gift card has one of some codes."""
    taken = (
        select(VoucherCode.code)
        .where(VoucherCode.code.in_(codes))
        .union_all(select(GiftCard.code).where(GiftCard.code.in_(codes)))
    )
    return (await session.scalar(taken.limit(1))) is None


async def _free_code(session: AsyncSession, wanted: str | None) -> str:
    """The code that was asked for, or a new one. Raises InvalidError, CodeTakenError."""
    if wanted is None:
        return new_code()
    code = wanted.strip()
    if not SHORTEST_CODE <= len(code) <= LONGEST_CODE:
        raise InvalidError(f"A code has from {SHORTEST_CODE} to {LONGEST_CODE} characters.", field="code")
    if not await is_free(session, [code]):
        raise CodeTakenError("There is a promo code like this already.", field="code")
    return code
