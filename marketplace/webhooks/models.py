"""Tables of webhooks, and of what was sent along them."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.apps.models import App
from marketplace.kit import clock
from marketplace.kit.models import Base, IntegerKey

NAME_LENGTH = 255
URL_LENGTH = 255
IDENTIFIER_LENGTH = 256
TRIES = 6
"""How often a delivery is tried: once, and again five times, as Saleor does."""


class DeliveryStatus(StrEnum):
    """How a delivery, or one try of it, stands."""

    PENDING = "PENDING"
    SUCCESS = "SUCCESS"
    FAILED = "FAILED"


class Webhook(IntegerKey, Base):
    """Where an app wants to be told of some events, and what of them."""

    __tablename__ = "webhook"
    __table_args__ = (
        UniqueConstraint("app_id", "identifier"),
        CheckConstraint("identifier <> ''", name="identifier_not_blank"),
        Index(None, "app_id"),
    )

    app_id: Mapped[int] = mapped_column(ForeignKey("app.id", ondelete="CASCADE"))
    name: Mapped[str | None] = mapped_column(String(NAME_LENGTH))
    identifier: Mapped[str | None] = mapped_column(String(IDENTIFIER_LENGTH))
    """By what the app itself calls it."""
    target_url: Mapped[str] = mapped_column(String(URL_LENGTH))
    is_active: Mapped[bool] = mapped_column(default=True)
    secret_key: Mapped[str | None] = mapped_column(String(255))
    """Of the older kind of signature; without one, what is sent is signed with the shop's own key."""
    events: Mapped[list[str]] = mapped_column(default=list)
    """Saleor's names of events, in capitals."""
    subscription_query: Mapped[str | None] = mapped_column(Text)
    """What is told of an event: a GraphQL subscription. Without one, only what it is about."""
    custom_headers: Mapped[dict[str, str]] = mapped_column(default=dict)

    app: Mapped[App] = relationship(lazy="raise")


class EventPayload(IntegerKey, Base):
    """What is told of an event: the body of a request. It goes once it has arrived: it may be private."""

    __tablename__ = "event_payload"
    __table_args__ = (Index(None, "created_at"),)

    payload: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


class EventDelivery(IntegerKey, Base):
    """One event on its way along one webhook."""

    __tablename__ = "event_delivery"
    __table_args__ = (
        Index(None, "webhook_id", "created_at", "id"),
        Index("ix_event_delivery_due", "next_try_at", postgresql_where=text("status = 'PENDING'")),
        Index(None, "created_at"),
        Index(None, "payload_id"),
    )

    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhook.id", ondelete="CASCADE"))
    payload_id: Mapped[int | None] = mapped_column(ForeignKey("event_payload.id", ondelete="SET NULL"))
    event_type: Mapped[str] = mapped_column(String(60))
    status: Mapped[DeliveryStatus] = mapped_column(default=DeliveryStatus.PENDING)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    tries_left: Mapped[int] = mapped_column(default=TRIES)
    next_try_at: Mapped[datetime] = mapped_column(default=clock.now)
    """Of one that is pending: when it is due. While it is being sent this lies ahead, so that one whose
    worker was killed falls due again."""

    webhook: Mapped[Webhook] = relationship(lazy="raise")
    payload: Mapped[EventPayload | None] = relationship(lazy="raise")


class EventDeliveryAttempt(IntegerKey, Base):
    """One try of a delivery, and what came of it. Pending: it is being made, or its worker was killed."""

    __tablename__ = "event_delivery_attempt"
    __table_args__ = (Index(None, "delivery_id", "created_at", "id"),)

    delivery_id: Mapped[int] = mapped_column(ForeignKey("event_delivery.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    status: Mapped[DeliveryStatus] = mapped_column(default=DeliveryStatus.PENDING)
    task_id: Mapped[str | None] = mapped_column(String(255))
    duration_seconds: Mapped[float | None]
    response: Mapped[str | None] = mapped_column(Text)
    response_headers: Mapped[str | None] = mapped_column(Text)
    response_status_code: Mapped[int | None]
    request_headers: Mapped[str | None] = mapped_column(Text)


class AppCalls(Base):
    """How often an app was asked in some seconds, and how often in vain: what its breaker goes by."""

    __tablename__ = "app_calls"

    app_id: Mapped[int] = mapped_column(ForeignKey("app.id", ondelete="CASCADE"), primary_key=True)
    slot: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Which seconds: the time of the era divided by the length of a slot."""
    asked: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
