"""What staff say of pages and their types, and what can be wrong with it."""

from strawberry import ID

from marketplace_graphql.catalog.answer_inputs import AttributeValueInput
from marketplace_graphql.inputs import SeoInput
from marketplace_graphql.kernel import DateTime, JSONString, error_type, input_type

MOMENT = "`publishedAt` says the moment."

PageError = error_type(
    "PageError",
    (
        "GRAPHQL_ERROR",
        "INVALID",
        "NOT_FOUND",
        "REQUIRED",
        "UNIQUE",
        "DUPLICATED_INPUT_ITEM",
        "ATTRIBUTE_ALREADY_ASSIGNED",
    ),
    twin="pageErrors",
    attributes=list[ID] | None,
    values=list[ID] | None,
)


@input_type(outdated={"publication_date": MOMENT})
class PageInput:
    """What a page says, and when buyers see it."""

    slug: str | None
    """Made of the title where a new page has none."""
    title: str | None
    content: JSONString | None
    """EditorJS blocks."""
    attributes: list[AttributeValueInput] | None
    """What it answers to the attributes of its type: only those named change."""
    is_published: bool | None
    publication_date: str | None
    """A day, or a moment, by ISO 8601."""
    published_at: DateTime | None
    seo: SeoInput | None


@input_type(outdated={"publication_date": MOMENT})
class PageCreateInput(PageInput):
    """A new page."""

    page_type: ID


@input_type
class PageTypeCreateInput:
    """A new type of pages."""

    name: str | None
    slug: str | None
    """Made of the name where none is given."""
    add_attributes: list[ID] | None
    """What its pages are asked for."""


@input_type
class PageTypeUpdateInput:
    """What changes of a type of pages."""

    name: str | None
    slug: str | None
    add_attributes: list[ID] | None
    """What its pages are asked for besides."""
    remove_attributes: list[ID] | None
    """What its pages are asked for no more."""
