"""What is known of paying at the door: rules, confirmations, sheets, ages of debts."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, false, true
from strawberry import ID

from marketplace.kit.ids import to_global_id
from marketplace.kit.money import Money as Amount
from marketplace.markets.models import Channel
from marketplace.payments.at_the_door import models
from marketplace.payments.at_the_door.confirming import LinkState
from marketplace.payments.at_the_door.matching import Outcome
from marketplace.payments.at_the_door.models import CashSheetStatus, Confirmation, ConfirmedBy
from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import (
    DateTime,
    Info,
    Node,
    column,
    computed,
    enum,
    node,
    null_when,
    object_type,
    record,
    related,
    value,
)
from marketplace_graphql.kernel.scalars import Hour
from marketplace_graphql.values import Money, exact_money, money

if TYPE_CHECKING:
    from marketplace_graphql.orders.types import Order
    from marketplace_graphql.payments.types import CashRemittance
    from marketplace_graphql.people.types import User

FINANCE = Permission.MANAGE_PAYOUTS
ORDERS = Permission.MANAGE_ORDERS
SETTINGS = (Permission.MANAGE_CHANNELS, Permission.HANDLE_PAYMENTS)

enum(Confirmation, name="CashConfirmationStatusEnum")
enum(ConfirmedBy, name="CashConfirmedByEnum")
enum(LinkState, name="CashConfirmationStateEnum")
enum(CashSheetStatus, name="CashSheetStatusEnum")
enum(Outcome, name="CashSheetLineOutcomeEnum")


def _limit(attribute: str) -> Any:
    """An amount in the channel's currency, where one is set."""

    def limit(row: Any, ctx: Any) -> Any:
        minor = getattr(row, attribute)
        return null_when(minor.is_(None), lambda: money(minor, _channel_of(row, ctx).currency_code))

    return value(limit)


def _channel_of(row: Any, ctx: Any) -> Any:
    return ctx.joined(row, Channel, lambda channel: channel.id == row.channel_id, key="its channel")


@record(models.CashRules)
class CashOnDeliveryRules:
    """Which checkouts of a channel may be paid at the door, and which orders their buyers confirm first."""

    countries: list[str] = column("country_codes")
    """ISO 3166 codes of where parcels are paid at the door; none: wherever a carrier takes cash."""
    minimum: Money | None = _limit("minimum_minor")
    """What is to be paid is not less than this."""
    maximum: Money | None = _limit("maximum_minor")
    """Nor more than this."""
    refusals_allowed: int | None = column("most_refusals")
    """Who has refused more orders at the door lately pays otherwise. Counted by account, e-mail address and
    telephone number; null: nobody counts.
    """
    refusal_months: int
    """For so many months a refusal is remembered."""
    open_orders_allowed: int | None = column("most_open_orders")
    """Who has so many orders that are still to be paid at the door pays the next one otherwise."""
    confirm_every_order: bool = column("confirms_every_order")
    """Whether every buyer has to say first that the order is meant."""
    confirm_first_order: bool = column("confirms_first_order")
    """Whether those have to who have not paid at the door here yet."""
    confirm_above: Money | None = _limit("confirms_above_minor")
    """Orders of more than this are to be confirmed."""
    remind_after: Hour = column("remind_after_hours")
    """When a buyer who has not answered is reminded."""
    cancel_after: Hour = column("cancel_after_hours")
    """When an order that nobody has confirmed is called off."""


@record(models.CashOrder)
class CashOnDelivery:
    """That an order is paid at the door, and whether its buyer has confirmed it."""

    confirmation: Confirmation
    confirmed_at: DateTime | None
    """When it was confirmed, declined, or called off for want of an answer."""
    confirmed_by: ConfirmedBy | None
    confirmed_by_user: "User | None" = related(needs=ORDERS)
    """Who of the staff has spoken to the buyer."""
    note: str = column(needs=ORDERS)
    """What staff wrote down of the call."""
    confirm_before: DateTime | None = column("cancel_at")
    """When the order is called off if nobody confirms it."""


@object_type
class CashConfirmation:
    """What whoever opens the link of a message finds."""

    state: LinkState
    confirm_before: DateTime | None
    """When the order is called off if nobody confirms it."""
    order: "Order | None"


@object_type
class CashSheetLine:
    """A line of a carrier's sheet, and what it was found to be."""

    row: int
    """As the spreadsheet shows it."""
    tracking_number: str
    number: str
    """What the sheet calls the order."""
    amount: Money | None
    """What it says was taken; null where that can't be read."""
    paid_on: str | None
    """The day that it says, as ISO 8601 writes it."""
    outcome: Outcome
    vendor_order_id: ID | None
    """Whose cash it is."""
    vendor_order_number: str | None
    due: Money | None
    """What the carrier owes for it."""
    is_booked: bool


def _staff_only(row: Any, ctx: Any) -> ColumnElement[bool]:
    return true() if ctx.requester.has(FINANCE) else false()


@node(models.CashSheet, visible=_staff_only, order_by=lambda row, ctx: (row.created_at.desc(), row.id.desc()))
class CashSheet(Node):
    """A carrier's list of the parcels whose cash it hands over."""

    carrier: str
    reference: str
    """What the carrier calls what it hands over."""
    currency: str
    """ISO 4217 code."""
    file_name: str
    status: CashSheetStatus
    created: DateTime = column("created_at")
    booked_at: DateTime | None
    user: "User | None" = related()
    """Who sent it."""
    remittance: "CashRemittance | None" = related()
    """What was booked of it."""

    @computed(lambda row, ctx: {"lines": row.lines, "currency": row.currency})
    def lines(selected: Any, info: Info) -> list[CashSheetLine]:
        """Line by line, in the order of the sheet."""
        return [_line(line, selected["currency"]) for line in selected["lines"]]


def _line(line: Mapping[str, Any], currency: str) -> CashSheetLine:
    part_id = line["vendor_order_id"]
    return {
        "row": line["row"],
        "tracking_number": line["tracking"],
        "number": line["number"],
        "amount": _amount(line["amount_minor"], currency),
        "paid_on": line["paid_on"],
        "outcome": Outcome(line["outcome"]),
        "vendor_order_id": part_id and to_global_id("VendorOrder", part_id),
        "vendor_order_number": line["part_number"],
        "due": _amount(line["due_minor"], currency),
        "is_booked": line["is_booked"],
    }


def _amount(minor: int | None, currency: str) -> dict[str, Any] | None:
    return None if minor is None else exact_money(Amount(minor, currency))


@object_type
class CashOfAge:
    """Cash that a carrier has had for so long."""

    from_days: int
    to_days: int | None
    """Null: or longer."""
    amount: Money
    count: int
    """How many parcels it was for."""


@object_type
class CarrierAgeing:
    """What a carrier has collected in a currency and not handed over, by age."""

    carrier: str
    currency: str
    """ISO 4217 code."""
    amount: Money
    """All of it."""
    count: int
    ages: list[CashOfAge]
    """0 to 7 days, 8 to 14, 15 to 30, and longer."""
