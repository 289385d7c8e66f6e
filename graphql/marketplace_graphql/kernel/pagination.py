"""Pages of rows: the types that all lists share."""

import enum as enum_module
from typing import Generic, TypeVar

import strawberry

from marketplace_graphql.kernel.types import enum, register

NodeType = TypeVar("NodeType")


@register
@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether more follow when paginating forwards.")
    has_previous_page: bool = strawberry.field(description="Whether more precede when paginating backwards.")
    start_cursor: str | None = strawberry.field(description="Continue backwards from here.")
    end_cursor: str | None = strawberry.field(description="Continue forwards from here.")


@register
@strawberry.type(description="One item of a page.")
class CountableEdge(Generic[NodeType]):
    node: NodeType = strawberry.field(description="The item itself.")
    cursor: str = strawberry.field(description="The item's place in the list.")


@register
@strawberry.type(description="A page of a list.")
class CountableConnection(Generic[NodeType]):
    page_info: PageInfo = strawberry.field(description="Where the page lies.")
    edges: list[CountableEdge[NodeType]] = strawberry.field(description="The items of the page.")
    total_count: int | None = strawberry.field(description="How many items the whole list has.")


@enum
class OrderDirection(enum_module.Enum):
    """Which way a list is sorted."""

    ASC = "ASC"
    DESC = "DESC"
