"""Who makes it: sellers by region, and the page of one."""

from fastapi import APIRouter, HTTPException
from fastapi.responses import Response

from marketplace.pages.shop.lists import page_of
from marketplace.pages.visits import Visiting

router = APIRouter()


@router.get("/sellers")
async def sellers(visit: Visiting) -> Response:
    region = visit.query.get("region", "")[:10]
    data = await visit.read(
        "sellers",
        {"vendors"},
        filter={"regions": [region]} if region else None,
        **page_of(visit.request.query_params),
    )
    chosen = next((one for one in data["regions"] if one["code"] == region), None)
    if data["vendors"] is None or (region and chosen is None):
        raise HTTPException(404)
    return visit.page("shop/sellers.html", data, chosen=chosen, sellers=data["vendors"])


@router.get("/sellers/{slug}")
async def seller(visit: Visiting, slug: str) -> Response:
    data = await visit.read("seller", {"vendor"}, slug=slug, **page_of(visit.request.query_params))
    found = data["vendor"]
    if found is None or found["products"] is None:
        raise HTTPException(404)
    return visit.page("shop/seller.html", data, seller=found, products=found["products"])
