"""Act one: the cooperative's sheet, first tried, then imported; the listings on the shelf."""

from uuid import uuid4

from marketplace.demo.story import sheet
from marketplace.demo.story.cast import CHANNEL, Cast, Seller, is_at_rest
from marketplace.demo.story.client import Client, Data, StoryBroken, minor


def list_products(cast: Cast) -> None:
    """Act one: the cooperative's sheet, first tried, then imported; the listings on the shelf."""
    story = cast.story
    story.act("1. A cooperative's listing sheet")
    anyone = cast.anyone()
    cooperative, category = _weavers(anyone, cast.staff("finance"))
    story.say(f"{cooperative.name} ({cooperative.region}) sells in “{category}”.")
    member = cast.member_of(cooperative)
    mark = uuid4().hex[:6]
    rows = sheet.good_rows(category, mark)

    def send(name: str, content: bytes, *, dry_run: bool) -> Data:
        payload = member.upload(
            "import_sheet", name, content, vendorId=cooperative.id, dryRun=dry_run, channel=CHANNEL
        )
        if payload["errors"]:
            raise StoryBroken(f"the sheet was refused: {payload['errors']}")
        return dict(payload["sheetImport"])

    tried = send("produits.zip", sheet.xlsx_archive(sheet.with_slips(rows)), dry_run=True)
    for slip in tried["rowErrors"]:
        story.say(f"row {slip['row']}, {slip['column']}: {slip['message']}")
    story.check(
        "Slips found, by row and column",
        sorted((slip["row"], slip["column"]) for slip in tried["rowErrors"]),
        [(2, "Prix (DH)"), (4, "Désignation"), (5, "Photo")],
    )
    story.check("Products made by the dry run", tried["productsCreated"], 0)
    corrected = sheet.xlsx_archive(rows[:2])
    story.check("The corrected sheet's slips", send("produits.zip", corrected, dry_run=True)["rowErrors"], [])
    done = send("produits.zip", corrected, dry_run=False)
    story.check("Listings imported from XLSX", done["productsCreated"], 2)
    done = send("produits.csv", sheet.csv_sheet(rows[2:]), dry_run=False)
    story.check("Listings imported from CSV", done["productsCreated"], 1)
    _see_on_the_shelf(cast, cooperative, rows, mark)
    cast.sellers.append(cooperative)


def _see_on_the_shelf(cast: Cast, cooperative: Seller, rows: list[sheet.Row], mark: str) -> None:
    """The listings as a Saleor client and as a shopper with a browser see them."""
    story, anyone = cast.story, cast.anyone()
    found = anyone.run(
        "listings", channel=CHANNEL, filter={"vendors": [cooperative.id]}, search=mark, first=10
    )["products"]
    by_name = {edge["node"]["name"]: edge["node"] for edge in found["edges"]}
    story.check("Listings found by search", sorted(by_name), sorted(row.name for row in rows))
    prices = [minor(by_name[row.name]["pricing"]["priceRange"]["start"]["gross"]["amount"]) for row in rows]
    story.check("Their prices in centimes", prices, [125050, 18000, 42000])
    story.check(
        "Their stock", [by_name[row.name]["variants"][0]["quantityAvailable"] for row in rows], [4, 12, 6]
    )
    rug = by_name[rows[0].name]
    page = anyone.http.get(f"/fr/products/{rug['slug']}/")
    story.check("The rug's page in the shop", page.status_code, 200)
    story.check_that("… shows its name and a picture", rug["name"] in page.text and "<img" in page.text)
    picture = anyone.http.get(rug["thumbnail"]["url"])
    story.check(
        "Its photo's thumbnail", (picture.status_code, picture.headers["content-type"]), (200, "image/webp")
    )
    cooperative.variant, cooperative.price_minor = rug["variants"][0]["id"], prices[0]


def _weavers(client: Client, staff: Client) -> tuple[Seller, str]:
    """A cooperative of Béni Mellal-Khénifra that sells rugs and waits for no money, and its shelf."""
    rugs = client.run("listings", channel=CHANNEL, filter={"regions": ["MA-05"]}, search="tapis", first=50)
    for edge in rugs["products"]["edges"]:
        vendor, category = edge["node"]["vendor"], edge["node"]["category"]
        if vendor["kind"] == "COOPERATIVE":
            seller = Seller(vendor["id"], vendor["slug"], vendor["name"], vendor["region"]["name"])
            if is_at_rest(staff, seller):
                return seller, category["name"]
    raise StoryBroken("the demo has no cooperative that sells rugs; load it with `make demo-data`")
