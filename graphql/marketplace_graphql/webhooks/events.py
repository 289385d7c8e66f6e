"""The root of subscriptions and the event types, made of the table once every room has declared its types."""

import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, ColumnElement, any_, select
from sqlalchemy import DateTime as SqlDateTime

from marketplace.apps.versions import SALEOR_SCHEMA
from marketplace.markets import models as markets
from marketplace.markets.tax_settings import CALCULATE_TAXES
from marketplace_graphql.kernel import (
    DateTime,
    expression,
    interface,
    object_type,
    one_of,
    related,
    union,
    value,
)
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.kernel.reader.rows import primary_key
from marketplace_graphql.kernel.registry import registry
from marketplace_graphql.kernel.subscriptions import EVENT, EventType, Happened
from marketplace_graphql.webhooks.asked import ASKED
from marketplace_graphql.webhooks.parts import KEYS, key_in
from marketplace_graphql.webhooks.table import KINDS as TOLD
from marketplace_graphql.webhooks.table import Kind, channel_of, happened_in
from marketplace_graphql.webhooks.taxes import CALCULATES_TAXES

if TYPE_CHECKING:
    from marketplace_graphql.apps.types import App
    from marketplace_graphql.people.types import User

KINDS = (*TOLD, *ASKED, CALCULATES_TAXES)
ISSUED_AT, USER, APP, RECIPIENT = "issued_at", "user_id", "app_id", "recipient_id"
"""What is known of every event: when, who did it, and which app is told."""

if TYPE_CHECKING:
    IssuingPrincipal = App | User
else:
    IssuingPrincipal = union("IssuingPrincipal", "App", "User", description="Who did something.")


@interface
class Event:
    """Something that has happened."""

    issued_at: DateTime | None = expression(
        lambda happened, ctx: happened.typed(ISSUED_AT, SqlDateTime(timezone=True))
    )
    """When."""
    version: str | None = expression(lambda happened, ctx: SALEOR_SCHEMA)
    """The version of Saleor whose contract is kept."""
    issuing_principal: "IssuingPrincipal | None" = one_of(
        {
            "User": lambda happened, user, ctx: user.id == happened.typed(USER, BigInteger()),
            "App": lambda happened, app, ctx: app.id == happened.typed(APP, BigInteger()),
        },
        shown=True,
    )
    """Who did it, if a person or an app did."""
    recipient: "App | None" = related(
        lambda happened, app, ctx: app.id == happened.typed(RECIPIENT, BigInteger()), shown=True
    )
    """The app that is told."""


def subscription_types() -> tuple[type[Any], list[type[Any]]]:
    """The root of subscriptions, and the event types. Called once all rooms are imported."""
    kinds = [kind for kind in KINDS if _is_declared(kind)]
    types = [_event_type(name, kind) for kind in kinds for name in kind.names]
    roots: dict[str, Any] = {EVENT: value(lambda root, ctx: None, description="Whatever happens.")}
    annotations: dict[str, Any] = {EVENT: "Event | None"}
    for name in (name for kind in kinds if kind.by_channel for name in kind.names):
        field = _snake(name)
        roots[field] = value(_in_channels(), description=f"{_words(name)}.")
        annotations[field] = f"{name} | None"
    namespace = {
        "__module__": __name__,
        "__doc__": "What may be told of when it happens: documents of webhooks.",
        "__annotations__": annotations,
        **roots,
    }
    return object_type(type("Subscription", (), namespace)), types


def missing_types() -> dict[str, set[str]]:
    """The event types of the table that are not in the schema, and the types that they lack."""
    return {
        name: lacking
        for kind in KINDS
        for name in kind.names
        if not _is_declared(kind)
        and (lacking := {each for part in kind.parts for each in part.needs if each not in _declared()})
    }


SHARED = {"CalculateTaxes": CALCULATE_TAXES}
"""Types that tell of several events."""


def event_name(type_name: str) -> str:
    """`OrderCreated` -> `ORDER_CREATED`."""
    return _snake(type_name).upper()


def event_names(type_name: str) -> tuple[str, ...]:
    """The events that a type tells of."""
    return SHARED.get(type_name, (event_name(type_name),))


def type_name_of(event: str) -> str:
    """`ORDER_CREATED` -> `OrderCreated`."""
    for type_name, events in SHARED.items():
        if event in events:
            return type_name
    return "".join(part.capitalize() for part in event.split("_"))


def kind_of(type_name: str) -> Kind | None:
    """What the table says of an event type."""
    return next((kind for kind in KINDS if type_name in kind.names), None)


def _is_declared(kind: Kind) -> bool:
    declared = _declared()
    return all(
        any(each in declared for each in part.needs) if part.is_union else set(part.needs) <= declared
        for part in kind.parts
    )


def _declared() -> set[str]:
    return set(registry.types)


def _event_type(name: str, kind: Kind) -> type[Any]:
    namespace = {
        "__module__": __name__,
        "__doc__": f"{_words(name)}.",
        "__annotations__": {part.name: part.annotation for part in kind.parts},
        "__event__": _known_of(kind),
        **{part.name: part.declare() for part in kind.parts},
    }
    made: type[Any] = object_type(type(name, (Event,), namespace))
    return made


def _known_of(kind: Kind) -> EventType:
    subject = next((part.subject for part in kind.parts if part.subject is not None), None)
    together = any(part.is_list for part in kind.parts)

    def exists(happened: Happened, ctx: Any) -> ColumnElement[bool] | None:
        part = next((part for part in kind.parts if part.subject is not None), None)
        if part is None or part.is_list or part.on is None:
            return None
        target = aliased(ctx.schema.rows_of(part.subject).model)
        found = select(primary_key(target)).where(part.on(happened, target, ctx))
        return found.correlate_except(target).exists()

    def in_channels(happened: Happened, slugs: ColumnElement[Any]) -> ColumnElement[bool]:
        if kind.own_channel:
            channel = aliased(markets.Channel)
            wanted = channel.slug == any_(slugs)
            found = select(channel.id).where(channel.id == channel_of(happened), wanted)
            return found.correlate_except(channel).exists()
        model = _model_of(subject)
        key = primary_key(aliased(model))
        keys = happened.items(KEYS, key.type) if together else [key_in(happened, aliased(model))]
        return happened_in(model, keys, slugs)

    return EventType(
        exists,
        channel=channel_of if kind.own_channel else None,
        in_channels=in_channels if kind.by_channel else None,
    )


def _model_of(type_name: str | None) -> type[Any]:
    declared: Any = registry.types[str(type_name)]
    model: type[Any] = declared.__rows__.model
    return model


def _in_channels() -> Any:
    def told(root: Any, ctx: Any, channels: list[str] | None = None) -> None:
        """Never asked: whoever keeps the document has it read when something happens."""

    return told


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _words(name: str) -> str:
    """`OrderFullyPaid` -> `Order fully paid`."""
    return _snake(name).replace("_", " ").capitalize()
