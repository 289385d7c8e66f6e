"""What is changed of attributes, and of the types of products that ask for them."""

from marketplace_graphql.attributes.attribute_bulks import AttributeBulkMutations
from marketplace_graphql.attributes.attribute_mutations import AttributeMutations
from marketplace_graphql.attributes.product_type_mutations import ProductTypeMutations
from marketplace_graphql.attributes.value_mutations import AttributeValueMutations
from marketplace_graphql.kernel import object_type


@object_type
class AttributesMutations(
    AttributeMutations, AttributeBulkMutations, AttributeValueMutations, ProductTypeMutations
):
    """What is changed of attributes, and of the types of products that ask for them."""
