"""Gift cards in the hands of staff: made by the dozen, changed, sent again, deleted.

What is on a card is the marketplace's debt: whatever changes it here is told to the ledger.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.announcements import announce
from marketplace.kit.errors import InvalidError, RequiredError
from marketplace.kit.events import publish
from marketplace.kit.jobs import enqueue
from marketplace.kit.metadata import merged
from marketplace.kit.money import Money, exact_minor
from marketplace.people.models import User
from marketplace.people.service import checked_email
from marketplace.pricing.events import DebtChange, GiftCardDebtsChanged, GiftCardsIssued
from marketplace.pricing.gift_card_tags import tag, tags_of, tidy_tags, untag
from marketplace.pricing.gift_card_use import (
    LETTER,
    MAXIMUM_BALANCE_MINOR,
    check_expiry,
    lock_cards,
    new_code,
    note_event,
)
from marketplace.pricing.gift_cards import GiftCard, GiftCardEvent, GiftCardEventType

MAXIMUM_CARDS = 1000
"""At once."""
LONGEST_NOTE = 10_000


async def issue_many(
    session: AsyncSession,
    count: int,
    balance: Money,
    *,
    is_active: bool,
    expires_on: date | None = None,
    tags: Collection[str] = (),
    created_by: User | None = None,
) -> list[GiftCard]:
    """Make as many cards of one worth. Raises InvalidError."""
    if not 0 < count <= MAXIMUM_CARDS:
        raise InvalidError(f"From 1 to {MAXIMUM_CARDS} cards at once.", field="count")
    if not 0 < balance.minor <= MAXIMUM_BALANCE_MINOR:
        raise InvalidError("A gift card is worth something.", field="balance")
    check_expiry(expires_on)
    names = tidy_tags(tags, "tags")
    cards = [
        GiftCard(
            code=new_code(),
            is_active=is_active,
            currency=balance.currency,
            initial_balance_minor=balance.minor,
            current_balance_minor=balance.minor,
            expires_on=expires_on,
            created_by_id=created_by.id if created_by else None,
            created_by_email=created_by.email if created_by else None,
        )
        for _ in range(count)
    ]
    session.add_all(cards)
    await session.flush()
    keys = [card.id for card in cards]
    await tag(session, keys, names)
    told: dict[str, object] = {
        "initial_balance_minor": balance.minor,
        "current_balance_minor": balance.minor,
        "expiry_date": expires_on.isoformat() if expires_on else None,
    }
    await _note_for_all(session, keys, GiftCardEventType.ISSUED, created_by.id if created_by else None, told)
    await publish(session, GiftCardsIssued(tuple(keys)))
    await announce(session, "GIFT_CARD_CREATED", *cards)
    return cards


@dataclass(frozen=True, slots=True, kw_only=True)
class CardChanges:
    """What staff say of a card. What is None, or empty, stays as it is."""

    balance: Decimal | None = None
    sets_expiry: bool = False
    expires_on: date | None = None
    add_tags: Collection[str] = ()
    remove_tags: Collection[str] = ()
    public_metadata: Iterable[tuple[str, str]] = ()
    private_metadata: Iterable[tuple[str, str]] = ()


async def update_card(
    session: AsyncSession, card: GiftCard, given: CardChanges, user_id: int | None
) -> GiftCard:
    """Change a locked card. A balance is what is on it from now on, whatever was. Raises InvalidError."""
    added, removed = tidy_tags(given.add_tags, "addTags"), tidy_tags(given.remove_tags, "removeTags")
    both = sorted(set(added) & set(removed))
    if both:
        raise InvalidError(
            "A tag can't be both added and removed.", field="tags", code="DUPLICATED_INPUT_ITEM", tags=both
        )
    balance_minor = None
    if given.balance is not None:
        balance_minor = exact_minor(given.balance, card.currency, "balanceAmount")
        if not 0 <= balance_minor <= MAXIMUM_BALANCE_MINOR:
            raise InvalidError("That is too much for a card.", field="balanceAmount")
    changes_expiry = given.sets_expiry and given.expires_on != card.expires_on
    if changes_expiry:
        check_expiry(given.expires_on)
    card.public_metadata = merged(card.public_metadata, given.public_metadata)
    card.private_metadata = merged(card.private_metadata, given.private_metadata)
    if balance_minor is not None:
        await _set_balance(
            session, card, GiftCardEventType.BALANCE_RESET, balance_minor, balance_minor, user_id
        )
    if changes_expiry:
        old, card.expires_on = card.expires_on, given.expires_on
        note_event(
            session,
            card,
            GiftCardEventType.EXPIRY_DATE_UPDATED,
            user_id,
            expiry_date=_said(card.expires_on),
            old_expiry_date=_said(old),
        )
    if added or removed:
        old_tags = await tags_of(session, card.id)
        await tag(session, [card.id], added)
        await untag(session, card.id, removed)
        tags = await tags_of(session, card.id)
        note_event(session, card, GiftCardEventType.TAGS_UPDATED, user_id, tags=tags, old_tags=old_tags)
    await session.flush()
    return card


async def adjust_balance(
    session: AsyncSession, card: GiftCard, amount: Decimal, user_id: int | None
) -> GiftCard:
    """Put more onto a locked card, or take some off, down to nothing. Raises InvalidError."""
    minor = exact_minor(amount, card.currency, "amount")
    if minor == 0:
        raise InvalidError("That would change nothing.", field="amount")
    current_minor = max(0, card.current_balance_minor + minor)
    if current_minor > MAXIMUM_BALANCE_MINOR:
        raise InvalidError("That is too much for a card.", field="amount")
    initial_minor = max(card.initial_balance_minor, current_minor)
    kind = GiftCardEventType.BALANCE_ADJUSTED
    await _set_balance(session, card, kind, initial_minor, current_minor, user_id)
    return card


async def _set_balance(
    session: AsyncSession,
    card: GiftCard,
    kind: GiftCardEventType,
    initial_minor: int,
    current_minor: int,
    user_id: int | None,
) -> None:
    """Write a balance, the event of it, and what it does to the marketplace's debt."""
    before_initial, before = card.initial_balance_minor, card.current_balance_minor
    card.initial_balance_minor, card.current_balance_minor = initial_minor, current_minor
    event = note_event(
        session,
        card,
        kind,
        user_id,
        initial_balance_minor=initial_minor,
        current_balance_minor=current_minor,
        old_initial_balance_minor=before_initial,
        old_current_balance_minor=before,
    )
    await session.flush()
    change = DebtChange(f"gift_card_adjusted:{event.id}", Money(current_minor - before, card.currency))
    await publish(session, GiftCardDebtsChanged((change,)))


async def set_all_active(
    session: AsyncSession, cards: Collection[GiftCard], user_id: int | None, *, active: bool
) -> None:
    """Open or close cards, all of them or none. Raises InvalidError where one has expired."""
    locked = await lock_cards(session, [card.id for card in cards])
    today = clock.now().date()
    if active and any(card.expires_on is not None and card.expires_on < today for card in locked.values()):
        raise InvalidError("Some of these cards have expired.", field="ids", code="EXPIRED_GIFT_CARD")
    switched = [card for card in locked.values() if card.is_active is not active]
    for card in switched:
        card.is_active = active
    await session.flush()
    kind = GiftCardEventType.ACTIVATED if active else GiftCardEventType.DEACTIVATED
    await _note_for_all(session, [card.id for card in switched], kind, user_id, {})
    await announce(session, "GIFT_CARD_STATUS_CHANGED", *switched)


async def delete_cards(session: AsyncSession, cards: Sequence[GiftCard]) -> None:
    """Delete cards that nothing was paid with; what is on them is owed to nobody any more.

    Raises InvalidError for one that has paid for an order: what it paid may have to go back onto it.
    """
    locked = await lock_cards(session, [card.id for card in cards])
    if any(card.last_used_at is not None for card in locked.values()):
        raise InvalidError("A card that has paid for an order stays: close it instead.", field="id")
    owed = [
        DebtChange(f"gift_card_deleted:{card.id}", -Money(card.current_balance_minor, card.currency))
        for card in locked.values()
    ]
    await publish(session, GiftCardDebtsChanged(tuple(owed)))
    await session.execute(delete(GiftCard).where(GiftCard.id.in_(locked)))


async def send_again(
    session: AsyncSession, card: GiftCard, email: str | None, channel: str, user_id: int | None
) -> GiftCard:
    """Send a card's code once more: to an address, or to whose it is, or to who made it.

    Raises InvalidError, RequiredError.
    """
    to = checked_email(email) if email else card.assigned_to_email or card.created_by_email
    if card.expires_on is not None and card.expires_on < clock.now().date():
        raise InvalidError("This card has expired.", field="id", code="EXPIRED_GIFT_CARD")
    if to is None:
        raise RequiredError("Say where it shall be sent.", field="email")
    event = note_event(session, card, GiftCardEventType.RESENT, user_id, email=to)
    await session.flush()
    await enqueue(session, LETTER, gift_card_id=card.id, email=to, event_id=event.id)
    await announce(session, "GIFT_CARD_SENT", card, sent_to_email=to, channel=channel)
    return card


async def add_note(session: AsyncSession, card: GiftCard, message: str, user_id: int | None) -> GiftCardEvent:
    """Write a note into a card's history. Raises RequiredError, InvalidError."""
    text = message.strip()
    if not text:
        raise RequiredError("A note says something.", field="message")
    if len(text) > LONGEST_NOTE:
        raise InvalidError(f"A note has at most {LONGEST_NOTE} letters.", field="message")
    event = note_event(session, card, GiftCardEventType.NOTE_ADDED, user_id, message=text)
    await session.flush()
    return event


async def assign(session: AsyncSession, card: GiftCard, user: User | None, user_id: int | None) -> GiftCard:
    """Make a locked card one customer's own, or anybody's who has its code.

    Who may be given a card that is in use is for `payments.gift_cards` to say.
    """
    kind = GiftCardEventType.ASSIGNED_TO_USER if user else GiftCardEventType.UNASSIGNED_FROM_USER
    told: dict[str, Any] = {
        "old_assigned_to_id": card.assigned_to_id,
        "old_assigned_to_email": card.assigned_to_email,
        "assigned_to_id": user.id if user else None,
        "assigned_to_email": user.email if user else None,
    }
    card.assigned_to_id, card.assigned_to_email = (user.id, user.email) if user else (None, None)
    note_event(session, card, kind, user_id, **told)
    await session.flush()
    return card


async def _note_for_all(
    session: AsyncSession,
    card_ids: Sequence[int],
    kind: GiftCardEventType,
    user_id: int | None,
    told: dict[str, object],
) -> None:
    rows = [{"gift_card_id": key, "type": kind, "user_id": user_id, "parameters": told} for key in card_ids]
    if rows:
        await session.execute(insert(GiftCardEvent), rows)


async def currencies(session: AsyncSession) -> list[str]:
    """Those that there are cards of."""
    return list(await session.scalars(select(GiftCard.currency).distinct().order_by(GiftCard.currency)))


def _said(day: date | None) -> str | None:
    return day.isoformat() if day else None
