"""Gift cards: to whom they belong, to staff, and, without their code, to whoever pays with them."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Text,
    and_,
    any_,
    case,
    cast,
    func,
    literal,
    null,
    select,
)
from sqlalchemy import (
    Date as SqlDate,
)
from sqlalchemy import DateTime as SqlDateTime
from strawberry import ID

from marketplace.people.permissions import Permission
from marketplace.pricing import gift_cards as models
from marketplace_graphql.apps.visibility import MANAGES, its_own
from marketplace_graphql.kernel import (
    CountableConnection,
    Date,
    DateTime,
    Node,
    ObjectWithMetadata,
    column,
    connection,
    enum,
    expression,
    input_type,
    never_null,
    node,
    null_when,
    object_type,
    one,
    related,
    value,
)
from marketplace_graphql.kernel.reader.sql import global_id
from marketplace_graphql.values import Money, money

if TYPE_CHECKING:
    from marketplace_graphql.apps.types import App
    from marketplace_graphql.catalog.products import Product
    from marketplace_graphql.people.types import User

GiftCardEventsEnum = enum(models.GiftCardEventType, name="GiftCardEventsEnum")
STAFF = Permission.MANAGE_GIFT_CARD
ENDING = 4
"""Signs of a code that everybody may see."""


def owned(row: Any, ctx: Any) -> ColumnElement[bool]:
    """Whether the card is the requester's own."""
    own: ColumnElement[bool] = and_(
        row.assigned_to_id.is_not(None), row.assigned_to_id == ctx.requester.user_id
    )
    return own


def _parameter(row: Any, name: str) -> ColumnElement[str]:
    text: ColumnElement[str] = row.parameters[name].astext
    return text


def _number(row: Any, name: str) -> ColumnElement[int]:
    return cast(_parameter(row, name), BigInteger)


@node(models.GiftCardTag, order_by=lambda row, ctx: row.name)
class GiftCardTag(Node):
    """A word by which staff find gift cards."""

    name: str


@object_type
class GiftCardEventBalance:
    """What was on a card before and after."""

    initial_balance: Money | None
    current_balance: Money
    old_initial_balance: Money | None
    old_current_balance: Money | None


@object_type
class GiftCardEventAssignment:
    """Whose a card was before and after."""

    old_assigned_to: "User | None"
    current_assigned_to: "User | None"
    old_assigned_to_email: str | None
    current_assigned_to_email: str | None


@input_type
class GiftCardEventFilterInput:
    """Which events of a card are wanted."""

    type: GiftCardEventsEnum | None  # type: ignore[valid-type]
    orders: list[ID] | None
    """Those about these orders."""


@node(models.GiftCardEvent, order_by=lambda row, ctx: row.id)
class GiftCardEvent(Node):
    """Something that happened to a gift card."""

    date: DateTime | None = column("at")
    type: GiftCardEventsEnum | None  # type: ignore[valid-type]
    user: "User | None" = related()
    """Who did it, if it was a person."""
    app: "App | None" = related(lambda row, app, ctx: app.id == row.app_id, needs=MANAGES, allowed=its_own)
    """The app that did it, if it was one."""
    message: str | None = expression(lambda row, ctx: _parameter(row, "message"))
    email: str | None = expression(lambda row, ctx: _parameter(row, "email"))
    """Where it was sent."""
    order_id: ID | None = expression(lambda row, ctx: global_id("Order", row.order_id))
    order_number: str | None = expression(lambda row, ctx: _parameter(row, "order_number"))
    expiry_date: Date | None = expression(lambda row, ctx: cast(_parameter(row, "expiry_date"), SqlDate))
    old_expiry_date: Date | None = expression(
        lambda row, ctx: cast(_parameter(row, "old_expiry_date"), SqlDate)
    )
    tags: list[str] | None = expression(lambda row, ctx: _texts(row, "tags"))
    old_tags: list[str] | None = expression(lambda row, ctx: _texts(row, "old_tags"))

    @value
    def balance(row: Any, ctx: Any) -> GiftCardEventBalance | None:
        """How what is on it changed."""
        card = ctx.joined(row, models.GiftCard, lambda card: card.id == row.gift_card_id, key="its card")

        def amount(name: str) -> Any:
            minor = _number(row, name)
            return null_when(minor.is_(None), money(minor, card.currency))

        current = _number(row, "current_balance_minor")
        return null_when(
            current.is_(None),
            {
                "initial_balance": lambda: amount("initial_balance_minor"),
                "current_balance": lambda: money(current, card.currency),
                "old_initial_balance": lambda: amount("old_initial_balance_minor"),
                "old_current_balance": lambda: amount("old_current_balance_minor"),
            },
        )

    @value
    def assigned_to(row: Any, ctx: Any) -> GiftCardEventAssignment | None:
        """Whose it was and is, where that changed."""

        def person(name: str) -> Any:
            return one(lambda user: user.id == _number(row, name))

        return null_when(
            row.type.not_in(
                [models.GiftCardEventType.ASSIGNED_TO_USER, models.GiftCardEventType.UNASSIGNED_FROM_USER]
            ),
            {
                "old_assigned_to": person("old_assigned_to_id"),
                "current_assigned_to": person("assigned_to_id"),
                "old_assigned_to_email": _parameter(row, "old_assigned_to_email"),
                "current_assigned_to_email": _parameter(row, "assigned_to_email"),
            },
        )


def _texts(row: Any, name: str) -> ColumnElement[Any]:
    """A list of texts among an event's parameters; null where there is none."""
    store = row.parameters[name]
    texts = func.jsonb_array_elements_text(store).table_valued("text").render_derived()
    listed = select(func.array_agg(texts.c.text)).scalar_subquery()
    return case((func.jsonb_typeof(store) == literal("array", Text()), listed), else_=null())


@node(models.GiftCard, order_by=lambda row, ctx: row.id)
class GiftCard(Node, ObjectWithMetadata):
    """Money paid or given before, spent by a code."""

    private_metadata_needs = STAFF

    display_code: str = expression(lambda row, ctx: never_null(literal("****", Text()).concat(_ending(row))))
    """The end of its code, the rest hidden."""
    last_4_code_chars: str = expression(lambda row, ctx: never_null(_ending(row)))
    """The end of its code."""
    code: str = column(needs=STAFF, allowed=owned)
    """What it is spent by: only whose own the card is, and staff, see it."""
    created: DateTime = column("created_at")
    created_by: "User | None" = related(
        lambda row, user, ctx: user.id == row.created_by_id,
        needs=(STAFF, Permission.MANAGE_USERS),
        allowed=owned,
    )
    created_by_email: str | None = column(needs=(STAFF, Permission.MANAGE_USERS), allowed=owned)
    app: "App | None" = related(lambda row, app, ctx: app.id == row.app_id, needs=MANAGES, allowed=its_own)
    """The app that made it, if it was one."""
    assigned_to: "User | None" = related(
        lambda row, user, ctx: user.id == row.assigned_to_id,
        needs=(STAFF, Permission.MANAGE_USERS),
        allowed=owned,
    )
    """The only customer who can spend it; none: whoever has its code."""
    assigned_to_email: str | None = column(needs=(STAFF, Permission.MANAGE_USERS), allowed=owned)
    used_by: "User | None" = related(
        lambda row, user, ctx: user.id == row.assigned_to_id,
        needs=(STAFF, Permission.MANAGE_USERS),
        allowed=owned,
        deprecated="Use `assignedTo`.",
    )
    used_by_email: str | None = column(
        "assigned_to_email",
        needs=(STAFF, Permission.MANAGE_USERS),
        allowed=owned,
        deprecated="Use `assignedToEmail`.",
    )
    user: "User | None" = related(
        lambda row, user, ctx: user.id == row.assigned_to_id,
        needs=(STAFF, Permission.MANAGE_USERS),
        allowed=owned,
        deprecated="Use `assignedTo`.",
    )
    last_used_on: DateTime | None = column("last_used_at")
    expiry_date: Date | None = column("expires_on")
    """The last day on which it is good."""
    end_date: DateTime | None = expression(
        lambda row, ctx: cast(row.expires_on, SqlDateTime(timezone=True)), deprecated="Use `expiryDate`."
    )
    start_date: DateTime | None = expression(
        lambda row, ctx: cast(null(), SqlDateTime(timezone=True)), deprecated="Cards are good at once."
    )
    product: "Product | None" = related()
    """What was bought, where it was."""
    tags: list[GiftCardTag] = related(
        lambda row, tag, ctx: tag.id.in_(
            select(models.gift_card_tagged.c.tag_id)
            .where(models.gift_card_tagged.c.gift_card_id == row.id)
            .correlate(row)
        ),
        needs=STAFF,
    )
    bought_in_channel: str | None = expression(lambda row, ctx: cast(null(), Text), needs=STAFF)
    """The channel's slug, where it was bought: cards are only given by staff so far."""
    is_active: bool
    """Whether it can be spent."""
    initial_balance: Money = value(lambda row, ctx: money(row.initial_balance_minor, row.currency))
    current_balance: Money = value(lambda row, ctx: money(row.current_balance_minor, row.currency))

    @related(needs=STAFF)
    def events(
        row: Any, event: Any, ctx: Any, filter: GiftCardEventFilterInput | None = None
    ) -> list[GiftCardEvent]:
        """All that happened to it, in order."""
        wanted: Any = filter
        parts = [event.gift_card_id == row.id]
        if wanted and wanted.type is not None:
            parts.append(event.type == wanted.type)
        if wanted and wanted.orders is not None:
            parts.append(event.order_id == any_(ctx.key(wanted.orders, "Order")))
        return and_(*parts)


def _ending(row: Any) -> ColumnElement[str]:
    return func.right(row.code, ENDING, type_=Text)


@object_type
class GiftCardsOfUser:
    """A person's own gift cards: a part of `User`."""

    @connection
    def gift_cards(user: Any, card: Any, ctx: Any) -> CountableConnection[GiftCard] | None:
        """Gift cards that only this person can spend."""
        own = card.assigned_to_id == user.id
        if ctx.requester.has(STAFF):
            return own
        return and_(own, user.id == ctx.requester.user_id)
