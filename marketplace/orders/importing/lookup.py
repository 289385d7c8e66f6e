"""Everything that imported orders name, found at once: one statement for each kind of row."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.apps.models import App
from marketplace.catalog.models import Product, ProductVariant
from marketplace.inventory.models import Warehouse
from marketplace.kit.errors import InvalidError
from marketplace.kit.ids import int_pk, uuid_pk
from marketplace.markets.models import Channel, ShippingMethod, ShippingMethodListing, TaxClass
from marketplace.orders.importing.plans import Given, Plan
from marketplace.orders.models import Order
from marketplace.people.models import User
from marketplace.pricing.gift_cards import GiftCard
from marketplace.pricing.vouchers import VoucherCode


@dataclass(frozen=True, slots=True)
class FoundVariant:
    """A variant, and what of its product a line needs."""

    id: int
    sku: str | None
    name: str
    product_name: str
    category_id: int | None
    vendor_id: int
    is_tracked: bool


@dataclass(slots=True)
class Known:
    """Rows by kind, by what they are named by, and by its value."""

    rows: dict[tuple[str, str, object], Any] = field(default_factory=dict)
    taken_references: set[str] = field(default_factory=set)
    parcel_prices: dict[tuple[int, int], int] = field(default_factory=dict)
    """Of shipping methods, by method and channel."""

    def keep(self, kind: str, by: str, rows: Iterable[tuple[object, Any]]) -> None:
        for value, row in rows:
            if value is not None:
                self.rows[kind, by, value] = row


NAMES: Mapping[str, Mapping[str, str]] = {
    "User": {"id": "id", "email": "email", "external_reference": "external_reference"},
    "note": {"user_id": "id", "user_email": "email", "user_external_reference": "external_reference"},
    "ProductVariant": {
        "variant_id": "id",
        "variant_external_reference": "external_reference",
        "variant_sku": "sku",
    },
}
"""Which fields of an input name a row, and by what."""


def find(plan: Plan, known: Known, kind: str, given: Given, names: Mapping[str, str], path: str) -> Any:
    """The row that one of some fields names. Takes note of none, of several, and of what does not exist."""
    said = {name: given[name] for name in names if given.get(name) is not None}
    if len(said) != 1:
        words = ", ".join(names)
        if said:
            plan.fault(f"Only one of [{words}] can be given.", "TOO_MANY_IDENTIFIERS", path)
        else:
            plan.fault(f"One of [{words}] must be given.", "REQUIRED", path)
        return None
    ((name, value),) = said.items()
    here = f"{path}.{name}" if path else name
    key: object = value
    if names[name] == "id":
        try:
            key = _key(kind, value)
        except InvalidError as refused:
            plan.fault(refused.message, "INVALID", here)
            return None
    elif names[name] == "email":
        key = str(value).lower()
    row = known.rows.get((kind, names[name], key))
    if row is None:
        plan.fault(f"There is no {kind} with {names[name]}={value}.", "NOT_FOUND", here)
    return row


def _key(kind: str, global_id: str) -> object:
    if kind == "Warehouse":
        return uuid_pk(global_id, kind)
    if kind == "ShippingMethod":
        try:
            return int_pk(global_id, "ShippingMethodType")
        except InvalidError:
            return int_pk(global_id, kind)
    return int_pk(global_id, kind)


async def look_up(session: AsyncSession, plans: Sequence[Plan]) -> Known:
    """Find all that the orders name."""
    known = Known()
    orders = [plan.given for plan in plans]
    lines = [line for order in orders for line in order.get("lines") or ()]
    parcel_lines = [
        line
        for order in orders
        for parcel in order.get("fulfillments") or ()
        for line in parcel.get("lines") or ()
    ]
    deliveries = [order["delivery_method"] for order in orders if order.get("delivery_method")]
    notes = [note for order in orders for note in order.get("notes") or ()]
    await _users(session, known, [order["user"] for order in orders], notes)
    for app in await _some(session, App, _keys("App", _said(notes, "app_id"))):
        known.keep("App", "id", [(app.id, app)])
    await _variants(session, known, [*lines, *parcel_lines])
    channels = await session.scalars(select(Channel).where(Channel.slug.in_(_said(orders, "channel"))))
    known.keep("Channel", "slug", [(channel.slug, channel) for channel in channels])
    warehouse_ids = _keys("Warehouse", _said([*lines, *parcel_lines], "warehouse"))
    for warehouse in await _some(session, Warehouse, warehouse_ids):
        known.keep("Warehouse", "id", [(warehouse.id, warehouse)])
    method_ids = _keys("ShippingMethod", _said(deliveries, "shipping_method_id"))
    for method in await _some(session, ShippingMethod, method_ids):
        known.keep("ShippingMethod", "id", [(method.id, method)])
    if method_ids:
        listings = await session.scalars(
            select(ShippingMethodListing).where(ShippingMethodListing.method_id.in_(method_ids))
        )
        known.parcel_prices = {(one.method_id, one.channel_id): one.parcel_price_minor for one in listings}
    tax_class_ids = _keys(
        "TaxClass", [*_said(lines, "tax_class_id"), *_said(deliveries, "shipping_tax_class_id")]
    )
    for tax_class in await _some(session, TaxClass, tax_class_ids):
        known.keep("TaxClass", "id", [(tax_class.id, tax_class)])
    await _codes(session, known, orders)
    references = _said(orders, "external_reference")
    if references:
        taken = await session.scalars(
            select(Order.external_reference).where(Order.external_reference.in_(references))
        )
        known.taken_references = {reference for reference in taken if reference is not None}
    return known


async def _users(
    session: AsyncSession, known: Known, customers: Sequence[Given], notes: Sequence[Given]
) -> None:
    ids = _keys("User", [*_said(customers, "id"), *_said(notes, "user_id")])
    emails = [str(email).lower() for email in (*_said(customers, "email"), *_said(notes, "user_email"))]
    references = [
        *_said(customers, "external_reference"),
        *_said(notes, "user_external_reference"),
    ]
    if not (ids or emails or references):
        return
    users = await session.scalars(
        select(User).where(
            or_(
                User.id.in_(ids),
                func.lower(User.email).in_(emails),
                User.external_reference.in_(references),
            )
        )
    )
    for user in users:
        known.keep("User", "id", [(user.id, user)])
        known.keep("User", "email", [(user.email.lower(), user)])
        known.keep("User", "external_reference", [(user.external_reference, user)])


async def _variants(session: AsyncSession, known: Known, lines: Sequence[Given]) -> None:
    ids = _keys("ProductVariant", _said(lines, "variant_id"))
    skus, references = _said(lines, "variant_sku"), _said(lines, "variant_external_reference")
    if not (ids or skus or references):
        return
    rows = await session.execute(
        select(
            ProductVariant.external_reference,
            ProductVariant.id,
            ProductVariant.sku,
            ProductVariant.name,
            Product.name,
            Product.category_id,
            Product.vendor_id,
            ProductVariant.track_inventory,
        )
        .join(Product, Product.id == ProductVariant.product_id)
        .where(
            or_(
                ProductVariant.id.in_(ids),
                ProductVariant.sku.in_(skus),
                ProductVariant.external_reference.in_(references),
            )
        )
    )
    for reference, key, sku, name, product_name, category_id, vendor_id, is_tracked in rows:
        variant = FoundVariant(key, sku, name, product_name, category_id, vendor_id, is_tracked)
        known.keep("ProductVariant", "id", [(variant.id, variant)])
        known.keep("ProductVariant", "sku", [(variant.sku, variant)])
        known.keep("ProductVariant", "external_reference", [(reference, variant)])


async def _codes(session: AsyncSession, known: Known, orders: Sequence[Given]) -> None:
    vouchers = _said(orders, "voucher_code")
    if vouchers:
        found = await session.scalars(select(VoucherCode).where(VoucherCode.code.in_(vouchers)))
        known.keep("Voucher", "code", [(code.code, code.voucher_id) for code in found])
    cards = [code for order in orders for code in order.get("gift_cards") or ()]
    if cards:
        found_cards = await session.scalars(select(GiftCard).where(GiftCard.code.in_(cards)))
        known.keep("GiftCard", "code", [(card.code, card) for card in found_cards])


async def _some(session: AsyncSession, model: Any, keys: Sequence[object]) -> Sequence[Any]:
    if not keys:
        return []
    found = await session.scalars(select(model).where(model.id.in_(keys)))
    return found.all()


def _said(inputs: Iterable[Given], name: str) -> list[Any]:
    return [given[name] for given in inputs if given.get(name) is not None]


def _keys(kind: str, global_ids: Iterable[str]) -> list[Any]:
    """Those ids that may be of a row of the kind; the others are told where they stand."""
    keys: list[int | UUID | object] = []
    for global_id in global_ids:
        try:
            keys.append(_key(kind, global_id))
        except InvalidError:
            continue
    return keys
