"""What happened to promotions: one type for each kind of event, as Saleor has them."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, cast
from strawberry import ID

from marketplace.pricing import promotion_events as models
from marketplace_graphql.kernel import (
    DateTime,
    Node,
    column,
    enum,
    expression,
    interface,
    never_null,
    node,
    one_of,
    union,
)
from marketplace_graphql.pricing.promotions import seen_by_staff

if TYPE_CHECKING:
    from marketplace_graphql.people.types import UserOrApp

PromotionEventsEnum = enum(models.PromotionEventType, name="PromotionEventsEnum")


@interface
class PromotionEventInterface:
    """Something that happened to a promotion."""

    id: ID = expression(lambda row, ctx: never_null(cast(row.id, Text)))
    """Each kind's own."""
    date: DateTime = column("at")
    type: PromotionEventsEnum  # type: ignore[valid-type]
    created_by: "UserOrApp | None" = one_of(
        {
            "User": lambda row, user, ctx: user.id == row.user_id,
            "App": lambda row, app, ctx: app.id == row.app_id,
        }
    )
    """Who did it: nobody for what came with the time."""


@interface
class PromotionRuleEventInterface:
    """Something that happened to a rule of a promotion."""

    rule_id: str | None = expression(lambda row, ctx: cast(row.rule_id, Text))
    """The rule's key, which may be gone."""


def _seen(cls: Any) -> Any:
    return node(models.PromotionEvent, visible=seen_by_staff, order_by=lambda row, ctx: (row.at, row.id))(cls)


@_seen
class PromotionCreatedEvent(Node, PromotionEventInterface):
    """It was made."""


@_seen
class PromotionUpdatedEvent(Node, PromotionEventInterface):
    """It was changed."""


@_seen
class PromotionStartedEvent(Node, PromotionEventInterface):
    """It began."""


@_seen
class PromotionEndedEvent(Node, PromotionEventInterface):
    """It ended."""


@_seen
class PromotionRuleCreatedEvent(Node, PromotionEventInterface, PromotionRuleEventInterface):
    """It got a rule."""


@_seen
class PromotionRuleUpdatedEvent(Node, PromotionEventInterface, PromotionRuleEventInterface):
    """One of its rules was changed."""


@_seen
class PromotionRuleDeletedEvent(Node, PromotionEventInterface, PromotionRuleEventInterface):
    """One of its rules was taken back."""


KINDS = {
    "PROMOTION_CREATED": PromotionCreatedEvent,
    "PROMOTION_UPDATED": PromotionUpdatedEvent,
    "PROMOTION_STARTED": PromotionStartedEvent,
    "PROMOTION_ENDED": PromotionEndedEvent,
    "RULE_CREATED": PromotionRuleCreatedEvent,
    "RULE_UPDATED": PromotionRuleUpdatedEvent,
    "RULE_DELETED": PromotionRuleDeletedEvent,
}
if TYPE_CHECKING:
    PromotionEvent = Any
else:
    PromotionEvent = union(
        "PromotionEvent",
        *KINDS.values(),
        rows=models.PromotionEvent,
        kind=lambda row, ctx: row.type,
        types={kind: type_.__name__ for kind, type_ in KINDS.items()},
        description="Something that happened to a promotion.",
    )
