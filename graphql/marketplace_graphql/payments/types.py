"""Gateways, transactions and their events; the cash of parcels and what carriers hand over."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Text,
    and_,
    case,
    cast,
    distinct,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy import column as sql_column
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from strawberry import ID

from marketplace.markets.models import Channel
from marketplace.payments import models
from marketplace.payments.gateways.cash_on_delivery import CashOnDelivery
from marketplace.payments.models import (
    CashStatus,
    ShortfallBearer,
    TransactionAction,
    TransactionEventType,
)
from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import (
    UUID,
    DateTime,
    Node,
    ObjectWithMetadata,
    cases,
    column,
    each,
    enum,
    expression,
    interface,
    never_null,
    node,
    object_type,
    one_of,
    record,
    related,
    typed,
    value,
)
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.orders.reasons import reason_page
from marketplace_graphql.orders.visibility import of_own_sale
from marketplace_graphql.values import Money, money

if TYPE_CHECKING:
    from marketplace_graphql.checkout.types import Checkout
    from marketplace_graphql.content.pages import Page
    from marketplace_graphql.orders.types import Order
    from marketplace_graphql.people.types import UserOrApp

TransactionActionEnum = enum(TransactionAction, name="TransactionActionEnum")
enum(TransactionEventType, name="TransactionEventTypeEnum")
enum(CashStatus, name="CashStatusEnum")
enum(ShortfallBearer, name="CashShortfallBearerEnum")


@interface
class PaymentMethodDetails:
    """What a payment is made with."""

    name: str
    """As people call it."""


@object_type
class OtherPaymentMethodDetails(PaymentMethodDetails):
    """A payment with something that is no card: cash."""


@object_type
class CardPaymentMethodDetails(PaymentMethodDetails):
    """A payment with a card."""

    brand: str | None
    first_digits: str | None
    last_digits: str | None
    exp_month: int | None
    exp_year: int | None


@object_type
class GiftCardPaymentMethodDetails(PaymentMethodDetails):
    """A payment with a gift card of somebody else's."""

    brand: str | None
    last_chars: str | None
    is_saleor_giftcard: bool
    """Whether it is a card of this shop: those pay an order without a payment."""


@object_type
class GatewayConfigLine:
    """A setting that a gateway's client needs."""

    field: str
    value: str | None


@object_type
class PaymentGateway:
    """A way to pay."""

    name: str
    id: ID
    config: list[GatewayConfigLine]
    """What its client must know before it is used."""
    currencies: list[str]
    """ISO 4217 codes."""


def gateways_of(channel_id: Any, ctx: Any) -> Any:
    """The ways to pay in a channel. To pay cash at the door, a channel must allow it."""
    return gateways_where(lambda channel: channel.id == channel_id, ctx)


def gateways_where(rule: Callable[[Any], ColumnElement[bool]], ctx: Any) -> Any:
    """The ways to pay in the channels of a rule, each once with all of their currencies."""
    channel = aliased(Channel)
    named = func.jsonb_to_recordset(cast(ctx.setting("gateways"), JSONB))
    outside = named.table_valued(sql_column("id", Text), sql_column("name", Text)).render_derived(
        name="outside", with_types=True
    )
    cash = literal(CashOnDelivery.id).label("id"), literal(CashOnDelivery.name).label("name")
    ways = union_all(
        select(*cash, true().label("is_cash")), select(outside.c.id, outside.c.name, false())
    ).subquery("ways")
    codes = aggregate_order_by(distinct(channel.currency_code), channel.currency_code)
    open_ = (
        select(ways.c.id, ways.c.name, ways.c.is_cash, func.array_agg(codes).label("codes"))
        .join(channel, or_(channel.cash_on_delivery, not_(ways.c.is_cash)))
        .where(rule(channel))
        .group_by(ways.c.id, ways.c.name, ways.c.is_cash)
        .correlate_except(channel, ways)
        .subquery()
        .lateral()
    )
    return each(
        open_,
        {"name": open_.c.name, "id": open_.c.id, "config": [], "currencies": open_.c.codes},
        order_by=(open_.c.is_cash.desc(), open_.c.name),
    )


@node(models.TransactionEvent, order_by=lambda row, ctx: row.id)
class TransactionEvent(Node):
    """What a gateway said happened to a payment."""

    created_at: DateTime
    psp_reference: str
    """The gateway's own name for it."""
    message: str
    external_url: str
    """Where staff can look it up at the gateway."""
    amount: Money = value(lambda row, ctx: money(row.amount_minor, row.currency))
    type: TransactionEventType | None
    idempotency_key: str | None
    """What the client called the request by."""
    created_by: "UserOrApp | None" = one_of(  # type: ignore[valid-type]
        {
            "User": lambda row, user, ctx: user.id == row.user_id,
            "App": lambda row, app, ctx: app.id == row.app_id,
        }
    )
    """Who caused it: nobody for what a guest or a gateway did."""
    reason_reference: "Page | None" = reason_page()
    """The page that says why it was asked for, if one does."""


@node(models.TransactionItem, order_by=lambda row, ctx: row.id)
class TransactionItem(Node, ObjectWithMetadata):
    """One payment of a checkout or an order. Its amounts follow from its events."""

    __listed_as__ = "Transaction"

    id: ID = column("token")
    """Can't be guessed: who was given a guest's may go on with the payment."""
    token: UUID
    created_at: DateTime
    modified_at: DateTime = column("updated_at")
    actions: list[TransactionAction] = column("available_actions")
    """What can be asked of the gateway now."""
    authorized_amount: Money = value(lambda row, ctx: money(row.authorized_minor, row.currency))
    """Promised and not paid yet."""
    authorize_pending_amount: Money = value(lambda row, ctx: money(row.authorize_pending_minor, row.currency))
    charged_amount: Money = value(lambda row, ctx: money(row.charged_minor, row.currency))
    """Paid."""
    charge_pending_amount: Money = value(lambda row, ctx: money(row.charge_pending_minor, row.currency))
    refunded_amount: Money = value(lambda row, ctx: money(row.refunded_minor, row.currency))
    """Paid back."""
    refund_pending_amount: Money = value(lambda row, ctx: money(row.refund_pending_minor, row.currency))
    canceled_amount: Money = value(lambda row, ctx: money(row.canceled_minor, row.currency))
    """Promised once, and called off."""
    cancel_pending_amount: Money = value(lambda row, ctx: money(row.cancel_pending_minor, row.currency))
    name: str
    """The way of paying, as people call it."""
    message: str
    """What the gateway said last."""
    psp_reference: str = expression(lambda row, ctx: never_null(func.coalesce(row.psp_reference, "")))
    """The gateway's own name for it."""
    order: "Order | None" = related()
    checkout: "Checkout | None" = related()
    events: list[TransactionEvent] = related()
    """All that happened to it, in order."""
    created_by: "UserOrApp | None" = one_of(  # type: ignore[valid-type]
        {
            "User": lambda row, user, ctx: user.id == func.coalesce(row.user_id, _begun_by(row, "user_id")),
            "App": lambda row, app, ctx: app.id == func.coalesce(row.app_id, _begun_by(row, "app_id")),
        }
    )
    """Who began it: nobody where a guest did."""
    payment_method_details: PaymentMethodDetails | None = value(lambda row, ctx: _method_details(row))
    reason_reference: "Page | None" = related(
        lambda row, page, ctx: page.id == _of_last_refund(row, "reason_page_id")
    )
    """The page that says why it is paid back, if one does."""

    @expression
    def reason(row: Any, ctx: Any) -> str | None:
        """Why it is paid back, as it was said when that was asked for last."""
        return func.nullif(_of_last_refund(row, "message"), "")

    @expression
    def external_url(row: Any, ctx: Any) -> str:
        """Where staff can look it up at the gateway."""
        event = aliased(models.TransactionEvent)
        latest = (
            select(event.external_url)
            .where(event.transaction_id == row.id, event.external_url != "")
            .order_by(event.id.desc())
            .limit(1)
        )
        of_event = latest.correlate_except(event).scalar_subquery()
        return never_null(func.coalesce(func.nullif(row.external_url, ""), of_event, ""))


def _method_details(row: Any) -> Any:
    """What the gateway said of it; of a gateway of this house, what it is called."""
    said = row.method_details

    def text(name: str) -> Any:
        return said[name].astext

    card = {name: text(name) for name in ("name", "brand", "first_digits", "last_digits")}
    card |= {name: cast(text(name), Integer) for name in ("exp_month", "exp_year")}
    gift_card = {name: text(name) for name in ("name", "brand", "last_chars")}
    gift_card["is_saleor_giftcard"] = false()
    return cases(
        (text("type") == "CARD", typed("CardPaymentMethodDetails", card)),
        (text("type") == "GIFT_CARD", typed("GiftCardPaymentMethodDetails", gift_card)),
        (text("type") == "OTHER", typed("OtherPaymentMethodDetails", {"name": text("name")})),
        (
            and_(row.app_id.is_(None), row.gateway != ""),
            typed("OtherPaymentMethodDetails", {"name": row.name}),
        ),
    )


def method_type(payment: Any) -> ColumnElement[str | None]:
    """What a payment is made with, as its gateway says; one of this house is made with OTHER."""
    of_house = case((and_(payment.app_id.is_(None), payment.gateway != ""), literal("OTHER")))
    return func.coalesce(payment.method_details["type"].astext, of_house)


def _of_last_refund(payment: Any, column: str) -> ColumnElement[Any]:
    """What is said in the last request to pay back."""
    event = aliased(models.TransactionEvent)
    return (
        select(getattr(event, column))
        .where(event.transaction_id == payment.id, event.type == TransactionEventType.REFUND_REQUEST)
        .order_by(event.id.desc())
        .limit(1)
        .correlate_except(event)
        .scalar_subquery()
    )


def _begun_by(payment: Any, whom: str) -> ColumnElement[int | None]:
    """The user or the app of its first event."""
    event = aliased(models.TransactionEvent)
    return (
        select(getattr(event, whom))
        .where(event.transaction_id == payment.id)
        .order_by(event.id)
        .limit(1)
        .correlate_except(event)
        .scalar_subquery()
    )


@node(models.CashRemittance, order_by=lambda row, ctx: row.id)
class CashRemittance(Node):
    """Cash that a carrier handed over."""

    carrier: str
    reference: str
    """The carrier's own name for it."""
    received_at: DateTime
    amount: Money = value(lambda row, ctx: money(row.amount_minor, row.currency))
    collections: "list[CashCollection]" = related()
    """The parcels it was for."""


@record(models.CashCollection, order_by=lambda row, ctx: row.id)
class CashCollection:
    """The cash to be had for one seller's parcel: goods and delivery."""

    status: CashStatus
    carrier: str
    """Who collects it."""
    amount: Money = value(lambda row, ctx: money(row.amount_minor, row.currency))
    collected_at: DateTime | None
    """When the buyer paid."""
    shortfall: Money = value(lambda row, ctx: money(row.shortfall_minor, row.currency))
    """What the buyer was to pay besides, and did not."""
    shortfall_bearer: ShortfallBearer | None
    """Who bears it."""
    shortfall_reason: str = column(
        needs=(Permission.MANAGE_PAYOUTS, Permission.MANAGE_ORDERS),
        allowed=lambda row, ctx: of_own_sale(row.vendor_order_id, ctx),
    )
    """Why it was not paid, as staff wrote it down."""
    remittance: CashRemittance | None = related(
        needs=(Permission.MANAGE_PAYOUTS, Permission.MANAGE_ORDERS),
        allowed=lambda row, ctx: of_own_sale(row.vendor_order_id, ctx),
    )
    """With what the carrier handed it over."""
