"""What stays absent of Saleor's contract, and why."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Absent:
    """Elements of the contract that are not there on purpose."""

    why: str
    names: Sequence[str]


ABSENT_ON_PURPOSE = (
    Absent(
        "Plugins are Python inside Saleor's own server. Apps do here what they did.",
        ("Query.plugin", "Query.plugins", "Mutation.pluginUpdate", "Plugin"),
    ),
    Absent(
        "Nothing is fetched by its buyer: sellers send everything, each from store rooms of its own, and an "
        "order of several sellers has no room in common.",
        (
            "OrderBulkCreateDeliveryMethodInput.warehouseId",
            "OrderBulkCreateDeliveryMethodInput.warehouseName",
        ),
    ),
    Absent(
        "Weights are told in kilograms, and a bare number is taken for kilograms: with a unit to choose, "
        "what clients have sent for years would weigh something else.",
        ("ShopSettingsInput.defaultWeightUnit",),
    ),
    Absent(
        "An address keeps the parts that its country uses, as by default in Saleor: carriers' labels are "
        "made of them. Staff may still write one as it is, with `skipValidation`.",
        ("ShopSettingsInput.preserveAllAddressFields",),
    ),
    Absent(
        "They bring back what older Saleors did, for shops that come from there. This one never did it.",
        (
            "ShopSettingsInput.useLegacyShippingZoneStockAvailability",
            "ShopSettingsInput.useLegacyUpdateWebhookEmission",
            "Shop.useLegacyUpdateWebhookEmission",
        ),
    ),
    Absent(
        "Each channel says so itself: `taxConfigurationUpdate`. Delivery has a tax class of its own.",
        (
            "ShopSettingsInput.includeTaxesInPrices",
            "ShopSettingsInput.displayGrossPrices",
            "ShopSettingsInput.chargeTaxesOnShipping",
        ),
    ),
    Absent(
        "No gateway of this house keeps a balance, and Saleor asks apps for none: only its plugins did. It "
        "would take whole card numbers through this server. `giftCard` tells what is left on a gift card.",
        ("Mutation.paymentCheckBalance", "PaymentCheckBalance", "PaymentCheckBalanceInput", "CardInput"),
    ),
    Absent("Rates are data, each with the day from which it holds.", ("Mutation.shopFetchTaxRates",)),
    Absent(
        "There are no preorders: what is made to order says how many days it takes.",
        ("Mutation.productVariantPreorderDeactivate",),
    ),
    Absent(
        "Letters to people are written here. Apps are told of what happens by webhooks.",
        ("Mutation.externalNotificationTrigger",),
    ),
)
