"""What an imported order says is checked, and made rows of. Pure: all that it names has been found."""

from typing import Any
from urllib.parse import urlsplit

from marketplace.kit import acting, clock
from marketplace.kit.errors import DomainError, Errors
from marketplace.kit.jobs import JobStatus
from marketplace.kit.money import BASIS_POINTS, Money, percentage, to_minor
from marketplace.markets.models import Channel
from marketplace.orders.importing.line_plans import MAXIMUM_AMOUNT, plan_line, plan_parcel
from marketplace.orders.importing.lookup import NAMES, Known, find
from marketplace.orders.importing.plans import Given, Plan, entries, is_past, said_of_tax_class
from marketplace.orders.models import OrderOrigin, OrderStatus
from marketplace.people.addresses import PostalAddress, checked_address
from marketplace.pricing.discounts import DiscountType, DiscountValueType
from marketplace.pricing.reductions import reduction_minor

MAXIMUM_LINES = 500
NOTE_LENGTH = 255
MAXIMUM_GRAMS = 10**9
OPEN_OR_DONE = frozenset({OrderStatus.UNFULFILLED, OrderStatus.PARTIALLY_FULFILLED, OrderStatus.FULFILLED})
IMPORTED = OPEN_OR_DONE | {OrderStatus.UNCONFIRMED, OrderStatus.CANCELED, OrderStatus.EXPIRED}
"""What comes back, or is a draft, is worked on where it is."""


def check(plan: Plan, known: Known, references: set[str]) -> None:
    """Make a plan of what is given. `references` are those of the orders before it in the same import."""
    given = plan.given
    _check_head(plan, known, references)
    channel = find(plan, known, "Channel", given, {"channel": "slug"}, "")
    if channel is not None and channel.currency_code.lower() != given["currency"].lower():
        plan.fault("The channel has another currency.", "INCORRECT_CURRENCY", "currency", is_fatal=True)
    if channel is None or plan.is_lost:
        plan.is_lost = True
        return
    plan.currency = channel.currency_code
    for step in (_check_people, _check_lines, _check_parcels):
        if not plan.is_lost:
            step(plan, known)
    if not plan.is_lost:
        _check_delivery(plan, known, channel)
    if not plan.is_lost:
        _check_notes(plan, known)
        _check_invoices(plan)
        _check_codes(plan, known)
        _check_status(plan)
        _fill(plan, channel)
        _check_discounts(plan)


def _check_head(plan: Plan, known: Known, references: set[str]) -> None:
    given = plan.given
    plan.errors += given.get("faults", ())  # What was wrong before it came here.
    if not is_past(given["created_at"]):
        plan.fault("It can't have been placed in the future.", "FUTURE_DATE", "created_at")
    weight = given.get("weight")
    if weight is not None and not 0 <= weight <= MAXIMUM_GRAMS:
        plan.fault("Nothing weighs that.", "INVALID", "weight")
        weight = None
    plan.weight_grams = round(weight) if weight else 0
    reference = given.get("external_reference")
    if reference and (reference in known.taken_references or reference in references):
        plan.fault("Another order has this reference.", "UNIQUE", "external_reference", is_fatal=True)
    if reference:
        references.add(reference)


def _check_people(plan: Plan, known: Known) -> None:
    given, told = plan.given, len(plan.errors)
    user = find(plan, known, "User", given["user"], NAMES["User"], "user")
    email = given["user"].get("email")
    if user is None and email and plan.errors[told].code == "NOT_FOUND":
        plan.errors.pop()  # Who is not known here may have bought there.
    plan.order |= {"user_id": user.id if user else None, "user_email": user.email if user else email or ""}
    for kind in ("billing", "shipping"):
        address: PostalAddress | None = given.get(f"{kind}_address")
        if address is None:
            continue
        try:
            checked = address if kind in given["unchecked"] else checked_address(address)
        except (DomainError, Errors):
            plan.fault(f"This is no {kind} address.", "INVALID", f"{kind}_address")
            plan.is_lost = plan.is_lost or kind == "billing"
            continue
        setattr(plan, f"{kind}_address", checked)


def _check_lines(plan: Plan, known: Known) -> None:
    lines = plan.given["lines"]
    if not lines or len(lines) > MAXIMUM_LINES:
        plan.fault(f"An order has from 1 to {MAXIMUM_LINES} lines.", "INVALID", "lines", is_fatal=True)
        return
    for index, line in enumerate(lines):
        made = plan_line(plan, known, line, index)
        if made is None:
            plan.is_lost = True
        else:
            plan.lines.append(made)


def _check_parcels(plan: Plan, known: Known) -> None:
    for index, parcel in enumerate(plan.given.get("fulfillments") or ()):
        made = plan_parcel(plan, known, parcel, index)
        if made is None:
            plan.is_lost = True
        elif made.pieces:
            plan.parcels.append(made)
    for index, line in enumerate(plan.lines):
        if line.fulfilled > line.quantity:
            plan.fault(
                "More pieces left than were bought.", "INVALID_QUANTITY", f"lines.{index}", is_fatal=True
            )


def _check_delivery(plan: Plan, known: Known, channel: Channel) -> None:
    """How it travelled, at what price. Where nothing was shipped, nothing is asked."""
    columns: dict[str, Any] = {
        "shipping_method_id": None,
        "shipping_method_name": None,
        "shipping_tax_class_id": None,
        "shipping_tax_class_name": None,
        "shipping_tax_class_said": None,
        "shipping_tax_rate_bp": 0,
    }
    plan.order |= columns
    if not any(line["is_shipping_required"] for line in plan.given["lines"]):
        return
    given: Given = plan.given.get("delivery_method") or {}
    method = None
    if given.get("shipping_method_id"):
        names = {"shipping_method_id": "id"}
        method = find(plan, known, "ShippingMethod", given, names, "delivery_method")
    if method is None:
        plan.fault("Say how it travelled.", "REQUIRED", "delivery_method", is_fatal=True)
        return
    tax_class = None
    if given.get("shipping_tax_class_id"):
        names = {"shipping_tax_class_id": "id"}
        tax_class = find(plan, known, "TaxClass", given, names, "delivery_method")
    rate_bp = _rate_bp(given.get("shipping_tax_rate"))
    gross, net = _delivery_price(plan, known, channel, method.id, rate_bp)
    plan.shipping_gross_minor, plan.shipping_net_minor = gross, net
    if given.get("shipping_tax_rate") is None and net:
        rate_bp = (gross - net) * BASIS_POINTS // net
    plan.order |= {
        "shipping_method_id": method.id,
        "shipping_method_name": given.get("shipping_method_name") or method.name,
        "shipping_tax_class_id": tax_class.id if tax_class else None,
        "shipping_tax_class_name": given.get("shipping_tax_class_name") or (tax_class and tax_class.name),
        "shipping_tax_class_said": said_of_tax_class(plan, given, "shipping_tax_class_", "delivery_method"),
        "shipping_tax_rate_bp": rate_bp,
    }


def _delivery_price(
    plan: Plan, known: Known, channel: Channel, method_id: int, rate_bp: int
) -> tuple[int, int]:
    """As it is said, or else as the method costs one parcel in the channel."""
    price = (plan.given.get("delivery_method") or {}).get("shipping_price")
    if price is None:
        net_minor = known.parcel_prices.get((method_id, channel.id), 0)
        return net_minor + percentage(net_minor, rate_bp), net_minor
    if max(price["gross"], price["net"]) > MAXIMUM_AMOUNT or price["gross"] < price["net"]:
        plan.fault(
            "Without tax it can't cost more than with it.",
            "PRICE_ERROR",
            "delivery_method.shipping_price",
            is_fatal=True,
        )
        return 0, 0
    return to_minor(price["gross"], plan.currency), to_minor(price["net"], plan.currency)


def _rate_bp(rate: Any) -> int:
    """A fraction as basis points."""
    return 0 if rate is None else round(min(rate, 1) * BASIS_POINTS)


def _check_notes(plan: Plan, known: Known) -> None:
    for index, given in enumerate(plan.given.get("notes") or ()):
        path = f"notes.{index}"
        if len(given["message"]) > NOTE_LENGTH:
            plan.fault(f"At most {NOTE_LENGTH} characters.", "NOTE_LENGTH", f"{path}.message")
            continue
        at = given.get("date") or clock.now()
        if not is_past(at):
            plan.fault("It can't have been written in the future.", "FUTURE_DATE", f"{path}.date")
            at = clock.now()
        names = NAMES["note"]
        named = any(given.get(name) is not None for name in names)
        user = find(plan, known, "User", given, names, path) if named else None
        is_apps = given.get("app_id") is not None
        app = find(plan, known, "App", given, {"app_id": "id"}, path) if is_apps else None
        plan.notes.append(
            {
                "order_id": plan.id,
                "type": "NOTE_ADDED",
                "at": at,
                "user_id": user.id if user else None,
                "app_id": app.id if app else acting.app_id(),
                "parameters": {"message": given["message"]},
            }
        )


def _check_invoices(plan: Plan) -> None:
    for index, given in enumerate(plan.given.get("invoices") or ()):
        path, at, url = f"invoices.{index}", given["created_at"], given.get("url")
        if not is_past(at):
            plan.fault("It can't have been made in the future.", "FUTURE_DATE", f"{path}.created_at")
            at = clock.now()
        if url and not is_web_address(url):
            plan.fault("This is no web address.", "INVALID", f"{path}.url")
            url = None
        plan.invoices.append(
            {
                "order_id": plan.id,
                "status": JobStatus.SUCCESS,
                "number": given.get("number"),
                "url": url,
                "message": None,
                "metadata": entries(plan, given.get("metadata"), f"{path}.metadata"),
                "private_metadata": entries(plan, given.get("private_metadata"), f"{path}.private_metadata"),
                "created_at": at,
                "updated_at": at,
            }
        )


def is_web_address(url: str) -> bool:
    """Whether a browser can open it."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not any(map(str.isspace, url))


def _check_codes(plan: Plan, known: Known) -> None:
    voucher_id = None
    code = plan.given.get("voucher_code")
    if code:
        voucher_id = find(plan, known, "Voucher", plan.given, {"voucher_code": "code"}, "")
    plan.order |= {"voucher_id": voucher_id, "voucher_code": code if voucher_id else None}
    for index, card_code in enumerate(plan.given.get("gift_cards") or ()):
        card = known.rows.get(("GiftCard", "code", card_code))
        if card is None or card.currency != plan.currency:
            plan.fault("There is no such gift card.", "NOT_FOUND", f"gift_cards.{index}")
        elif card.id not in plan.gift_card_ids:
            plan.gift_card_ids.append(card.id)


def _check_status(plan: Plan) -> None:
    """What is said of the whole has to fit the parcels; left out, it is what they make it."""
    bought = sum(line.quantity for line in plan.lines)
    left = sum(line.fulfilled for line in plan.lines)
    by_parcels = (
        OrderStatus.UNFULFILLED
        if not left
        else OrderStatus.FULFILLED
        if left == bought
        else OrderStatus.PARTIALLY_FULFILLED
    )
    said: OrderStatus = plan.given.get("status") or by_parcels
    plan.status = said
    unfit = said in OPEN_OR_DONE and said is not by_parcels
    if said not in IMPORTED or unfit or (left and said not in OPEN_OR_DONE):
        plan.fault("This status does not fit.", "INVALID", "status")
        plan.status = by_parcels


def _fill(plan: Plan, channel: Channel) -> None:
    """The order's own row; what it comes to is the sum of its lines and its delivery."""
    given = plan.given
    lines = [line.row for line in plan.lines]
    gross = sum(line["total_gross_minor"] for line in lines)
    net = sum(line["total_net_minor"] for line in lines)
    before_gross = sum(line.undiscounted_gross_minor for line in plan.lines)
    before_net = sum(line.undiscounted_net_minor for line in plan.lines)
    plan.order |= {
        "id": plan.id,
        "status": plan.status,
        "origin": OrderOrigin.BULK_CREATE,
        "channel_id": channel.id,
        "language_code": given["language_code"],
        "customer_note": given.get("customer_note") or "",
        "external_reference": given.get("external_reference"),
        "redirect_url": given.get("redirect_url"),
        "currency": plan.currency,
        "subtotal_gross_minor": gross,
        "subtotal_net_minor": net,
        "shipping_gross_minor": plan.shipping_gross_minor,
        "shipping_net_minor": plan.shipping_net_minor,
        "total_gross_minor": gross + plan.shipping_gross_minor,
        "total_net_minor": net + plan.shipping_net_minor,
        "undiscounted_total_gross_minor": before_gross + plan.shipping_gross_minor,
        "undiscounted_total_net_minor": before_net + plan.shipping_net_minor,
        "shows_gross_prices": given.get("display_gross_prices"),
        "metadata": entries(plan, given.get("metadata"), "metadata"),
        "private_metadata": entries(plan, given.get("private_metadata"), "private_metadata"),
        "created_at": given["created_at"],
        "updated_at": clock.now(),
    }


def _check_discounts(plan: Plan) -> None:
    """What is said to have made it cheaper: its lines' prices are after it."""
    most = Money(plan.order["undiscounted_total_gross_minor"], plan.currency)
    for index, given in enumerate(plan.given.get("discounts") or ()):
        value_type, value = DiscountValueType(given["value_type"].value), given["value"]
        too_much = value > (100 if value_type is DiscountValueType.PERCENTAGE else most.amount)
        if too_much:
            plan.fault("No more can be taken off than there is.", "INVALID", f"discounts.{index}")
            continue
        plan.discounts.append(
            {
                "order_id": plan.id,
                "created_at": plan.given["created_at"],
                "type": DiscountType.MANUAL,
                "name": None,
                "translated_name": None,
                "value_type": value_type,
                "value": str(value),
                "reason": given.get("reason"),
                "currency": plan.currency,
                "amount_minor": reduction_minor(most.minor, value_type, value, plan.currency),
                "voucher_id": None,
                "voucher_code": None,
            }
        )
