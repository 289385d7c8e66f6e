"""Ranges of versions as npm writes them (`^3.20 || >=3.22.1 <4`): which Saleor an app was made for."""

import re
from dataclasses import dataclass

from marketplace.kit.errors import InvalidError

SALEOR_VERSION = "3.23.0"
"""The Saleor whose contract this API keeps: what an app's demand is held against."""
SALEOR_SCHEMA = "3.23"

_NUMBER = r"(?:0|[1-9]\d{0,8}|[xX*])"
_VERSION = re.compile(
    rf"v?(?P<major>{_NUMBER})"
    rf"(?:\.(?P<minor>{_NUMBER})(?:\.(?P<patch>{_NUMBER})(?:-(?P<pre>[0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?)?)?"
)
_OPERATOR = re.compile(r"\s*(<=|>=|<|>|=|~|\^)?\s*(\S+)")
_HYPHEN = re.compile(r"\s*(\S+)\s+-\s+(\S+)\s*")
LONGEST = 200
"""Letters of a demand: nobody's has more."""

Key = tuple[int, int, int, tuple[tuple[int, int, str], ...]]
_RELEASED = ((2, 0, ""),)
"""Stands where a version says nothing of a preview: above all that say something."""
LOWEST: Key = (0, 0, 0, ())


@dataclass(frozen=True, slots=True)
class Partial:
    """A version of which the last parts may be missing."""

    major: int | None
    minor: int | None
    patch: int | None
    preview: tuple[tuple[int, int, str], ...] = _RELEASED

    @property
    def lowest(self) -> Key:
        """The first version that it fits."""
        return (self.major or 0, self.minor or 0, self.patch or 0, self.preview)

    @property
    def next(self) -> Key | None:
        """The first version above all that it fits; None: there is none."""
        if self.major is None:
            return None
        if self.minor is None:
            return _previews_of(self.major + 1, 0, 0)
        if self.patch is None:
            return _previews_of(self.major, self.minor + 1, 0)
        return (*self.lowest[:3], (*self.preview, (0, 0, "")))


@dataclass(frozen=True, slots=True)
class Bounds:
    """Versions from `low` on, below `high` where there is one."""

    low: Key = LOWEST
    high: Key | None = None

    def hold(self, version: Key) -> bool:
        return self.low <= version and (self.high is None or version < self.high)


def satisfies(demand: str, version: str = SALEOR_VERSION) -> bool:
    """Whether a version is within a demanded range. Raises InvalidError for what is no range."""
    if len(demand) > LONGEST:
        raise InvalidError("Incorrect value for required Saleor version.", field="requiredSaleorVersion")
    wanted = [_all_of(alternative) for alternative in demand.split("||")]
    found = _partial(version).lowest
    return any(all(bounds.hold(found) for bounds in alternative) for alternative in wanted)


def _all_of(alternative: str) -> list[Bounds]:
    between = _HYPHEN.fullmatch(alternative)
    if between is not None:
        first, last = _partial(between[1]), _partial(between[2])
        return [Bounds(first.lowest, last.next)]
    return [_bounds(found[1] or "", _partial(found[2])) for found in _OPERATOR.finditer(alternative)]


def _bounds(operator: str, said: Partial) -> Bounds:
    if operator == ">":
        return Bounds(LOWEST, LOWEST) if said.next is None else Bounds(said.next)
    first = LOWEST if operator in ("<", "<=") else said.lowest
    beyond = {"<": said.lowest, "~": _next_minor(said), "^": _next_breaking(said), ">=": None}
    return Bounds(first, beyond.get(operator, said.next))


def _next_minor(said: Partial) -> Key | None:
    if said.major is None or said.minor is None:
        return said.next
    return _previews_of(said.major, said.minor + 1, 0)


def _next_breaking(said: Partial) -> Key | None:
    """Where the first part that is not zero changes: what npm takes for a change that breaks something."""
    if said.major is None or said.major > 0 or said.minor is None:
        return None if said.major is None else _previews_of(said.major + 1, 0, 0)
    if said.minor > 0 or said.patch is None:
        return _previews_of(0, said.minor + 1, 0)
    return _previews_of(0, 0, said.patch + 1)


def _previews_of(major: int, minor: int, patch: int) -> Key:
    """Below the first preview of a version."""
    return (major, minor, patch, ())


def _partial(text: str) -> Partial:
    found = _VERSION.fullmatch(text)
    if found is None:
        raise InvalidError("Incorrect value for required Saleor version.", field="requiredSaleorVersion")
    numbers: list[int | None] = []
    for name in ("major", "minor", "patch"):
        part = found[name]
        known = part is not None and part.isdecimal() and None not in numbers
        numbers.append(int(part) if known else None)
    major, minor, patch = numbers
    preview = found["pre"]
    parts = tuple(_identifier(each) for each in preview.split(".")) if preview else _RELEASED
    return Partial(major, minor, patch, parts)


def _identifier(part: str) -> tuple[int, int, str]:
    """Numbers come before words, and by their size."""
    return (0, int(part[:18]), "") if part.isdecimal() else (1, 0, part)
