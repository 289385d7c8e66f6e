"""What is changed of pages, and of their types."""

from marketplace_graphql.content.page_mutations import PageMutations
from marketplace_graphql.content.page_type_mutations import PageTypeMutations
from marketplace_graphql.kernel import object_type


@object_type
class ContentMutations(PageMutations, PageTypeMutations):
    """What is changed of pages, and of their types."""
