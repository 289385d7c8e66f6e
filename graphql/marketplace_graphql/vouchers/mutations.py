"""What staff do with vouchers and gift cards, and buyers with their codes."""

import uuid
from typing import Any

from sqlalchemy import select
from strawberry import ID

from marketplace.checkout import models as checkout_models
from marketplace.checkout import promo_codes
from marketplace.kit.errors import DomainError, InvalidError, NotFoundError, RequiredError
from marketplace.kit.ids import int_pk, split_global_id
from marketplace.kit.money import MINOR_DIGITS, Money
from marketplace.markets.models import Channel
from marketplace.people import models as people
from marketplace.people.permissions import Permission
from marketplace.pricing import gift_card_use, gift_cards, translating_prices, voucher_editing, vouchers
from marketplace.pricing.gift_card_use import NewGiftCard
from marketplace_graphql.checkout.errors import CheckoutError
from marketplace_graphql.checkout.inputs import metadata_entries
from marketplace_graphql.checkout.subject import the_checkout
from marketplace_graphql.kernel import (
    Info,
    bulk_deletion,
    changes,
    deletion,
    error_type,
    mutation,
    object_type,
)
from marketplace_graphql.rules import codes_of
from marketplace_graphql.translating.declaring import translating
from marketplace_graphql.translating.inputs import NameTranslationInput
from marketplace_graphql.vouchers.errors import (
    DiscountError,
    GiftCardError,
    VoucherCodeBulkDeleteErrorCode,
)
from marketplace_graphql.vouchers.inputs import (
    CatalogueInput,
    GiftCardCreateInput,
    VoucherChannelListingInput,
    VoucherInput,
    catalogue_keys,
    listing_changes,
    voucher_changes,
)

CHECKOUT, VOUCHER, GIFT_CARD = "Checkout", "Voucher", "GiftCard"
SWITCHED = "GIFT_CARD_STATUS_CHANGED"
MANAGE_DISCOUNTS, MANAGE_GIFT_CARD = Permission.MANAGE_DISCOUNTS, Permission.MANAGE_GIFT_CARD


@object_type
class PromoCodeMutations:
    """Promo codes in a checkout."""

    @mutation(returns=CHECKOUT, errors=CheckoutError, about=the_checkout, tells="CHECKOUT_UPDATED")
    async def checkout_add_promo_code(
        self, info: Info, key: uuid.UUID, promo_code: str
    ) -> checkout_models.Checkout:
        """Uses a voucher, in place of the one before, or has a gift card pay, by its code."""
        return await promo_codes.add_promo_code(
            info.session, key, promo_code, user_id=info.requester.user_id, address=info.address
        )

    @mutation(returns=CHECKOUT, errors=CheckoutError, about=the_checkout, tells="CHECKOUT_UPDATED")
    async def checkout_remove_promo_code(
        self,
        info: Info,
        key: uuid.UUID,
        promo_code: str | None = None,
        promo_code_id: ID | None = None,
    ) -> checkout_models.Checkout:
        """Takes a voucher or a gift card out, by its code or its id."""
        if (promo_code is None) == (promo_code_id is None):
            raise DomainError("Name it by its code, or by its id.", field="promoCode", code="GRAPHQL_ERROR")
        if promo_code is not None:
            return await promo_codes.remove_promo_code(info.session, key, promo_code)
        named = str(promo_code_id)
        try:
            type_name = split_global_id(named)[0]
            if type_name == VOUCHER:
                return await promo_codes.remove_voucher(info.session, key, int_pk(named, VOUCHER))
            card_id = int_pk(named, GIFT_CARD)
        except InvalidError as error:
            raise NotFoundError("There is no such promo code.", field="promoCodeId") from error
        return await promo_codes.remove_gift_card(info.session, key, card_id)


VoucherCodeBulkDeleteError = error_type(
    "VoucherCodeBulkDeleteError",
    VoucherCodeBulkDeleteErrorCode,
    path=str | None,
    voucher_codes=list[ID] | None,
)


@object_type
class VouchersMutations:
    """Vouchers."""

    @mutation(returns=VOUCHER, errors=DiscountError, needs=MANAGE_DISCOUNTS, tells="VOUCHER_CREATED")
    async def voucher_create(self, info: Info, input: VoucherInput) -> vouchers.Voucher:
        """Makes a voucher. It is worth something once it is listed in a channel."""
        return await voucher_editing.create_voucher(info.session, await voucher_changes(info, input))

    @mutation(returns=VOUCHER, errors=DiscountError, needs=MANAGE_DISCOUNTS, tells="VOUCHER_UPDATED")
    async def voucher_update(self, info: Info, id: ID, input: VoucherInput) -> vouchers.Voucher:
        """Changes a voucher."""
        voucher = await info.find(vouchers.Voucher, id, lock=True)
        return await voucher_editing.update_voucher(info.session, voucher, await voucher_changes(info, input))

    voucher_delete = deletion(
        vouchers.Voucher,
        voucher_editing.delete_vouchers,
        doc="Takes a voucher away. What it took off orders stays.",
        returns=VOUCHER,
        errors=DiscountError,
        needs=MANAGE_DISCOUNTS,
        tells="VOUCHER_DELETED",
    )
    voucher_bulk_delete = bulk_deletion(
        vouchers.Voucher,
        voucher_editing.delete_vouchers,
        doc="Takes vouchers away, all of them or none. What they took off orders stays.",
        errors=DiscountError,
        needs=MANAGE_DISCOUNTS,
        tells="VOUCHER_DELETED",
    )
    voucher_translate = translating(
        vouchers.Voucher,
        NameTranslationInput,
        translating_prices.translate,
        doc="Says a voucher's name in another language.",
    )

    @mutation(returns=VOUCHER, errors=DiscountError, needs=MANAGE_DISCOUNTS, tells="VOUCHER_UPDATED")
    async def voucher_channel_listing_update(
        self, info: Info, id: ID, input: VoucherChannelListingInput
    ) -> vouchers.Voucher:
        """Says what a voucher is worth in channels."""
        voucher = await info.find(vouchers.Voucher, id, lock=True)
        added, removed = listing_changes(info, input)
        await voucher_editing.set_listings(info.session, voucher, added, removed)
        return voucher

    @mutation(
        returns=VOUCHER,
        errors=DiscountError,
        needs=MANAGE_DISCOUNTS,
        payload_name="VoucherAddCatalogues",
        tells="VOUCHER_UPDATED",
    )
    async def voucher_catalogues_add(self, info: Info, id: ID, input: CatalogueInput) -> vouchers.Voucher:
        """Makes a voucher good for more of the catalogue."""
        voucher = await info.find(vouchers.Voucher, id, lock=True)
        keys = await catalogue_keys(info, changes(input))
        await voucher_editing.add_to_catalogue(info.session, voucher, keys)
        return voucher

    @mutation(
        returns=VOUCHER,
        errors=DiscountError,
        needs=MANAGE_DISCOUNTS,
        payload_name="VoucherRemoveCatalogues",
        tells="VOUCHER_UPDATED",
    )
    async def voucher_catalogues_remove(self, info: Info, id: ID, input: CatalogueInput) -> vouchers.Voucher:
        """Makes a voucher good for less of the catalogue."""
        voucher = await info.find(vouchers.Voucher, id, lock=True)
        keys = await catalogue_keys(info, changes(input))
        await voucher_editing.take_from_catalogue(info.session, voucher, keys)
        return voucher

    @mutation(
        returns={"count": int},
        failed={"count": 0},
        errors=VoucherCodeBulkDeleteError,
        needs=MANAGE_DISCOUNTS,
    )
    async def voucher_code_bulk_delete(self, info: Info, ids: list[ID]) -> Any:
        """Takes codes of vouchers away, all of them or none."""
        with codes_of(VoucherCodeBulkDeleteError):
            keys = [info.key(code_id, "VoucherCode") for code_id in ids]
            return {"count": await voucher_editing.delete_codes(info.session, keys)}


@object_type
class GiftCardMutations:
    """Gift cards."""

    @mutation(returns=GIFT_CARD, errors=GiftCardError, needs=MANAGE_GIFT_CARD, tells="GIFT_CARD_CREATED")
    async def gift_card_create(self, info: Info, input: GiftCardCreateInput) -> gift_cards.GiftCard:
        """Gives a gift card away."""
        return await gift_card_use.issue(info.session, await _new_gift_card(info, input))

    @mutation(
        returns=GIFT_CARD, errors=GiftCardError, needs=MANAGE_GIFT_CARD, tells="GIFT_CARD_STATUS_CHANGED"
    )
    async def gift_card_activate(self, info: Info, id: ID) -> gift_cards.GiftCard:
        """Lets a gift card be spent."""
        card = await info.find(gift_cards.GiftCard, id, lock=True)
        return await gift_card_use.set_active(info.session, card, info.requester.user_id, active=True)

    @mutation(
        returns=GIFT_CARD, errors=GiftCardError, needs=MANAGE_GIFT_CARD, tells="GIFT_CARD_STATUS_CHANGED"
    )
    async def gift_card_deactivate(self, info: Info, id: ID) -> gift_cards.GiftCard:
        """Keeps a gift card from being spent; what is on it stays."""
        card = await info.find(gift_cards.GiftCard, id, lock=True)
        return await gift_card_use.set_active(info.session, card, info.requester.user_id, active=False)


async def _new_gift_card(info: Info, given: GiftCardCreateInput) -> NewGiftCard:
    """Raises InvalidError, RequiredError, NotFoundError."""
    sent = changes(given)
    currency = given.balance.currency.upper()
    if currency not in MINOR_DIGITS:
        raise InvalidError(f"Nothing is sold for {currency} here.", field="balance")
    sent_to = sent.get("user_email") or None
    if sent_to is not None:
        await _sending_channel(info, sent.get("channel"))
    requester = info.requester.user_id
    customer = sent.get("assigned_to")
    return NewGiftCard(
        balance=Money.from_decimal(given.balance.amount, currency),
        is_active=given.is_active,
        expires_on=sent.get("expiry_date") or sent.get("end_date"),
        code=sent.get("code") or None,
        tags=sent.get("add_tags") or (),
        note=sent.get("note") or "",
        created_by=None if requester is None else await info.session.get(people.User, requester),
        assigned_to=None if not customer else await info.find(people.User, customer, field_name="assignedTo"),
        sent_to=sent_to,
        sent_in=sent.get("channel") if sent_to is not None else None,
        public_metadata=metadata_entries(given.metadata or ()),
        private_metadata=metadata_entries(given.private_metadata or ()),
    )


async def _sending_channel(info: Info, slug: str | None) -> None:
    """The channel in whose name a card is sent must be there. Raises RequiredError, NotFoundError."""
    if not slug:
        raise RequiredError("Say in which channel's name it is sent.", field="channel")
    if await info.session.scalar(select(Channel.id).where(Channel.slug == slug)) is None:
        raise NotFoundError("There is no such channel.", field="channel")
