"""What an app without a subscription is told that works out taxes: Saleor's older payload, which some such
apps still go by. It is read like any other, by a document of our own, and told under the older names.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import Api, Requester
from marketplace_graphql.kernel.subscriptions import subscription, told

CALCULATE_TAXES = "CalculateTaxes"
ADDRESS_NAMES = {
    "firstName": "first_name",
    "lastName": "last_name",
    "companyName": "company_name",
    "streetAddress1": "street_address_1",
    "streetAddress2": "street_address_2",
    "city": "city",
    "cityArea": "city_area",
    "postalCode": "postal_code",
    "countryArea": "country_area",
    "phone": "phone",
}
_VARIANT = "variant { id product { metafields productType { metafields } } }"
DOCUMENT = f"""subscription {{ event {{ ... on CalculateTaxes {{ taxBase {{
  pricesEnteredWithTax currency channel {{ id slug currencyCode }} shippingPrice {{ amount }}
  address {{ id {" ".join(ADDRESS_NAMES)} country {{ code }} }}
  discounts {{ name amount {{ amount }} }}
  sourceObject {{ __typename
    ... on Checkout {{ id metafields user {{ id metafields }} delivery {{ shippingMethod {{ name }} }} }}
    ... on Order {{ id metafields user {{ id metafields }} shippingMethodName }} }}
  lines {{ quantity chargeTaxes productName variantName productSku
    unitPrice {{ amount }} totalPrice {{ amount }}
    sourceLine {{ __typename
      ... on CheckoutLine {{ id ofCheckout: {_VARIANT} }} ... on OrderLine {{ id ofOrder: {_VARIANT} }} }} }}
}} }} }} }}"""


async def older_payloads(
    session: AsyncSession, api: Api, things: Sequence[Mapping[str, Any]], requester: Requester
) -> list[list[dict[str, Any]] | None]:
    """One list of one object for each thing that is taxed. Whose it is is told, too, as Saleor does."""
    reads = replace(requester, permissions=requester.permissions | {Permission.MANAGE_USERS})
    found = await told(api, subscription(api, DOCUMENT), CALCULATE_TAXES, things, reads, session)
    return [None if each is None else [_source(each["taxBase"])] for each in found]


def _source(base: Mapping[str, Any]) -> dict[str, Any]:
    source, channel = base["sourceObject"], base["channel"]
    lines = [_line(line) for line in base["lines"]]
    discounts = [{"name": each["name"], "amount": _text(each["amount"])} for each in base["discounts"]]
    method = (source.get("delivery") or {}).get("shippingMethod") or {}
    user, shipping = source["user"] or {}, _text(base["shippingPrice"])
    return {
        "type": source["__typename"],
        "id": source["id"],
        "currency": base["currency"],
        "channel": {
            "type": "Channel",
            "id": channel["id"],
            "slug": channel["slug"],
            "currency_code": channel["currencyCode"],
        },
        "address": _address(base["address"]),
        "user_id": user.get("id"),
        "user_public_metadata": user.get("metafields") or {},
        "included_taxes_in_prices": base["pricesEnteredWithTax"],
        "total_amount": str(sum(Decimal(each["total_amount"]) for each in lines) + Decimal(shipping)),
        "shipping_amount": shipping,
        "shipping_name": method.get("name") or source.get("shippingMethodName"),
        "discounts": discounts,
        "lines": lines,
        "metadata": source["metafields"] or {},
    }


def _line(line: Mapping[str, Any]) -> dict[str, Any]:
    source = line["sourceLine"]
    variant = source.get("ofCheckout") or source.get("ofOrder")
    product = variant["product"] if variant else {"metafields": {}, "productType": {"metafields": {}}}
    names = [line["productName"], line["variantName"]]
    return {
        "type": source["__typename"],
        "id": source["id"],
        "sku": line["productSku"],
        "variant_id": variant["id"] if variant else None,
        "quantity": line["quantity"],
        "charge_taxes": line["chargeTaxes"],
        "full_name": f"{names[0]} ({names[1]})" if names[1] else names[0],
        "product_name": names[0],
        "variant_name": names[1],
        "product_metadata": product["metafields"] or {},
        "product_type_metadata": product["productType"]["metafields"] or {},
        "unit_amount": _text(line["unitPrice"]),
        "total_amount": _text(line["totalPrice"]),
    }


def _address(address: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if address is None:
        return None
    known = {older: address[name] for name, older in ADDRESS_NAMES.items()}
    return {"type": "Address", "id": address["id"], **known, "country": address["country"]["code"]}


def _text(amount: Mapping[str, Any]) -> str:
    """Amounts are texts in these payloads."""
    return str(amount["amount"])
