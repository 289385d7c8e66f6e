"""What staff do with gift cards."""

from typing import Any

from sqlalchemy import select
from strawberry import ID

from marketplace.kit.errors import InvalidError, NotFoundError, RequiredError
from marketplace.kit.money import MINOR_DIGITS, Money, exact_minor
from marketplace.markets.models import Channel
from marketplace.payments.gift_cards import assign_to
from marketplace.people import models as people
from marketplace.people.permissions import Permission
from marketplace.pricing import gift_card_editing, gift_card_use, gift_cards
from marketplace.pricing.gift_card_editing import CardChanges
from marketplace.pricing.gift_card_use import NewGiftCard
from marketplace_graphql.checkout.inputs import metadata_entries
from marketplace_graphql.inputs import entries_of
from marketplace_graphql.kernel import (
    Decimal,
    Info,
    bulk_deletion,
    changes,
    deletion,
    mutation,
    object_type,
)
from marketplace_graphql.vouchers.errors import BulkGiftCardError, GiftCardError
from marketplace_graphql.vouchers.gift_card_inputs import (
    GiftCardAddNoteInput,
    GiftCardBulkCreateInput,
    GiftCardCreateInput,
    GiftCardResendInput,
    GiftCardUpdateInput,
    PriceInput,
)

GIFT_CARD, NEEDS = "GiftCard", Permission.MANAGE_GIFT_CARD
UPDATED, SWITCHED = "GIFT_CARD_UPDATED", "GIFT_CARD_STATUS_CHANGED"
AT_ONCE = 1000


@object_type
class GiftCardMutations:
    """Gift cards."""

    @mutation(returns=GIFT_CARD, errors=GiftCardError, needs=NEEDS, tells="GIFT_CARD_CREATED")
    async def gift_card_create(self, info: Info, input: GiftCardCreateInput) -> gift_cards.GiftCard:
        """Gives a gift card away."""
        return await gift_card_use.issue(info.session, await _new_gift_card(info, input))

    @mutation(returns=GIFT_CARD, errors=GiftCardError, needs=NEEDS, tells=UPDATED)
    async def gift_card_update(self, info: Info, id: ID, input: GiftCardUpdateInput) -> gift_cards.GiftCard:
        """Changes a gift card."""
        sent = changes(input)
        card = await info.find(gift_cards.GiftCard, id, lock=True)
        said = CardChanges(
            balance=sent.get("balance_amount"),
            sets_expiry="expiry_date" in sent or "end_date" in sent,
            expires_on=sent.get("expiry_date") or sent.get("end_date"),
            add_tags=sent.get("add_tags") or (),
            remove_tags=sent.get("remove_tags") or (),
            public_metadata=entries_of(sent.get("metadata")),
            private_metadata=entries_of(sent.get("private_metadata")),
        )
        return await gift_card_editing.update_card(info.session, card, said, info.requester.user_id)

    @mutation(returns=GIFT_CARD, errors=GiftCardError, needs=NEEDS, tells=UPDATED)
    async def gift_card_balance_adjust(self, info: Info, amount: Decimal, id: ID) -> gift_cards.GiftCard:
        """Puts more onto a gift card, or takes some off, down to nothing."""
        card = await info.find(gift_cards.GiftCard, id, lock=True)
        return await gift_card_editing.adjust_balance(info.session, card, amount, info.requester.user_id)

    gift_card_delete = deletion(
        gift_cards.GiftCard,
        gift_card_editing.delete_cards,
        doc="Deletes a gift card that nothing was paid with.",
        returns=GIFT_CARD,
        errors=GiftCardError,
        needs=NEEDS,
        tells="GIFT_CARD_DELETED",
    )

    @mutation(returns=GIFT_CARD, errors=GiftCardError, needs=NEEDS, tells=SWITCHED)
    async def gift_card_activate(self, info: Info, id: ID) -> gift_cards.GiftCard:
        """Lets a gift card be spent."""
        card = await info.find(gift_cards.GiftCard, id, lock=True)
        return await gift_card_use.set_active(info.session, card, info.requester.user_id, active=True)

    @mutation(returns=GIFT_CARD, errors=GiftCardError, needs=NEEDS, tells=SWITCHED)
    async def gift_card_deactivate(self, info: Info, id: ID) -> gift_cards.GiftCard:
        """Keeps a gift card from being spent; what is on it stays."""
        card = await info.find(gift_cards.GiftCard, id, lock=True)
        return await gift_card_use.set_active(info.session, card, info.requester.user_id, active=False)

    @mutation(returns=GIFT_CARD, errors=GiftCardError, needs=NEEDS, tells=UPDATED)
    async def gift_card_assign_user(self, info: Info, id: ID, user_id: ID) -> gift_cards.GiftCard:
        """Makes a gift card one customer's own: nobody else can spend it."""
        card = await info.find(gift_cards.GiftCard, id)
        user = await info.find(people.User, user_id, field_name="userId")
        if not user.is_active:
            raise NotFoundError("There is no such customer.", field="userId")
        return await assign_to(info.session, card.id, user, info.requester.user_id)

    @mutation(returns=GIFT_CARD, errors=GiftCardError, needs=NEEDS, tells=UPDATED)
    async def gift_card_unassign_user(self, info: Info, id: ID) -> gift_cards.GiftCard:
        """Lets whoever has its code spend a gift card."""
        card = await info.find(gift_cards.GiftCard, id, lock=True)
        return await gift_card_editing.assign(info.session, card, None, info.requester.user_id)

    @mutation(returns=GIFT_CARD, errors=BulkGiftCardError, needs=NEEDS)
    async def gift_card_resend(self, info: Info, input: GiftCardResendInput) -> gift_cards.GiftCard:
        """Sends a gift card's code once more."""
        card = await info.find(gift_cards.GiftCard, input.id, lock=True)
        await _sending_channel(info, input.channel)
        email = changes(input).get("email")
        return await gift_card_editing.send_again(
            info.session, card, email, input.channel, info.requester.user_id
        )

    @mutation(
        returns={"gift_card": "GiftCard | None", "event": "GiftCardEvent | None"},
        errors=BulkGiftCardError,
        needs=NEEDS,
        tells=UPDATED,
    )
    async def gift_card_add_note(self, info: Info, id: ID, input: GiftCardAddNoteInput) -> dict[str, Any]:
        """Writes a note into a gift card's history."""
        card = await info.find(gift_cards.GiftCard, id, lock=True)
        event = await gift_card_editing.add_note(info.session, card, input.message, info.requester.user_id)
        return {"gift_card": card, "event": event}

    @mutation(
        returns={"count": int, "gift_cards": "list[GiftCard]"},
        failed={"count": 0, "gift_cards": []},
        errors=BulkGiftCardError,
        needs=NEEDS,
    )
    async def gift_card_bulk_create(self, info: Info, input: GiftCardBulkCreateInput) -> dict[str, Any]:
        """Gives away gift cards that are worth the same."""
        sent = changes(input)
        cards = await gift_card_editing.issue_many(
            info.session,
            input.count,
            _worth(input.balance),
            is_active=input.is_active,
            expires_on=sent.get("expiry_date"),
            tags=sent.get("tags") or (),
            created_by=await _requester(info),
        )
        return {"count": len(cards), "gift_cards": cards}

    gift_card_bulk_delete = bulk_deletion(
        gift_cards.GiftCard,
        gift_card_editing.delete_cards,
        doc="Deletes gift cards that nothing was paid with, all of them or none.",
        errors=BulkGiftCardError,
        needs=NEEDS,
        tells="GIFT_CARD_DELETED",
        limit=AT_ONCE,
    )

    @mutation(returns={"count": int}, failed={"count": 0}, errors=BulkGiftCardError, needs=NEEDS)
    async def gift_card_bulk_activate(self, info: Info, ids: list[ID]) -> dict[str, int]:
        """Lets gift cards be spent, all of them or none."""
        return await _switch(info, ids, active=True)

    @mutation(returns={"count": int}, failed={"count": 0}, errors=BulkGiftCardError, needs=NEEDS)
    async def gift_card_bulk_deactivate(self, info: Info, ids: list[ID]) -> dict[str, int]:
        """Keeps gift cards from being spent; what is on them stays."""
        return await _switch(info, ids, active=False)


async def _switch(info: Info, ids: list[ID], *, active: bool) -> dict[str, int]:
    info.at_most(AT_ONCE, ids, "ids")
    cards = await info.find_many(gift_cards.GiftCard, dict.fromkeys(ids), field_name="ids")
    await gift_card_editing.set_all_active(info.session, cards, info.requester.user_id, active=active)
    return {"count": len(cards)}


async def _new_gift_card(info: Info, given: GiftCardCreateInput) -> NewGiftCard:
    """Raises InvalidError, RequiredError, NotFoundError."""
    sent = changes(given)
    balance = _worth(given.balance)
    sent_to = sent.get("user_email") or None
    if sent_to is not None:
        await _sending_channel(info, sent.get("channel"))
    customer = sent.get("assigned_to")
    return NewGiftCard(
        balance=balance,
        is_active=given.is_active,
        expires_on=sent.get("expiry_date") or sent.get("end_date"),
        code=sent.get("code") or None,
        tags=sent.get("add_tags") or (),
        note=sent.get("note") or "",
        created_by=await _requester(info),
        assigned_to=None if not customer else await info.find(people.User, customer, field_name="assignedTo"),
        sent_to=sent_to,
        sent_in=sent.get("channel") if sent_to is not None else None,
        public_metadata=metadata_entries(given.metadata or ()),
        private_metadata=metadata_entries(given.private_metadata or ()),
    )


def _worth(given: PriceInput) -> Money:
    """Raises InvalidError."""
    currency = given.currency.upper()
    if currency not in MINOR_DIGITS:
        raise InvalidError(f"Nothing is sold for {currency} here.", field="balance")
    return Money(exact_minor(given.amount, currency, "balance"), currency)


async def _requester(info: Info) -> people.User | None:
    key = info.requester.user_id
    return None if key is None else await info.session.get(people.User, key)


async def _sending_channel(info: Info, slug: str | None) -> None:
    """The channel in whose name a card is sent must be there. Raises RequiredError, NotFoundError."""
    if not slug:
        raise RequiredError("Say in which channel's name it is sent.", field="channel")
    if await info.session.scalar(select(Channel.id).where(Channel.slug == slug)) is None:
        raise NotFoundError("There is no such channel.", field="channel")
