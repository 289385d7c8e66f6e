"""Tables of people: who signs in, where they live, what staff may do, and what they did."""

from datetime import datetime
from typing import Any

from sqlalchemy import CHAR, BigInteger, Column, ForeignKey, Index, String, Table, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.kit import clock
from marketplace.kit.models import Base, IntegerKey, Timestamped, WithMetadata

group_member = Table(
    "group_member",
    Base.metadata,
    Column("group_id", BigInteger, ForeignKey("permission_group.id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", BigInteger, ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True),
)


class User(IntegerKey, Timestamped, WithMetadata, Base):
    """A person with an e-mail address: a buyer, a seller's member, or one of SIL's staff."""

    __tablename__ = "user_account"
    __table_args__ = (Index("uq_user_account_email_lower", text("lower(email)"), unique=True),)

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
    last_login: Mapped[datetime | None]
    token_key: Mapped[str] = mapped_column(String(32))
    """Part of every token; a new one signs the user out everywhere."""
    default_shipping_address_id: Mapped[int | None] = mapped_column(
        ForeignKey("address.id", ondelete="SET NULL", use_alter=True)
    )
    default_billing_address_id: Mapped[int | None] = mapped_column(
        ForeignKey("address.id", ondelete="SET NULL", use_alter=True)
    )

    groups: Mapped[list["PermissionGroup"]] = relationship(
        secondary=group_member, back_populates="users", lazy="raise"
    )


class Address(IntegerKey, WithMetadata, Base):
    """A postal address. A user's address book has `user_id`; an order's copy has none."""

    __tablename__ = "address"

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

    users: Mapped[list[User]] = relationship(secondary=group_member, back_populates="groups", lazy="raise")


class AuditEntry(IntegerKey, Base):
    """Who did or saw what. Appended to, never changed."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index(None, "subject_type", "subject_id", "at"),)

    at: Mapped[datetime] = mapped_column(default=clock.now)
    actor_id: Mapped[int | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="SET NULL"), index=True
    )
    action: Mapped[str]
    subject_type: Mapped[str]
    subject_id: Mapped[str]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
