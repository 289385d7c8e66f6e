"""Inputs of categories and collections, and what services make of them."""

from typing import Any

from strawberry import ID

from marketplace.catalog.thumbnails import USUAL_SIZES
from marketplace.kit.errors import InvalidError
from marketplace_graphql.catalog.uploads import kept_picture
from marketplace_graphql.inputs import MetadataInput, SeoInput, entries_of
from marketplace_graphql.kernel import (
    Date,
    DateTime,
    Info,
    JSONString,
    Upload,
    UploadedFile,
    changes,
    input_type,
)

DAY_OF_CHANNELS = "Say it for each channel: `collectionChannelListingUpdate`."
STORES = {"metadata": "public_metadata", "private_metadata": "private_metadata"}


@input_type
class CategoryInput:
    """What a category says of itself."""

    description: JSONString | None
    """EditorJS blocks."""
    name: str | None
    slug: str | None
    """Made of the name where a new category has none."""
    seo: SeoInput | None
    background_image: Upload | None
    """A picture for the head of its page; null takes it away."""
    background_image_alt: str | None
    """What it shows, for those who can't see it."""
    metadata: list[MetadataInput] | None
    """Entries that everybody sees, added to those that there are."""
    private_metadata: list[MetadataInput] | None
    """Entries that only staff see, added to those that there are."""


@input_type(outdated={"publication_date": DAY_OF_CHANNELS})
class CollectionInput:
    """What a collection says of itself."""

    is_published: bool | None
    """Says nothing since collections are published by channel."""
    name: str | None
    slug: str | None
    """Made of the name where a new collection has none."""
    description: JSONString | None
    """EditorJS blocks."""
    background_image: Upload | None
    """A picture for the head of its page; null takes it away."""
    background_image_alt: str | None
    """What it shows, for those who can't see it."""
    seo: SeoInput | None
    publication_date: Date | None
    metadata: list[MetadataInput] | None
    """Entries that everybody sees, added to those that there are."""
    private_metadata: list[MetadataInput] | None
    """Entries that only staff see, added to those that there are."""


@input_type(outdated={"publication_date": DAY_OF_CHANNELS})
class CollectionCreateInput(CollectionInput):
    """What a new collection says of itself, and what is in it."""

    products: list[ID] | None
    """In this order."""


@input_type
class MoveProductInput:
    """How far a product moves in a collection."""

    product_id: ID
    sort_order: int | None
    """Places towards the end; below zero: towards the beginning."""


@input_type(outdated={"publication_date": "Use `publishedAt`."})
class PublishableChannelListingInput:
    """Whether something shows in a channel."""

    channel_id: ID
    is_published: bool | None
    publication_date: Date | None
    published_at: DateTime | None
    """From when on; now, where nothing is said of what is published."""


@input_type
class CollectionChannelListingUpdateInput:
    """Where a collection shows."""

    add_channels: list[PublishableChannelListingInput] | None
    """Channels in which it shows, or shall show otherwise."""
    remove_channels: list[ID] | None


async def said_of_shelf(info: Info, given: Any) -> dict[str, Any]:
    """What the services of categories and collections take. Raises PictureError for what is no picture."""
    said = words_of(changes(given))
    if "background_image" in said:
        upload = said.pop("background_image")
        said["picture"] = None if upload is None else await _background(info, upload)
    if "background_image_alt" in said:
        said["picture_alt"] = said.pop("background_image_alt")
    return said


def words_of(said: dict[str, Any]) -> dict[str, Any]:
    """Changes of an input with their SEO and metadata under the names of the rows' columns."""
    if "seo" in said:
        seo = said.pop("seo") or {}
        said |= {f"seo_{name}": text for name, text in seo.items()}
    for name, store in STORES.items():
        if name in said:
            said[store] = entries_of(said.pop(name))
    return said


async def _background(info: Info, upload: Any) -> Any:
    if not isinstance(upload, UploadedFile):
        raise InvalidError("Send the picture as a file of a multipart request.", field="backgroundImage")
    return await kept_picture(info, upload, "shelves", "backgroundImage", USUAL_SIZES)
