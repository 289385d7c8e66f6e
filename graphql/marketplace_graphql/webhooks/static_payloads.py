"""What apps without a subscription are told when they are asked how something can travel: Saleor's older
payloads, as far as carriers need them, read by documents of our own as the app may read.
"""

from collections.abc import Mapping
from typing import Any

from marketplace.checkout.shipping_answers import FILTER, FILTER_OF_ORDER, LIST

_ADDRESS = """
fragment Address on Address {
  id first_name: firstName last_name: lastName company_name: companyName street_address_1: streetAddress1
  street_address_2: streetAddress2 city city_area: cityArea postal_code: postalCode
  country: country { code } country_area: countryArea phone }
"""
_CHECKOUT = """
  id token last_change: lastChange created language_code: languageCode email quantity
  metadata: metafields channel { id slug currency_code: currencyCode }
  billing_address: billingAddress { ...Address } shipping_address: shippingAddress { ...Address }
  lines { id quantity variant { id sku name product { id name } }
    unit_price: unitPrice { gross { amount currency } } }
"""
_ORDER = """
  id created language_code: languageCodeEnum metadata: metafields
  channel { id slug currency_code: currencyCode }
  shipping_address: shippingAddress { ...Address } billing_address: billingAddress { ...Address }
  shipping_method_name: shippingMethodName
  lines { id quantity product_name: productName variant_name: variantName product_sku: productSku
    unit_price: unitPrice { gross { amount currency } } }
"""
_METHODS = """
  shipping_methods: shippingMethods { id name price { amount currency }
    minimum_order_weight: minimumOrderWeight { unit value }
    maximum_order_weight: maximumOrderWeight { unit value }
    minimum_delivery_days: minimumDeliveryDays maximum_delivery_days: maximumDeliveryDays }
"""


def _document(type_name: str, selection: str) -> str:
    return f"subscription {{ event {{ ... on {type_name} {{ {selection} }} }} }} {_ADDRESS}"


DOCUMENTS = {
    LIST: _document("ShippingListMethodsForCheckout", f"checkout {{ {_CHECKOUT} }}"),
    FILTER: _document("CheckoutFilterShippingMethods", f"checkout {{ {_CHECKOUT} }} {_METHODS}"),
    FILTER_OF_ORDER: _document("OrderFilterShippingMethods", f"order {{ {_ORDER} }} {_METHODS}"),
}
"""By event; of all others only the row is named (`payloads.bare`)."""


def shaped(event: str, told: Mapping[str, Any], meta: Mapping[str, Any]) -> Any:
    """What a document has told, in the frame of Saleor's payload."""
    name = "order" if event == FILTER_OF_ORDER else "checkout"
    subject = {"type": name.capitalize(), **_flat(told[name]), "meta": meta}
    if event == LIST:
        return [subject]
    return {name: subject, "shipping_methods": [_method(each) for each in told["shipping_methods"] or ()]}


def _flat(subject: Mapping[str, Any]) -> dict[str, Any]:
    lines = [
        {**line, "base_price": price["gross"]["amount"], "currency": price["gross"]["currency"]}
        for each in subject["lines"]
        for line in [dict(each)]
        for price in [line.pop("unit_price")]
    ]
    addresses = {
        name: address and {**address, "country": address["country"]["code"]}
        for name in ("shipping_address", "billing_address")
        for address in [subject[name]]
    }
    return {**subject, **addresses, "lines": lines}


def _method(method: Mapping[str, Any]) -> dict[str, Any]:
    return {**method, "price": method["price"]["amount"], "currency": method["price"]["currency"]}
