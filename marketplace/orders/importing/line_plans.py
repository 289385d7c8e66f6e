"""Lines of imported orders, and the parcels that had left."""

from decimal import Decimal
from uuid import uuid4

from marketplace.checkout.totals import unit_of
from marketplace.kit.money import BASIS_POINTS, Money, to_minor
from marketplace.orders.importing.lookup import NAMES, FoundVariant, Known, find
from marketplace.orders.importing.plans import (
    Given,
    LinePlan,
    ParcelPlan,
    Plan,
    entries,
    is_past,
    said_of_tax_class,
)
from marketplace.pricing.discounts import DiscountValueType

MAXIMUM_AMOUNT = Decimal(10**11)
MAXIMUM_PIECES = 1_000_000


def plan_line(plan: Plan, known: Known, given: Given, index: int) -> LinePlan | None:
    """A line's row; None, and what is wrong, where it can't be one."""
    path = f"lines.{index}"
    told = len(plan.errors)
    variant: FoundVariant | None = find(plan, known, "ProductVariant", given, NAMES["ProductVariant"], path)
    if variant is None and given.get("product_name"):
        _forgive(plan, told)  # It is not sold here any more; what it was called is said.
    if variant is None and len(plan.errors) > told:
        return None
    if variant is None and not given.get("product_name"):
        plan.fault("Name the product where there is no variant.", "REQUIRED", path)
        return None
    warehouse = find(plan, known, "Warehouse", given, {"warehouse": "id"}, path)
    if warehouse is None:
        return None
    vendor_id = variant.vendor_id if variant else warehouse.vendor_id
    if vendor_id is None:
        plan.fault("Whose it was, neither product nor store room says.", "INVALID", path)
        return None
    amounts = _amounts(plan, given, path)
    if amounts is None:
        return None
    if not is_past(given["created_at"]):
        plan.fault("It can't have been added in the future.", "FUTURE_DATE", f"{path}.created_at")
    tax_class = None
    if given.get("tax_class_id"):
        tax_class = find(plan, known, "TaxClass", given, {"tax_class_id": "id"}, path)
    gross, net, before_gross, before_net = amounts
    quantity = given["quantity"]
    row = {
        "id": uuid4(),
        "order_id": plan.id,
        "variant_id": variant.id if variant else None,
        "category_id": variant.category_id if variant else None,
        "position": index + 1,
        "product_name": given.get("product_name") or (variant.product_name if variant else ""),
        "variant_name": given.get("variant_name") or (variant.name if variant else ""),
        "translated_product_name": given.get("translated_product_name") or "",
        "translated_variant_name": given.get("translated_variant_name") or "",
        "product_sku": given.get("product_sku") or (variant.sku if variant else None),
        "picture_path": None,
        "is_shipping_required": given["is_shipping_required"],
        "lead_time_days": None,
        "quantity": quantity,
        "currency": plan.currency,
        "tax_rate_bp": _rate_bp(given.get("tax_rate"), gross, net),
        "tax_class_id": tax_class.id if tax_class else None,
        "tax_class_name": given.get("tax_class_name") or (tax_class.name if tax_class else None),
        "tax_class_said": said_of_tax_class(plan, given, "tax_class_", path),
        "is_price_overridden": False,
        "price_override_reason": None,
        "unit_gross_minor": unit_of(gross, quantity),
        "unit_net_minor": unit_of(net, quantity),
        "undiscounted_unit_gross_minor": unit_of(before_gross, quantity),
        "undiscounted_unit_net_minor": unit_of(before_net, quantity),
        "total_gross_minor": gross,
        "total_net_minor": net,
        "metadata": entries(plan, given.get("metadata"), f"{path}.metadata"),
        "private_metadata": entries(plan, given.get("private_metadata"), f"{path}.private_metadata"),
    } | _discount(plan, given, unit_of(before_gross, quantity) - unit_of(gross, quantity))
    return LinePlan(
        row,
        vendor_id,
        variant.id if variant else None,
        warehouse.id,
        is_tracked=variant is None or variant.is_tracked,
        quantity=quantity,
        undiscounted_gross_minor=before_gross,
        undiscounted_net_minor=before_net,
    )


def _forgive(plan: Plan, told: int) -> None:
    """Forget that a variant was not named, or is not there."""
    if len(plan.errors) > told and plan.errors[told].code in {"REQUIRED", "NOT_FOUND"}:
        del plan.errors[told]


def _amounts(plan: Plan, given: Given, path: str) -> tuple[int, int, int, int] | None:
    """What a line came to, with tax and without; and what it would have before discounts."""
    total, before = given["total_price"], given["undiscounted_total_price"]
    faults = len(plan.errors)
    if not 1 <= given["quantity"] <= MAXIMUM_PIECES:
        plan.fault("From one piece on.", "INVALID_QUANTITY", f"{path}.quantity")
    if total["gross"] < total["net"]:
        message = "Without tax it can't cost more than with it."
        plan.fault(message, "PRICE_ERROR", f"{path}.total_price")
    if before["gross"] < before["net"] or max(before["gross"], total["gross"]) > MAXIMUM_AMOUNT:
        message = "Without tax it can't cost more than with it."
        plan.fault(message, "PRICE_ERROR", f"{path}.undiscounted_total_price")
    elif before["gross"] < total["gross"] or before["net"] < total["net"]:
        message = "It can't have cost more than before discounts."
        plan.fault(message, "PRICE_ERROR", f"{path}.undiscounted_total_price")
    if len(plan.errors) > faults:
        return None
    gross, net, before_gross, before_net = (
        to_minor(amount, plan.currency)
        for amount in (total["gross"], total["net"], before["gross"], before["net"])
    )
    return gross, net, before_gross, before_net


def _rate_bp(rate: Decimal | None, gross_minor: int, net_minor: int) -> int:
    if rate is not None:
        return round(min(rate, Decimal(1)) * BASIS_POINTS)
    return (gross_minor - net_minor) * BASIS_POINTS // net_minor if net_minor else 0


def _discount(plan: Plan, given: Given, off_minor: int) -> dict[str, object]:
    """What one piece was reduced by: as it is said, or as the prices say."""
    said, value = given.get("unit_discount_type"), given.get("unit_discount_value")
    amount = Money(off_minor, plan.currency).amount
    default_type = DiscountValueType.FIXED if off_minor else None
    return {
        "unit_discount_minor": off_minor,
        "unit_discount_value": str(amount if value is None else min(value, MAXIMUM_AMOUNT)),
        "unit_discount_type": default_type if said is None else DiscountValueType(said.value),
        "unit_discount_reason": given.get("unit_discount_reason"),
        "voucher_code": None,
        "is_gift": False,
        "promotion_id": None,
    }


def plan_parcel(plan: Plan, known: Known, given: Given, index: int) -> ParcelPlan | None:
    """Pieces that had left together; None, and what is wrong, where that can't be."""
    parcel = ParcelPlan(given.get("tracking_code") or "")
    for number, line in enumerate(given.get("lines") or ()):
        path = f"fulfillments.{index}.lines.{number}"
        bought = _line_of(plan, known, line, path)
        if bought is None:
            return None
        quantity = line["quantity"]
        if not 1 <= quantity <= MAXIMUM_PIECES:
            plan.fault("From one piece on.", "INVALID_QUANTITY", f"{path}.quantity")
            return None
        bought.fulfilled += quantity
        parcel.pieces.append((bought, quantity))
    return parcel


def _line_of(plan: Plan, known: Known, given: Given, path: str) -> LinePlan | None:
    """The line that a parcel's line is of, which has to fit it."""
    told = len(plan.errors)
    variant: FoundVariant | None = find(plan, known, "ProductVariant", given, NAMES["ProductVariant"], path)
    place = given["order_line_index"]
    if place < 0:
        plan.fault("Lines are counted from 0.", "NEGATIVE_INDEX", f"{path}.order_line_index")
        return None
    if place >= len(plan.lines):
        plan.fault("There is no such line.", "NO_RELATED_ORDER_LINE", f"{path}.order_line_index")
        return None
    line = plan.lines[place]
    if variant is None and line.variant_id is None:
        _forgive(plan, told)
    warehouse = find(plan, known, "Warehouse", given, {"warehouse": "id"}, path)
    if warehouse is None or len(plan.errors) > told:
        return None
    mismatch = "ORDER_LINE_FULFILLMENT_LINE_MISMATCH"
    if warehouse.id != line.warehouse_id:
        plan.fault("The line has another store room.", mismatch, f"{path}.warehouse")
        return None
    if (variant.id if variant else None) != line.variant_id:
        plan.fault("The line has another variant.", mismatch, f"{path}.variant_id")
        return None
    return line
