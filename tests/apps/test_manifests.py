"""What apps say of themselves is read strictly."""

from typing import Any

import pytest

from marketplace.apps.manifests import read_manifest
from marketplace.kit.errors import DomainError, Errors

LEAST: dict[str, Any] = {"id": "app.labels", "name": "Labels", "version": "1.0.0"}
HOOK = {
    "name": "Paid",
    "targetUrl": "https://labels.test/hook",
    "query": "subscription { event { issuedAt } }",
}
PLACE = {"label": "Labels", "url": "https://labels.test/place", "mount": "ORDER_DETAILS_MORE_ACTIONS"}
OF_ORDERS = PLACE | {"permissions": ["MANAGE_ORDERS"]}
NAMED = [PLACE | {"identifier": " a "}, PLACE | {"identifier": "a"}]


def faults(**said: Any) -> list[tuple[str | None, str]]:
    """What is wrong with a manifest: fields and codes."""
    data = {name: value for name, value in (LEAST | said).items() if value is not LEAST}
    try:
        read_manifest(data)
    except Errors as refused:
        return [(error.field, error.code) for error in refused.errors]
    except DomainError as refused:
        return [(refused.field, refused.code)]
    return []


def test_a_name_a_version_and_an_id_are_enough() -> None:
    manifest = read_manifest(LEAST | {"unknown": {"to": "us"}, "extensions": None, "webhooks": None})
    assert (manifest.id, manifest.token_target_url, manifest.extensions) == ("app.labels", None, [])


@pytest.mark.parametrize("field", ["id", "name", "version"])
def test_what_is_missing_is_named(field: str) -> None:
    assert faults(**{field: LEAST}) == [(field, "REQUIRED")]


@pytest.mark.parametrize(
    ("said", "field", "code"),
    [
        ({"id": ""}, "id", "INVALID"),
        ({"name": "x" * 61}, "name", "INVALID"),
        ({"about": "a\x00b"}, "about", "INVALID"),
        ({"tokenTargetUrl": "labels.test/register"}, "tokenTargetUrl", "INVALID_URL_FORMAT"),
        ({"appUrl": "javascript:alert(1)"}, "appUrl", "INVALID_URL_FORMAT"),
        ({"homepageUrl": "http:/labels.test"}, "homepageUrl", "INVALID_URL_FORMAT"),
        ({"author": "  "}, "author", "INVALID"),
        ({"permissions": ["MANAGE_MOON"]}, "permissions", "INVALID_PERMISSION"),
        ({"permissions": "MANAGE_ORDERS"}, "permissions", "INVALID"),
        ({"requiredSaleorVersion": "3.wrong.1"}, "requiredSaleorVersion", "INVALID"),
        ({"brand": {"logo": {}}}, "brand", "REQUIRED"),
        ({"brand": {"logo": {"default": "logo.png"}}}, "brand", "INVALID_URL_FORMAT"),
        ({"brand": {"logo": {"default": "https://labels.test/logo.jpg"}}}, "brand", "INVALID_URL_FORMAT"),
        ({"extensions": [{"url": "/x", "mount": "X"}]}, "extensions", "REQUIRED"),
        ({"extensions": [PLACE | {"url": "/x"}]}, "extensions", "INVALID_URL_FORMAT"),
        ({"extensions": [PLACE | {"url": "labels.test"}]}, "extensions", "INVALID_URL_FORMAT"),
        ({"extensions": [PLACE | {"url": ""}]}, "extensions", "INVALID_URL_FORMAT"),
        ({"extensions": [PLACE | {"permissions": ["MOON"]}]}, "extensions", "INVALID_PERMISSION"),
        (
            {"extensions": [PLACE | {"permissions": ["MANAGE_ORDERS"]}]},
            "extensions",
            "OUT_OF_SCOPE_PERMISSION",
        ),
        ({"extensions": [PLACE | {"identifier": "a" * 257}]}, "extensions", "INVALID"),
        ({"extensions": NAMED}, "extensions", "DUPLICATED_EXTENSION_IDENTIFIER"),
        ({"webhooks": [HOOK | {"targetUrl": "nowhere"}]}, "webhooks", "INVALID_URL_FORMAT"),
        ({"webhooks": [{"name": "x", "targetUrl": "https://labels.test"}]}, "webhooks", "REQUIRED"),
        ({"webhooks": [HOOK | {"identifier": "a"}] * 2}, "webhooks", "DUPLICATED_WEBHOOK_IDENTIFIER"),
    ],
)
def test_each_mistake_is_told_at_its_field(said: dict[str, Any], field: str, code: str) -> None:
    assert faults(**said) == [(field, code)]


@pytest.mark.parametrize(
    "said",
    [
        {"appUrl": ""},
        {"appUrl": "https://labels.test/app", "extensions": [PLACE | {"url": "/x"}]},
        {"extensions": [PLACE | {"identifier": " "}, PLACE | {"identifier": ""}]},
        {"permissions": ["MANAGE_ORDERS"], "extensions": [PLACE | {"permissions": ["MANAGE_ORDERS"]}]},
        {"requiredSaleorVersion": "<3.11"},
        {"webhooks": [HOOK | {"targetUrl": "awssqs://key:secret@sqs.example.com/queue"}]},
        {"tokenTargetUrl": "http://localhost:3000/api/register"},
    ],
)
def test_what_saleor_takes_is_taken(said: dict[str, Any]) -> None:
    assert faults(**said) == []


def test_what_was_granted_stands_in_the_place_of_what_is_asked_for() -> None:
    data = LEAST | {
        "permissions": ["MANAGE_ORDERS"],
        "extensions": [PLACE | {"permissions": ["MANAGE_ORDERS"]}],
    }
    with pytest.raises(Errors) as refused:
        read_manifest(data, granted=["MANAGE_PRODUCTS"])
    assert refused.value.errors[0].code == "OUT_OF_SCOPE_PERMISSION"


def test_an_app_that_was_made_for_another_saleor_is_only_looked_at() -> None:
    data = LEAST | {"requiredSaleorVersion": "^2"}
    assert not read_manifest(data).is_for_this_version
    with pytest.raises(Errors) as refused:
        read_manifest(data, is_strict=True)
    assert [error.code for error in refused.value.errors] == ["UNSUPPORTED_SALEOR_VERSION"]


@pytest.mark.parametrize("data", [[], "text", None, 7])
def test_what_is_no_object_is_no_manifest(data: object) -> None:
    with pytest.raises(DomainError) as refused:
        read_manifest(data)
    assert (refused.value.field, refused.value.code) == ("manifestUrl", "INVALID_MANIFEST_FORMAT")
