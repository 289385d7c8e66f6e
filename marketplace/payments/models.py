"""Tables of payments: Saleor's transactions and their events, and cash in carriers' hands.

Amounts are minor units of the transaction's currency.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import CHAR, CheckConstraint, ForeignKey, Index, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.checkout.models import Checkout
from marketplace.content.reasons import WithReasonPage, by_reason_index
from marketplace.kit import acting, clock
from marketplace.kit.models import (
    Base,
    IntegerKey,
    Timestamped,
    WithMetadata,
    by_app_index,
    index_where_known,
)
from marketplace.orders.models import Order, VendorOrder
from marketplace.people.models import User


class TransactionAction(StrEnum):
    CHARGE = "CHARGE"
    REFUND = "REFUND"
    CANCEL = "CANCEL"


class TransactionItem(IntegerKey, Timestamped, WithMetadata, Base):
    """One payment of a checkout or an order. Its amounts are derived from its events."""

    __tablename__ = "transaction_item"
    __table_args__ = (
        UniqueConstraint("gateway", "idempotency_key"),
        Index(None, "created_at", "id"),
        Index(None, "updated_at", "id"),
        Index(None, "psp_reference"),
        by_app_index(),
        Index(None, "metadata", postgresql_using="gin"),
        Index(
            "ix_transaction_item_made_with",
            text("(method_details ->> 'type')"),
            text("(method_details ->> 'brand')"),
            postgresql_where=text("method_details IS NOT NULL"),
        ),
        Index("ix_transaction_item_recorded", "id", postgresql_where=text("recorded IS NOT NULL")),
    )

    token: Mapped[UUID] = mapped_column(Uuid, unique=True, default=uuid4)
    checkout_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("checkout.id", ondelete="SET NULL"), index=True
    )
    order_id: Mapped[UUID | None] = mapped_column(ForeignKey("customer_order.id"), index=True)
    app_id: Mapped[int | None] = mapped_column(ForeignKey("app.id", ondelete="SET NULL"))
    """The app that made it, and which alone may change it."""
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))
    """The member of staff who made it."""
    gateway: Mapped[str]
    """One of this house, or an app's identifier; nothing, where staff made it."""
    name: Mapped[str] = mapped_column(default="")
    message: Mapped[str] = mapped_column(default="")
    psp_reference: Mapped[str | None]
    external_url: Mapped[str] = mapped_column(default="")
    method_details: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """What it is made with, as the gateway says: `type` (CARD, OTHER, GIFT_CARD), `name`, ..."""
    recorded: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """What its client has said, of one that was made with Saleor's older `checkoutPaymentCreate`: a token,
    where it wants to return to. See docs/older-payments.md.
    """
    is_active: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    """Whether the buyer means to pay with it; false of a recorded one that another took the place of."""
    idempotency_key: Mapped[str | None]
    currency: Mapped[str] = mapped_column(CHAR(3))
    available_actions: Mapped[list[str]] = mapped_column(default=list)
    authorized_minor: Mapped[int] = mapped_column(default=0)
    authorize_pending_minor: Mapped[int] = mapped_column(default=0)
    charged_minor: Mapped[int] = mapped_column(default=0)
    charge_pending_minor: Mapped[int] = mapped_column(default=0)
    refunded_minor: Mapped[int] = mapped_column(default=0)
    refund_pending_minor: Mapped[int] = mapped_column(default=0)
    canceled_minor: Mapped[int] = mapped_column(default=0)
    cancel_pending_minor: Mapped[int] = mapped_column(default=0)
    booked_minor: Mapped[int] = mapped_column(default=0)
    """What of it the ledger knows a gateway to hold: `gateway_money.py`."""

    checkout: Mapped[Checkout | None] = relationship(lazy="raise")
    order: Mapped[Order | None] = relationship(lazy="raise")
    events: Mapped[list["TransactionEvent"]] = relationship(
        back_populates="transaction", order_by="TransactionEvent.id", lazy="raise"
    )


class TransactionEventType(StrEnum):
    AUTHORIZATION_SUCCESS = "AUTHORIZATION_SUCCESS"
    AUTHORIZATION_FAILURE = "AUTHORIZATION_FAILURE"
    AUTHORIZATION_ADJUSTMENT = "AUTHORIZATION_ADJUSTMENT"
    AUTHORIZATION_REQUEST = "AUTHORIZATION_REQUEST"
    AUTHORIZATION_ACTION_REQUIRED = "AUTHORIZATION_ACTION_REQUIRED"
    CHARGE_ACTION_REQUIRED = "CHARGE_ACTION_REQUIRED"
    CHARGE_SUCCESS = "CHARGE_SUCCESS"
    CHARGE_FAILURE = "CHARGE_FAILURE"
    CHARGE_BACK = "CHARGE_BACK"
    CHARGE_REQUEST = "CHARGE_REQUEST"
    REFUND_SUCCESS = "REFUND_SUCCESS"
    REFUND_FAILURE = "REFUND_FAILURE"
    REFUND_REVERSE = "REFUND_REVERSE"
    REFUND_REQUEST = "REFUND_REQUEST"
    CANCEL_SUCCESS = "CANCEL_SUCCESS"
    CANCEL_FAILURE = "CANCEL_FAILURE"
    CANCEL_REQUEST = "CANCEL_REQUEST"
    INFO = "INFO"


class TransactionEvent(IntegerKey, WithReasonPage, Base):
    """What a gateway said happened, or what it was asked for. Told twice (same type and reference), written
    once.
    """

    __tablename__ = "transaction_event"
    __table_args__ = (
        Index(
            "uq_transaction_event_told_once",
            "transaction_id",
            "type",
            "psp_reference",
            unique=True,
            postgresql_where=text("counts AND psp_reference <> ''"),
        ),
        Index(None, "transaction_id", "id"),
        index_where_known("granted_refund_id"),
        by_app_index(),
        by_reason_index(),
    )

    transaction_id: Mapped[int] = mapped_column(ForeignKey("transaction_item.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    type: Mapped[TransactionEventType]
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(CHAR(3))
    psp_reference: Mapped[str]
    message: Mapped[str] = mapped_column(default="")
    external_url: Mapped[str] = mapped_column(default="")
    idempotency_key: Mapped[str | None]
    counts: Mapped[bool] = mapped_column(default=True)
    """Whether the transaction's amounts are made of it: not of what failed to be asked, or is only said."""
    granted_refund_id: Mapped[int | None] = mapped_column(
        ForeignKey("granted_refund.id", ondelete="SET NULL")
    )
    """Of what belongs to a refund that staff had granted."""
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))
    app_id: Mapped[int | None] = mapped_column(
        ForeignKey("app.id", ondelete="SET NULL"), default=acting.app_id
    )

    transaction: Mapped[TransactionItem] = relationship(back_populates="events", lazy="raise")
    user: Mapped[User | None] = relationship(lazy="raise")


class GatewayCall(IntegerKey, Base):
    """A request to a gateway of this house, of which it has to be found out what came of it."""

    __tablename__ = "gateway_call"
    __table_args__ = (Index(None, "due_at", postgresql_where=text("answered_at IS NULL")),)

    transaction_id: Mapped[int] = mapped_column(
        ForeignKey("transaction_item.id", ondelete="CASCADE"), index=True
    )
    request_id: Mapped[int] = mapped_column(
        ForeignKey("transaction_event.id", ondelete="CASCADE"), unique=True
    )
    asked_at: Mapped[datetime] = mapped_column(default=clock.now)
    due_at: Mapped[datetime]
    """When to ask again, if there is no answer by then."""
    tries: Mapped[int] = mapped_column(default=1)
    calls_off: Mapped[bool] = mapped_column(default=False)
    """Of a payment that was begun: nobody needs it any more, so it is called off unless it is paid."""
    answered_at: Mapped[datetime | None]


class GatewayCircuit(Base):
    """A gateway of this house that can't be reached. One that can has no row."""

    __tablename__ = "gateway_circuit"

    gateway: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int]
    """In a row."""
    failed_at: Mapped[datetime]


class CashStatus(StrEnum):
    EXPECTED = "EXPECTED"
    COLLECTED = "COLLECTED"
    """The buyer paid the carrier: the carrier owes it."""
    REFUSED = "REFUSED"
    REMITTED = "REMITTED"
    CANCELED = "CANCELED"


class ShortfallBearer(StrEnum):
    """Who bears what is missing of a parcel that was paid in part only."""

    SELLER = "SELLER"
    """Its seller, who has agreed to a discount: earning and commission shrink with it."""
    MARKETPLACE = "MARKETPLACE"
    """We do: the seller earns as if all had been paid."""


class CashCollection(IntegerKey, Timestamped, Base):
    """The cash to be had for one seller's parcel: goods and delivery."""

    __tablename__ = "cash_collection"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        Index(None, "status", "collected_at"),
    )

    vendor_order_id: Mapped[UUID] = mapped_column(ForeignKey("vendor_order.id"), unique=True)
    transaction_id: Mapped[int] = mapped_column(ForeignKey("transaction_item.id"), index=True)
    carrier: Mapped[str]
    currency: Mapped[str] = mapped_column(CHAR(3))
    amount_minor: Mapped[int]
    status: Mapped[CashStatus] = mapped_column(default=CashStatus.EXPECTED)
    collected_at: Mapped[datetime | None]
    shortfall_minor: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """What the buyer was asked besides and did not pay: `amount_minor` is what is left."""
    shortfall_bearer: Mapped[ShortfallBearer | None]
    shortfall_reason: Mapped[str] = mapped_column(default="", server_default=text("''"))
    remittance_id: Mapped[int | None] = mapped_column(ForeignKey("cash_remittance.id"), index=True)

    vendor_order: Mapped[VendorOrder] = relationship(lazy="raise")
    transaction: Mapped[TransactionItem] = relationship(lazy="raise")
    remittance: Mapped["CashRemittance | None"] = relationship(back_populates="collections", lazy="raise")


class CashRemittance(IntegerKey, Base):
    """Cash that a carrier handed over, and for which parcels. One reference is booked once."""

    __tablename__ = "cash_remittance"
    __table_args__ = (UniqueConstraint("carrier", "reference"),)

    carrier: Mapped[str]
    reference: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(default=clock.now)
    currency: Mapped[str] = mapped_column(CHAR(3))
    amount_minor: Mapped[int]

    collections: Mapped[list[CashCollection]] = relationship(back_populates="remittance", lazy="raise")


class Repayment(IntegerKey, Base):
    """Money that is to go back to a buyer, of which gateways are asked: what becomes of the order, and of its
    sellers' earnings, once they have answered. See docs/decisions/0041-a-refund-waits-for-its-money.md.
    """

    __tablename__ = "repayment"
    __table_args__ = (
        Index(
            "uq_repayment_one_at_a_time", "order_id", unique=True, postgresql_where=text("settled_at IS NULL")
        ),
        Index(None, "created_at", postgresql_where=text("settled_at IS NULL")),
        CheckConstraint("amount_minor > 0", name="something"),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("customer_order.id"), index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    currency: Mapped[str] = mapped_column(CHAR(3))
    amount_minor: Mapped[int]
    wanted: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """The pieces, and what is to become of them: `refunding.Refunding`."""
    shares: Mapped[dict[str, list[int]]] = mapped_column(JSONB)
    """What each seller's part bears if all of it is paid back: goods and delivery."""
    by_hand: Mapped[dict[str, int]] = mapped_column(JSONB)
    """What of it no gateway is asked for, by transaction: it is paid back once they have done their part."""
    borne_minor: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """What sellers' parts bear of it now: what was paid back, or is about to be."""
    settled_at: Mapped[datetime | None]
    made: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """The parcels and the draft that came of it."""


class RepaymentRequest(Base):
    """What a gateway was asked for a repayment."""

    __tablename__ = "repayment_request"

    request_id: Mapped[int] = mapped_column(
        ForeignKey("transaction_event.id", ondelete="CASCADE"), primary_key=True
    )
    repayment_id: Mapped[int] = mapped_column(ForeignKey("repayment.id", ondelete="CASCADE"), index=True)
