"""Where something shows, changed in several channels at once: products and collections say it alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any

from strawberry.utils.str_converters import to_camel_case

from marketplace.kit.errors import DomainError, Errors, InvalidError
from marketplace.markets.models import Channel
from marketplace_graphql.kernel import Info

DUPLICATED = "DUPLICATED_INPUT_ITEM"


@dataclass(frozen=True)
class ChannelChanges:
    """Channels with what is said of each, and those that something is taken out of."""

    said: list[tuple[Channel, dict[str, Any]]]
    removed: list[int]
    faults: list[DomainError]


async def channel_changes(info: Info, given: Mapping[str, Any], source: str) -> ChannelChanges:
    """Read an input that has `source` (what is said of channels) and `remove_channels`.

    The moment of publication stands in `published_at`, whichever way it was said. Raises Errors for channels
    that are named twice, NotFoundError; faults of dates are left to the caller, who may find more.
    """
    adding: list[dict[str, Any]] = given.get(source) or []
    removing: list[str] = given.get("remove_channels") or []
    wanted = [each["channel_id"] for each in adding]
    faults: list[DomainError] = []
    for field, ids in (
        ("input", sorted(set(wanted) & set(removing))),
        (to_camel_case(source), repeated(wanted)),
        ("removeChannels", repeated(removing)),
    ):
        if ids:
            message = "A channel is named more than once."
            faults.append(InvalidError(message, field=field, code=DUPLICATED, channels=ids))
    if faults:
        raise Errors(faults)
    channels = await info.find_many(Channel, wanted, field_name="channelId")
    try:
        removed = [info.key(each, "Channel") for each in removing]
    except InvalidError as error:
        error.field = "removeChannels"
        raise
    said = list(zip(channels, adding, strict=True))
    return ChannelChanges(said, removed, published_moments(adding, info.inputs.now))


def published_moments(adding: Sequence[dict[str, Any]], now: datetime) -> list[DomainError]:
    """Write `published_at` of what is said of each channel; tells of those that say it in two ways."""
    twice = []
    for each in adding:
        if "publication_date" in each and "published_at" in each:
            twice.append(each["channel_id"])
            continue
        moment = each.get("published_at") or beginning_of(each.get("publication_date"))
        if each.get("is_published") and moment is None:
            each["published_at"] = now
        elif "publication_date" in each or "published_at" in each:
            each["published_at"] = moment
        if each.get("is_published", False) is None:
            del each["is_published"]
    if not twice:
        return []
    message = "Either publicationDate or publishedAt, please."
    return [InvalidError(message, field="publicationDate", channels=twice)]


def beginning_of(day: Any) -> datetime | None:
    """The first moment of a day in UTC, as Saleor's older fields mean it."""
    return None if day is None else datetime.combine(day, time.min, UTC)


def repeated(values: Sequence[str]) -> list[str]:
    """Those that stand in a list more than once."""
    return sorted({value for value in values if values.count(value) > 1})
