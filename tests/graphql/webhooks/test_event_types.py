"""Every event type of the schema: its fields compile to a statement that PostgreSQL accepts."""

from typing import Any

import pytest
from graphql import GraphQLObjectType
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.settings import Settings
from marketplace.people.permissions import Permission
from marketplace.webhooks.events import NEEDED, SYNCHRONOUS, TOGETHER
from marketplace_graphql.kernel import Requester
from marketplace_graphql.kernel.subscriptions import subscription, told
from marketplace_graphql.schema import api_schema
from marketplace_graphql.webhooks.events import event_names, kind_of, missing_types, type_name_of
from marketplace_graphql.webhooks.payloads import api_for
from tests.graphql_kernel.test_whole_schema import everything

REQUESTERS = {
    "an app that may do everything": Requester(app_id=1, permissions=frozenset(Permission)),
    "an app that may do nothing": Requester(app_id=1),
}


def event_types() -> list[str]:
    graphql = api_schema().graphql
    event: Any = graphql.type_map["Event"]
    return sorted(each.name for each in graphql.get_possible_types(event))


@pytest.mark.parametrize("who", REQUESTERS)
@pytest.mark.parametrize("type_name", event_types())
async def test_every_event_type_can_be_read(
    session: AsyncSession, settings: Settings, type_name: str, who: str
) -> None:
    schema = api_schema()
    type_ = schema.graphql.type_map[type_name]
    assert isinstance(type_, GraphQLObjectType)
    api = api_for(settings)
    kept = subscription(
        api, f"subscription {{ event {{ ... on {type_name} {{ {everything(schema, type_)} }} }} }}"
    )
    kind = kind_of(type_name)
    subject: Any = kind and next((part.subject for part in kind.parts if part.subject), None)
    key: Any = 1
    if subject is not None:
        model: Any = schema.rows_of(subject).model
        key = 1 if model.__mapper__.primary_key[0].type.python_type is int else "0" * 32
    things = [{"key": key, "keys": [key], "model": "Stock", "issued_at": "2026-01-01T00:00:00+00:00"}]
    found = await told(api, kept, type_name, things, REQUESTERS[who], session)
    assert len(found) == 1


def test_of_saleors_event_types_only_those_lack_whose_subject_is_not_there_yet() -> None:
    assert set(missing_types()) == {
        type_name_of(event)
        for event in NEEDED
        if type_name_of(event) not in api_schema().graphql.type_map
        and event not in ("NOTIFY_USER", "OBSERVABILITY")
    }


def test_an_event_type_is_called_as_its_event() -> None:
    names = [event for type_name in event_types() for event in event_names(type_name)]
    assert set(names) <= {*NEEDED, *SYNCHRONOUS}
    assert {type_name_of(event) for event in names} == set(event_types())


@pytest.mark.parametrize("event", sorted(TOGETHER))
def test_events_that_tell_of_many_rows_show_a_list(event: str) -> None:
    kind = kind_of(type_name_of(event))
    assert kind is not None
    assert any(part.is_list for part in kind.parts)
