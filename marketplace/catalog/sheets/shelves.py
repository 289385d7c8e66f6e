"""The shop's categories, by every name that a seller may call them."""

import re
from collections import defaultdict
from dataclasses import dataclass
from difflib import get_close_matches

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.models import Category, CategoryTranslation
from marketplace.catalog.words import words_of

MAXIMUM_CATEGORIES = 5000
LIKENESS = 0.6
"""How much of a name must be right for another to be suggested."""
_STEPS = re.compile(r"\s*[>/›»\\]\s*")


@dataclass(frozen=True, slots=True)
class Shelves:
    """Categories by their folded names in all languages."""

    ids: dict[str, list[int]]
    names: dict[int, str]
    """What each is called in the seller's language."""
    paths: dict[int, list[int]]

    def find(self, text: str) -> int | None:
        """The category of a name, or of a path of names (`Tissage > Tapis`). None: none, or several."""
        steps = [self.ids.get(_key(step), []) for step in _STEPS.split(text.strip())]
        candidates = [
            category_id
            for category_id in steps[-1]
            if all(set(step) & set(self.paths[category_id]) for step in steps[:-1])
        ]
        if len(candidates) > 1:  # The same name on two levels: the shelf things lie on is the deeper one.
            deepest = max(len(self.paths[category_id]) for category_id in candidates)
            candidates = [each for each in candidates if len(self.paths[each]) == deepest]
        return candidates[0] if len(candidates) == 1 else None

    def nearest(self, text: str) -> str | None:
        """What the seller may have meant, as it is called in its language."""
        alike = get_close_matches(_key(text), self.ids, n=1, cutoff=LIKENESS)
        return self.names[self.ids[alike[0]][0]] if alike else None


async def load_shelves(session: AsyncSession, language: str) -> Shelves:
    """All categories: there are a few dozen of them."""
    rows = await session.execute(
        select(Category.id, Category.name, Category.slug, Category.path)
        .where(~Category.is_going)
        .limit(MAXIMUM_CATEGORIES)
    )
    translations = await session.execute(
        select(
            CategoryTranslation.category_id, CategoryTranslation.language_code, CategoryTranslation.name
        ).limit(MAXIMUM_CATEGORIES * 5)
    )
    ids: dict[str, list[int]] = defaultdict(list)
    names, paths = {}, {}
    for category_id, name, slug, path in rows:
        names[category_id], paths[category_id] = name, path
        for called in (name, slug):
            _note(ids, called, category_id)
    for category_id, code, translated in translations:
        if translated:
            _note(ids, translated, category_id)
            if code == language:
                names[category_id] = translated
    return Shelves(dict(ids), names, paths)


def _note(ids: dict[str, list[int]], name: str, category_id: int) -> None:
    known = ids[_key(name)]
    if category_id not in known:
        known.append(category_id)


def _key(name: str) -> str:
    return " ".join(words_of(name)) or name.strip().casefold()
