"""Inputs of vouchers and gift cards, and what services make of them."""

from typing import Any

from strawberry import ID

from marketplace.catalog import models as catalog
from marketplace.pricing.voucher_editing import ListingChange, VoucherChanges
from marketplace_graphql.inputs import MetadataInput
from marketplace_graphql.kernel import Date, DateTime, Info, PositiveDecimal, changes, input_type
from marketplace_graphql.languages import country_codes
from marketplace_graphql.pricing.discounts import DiscountValueTypeEnum
from marketplace_graphql.vouchers.types import VoucherTypeEnum


@input_type
class VoucherInput:
    """What a voucher shall be."""

    type: VoucherTypeEnum | None
    name: str | None
    code: str | None
    """One code. Use `addCodes`."""
    add_codes: list[str] | None
    start_date: DateTime | None
    end_date: DateTime | None
    discount_value_type: DiscountValueTypeEnum | None
    products: list[ID] | None
    variants: list[ID] | None
    collections: list[ID] | None
    categories: list[ID] | None
    """What stands directly in them."""
    min_checkout_items_quantity: int | None
    countries: list[str] | None
    """Where delivery is reduced, by their codes."""
    apply_once_per_order: bool | None
    apply_once_per_customer: bool | None
    only_for_staff: bool | None
    single_use: bool | None
    usage_limit: int | None


@input_type
class CatalogueInput:
    """Rows of the catalogue."""

    products: list[ID] | None
    categories: list[ID] | None
    collections: list[ID] | None
    variants: list[ID] | None


@input_type
class VoucherChannelListingAddInput:
    """What a voucher shall be worth in a channel."""

    channel_id: ID
    discount_value: PositiveDecimal | None
    """An amount of the channel's currency, or per cent."""
    min_amount_spent: PositiveDecimal | None
    """What the goods must come to."""


@input_type
class VoucherChannelListingInput:
    """In which channels a voucher is good, and in which it is no more."""

    add_channels: list[VoucherChannelListingAddInput] | None
    remove_channels: list[ID] | None


@input_type
class PriceInput:
    """An amount of money."""

    currency: str
    """ISO 4217 code."""
    amount: PositiveDecimal


@input_type
class GiftCardCreateInput:
    """A new gift card."""

    add_tags: list[str] | None
    expiry_date: Date | None
    """The last day on which it shall be good."""
    metadata: list[MetadataInput] | None
    private_metadata: list[MetadataInput] | None
    start_date: Date | None
    """Cards are good at once."""
    end_date: Date | None
    """Use `expiryDate`."""
    balance: PriceInput
    user_email: str | None
    """To whom it shall be sent."""
    channel: str | None
    """In whose name it is sent: needed with `userEmail`."""
    is_active: bool
    code: str | None
    """One of your own. Leave it out: one that can't be guessed is made."""
    note: str | None
    assigned_to: ID | None
    """The only customer who shall be able to spend it."""


COLUMNS = {
    "type": "type",
    "name": "name",
    "start_date": "starts_at",
    "end_date": "ends_at",
    "discount_value_type": "discount_value_type",
    "min_checkout_items_quantity": "minimum_pieces",
    "countries": "country_codes",
    "apply_once_per_order": "apply_once_per_order",
    "apply_once_per_customer": "apply_once_per_customer",
    "only_for_staff": "only_for_staff",
    "single_use": "single_use",
    "usage_limit": "usage_limit",
}
MAY_BE_NULL = frozenset({"name", "end_date", "min_checkout_items_quantity", "usage_limit"})
CATALOGUE: dict[str, tuple[str, type[Any]]] = {
    "products": ("product", catalog.Product),
    "variants": ("variant", catalog.ProductVariant),
    "collections": ("collection", catalog.Collection),
    "categories": ("category", catalog.Category),
}


async def voucher_changes(info: Info, given: VoucherInput) -> VoucherChanges:
    """What was said of a voucher. Raises InvalidError, NotFoundError."""
    sent = changes(given)
    columns = {
        COLUMNS[name]: value
        for name, value in sent.items()
        if name in COLUMNS and (value is not None or name in MAY_BE_NULL)
    }
    if "country_codes" in columns:
        columns["country_codes"] = country_codes(columns["country_codes"])
    codes = [*(sent.get("add_codes") or []), *([sent["code"]] if sent.get("code") else [])]
    return VoucherChanges(columns, codes, await catalogue_keys(info, sent))


async def catalogue_keys(info: Info, sent: dict[str, Any]) -> dict[str, list[int]]:
    """Keys of the catalogue by kind. Raises InvalidError, NotFoundError."""
    keys = {}
    for name, (kind, model) in CATALOGUE.items():
        if sent.get(name) is not None:
            rows = await info.find_many(model, sent[name], field_name=name)
            keys[kind] = [row.id for row in rows]
    return keys


def listing_changes(info: Info, given: VoucherChannelListingInput) -> tuple[list[ListingChange], list[int]]:
    """What a voucher shall be worth where, and the channels where it is nothing any more."""
    added = [
        ListingChange(
            info.key(one.channel_id, "Channel"),
            changes(one).get("discount_value"),
            changes(one).get("min_amount_spent"),
            sets_minimum="min_amount_spent" in changes(one),
        )
        for one in given.add_channels or ()
    ]
    return added, [info.key(channel_id, "Channel") for channel_id in given.remove_channels or ()]
