"""Tables of people: who signs in, where they live, what staff may do, and what they did."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CHAR,
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    String,
    Table,
    and_,
    cast,
    func,
    literal,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.kit import acting, clock
from marketplace.kit.models import Base, IntegerKey, Timestamped, WithMetadata, metadata_index
from marketplace.people.permissions import Permission

_IN_A_BOOK = text("user_id IS NOT NULL")
"""Orders' copies of addresses are looked up by nothing but their keys."""

group_member = Table(
    "group_member",
    Base.metadata,
    Column("group_id", BigInteger, ForeignKey("permission_group.id", ondelete="CASCADE"), primary_key=True),
    Column(
        "user_id", BigInteger, ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True, index=True
    ),
)

group_channel = Table(
    "group_channel",
    Base.metadata,
    Column("group_id", BigInteger, ForeignKey("permission_group.id", ondelete="CASCADE"), primary_key=True),
    Column(
        "channel_id", BigInteger, ForeignKey("channel.id", ondelete="CASCADE"), primary_key=True, index=True
    ),
)
"""Channels of groups whose members may work in some channels only."""


class CustomerType(IntegerKey, WithMetadata, Base):
    """A kind of customer, which staff tell apart: retailers, guest houses."""

    __tablename__ = "customer_type"
    __table_args__ = (
        Index("uq_customer_type_default", "is_default", unique=True, postgresql_where=text("is_default")),
        Index(None, "name", "slug"),
        metadata_index(),
    )

    name: Mapped[str]
    slug: Mapped[str] = mapped_column(unique=True)
    is_default: Mapped[bool] = mapped_column(default=False)


class User(IntegerKey, Timestamped, WithMetadata, Base):
    """A person with an e-mail address: a buyer, a seller's member, or one of SIL's staff."""

    __tablename__ = "user_account"
    __table_args__ = (
        Index("uq_user_account_email_lower", text("lower(email)"), unique=True),
        Index(None, "email"),
        Index(None, "first_name", "last_name", "id"),
        Index(None, "last_name", "first_name", "id"),
        Index(None, "number_of_orders", "id"),
        Index(None, "created_at", "id"),
        Index(None, "updated_at", "id"),
        Index("ix_user_account_closed", "email", postgresql_where=text("NOT is_active")),
        Index("ix_user_account_staff", "email", postgresql_where=text("is_staff")),
        Index(None, "search_vector", postgresql_using="gin"),
        metadata_index(),
    )

    email: Mapped[str]
    first_name: Mapped[str] = mapped_column(default="")
    last_name: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    password_hash: Mapped[str | None]
    is_active: Mapped[bool] = mapped_column(default=True)
    is_confirmed: Mapped[bool] = mapped_column(default=True)
    is_staff: Mapped[bool] = mapped_column(default=False)
    is_superuser: Mapped[bool] = mapped_column(default=False)
    language_code: Mapped[str] = mapped_column(String(16), default="fr")
    note: Mapped[str] = mapped_column(default="", server_default="")
    """What staff keep in mind about the person."""
    avatar_path: Mapped[str | None]
    """Of the picture in the media storage."""
    external_reference: Mapped[str | None] = mapped_column(unique=True)
    """What another system calls the person."""
    customer_type_id: Mapped[int | None] = mapped_column(
        ForeignKey("customer_type.id", ondelete="SET NULL"), index=True
    )
    number_of_orders: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """Orders that were placed, kept by a trigger (`orders/ddl.py`): lists are sorted by it."""
    last_login: Mapped[datetime | None]
    password_reset_asked_at: Mapped[datetime | None]
    confirmation_asked_at: Mapped[datetime | None]
    search_vector: Mapped[str | None] = mapped_column(TSVECTOR, deferred=True)
    """The words of the account and of its book of addresses, kept by triggers (`ddl.py`)."""
    token_key: Mapped[str] = mapped_column(String(32))
    """Part of every token; a new one signs the user out everywhere."""
    default_shipping_address_id: Mapped[int | None] = mapped_column(
        ForeignKey("address.id", ondelete="SET NULL", use_alter=True)
    )
    default_billing_address_id: Mapped[int | None] = mapped_column(
        ForeignKey("address.id", ondelete="SET NULL", use_alter=True)
    )

    customer_type: Mapped[CustomerType | None] = relationship(lazy="raise")
    groups: Mapped[list["PermissionGroup"]] = relationship(
        secondary=group_member, back_populates="users", lazy="raise"
    )


class Address(IntegerKey, WithMetadata, Base):
    """A postal address. A user's address book has `user_id`; an order's copy has none."""

    __tablename__ = "address"
    __table_args__ = (
        Index("ix_address_book_phone", "phone", "user_id", postgresql_where=_IN_A_BOOK),
        Index("ix_address_book_country_code", "country_code", "user_id", postgresql_where=_IN_A_BOOK),
        # By their hashes: a name may be longer than a tree's entry.
        Index("ix_address_last_name", text("lower(last_name)"), postgresql_using="hash"),
        Index(
            "ix_address_full_name",
            text("lower((first_name || ' ') || last_name)"),
            postgresql_using="hash",
        ),
        Index("ix_address_phone", "phone", postgresql_using="hash", postgresql_where=text("phone <> ''")),
        Index("ix_address_country_code", "country_code"),
    )

    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    first_name: Mapped[str] = mapped_column(default="")
    last_name: Mapped[str] = mapped_column(default="")
    company_name: Mapped[str] = mapped_column(default="")
    street_address_1: Mapped[str] = mapped_column(default="")
    street_address_2: Mapped[str] = mapped_column(default="")
    city: Mapped[str] = mapped_column(default="")
    city_area: Mapped[str] = mapped_column(default="")
    postal_code: Mapped[str] = mapped_column(default="")
    country_code: Mapped[str] = mapped_column(CHAR(2))
    country_area: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    """E.164, or empty."""


class PermissionGroup(IntegerKey, Base):
    __tablename__ = "permission_group"

    name: Mapped[str] = mapped_column(unique=True)
    permissions: Mapped[list[str]] = mapped_column(default=list)
    """Codes of `people.permissions.Permission`."""
    restricted_access_to_channels: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """Whether its members work in the channels of `group_channel` alone."""

    users: Mapped[list[User]] = relationship(secondary=group_member, back_populates="groups", lazy="raise")


_ALL = cast(literal(f"{{{','.join(Permission)}}}", String()), ARRAY(String()))
_held = (
    select(group_member.c.user_id, func.unnest(PermissionGroup.permissions, type_=String).label("code"))
    .join(PermissionGroup, PermissionGroup.id == group_member.c.group_id)
    .join(User, and_(User.id == group_member.c.user_id, User.is_staff))
    .union(
        select(User.id, func.unnest(_ALL, type_=String).label("code")).where(User.is_staff, User.is_superuser)
    )
    .subquery("held_permission")
)


class HeldPermission(Base):
    """What a member of staff may do, by whichever groups: no table, but what the tables say."""

    __table__ = _held
    __mapper_args__ = {"primary_key": [_held.c.code, _held.c.user_id]}  # noqa: RUF012 - SQLAlchemy's name

    code: Mapped[str]
    user_id: Mapped[int]


class StaffNotificationRecipient(IntegerKey, Base):
    """Someone who is written to about each new order: one of the staff, or an address of nobody's account."""

    __tablename__ = "staff_notification_recipient"
    __table_args__ = (CheckConstraint("(user_id IS NULL) <> (email IS NULL)", name="user_or_email"),)

    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="CASCADE"), unique=True
    )
    email: Mapped[str | None] = mapped_column(unique=True)
    is_active: Mapped[bool] = mapped_column(default=True)

    user: Mapped[User | None] = relationship(lazy="raise")


class AuditEntry(IntegerKey, Base):
    """Who did or saw what. Appended to, never changed."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index(None, "subject_type", "subject_id", "at"),
        Index(None, "at", "id"),
        Index(None, "actor_id", "at"),
    )

    at: Mapped[datetime] = mapped_column(default=clock.now)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))
    app_id: Mapped[int | None] = mapped_column(default=acting.app_id)
    """The app that did it. Of a room above this one, hence without a foreign key."""
    action: Mapped[str]
    subject_type: Mapped[str]
    subject_id: Mapped[str]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)


class CustomerEventType(StrEnum):
    """What can happen to a customer: Saleor's CustomerEventsEnum."""

    ACCOUNT_CREATED = "ACCOUNT_CREATED"
    ACCOUNT_ACTIVATED = "ACCOUNT_ACTIVATED"
    ACCOUNT_DEACTIVATED = "ACCOUNT_DEACTIVATED"
    PASSWORD_RESET_LINK_SENT = "PASSWORD_RESET_LINK_SENT"  # noqa: S105 - an event, no password
    PASSWORD_RESET = "PASSWORD_RESET"  # noqa: S105
    EMAIL_CHANGED_REQUEST = "EMAIL_CHANGED_REQUEST"
    PASSWORD_CHANGED = "PASSWORD_CHANGED"  # noqa: S105
    EMAIL_CHANGED = "EMAIL_CHANGED"
    PLACED_ORDER = "PLACED_ORDER"
    NOTE_ADDED_TO_ORDER = "NOTE_ADDED_TO_ORDER"
    DIGITAL_LINK_DOWNLOADED = "DIGITAL_LINK_DOWNLOADED"
    CUSTOMER_DELETED = "CUSTOMER_DELETED"
    NAME_ASSIGNED = "NAME_ASSIGNED"
    EMAIL_ASSIGNED = "EMAIL_ASSIGNED"
    NOTE_ADDED = "NOTE_ADDED"


class CustomerEvent(IntegerKey, Base):
    """Something that happened to a person, or that one of the staff did to a customer's account (`user_id` is
    theirs then, as in Saleor): for the staff who help customers. It goes with the account.
    """

    __tablename__ = "customer_event"
    __table_args__ = (Index(None, "user_id", "id"),)

    at: Mapped[datetime] = mapped_column(default=clock.now)
    type: Mapped[CustomerEventType]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    app_id: Mapped[int | None] = mapped_column(default=acting.app_id)
    """The app that did it. Of a room above this one, hence without a foreign key, as is the order."""
    order_id: Mapped[UUID | None]
    message: Mapped[str | None]
    count: Mapped[int | None]


class AttemptCount(Base):
    """How often something was tried that may not be tried without end: signing in, asking for letters."""

    __tablename__ = "attempt_count"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    """A digest of what is counted and for whom: no address can be read out of it."""
    count: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(index=True)
    """By the machine's clock, as all of this."""
    refused_until: Mapped[datetime | None]


class SentLetter(Base):
    """A letter that has gone out, by its key: a job that is told twice sends it once."""

    __tablename__ = "sent_letter"

    key: Mapped[str] = mapped_column(primary_key=True)
    sent_at: Mapped[datetime] = mapped_column(index=True)
