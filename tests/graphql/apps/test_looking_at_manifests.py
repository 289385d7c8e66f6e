"""Staff look at an app's manifest before they install it."""

from marketplace_graphql.kernel import Requester
from tests.graphql.apps.conftest import AppServer
from tests.graphql.conftest import Ask, staff

MANAGER = staff("MANAGE_APPS")
FETCH = """
mutation ($url: String!) { appFetchManifest(manifestUrl: $url) {
  manifest {
    identifier version name about permissions { code name } appUrl tokenTargetUrl audience author
    extensions { label url mountName targetName settings identifier permissions { code } }
    webhooks { name asyncEvents syncEvents query targetUrl }
    requiredSaleorVersion { constraint satisfied }
    brand { logo { default small: default(size: 32, format: WEBP) } }
  }
  errors { field code message }
} }
"""


async def test_a_manifest_is_looked_at_before(read: Ask, server: AppServer) -> None:
    server.manifest["brand"] = {"logo": {"default": f"{server.receiver.url}/logo.png"}}
    shown = (await read(FETCH, MANAGER, url=server.url))["appFetchManifest"]
    assert shown["errors"] == []
    manifest = shown["manifest"]
    logo = manifest.pop("brand")["logo"]
    assert manifest == {
        "identifier": "app.labels",
        "version": "1.2.0",
        "name": "Labels",
        "about": "Prints labels.",
        "permissions": [{"code": "MANAGE_ORDERS", "name": "Manage orders."}],
        "appUrl": f"{server.receiver.url}/app",
        "tokenTargetUrl": f"{server.receiver.url}/register",
        "audience": "https://labels.test",
        "author": "Labels Ltd",
        "extensions": [
            {
                "label": "Print",
                "url": "/print",
                "mountName": "ORDER_DETAILS_WIDGETS",
                "targetName": "WIDGET",
                "settings": {"widgetTarget": {"method": "POST"}},
                "identifier": "print",
                "permissions": [{"code": "MANAGE_ORDERS"}],
            }
        ],
        "webhooks": [
            {
                "name": "Paid",
                "asyncEvents": ["ORDER_PAID"],
                "syncEvents": [],
                "query": "subscription { event { ... on OrderPaid { order { id } } } }",
                "targetUrl": f"{server.receiver.url}/hook",
            }
        ],
        "requiredSaleorVersion": {"constraint": "^3.20", "satisfied": True},
    }
    assert logo["default"].startswith("data:image/webp;base64,")
    assert len(logo["small"]) < len(logo["default"])


async def test_a_manifest_without_its_logo_is_still_a_manifest(read: Ask, server: AppServer) -> None:
    server.manifest["brand"] = {"logo": {"default": f"{server.receiver.url}/nowhere.png"}}
    shown = (await read(FETCH, MANAGER, url=server.url))["appFetchManifest"]
    assert (shown["errors"], shown["manifest"]["brand"]) == ([], None)


async def test_an_address_that_leads_nowhere_or_to_no_manifest_is_told(read: Ask, server: AppServer) -> None:
    async def errors(url: str) -> list[tuple[str, str]]:
        told = (await read(FETCH, MANAGER, url=url))["appFetchManifest"]["errors"]
        return [(each["field"], each["code"]) for each in told]

    assert await errors("labels") == [("manifestUrl", "INVALID_URL_FORMAT")]
    assert await errors("http://127.0.0.1:1/") == [("manifestUrl", "MANIFEST_URL_CANT_CONNECT")]
    assert await errors(f"{server.receiver.url}/x") == [("manifestUrl", "MANIFEST_URL_CANT_CONNECT")]
    server.manifest = [1]
    assert await errors(server.url) == [("manifestUrl", "INVALID_MANIFEST_FORMAT")]
    server.receiver.behave = lambda _request: (200, b"<html>")
    assert await errors(server.url) == [("manifestUrl", "INVALID_MANIFEST_FORMAT")]
    server.receiver.behave = lambda _request: (302, b"", {"location": server.url})
    assert await errors(server.url) == [("manifestUrl", "MANIFEST_URL_CANT_CONNECT")]


async def test_others_look_at_none(ask: Ask) -> None:
    for requester in (staff("MANAGE_ORDERS"), Requester()):
        answer = await ask(FETCH, requester, url="https://labels.test")
        assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
