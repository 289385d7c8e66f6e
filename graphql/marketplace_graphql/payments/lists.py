"""How payments are narrowed down and sorted."""

from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, Uuid, and_, any_, select
from strawberry import ID

from marketplace.apps.models import App
from marketplace.kit.ids import uuid_pk
from marketplace.payments import models
from marketplace.payments.models import TransactionEventType
from marketplace_graphql.inputs import DateTimeRangeInput, StringFilterInput
from marketplace_graphql.kernel import (
    Filter,
    OrderDirection,
    Sorting,
    between,
    enum,
    input_type,
    matches,
)
from marketplace_graphql.kernel.reader.aliases import aliased


@input_type
class TransactionEventTypeEnumFilterInput:
    """A condition on what has happened."""

    eq: TransactionEventType | None
    one_of: list[TransactionEventType] | None


@input_type
class TransactionEventFilterInput:
    """An event that a payment has."""

    created_at: DateTimeRangeInput | None
    type: TransactionEventTypeEnumFilterInput | None


@input_type
class TransactionWhereInput:
    """Which payments are listed."""

    ids: list[ID] | None
    psp_reference: StringFilterInput | None
    app_identifier: StringFilterInput | None
    created_at: DateTimeRangeInput | None
    modified_at: DateTimeRangeInput | None
    events: list[TransactionEventFilterInput] | None
    """All of these have happened to it."""
    AND: "list[TransactionWhereInput] | None"
    OR: "list[TransactionWhereInput] | None"


@enum
class TransactionSortField(Enum):
    """What payments can be sorted by."""

    CREATED_AT = "CREATED_AT"
    MODIFIED_AT = "MODIFIED_AT"


@input_type
class TransactionSortingInput:
    """How payments are sorted."""

    direction: OrderDirection
    field: TransactionSortField


def _events(row: Any, filters: Any, ctx: Any) -> ColumnElement[bool] | None:
    parts = []
    for each in filters:
        event = aliased(models.TransactionEvent)
        conditions = [event.transaction_id == row.id]
        for given, meaning in (
            (each.created_at, between(lambda row, ctx: row.created_at)),
            (each.type, matches(lambda row, ctx: row.type)),
        ):
            said = None if given is None else meaning(event, given, ctx)
            conditions += [] if said is None else [said]
        parts.append(select(event.id).where(*conditions).correlate_except(event).exists())
    return and_(*parts) if parts else None


def _of_app(row: Any, value: Any, ctx: Any) -> ColumnElement[bool] | None:
    app = aliased(App)
    said = matches(lambda row, ctx: row.identifier)(app, value, ctx)
    if said is None:
        return None
    found: ColumnElement[bool] = row.app_id.in_(select(app.id).where(said).correlate_except(app))
    return found


def _ids(row: Any, ids: Any, ctx: Any) -> ColumnElement[bool]:
    name = "TransactionItem"
    keys = ids.converted(f"token:{name}", Uuid(), lambda text: str(uuid_pk(text, name)))
    found: ColumnElement[bool] = row.token == any_(keys)
    return found


transaction_where = Filter(
    TransactionWhereInput,
    {
        "ids": _ids,
        "psp_reference": matches(lambda row, ctx: row.psp_reference),
        "app_identifier": _of_app,
        "created_at": between(lambda row, ctx: row.created_at),
        "modified_at": between(lambda row, ctx: row.updated_at),
        "events": _events,
    },
)
transaction_order = Sorting(
    TransactionSortingInput,
    {
        TransactionSortField.CREATED_AT: lambda row, ctx: row.created_at,
        TransactionSortField.MODIFIED_AT: lambda row, ctx: row.updated_at,
    },
)
