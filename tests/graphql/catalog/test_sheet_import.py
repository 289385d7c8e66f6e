"""Listing sheets over the API: who may send one, what comes back, and a product that buyers then see."""

import json

import httpx
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.ids import to_global_id
from marketplace.kit.settings import Settings
from marketplace.people.models import User
from marketplace.people.permissions import Permission
from marketplace.people.tokens import access_token
from marketplace.vendors.models import MemberRole, Vendor
from tests.factories.catalog import make_category
from tests.factories.markets import make_channel
from tests.factories.people import make_staff, make_user
from tests.factories.vendors import make_member, make_vendor

IMPORT = """
mutation ($vendorId: ID!, $file: Upload!, $dryRun: Boolean!, $channel: String) {
  listingSheetImport(vendorId: $vendorId, file: $file, dryRun: $dryRun, channel: $channel) {
    sheetImport {
      id status dryRun rowsTotal productsCreated
      rowErrors { row where: column code message }
      products { name slug vendor { id } thumbnail(size: 256) { url }
                 pricing { priceRange { start { gross { amount currency } } } }
                 variants { quantityAvailable } }
    }
    errors { field code message }
  }
}
"""
GOOD = "Désignation;Catégorie;Prix (DH);Stock\nTapis noué;Tapis;1 250,50 DH;4\n"
BAD = "Désignation;Catégorie;Prix (DH);Stock\nTapis noué;Tapis;;4\n"


class Sender:
    def __init__(self, client: httpx.AsyncClient, settings: Settings, session: AsyncSession) -> None:
        self.client, self.settings, self.session = client, settings, session

    async def send(
        self, vendor: Vendor, user: User | None, content: str, channel: str, *, dry_run: bool = False
    ) -> dict[str, object]:
        await self.session.commit()
        variables = {
            "vendorId": to_global_id("Vendor", vendor.id),
            "dryRun": dry_run,
            "channel": channel,
            "file": None,
        }
        headers = {"authorization": f"Bearer {access_token(user, self.settings)}"} if user else {}
        answer = await self.client.post(
            "/graphql/",
            data={
                "operations": json.dumps({"query": IMPORT, "variables": variables}),
                "map": json.dumps({"0": ["variables.file"]}),
            },
            files={"0": ("produits.csv", content.encode())},
            headers=headers,
        )
        body: dict[str, object] = answer.json()
        return body


async def test_a_member_tries_a_sheet_then_imports_it(
    client: httpx.AsyncClient, settings: Settings, session: AsyncSession
) -> None:
    sender = Sender(client, settings, session)
    await make_category(session, name="Tapis")
    channel = await make_channel(session)
    vendor = await make_vendor(session)
    lister = await make_user(session)
    await make_member(session, vendor, lister, MemberRole.LISTER)

    tried = (await sender.send(vendor, lister, BAD, channel.slug, dry_run=True))["data"]["listingSheetImport"]  # type: ignore[index]
    assert tried["errors"] == []
    assert tried["sheetImport"]["status"] == "REFUSED"
    (wrong,) = tried["sheetImport"]["rowErrors"]
    assert (wrong["row"], wrong["where"], wrong["code"]) == (2, "Prix (DH)", "REQUIRED")

    answer = await sender.send(vendor, lister, GOOD, channel.slug)
    done = answer["data"]["listingSheetImport"]["sheetImport"]  # type: ignore[index]
    assert (done["status"], done["rowsTotal"], done["productsCreated"], done["rowErrors"]) == (
        "DONE",
        1,
        1,
        [],
    )
    assert done["products"] == [
        {
            "name": "Tapis noué",
            "slug": "tapis-noue",
            "vendor": {"id": to_global_id("Vendor", vendor.id)},
            "thumbnail": None,
            "pricing": {"priceRange": {"start": {"gross": {"amount": 1250.5, "currency": "MAD"}}}},
            "variants": [{"quantityAvailable": 4}],
        }
    ]
    found = await client.post(
        "/graphql/",
        json={
            "query": 'query ($c: String) { products(channel: $c, first: 5, search: "tapis") { totalCount } }',
            "variables": {"c": channel.slug},
        },
    )
    assert found.json() == {"data": {"products": {"totalCount": 1}}}


async def test_strangers_packers_and_guests_import_nothing(
    client: httpx.AsyncClient, settings: Settings, session: AsyncSession
) -> None:
    sender = Sender(client, settings, session)
    channel = await make_channel(session)
    vendor = await make_vendor(session)
    packer, stranger = await make_user(session), await make_user(session)
    await make_member(session, vendor, packer, MemberRole.PACKER)
    await make_member(session, await make_vendor(session), stranger)
    for user in (packer, stranger, None):
        answer = await sender.send(vendor, user, GOOD, channel.slug)
        assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"  # type: ignore[index]
        assert answer["data"] == {"listingSheetImport": None}


async def test_what_is_no_sheet_is_an_error_of_the_mutation(
    client: httpx.AsyncClient, settings: Settings, session: AsyncSession
) -> None:
    sender = Sender(client, settings, session)
    channel = await make_channel(session)
    vendor = await make_vendor(session)
    staff = await make_staff(session, Permission.MANAGE_PRODUCTS)
    answer = await sender.send(vendor, staff, "no sheet at all", channel.slug)
    payload = answer["data"]["listingSheetImport"]  # type: ignore[index]
    assert payload["sheetImport"] is None
    (error,) = payload["errors"]
    assert (error["field"], error["code"]) == ("file", "NOT_A_SHEET")
