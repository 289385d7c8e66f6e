"""Kinds of customers, and what each asks of its customers."""

from enum import Enum

from strawberry import ID

from marketplace.catalog.attributes import AttributeType, CustomerTypeAttribute, user_attribute_value
from marketplace.people import models
from marketplace.people.permissions import Permission
from marketplace_graphql.catalog.answering import Answering, answers_attributes
from marketplace_graphql.catalog.asked_attributes import Asking
from marketplace_graphql.catalog.attributes import Attribute
from marketplace_graphql.inputs import MetadataFilterInput, StringFilterInput, metadata_says
from marketplace_graphql.kernel import (
    AUTHENTICATED_APP,
    AUTHENTICATED_STAFF,
    CountableConnection,
    Filter,
    Node,
    ObjectWithMetadata,
    OrderDirection,
    Sorting,
    by_id,
    enum,
    input_type,
    matches,
    node,
)

READS_CUSTOMER_TYPES = (AUTHENTICATED_STAFF, AUTHENTICATED_APP)

asking = Asking(CustomerTypeAttribute, "customer_type_id", AttributeType.CUSTOMER_TYPE)

answers_attributes(
    models.User,
    Answering(
        CustomerTypeAttribute,
        lambda asked, row: asked.customer_type_id == row.customer_type_id,
        user_attribute_value,
        "user_id",
    ),
)


@node(models.CustomerType, order_by=lambda row, ctx: row.name)
class CustomerType(Node, ObjectWithMetadata):
    """A kind of customer, which staff tell apart."""

    name: str
    slug: str
    is_default: bool
    """Whether whoever opens an account is of this kind."""
    attributes: list[Attribute] | None = asking.attributes()
    """What its customers are asked for."""
    available_attributes: CountableConnection[Attribute] | None = asking.available(
        Permission.MANAGE_CUSTOMER_TYPES_AND_ATTRIBUTES, filtered=False
    )
    """What it could ask for besides."""


@input_type
class CustomerTypeWhereInput:
    """Which kinds of customers are listed."""

    metadata: MetadataFilterInput | None
    ids: list[ID] | None
    name: StringFilterInput | None
    slug: StringFilterInput | None
    is_default: bool | None
    AND: "list[CustomerTypeWhereInput] | None"
    OR: "list[CustomerTypeWhereInput] | None"


@enum
class CustomerTypeSortField(Enum):
    """What kinds of customers can be sorted by."""

    NAME = "NAME"
    SLUG = "SLUG"


@input_type
class CustomerTypeSortingInput:
    """How kinds of customers are sorted."""

    direction: OrderDirection
    field: CustomerTypeSortField


customer_type_where = Filter(
    CustomerTypeWhereInput,
    {
        "metadata": metadata_says,
        "ids": by_id("CustomerType"),
        "name": matches(lambda row, ctx: row.name),
        "slug": matches(lambda row, ctx: row.slug),
        "is_default": lambda row, default, ctx: row.is_default.is_(default),
    },
)
customer_type_order = Sorting(
    CustomerTypeSortingInput,
    {
        CustomerTypeSortField.NAME: lambda row, ctx: (row.name, row.slug),
        CustomerTypeSortField.SLUG: lambda row, ctx: row.slug,
    },
)
