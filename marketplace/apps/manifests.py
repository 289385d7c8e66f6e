"""Manifests: what an app says of itself, in Saleor's JSON. Read strictly, told of in Saleor's codes."""

import mimetypes
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails, PydanticCustomError

from marketplace.apps.models import IDENTIFIER_LENGTH, NAME_LENGTH
from marketplace.apps.versions import SALEOR_VERSION, satisfies
from marketplace.kit.errors import DomainError, Errors, InvalidError
from marketplace.kit.outgoing import is_web_address
from marketplace.people.permissions import Permission

DEFAULT_TARGET = "popup"
LOGO_TYPE = "image/png"
QUEUES = ("awssqs://", "gcpubsub://")
"""What a webhook's target may be besides an address of the web."""
MOST_ITEMS = 200
"""Extensions or webhooks of one app."""

Item = TypeVar("Item")


def _refused(code: str, message: str) -> PydanticCustomError:
    return PydanticCustomError(code, "{message}", {"message": message})


def _web_address(value: str | None) -> str | None:
    """An address of the web; an empty one is none."""
    if not value:
        return None
    if not is_web_address(value):
        raise _refused("INVALID_URL_FORMAT", "Incorrect format.")
    return value


def _target_address(value: str) -> str:
    if not is_web_address(value) and not value.lower().startswith(QUEUES):
        raise _refused("INVALID_URL_FORMAT", "Invalid target url.")
    return value


def _logo_address(value: str) -> str:
    if not is_web_address(value):
        raise _refused("INVALID_URL_FORMAT", "Incorrect value for field: logo.default.")
    if mimetypes.guess_type(value.partition("?")[0])[0] != LOGO_TYPE:
        raise _refused("INVALID_URL_FORMAT", "Invalid file type for field: logo.default.")
    return value


def _author(value: str | None) -> str | None:
    if value is not None and not value.strip():
        raise _refused("INVALID", "Incorrect value for field: author")
    return value and value.strip()


def _identifier(value: str | None) -> str | None:
    """An item's own name: a blank one is none."""
    if value is not None and len(value) > IDENTIFIER_LENGTH:
        raise _refused(
            "INVALID", f"Identifier is too long. Maximum length is {IDENTIFIER_LENGTH} characters."
        )
    return (value and value.strip()) or None


def _storable(value: str) -> str:
    if "\x00" in value:
        raise _refused("INVALID", "This text holds a sign that no text can hold.")
    return value


Text = Annotated[str, AfterValidator(_storable)]
WebAddress = Annotated[Text | None, Field(max_length=2048), AfterValidator(_web_address)]
Identifier = Annotated[Text | None, AfterValidator(_identifier)]
OrEmpty = BeforeValidator(lambda given: [] if given is None else given)


class _Said(BaseModel):
    """Names in camel case; what we don't know is left alone."""

    model_config = ConfigDict(extra="ignore", alias_generator=to_camel, frozen=True)


class ManifestLogo(_Said):
    default: Annotated[Text, AfterValidator(_logo_address)]
    """Where its picture is, a PNG."""


class ManifestBrand(_Said):
    logo: ManifestLogo


class ManifestExtension(_Said):
    """A place in the dashboard that the app fills."""

    label: Annotated[Text, Field(max_length=256)]
    url: Annotated[Text, Field(max_length=2048)]
    mount: Annotated[Text, Field(max_length=256)]
    target: Annotated[Text, Field(max_length=128)] = DEFAULT_TARGET
    permissions: list[str] = []
    options: dict[str, Any] = {}
    identifier: Identifier = None


class ManifestWebhook(_Said):
    """An address that the app wants to be called at. Whether its events and its query are good is judged
    by the room that knows webhooks.
    """

    name: Annotated[Text, Field(max_length=255)]
    target_url: Annotated[Text, Field(max_length=2048), AfterValidator(_target_address)]
    query: Text
    is_active: bool = True
    async_events: Annotated[list[str], OrEmpty] = []
    sync_events: Annotated[list[str], OrEmpty] = []
    custom_headers: dict[str, str] | None = None
    identifier: Identifier = None


class Manifest(_Said):
    """What an app says of itself."""

    id: Annotated[Text, Field(min_length=1, max_length=IDENTIFIER_LENGTH)]
    name: Annotated[Text, Field(max_length=NAME_LENGTH)]
    version: Annotated[Text, Field(max_length=60)]
    about: Text | None = None
    permissions: Annotated[list[str], OrEmpty] = []
    app_url: WebAddress = None
    token_target_url: WebAddress = None
    """Where its token is sent."""
    configuration_url: Text | None = None
    data_privacy: Text | None = None
    data_privacy_url: WebAddress = None
    homepage_url: WebAddress = None
    support_url: WebAddress = None
    audience: Annotated[Text | None, Field(max_length=256)] = None
    required_saleor_version: str | None = None
    author: Annotated[Text | None, Field(max_length=60), AfterValidator(_author)] = None
    brand: ManifestBrand | None = None
    extensions: Annotated[list[ManifestExtension], OrEmpty, Field(max_length=MOST_ITEMS)] = []
    webhooks: Annotated[list[ManifestWebhook], OrEmpty, Field(max_length=MOST_ITEMS)] = []

    @property
    def is_for_this_version(self) -> bool:
        """Whether it was made for the Saleor whose contract we keep."""
        return not self.required_saleor_version or satisfies(self.required_saleor_version)


def read_manifest(data: object, *, granted: Sequence[str] | None = None, is_strict: bool = False) -> Manifest:
    """A manifest from its JSON. Raises Errors.

    `granted` are permissions in the place of those that it asks for; where `is_strict`, one that was made for
    another Saleor is refused.
    """
    if not isinstance(data, Mapping):
        raise InvalidError(
            "Incorrect structure of manifest.", field="manifestUrl", code="INVALID_MANIFEST_FORMAT"
        )
    given = dict(data) if granted is None else {**data, "permissions": list(granted)}
    try:
        manifest = Manifest.model_validate(given)
    except ValidationError as refused:
        raise Errors([_told(error) for error in refused.errors()]) from refused
    errors = [
        *_of_version(manifest, is_strict=is_strict),
        *_of_permissions(manifest.permissions, "permissions"),
    ]
    if not errors:
        errors = [*_of_extensions(manifest), *_of_webhooks(manifest)]
    if errors:
        raise Errors(errors)
    return manifest


def _told(error: ErrorDetails) -> DomainError:
    """A mistake of the manifest's shape, at the part of it that is wrong, in Saleor's codes."""
    place = [str(step) for step in error["loc"] if not isinstance(step, int)]
    field = place[0] if place else "manifestUrl"
    within = f"{'.'.join(place[1:])}: " if len(place) > 1 else ""
    if error["type"] == "missing":
        return DomainError(f"{within}Field required.", field=field, code="REQUIRED")
    code = error["type"] if error["type"].isupper() else "INVALID"
    return DomainError(f"{within}{error['msg']}", field=field, code=code)


def _of_version(manifest: Manifest, *, is_strict: bool) -> list[DomainError]:
    try:
        is_for_us = manifest.is_for_this_version
    except InvalidError as refused:
        return [refused]
    if is_for_us or not is_strict:
        return []
    message = f"Saleor version {SALEOR_VERSION} is not supported by the app."
    return [DomainError(message, field="requiredSaleorVersion", code="UNSUPPORTED_SALEOR_VERSION")]


def _of_permissions(permissions: Sequence[str], field: str) -> list[DomainError]:
    if set(permissions) <= {*Permission}:
        return []
    return [DomainError("Given permissions don't exist.", field=field, code="INVALID_PERMISSION")]


def _of_extensions(manifest: Manifest) -> list[DomainError]:
    errors = _of_identifiers(manifest.extensions, "extensions", "DUPLICATED_EXTENSION_IDENTIFIER")
    for extension in manifest.extensions:
        fits = (
            manifest.app_url is not None if extension.url.startswith("/") else is_web_address(extension.url)
        )
        if not fits:
            message = "Incorrect value for field: url."
            errors.append(DomainError(message, field="extensions", code="INVALID_URL_FORMAT"))
        unknown = _of_permissions(extension.permissions, "extensions")
        errors += unknown
        if not unknown and not set(extension.permissions) <= set(manifest.permissions):
            message = "Extension permission must be listed in App's permissions."
            errors.append(DomainError(message, field="extensions", code="OUT_OF_SCOPE_PERMISSION"))
    return errors


def _of_webhooks(manifest: Manifest) -> list[DomainError]:
    return _of_identifiers(manifest.webhooks, "webhooks", "DUPLICATED_WEBHOOK_IDENTIFIER")


def _of_identifiers(
    items: Sequence[ManifestExtension | ManifestWebhook], field: str, code: str
) -> list[DomainError]:
    """What is named twice."""
    named = [item.identifier for item in items if item.identifier is not None]
    twice = sorted({name for name in named if named.count(name) > 1})
    return [
        DomainError(f"Identifier is used more than once: {name}.", field=field, code=code) for name in twice
    ]
