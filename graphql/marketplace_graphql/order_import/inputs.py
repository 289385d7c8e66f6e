"""Orders as another system knows them."""

from typing import TYPE_CHECKING, Any

from strawberry import ID

from marketplace.orders.importing.stocks import StockUpdatePolicy
from marketplace.orders.models import OrderStatus
from marketplace_graphql.checkout.inputs import postal_address
from marketplace_graphql.inputs import MetadataInput
from marketplace_graphql.kernel import (
    DateTime,
    PositiveDecimal,
    WeightScalar,
    changes,
    enum,
    input_type,
)
from marketplace_graphql.languages import LanguageCodeEnum
from marketplace_graphql.order_editing.inputs import OrderDiscountCommonInput
from marketplace_graphql.payments.inputs import TransactionCreateInput
from marketplace_graphql.pricing.discounts import DiscountValueTypeEnum

if TYPE_CHECKING:
    from marketplace_graphql.people.inputs import AddressInput

StockUpdatePolicyEnum = enum(StockUpdatePolicy, name="StockUpdatePolicyEnum")


@input_type
class TaxedMoneyInput:
    """A price with its tax and without."""

    gross: PositiveDecimal
    net: PositiveDecimal


@input_type
class OrderBulkCreateUserInput:
    """Who bought it: named in one of these ways. An e-mail address may be nobody's account."""

    id: ID | None
    email: str | None
    external_reference: str | None


@input_type
class OrderBulkCreateNoteInput:
    """A note that staff kept with it."""

    message: str
    """At most 255 characters."""
    date: DateTime | None
    """When it was written: now, if nothing is said."""
    user_id: ID | None
    user_email: ID | None
    user_external_reference: ID | None
    app_id: ID | None
    """The app that wrote it."""


@input_type
class OrderBulkCreateOrderLineInput:
    """What was bought: a variant, named in one of three ways, or what it was called, where it is unknown."""

    variant_id: ID | None
    variant_sku: str | None
    variant_external_reference: str | None
    variant_name: str | None
    product_name: str | None
    product_sku: str | None
    translated_variant_name: str | None
    translated_product_name: str | None
    created_at: DateTime
    is_shipping_required: bool
    is_gift_card: bool
    """Says nothing here: what is a gift card is said by its product's type."""
    quantity: int
    total_price: TaxedMoneyInput
    """Of all pieces, after discounts."""
    undiscounted_total_price: TaxedMoneyInput
    """Of all pieces, before discounts."""
    unit_discount_reason: str | None
    unit_discount_type: DiscountValueTypeEnum | None
    unit_discount_value: PositiveDecimal | None
    warehouse: ID
    """Where its pieces lay."""
    metadata: list[MetadataInput] | None
    private_metadata: list[MetadataInput] | None
    tax_rate: PositiveDecimal | None
    """As a fraction: 0.2 is 20 %. Left out, it is what the prices make it."""
    tax_class_id: ID | None
    tax_class_name: str | None
    tax_class_metadata: list[MetadataInput] | None
    """What everybody may read of its tax class: what is kept of that today, if it is left out."""
    tax_class_private_metadata: list[MetadataInput] | None
    """What only staff may read of its tax class."""


@input_type
class OrderBulkCreateDeliveryMethodInput:
    """How it travelled."""

    shipping_method_id: ID | None
    shipping_method_name: str | None
    shipping_price: TaxedMoneyInput | None
    """For all parcels; left out, what the method costs a parcel."""
    shipping_tax_rate: PositiveDecimal | None
    shipping_tax_class_id: ID | None
    shipping_tax_class_name: str | None
    shipping_tax_class_metadata: list[MetadataInput] | None
    """What everybody may read of its tax class: what is kept of that today, if it is left out."""
    shipping_tax_class_private_metadata: list[MetadataInput] | None
    """What only staff may read of its tax class."""


@input_type
class OrderBulkCreateFulfillmentLineInput:
    """Pieces of a line that had left."""

    variant_id: ID | None
    variant_sku: str | None
    variant_external_reference: str | None
    quantity: int
    warehouse: ID
    order_line_index: int
    """Which of the order's lines it is, from 0."""


@input_type
class OrderBulkCreateFulfillmentInput:
    """Pieces that had left together."""

    tracking_code: str | None
    lines: list[OrderBulkCreateFulfillmentLineInput] | None


@input_type
class OrderBulkCreateInvoiceInput:
    """An invoice that was made."""

    created_at: DateTime
    number: str | None
    url: str | None
    metadata: list[MetadataInput] | None
    private_metadata: list[MetadataInput] | None


@input_type
class OrderBulkCreateInput:
    """An order that was placed elsewhere."""

    external_reference: str | None
    channel: str
    """Its slug."""
    created_at: DateTime
    status: OrderStatus | None
    """Left out, it is what its fulfilments make it."""
    user: OrderBulkCreateUserInput
    billing_address: "AddressInput"
    shipping_address: "AddressInput | None"
    currency: str
    metadata: list[MetadataInput] | None
    private_metadata: list[MetadataInput] | None
    customer_note: str | None
    notes: list[OrderBulkCreateNoteInput] | None
    language_code: LanguageCodeEnum
    display_gross_prices: bool | None
    """Whether its prices are to be shown with tax."""
    weight: WeightScalar | None
    redirect_url: str | None
    lines: list[OrderBulkCreateOrderLineInput]
    delivery_method: OrderBulkCreateDeliveryMethodInput | None
    gift_cards: list[str] | None
    """Codes of cards that paid for some of it; nothing is taken off them."""
    voucher_code: str | None
    discounts: list[OrderDiscountCommonInput] | None
    """What had made it cheaper: its lines' prices are after it."""
    fulfillments: list[OrderBulkCreateFulfillmentInput] | None
    transactions: list[TransactionCreateInput] | None
    invoices: list[OrderBulkCreateInvoiceInput] | None


def order_given(given: OrderBulkCreateInput) -> dict[str, Any]:
    """What was sent of an order, by the names of its fields."""
    sent = changes(given)
    sent["language_code"] = given.language_code.value
    sent["unchecked"] = set()
    for kind in ("billing", "shipping"):
        address = getattr(given, f"{kind}_address")
        if address:
            sent[f"{kind}_address"] = postal_address(address)
            if address.skip_validation is True:
                sent["unchecked"].add(kind)
        else:
            sent.pop(f"{kind}_address", None)
    return sent
