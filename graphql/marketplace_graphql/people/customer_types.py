"""Kinds of customers, and what each asks of its customers."""

from marketplace.catalog.attributes import AttributeType, CustomerTypeAttribute, user_attribute_value
from marketplace.people import models
from marketplace.people.permissions import Permission
from marketplace_graphql.catalog.answering import Answering, answers_attributes
from marketplace_graphql.catalog.asked_attributes import Asking
from marketplace_graphql.catalog.attributes import Attribute
from marketplace_graphql.kernel import CountableConnection, Node, ObjectWithMetadata, node

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
