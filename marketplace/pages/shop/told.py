"""What the shop tells: its pages."""

from fastapi import APIRouter, HTTPException
from fastapi.responses import Response

from marketplace.pages.visits import Visiting

router = APIRouter()


@router.get("/pages/{slug}")
async def page(visit: Visiting, slug: str) -> Response:
    data = await visit.read("page", slug=slug)
    if data["page"] is None:
        raise HTTPException(404)
    return visit.page("shop/page.html", data)
