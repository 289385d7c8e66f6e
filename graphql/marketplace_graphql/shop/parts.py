"""What the shop's fields are made of: objects without rows, and enums."""

from enum import Enum
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from marketplace.people import models as people
from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import (
    DateTime,
    Metadata,
    Node,
    column,
    enum,
    expression,
    node,
    object_type,
    related,
)
from marketplace_graphql.kernel.reader.aliases import aliased

if TYPE_CHECKING:
    from marketplace_graphql.people.types import User


@object_type
class Domain:
    """Where the shop is on the web."""

    host: str
    ssl_enabled: bool
    """Whether it is reached over TLS."""
    url: str


@enum
class AnnouncementImportanceEnum(Enum):
    """How urgent an announcement is."""

    CRITICAL = "CRITICAL"
    HIGH = "HIGH"
    MODERATE = "MODERATE"
    LOW = "LOW"
    UNSET = "UNSET"


@object_type
class Announcement:
    """What those who run the platform tell the shop's staff."""

    created_at: DateTime
    updated_at: DateTime
    title: str
    message_html: str
    importance: AnnouncementImportanceEnum
    type: str
    extra: Metadata


def _email_of(user_id: Any) -> Any:
    user = aliased(people.User)
    return select(user.email).where(user.id == user_id).correlate_except(user).scalar_subquery()


@node(people.StaffNotificationRecipient, order_by=lambda row, ctx: row.id)
class StaffNotificationRecipient(Node):
    """Someone who is written to about new orders."""

    user: "User | None" = related(
        lambda row, user, ctx: user.id == row.user_id,
        needs=Permission.MANAGE_STAFF,
        allowed=lambda row, ctx: row.user_id == ctx.requester.user_id,
    )
    email: str | None = expression(lambda row, ctx: func.coalesce(row.email, _email_of(row.user_id)))
    """Where letters go."""
    active: bool | None = column("is_active")


@object_type
class ExternalAuthentication:
    """Another service that people can sign in with."""

    id: str
    name: str | None


@object_type
class Limits:
    """Numbers of things that a plan counts."""

    channels: int | None
    orders: int | None
    product_variants: int | None
    staff_users: int | None
    warehouses: int | None


@object_type
class LimitInfo:
    """What a plan allows, and what is used of it. There is no plan here."""

    current_usage: Limits
    allowed_usage: Limits


@enum
class PasswordLoginModeEnum(Enum):
    """Who may sign in with a password."""

    ENABLED = "ENABLED"
    CUSTOMERS_ONLY = "CUSTOMERS_ONLY"
    DISABLED = "DISABLED"


@enum
class AccountConfirmModeEnum(Enum):
    """What becomes of a guest's orders when an account with the same address is confirmed."""

    MERGE_DISABLED = "MERGE_DISABLED"
    REQUIRE_PASSWORD = "REQUIRE_PASSWORD"  # noqa: S105 - no password
