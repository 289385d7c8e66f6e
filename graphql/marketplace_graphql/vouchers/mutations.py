"""What staff do with vouchers and gift cards, and buyers with their codes."""

import uuid
from typing import Any

from strawberry import ID

from marketplace.checkout import models as checkout_models
from marketplace.checkout import promo_codes
from marketplace.kit.errors import DomainError, InvalidError, NotFoundError
from marketplace.kit.ids import int_pk, split_global_id
from marketplace.people.permissions import Permission
from marketplace.pricing import translating_prices, voucher_editing, vouchers
from marketplace_graphql.checkout.errors import CheckoutError
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
    VoucherCodeBulkDeleteErrorCode,
)
from marketplace_graphql.vouchers.gift_card_mutations import GiftCardMutations
from marketplace_graphql.vouchers.inputs import (
    CatalogueInput,
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
class VouchersMutations(GiftCardMutations):
    """Vouchers and gift cards."""

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
