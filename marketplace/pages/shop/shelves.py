"""Lists of products: a category, a collection, a search."""

from typing import Any

from fastapi import APIRouter, HTTPException
from fastapi.responses import Response

from marketplace.pages.api import Data
from marketplace.pages.shop.lists import SORTS, Choice, page_of
from marketplace.pages.visits import Visit, Visiting

router = APIRouter()


@router.get("/categories/{slug}")
async def category(visit: Visiting, slug: str) -> Response:
    choice = Choice.of(visit.request.query_params, default_sort="popular")
    data = await _read(visit, "category", choice, slug=slug)
    shelf = data["category"]
    return _page(visit, "shop/category.html", data, choice, shelf=shelf, products=shelf["products"])


@router.get("/collections/{slug}")
async def collection(visit: Visiting, slug: str) -> Response:
    choice = Choice.of(visit.request.query_params, default_sort="popular")
    data = await _read(visit, "collection", choice, slug=slug)
    shelf = data["collection"]
    return _page(visit, "shop/collection.html", data, choice, shelf=shelf, products=shelf["products"])


@router.get("/search")
async def search(visit: Visiting) -> Response:
    text = visit.query.get("q", "").strip()
    choice = Choice.of(visit.request.query_params, default_sort="relevance" if text else "new")
    data = await _read(visit, "search", choice, "products", search=choice.text or None)
    return _page(visit, "shop/search.html", data, choice, products=data["products"])


async def _read(
    visit: Visit, document: str, choice: Choice, root: str | None = None, **variables: object
) -> Data:
    """The list's page, or 404: for a shelf that isn't there, and for a page mark that is none of ours."""
    root = root or document
    data = await visit.read(
        document,
        {root},
        filter=choice.filter(),
        sort=choice.order(),
        **page_of(visit.request.query_params),
        **variables,
    )
    found = data[root]
    if found is None or (root != "products" and found["products"] is None):
        raise HTTPException(404)
    return data


def _page(visit: Visit, template: str, data: Data, choice: Choice, **values: Any) -> Response:
    sorts = {name: label for name, (label, _) in SORTS.items() if name != "relevance" or choice.text}
    return visit.page(template, data, choice=choice, sorts=sorts, **values)
