"""Pages of lists: what a visitor filters, sorts and turns over, all of it in the address."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from starlette.datastructures import QueryParams

from marketplace.pages.languages import marked

PAGE_SIZE = 24
REGIONS_LIMIT = 20
ANSWERS_LIMIT = 40
QUERY_LIMIT = 50
ANSWER = "a."
CURSOR_LIMIT = 500
HIGHEST_PRICE = 100_000_000

SORTS: Mapping[str, tuple[str, dict[str, str] | None]] = {
    "relevance": (marked("Pertinence"), None),
    "popular": (marked("Les mieux notés"), {"field": "RATING", "direction": "DESC"}),
    "new": (marked("Nouveautés"), {"field": "CREATED_AT", "direction": "DESC"}),
    "price": (marked("Prix croissant"), {"field": "PRICE", "direction": "ASC"}),
    "price-down": (marked("Prix décroissant"), {"field": "PRICE", "direction": "DESC"}),
    "name": (marked("Nom"), {"field": "NAME", "direction": "ASC"}),
}
"""Name in the address: what it is called, and the API's `ProductOrder` (None: the list's own order)."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What the visitor asked of a list. Typed texts stay as typed; what makes no sense is ignored."""

    text: str
    price_from: str
    price_to: str
    regions: tuple[str, ...]
    answers: Mapping[str, tuple[str, ...]]
    """Attributes' slugs, each with the slugs of the values that will do: `a.couleur=indigo`."""
    in_stock: bool
    sort: str

    @classmethod
    def of(cls, query: QueryParams, default_sort: str) -> "Choice":
        asked = query.get("sort", default_sort)
        return cls(
            text=query.get("q", "").strip()[:200],
            price_from=query.get("from", "").strip()[:12],
            price_to=query.get("to", "").strip()[:12],
            regions=tuple(query.getlist("region")[:REGIONS_LIMIT]),
            answers={
                name.removeprefix(ANSWER): tuple(query.getlist(name)[:ANSWERS_LIMIT])
                for name in list(query)[:QUERY_LIMIT]
                if name.startswith(ANSWER)
            },
            in_stock=query.get("stock") == "1",
            sort=asked if asked in SORTS else default_sort,
        )

    @property
    def is_narrowed(self) -> bool:
        return bool(self.price_from or self.price_to or self.regions or self.answers or self.in_stock)

    def filter(self) -> dict[str, object]:
        """The API's `ProductFilterInput`."""
        price = {"gte": _amount(self.price_from), "lte": _amount(self.price_to)}
        price = {name: value for name, value in price.items() if value is not None}
        return {
            **({"price": price} if price else {}),
            **({"regions": list(self.regions)} if self.regions else {}),
            **(
                {"attributes": [{"slug": slug, "values": list(ok)} for slug, ok in self.answers.items()]}
                if self.answers
                else {}
            ),
            **({"stockAvailability": "IN_STOCK"} if self.in_stock else {}),
        }

    def order(self) -> dict[str, str] | None:
        return SORTS[self.sort][1]

    def query(self, **changes: object) -> dict[str, object]:
        """The choice as an address holds it, with some of it changed."""
        return {
            "q": self.text,
            "from": self.price_from,
            "to": self.price_to,
            "region": list(self.regions),
            **{f"{ANSWER}{slug}": list(ok) for slug, ok in self.answers.items()},
            "stock": "1" if self.in_stock else None,
            "sort": self.sort,
        } | changes

    def without_region(self, code: str) -> dict[str, object]:
        return self.query(region=[other for other in self.regions if other != code])

    def without_answer(self, slug: str, value: str) -> dict[str, object]:
        rest = [other for other in self.answers[slug] if other != value]
        return self.query(**{f"{ANSWER}{slug}": rest})


def page_of(query: QueryParams, size: int = PAGE_SIZE) -> dict[str, object]:
    """The API's paging arguments for the page an address asks for."""
    if before := query.get("before"):
        return {"last": size, "before": before[:CURSOR_LIMIT]}
    after = query.get("after", "")[:CURSOR_LIMIT]
    return {"first": size, "after": after or None}


def _amount(text: str) -> float | None:
    """A price as people type it: `1 250,50`. None for what is none."""
    try:
        amount = Decimal(text.replace("\u202f", "").replace("\xa0", "").replace(" ", "").replace(",", "."))
    except InvalidOperation:
        return None
    return float(amount) if amount.is_finite() and 0 <= amount <= HIGHEST_PRICE else None
