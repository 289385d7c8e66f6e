"""Long files begin first, so that no worker is left with one while the others have nothing to do.

A worker takes a whole file at a time, in the order in which files are collected. How long a test takes is
guessed from what it asks for; a test that is longer says so: `@pytest.mark.seconds(60)`.
"""

from collections import defaultdict
from pathlib import Path

import pytest

SECONDS = {"browser": 2.0, "database": 0.5, "demo": 0.3, "app": 0.1, "connection": 0.06}
SECONDS_OF_AN_EXAMPLE = 0.02
SECONDS_AT_LEAST = 0.003


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort by file; the tests of a file stay in their order."""
    seconds: defaultdict[Path, float] = defaultdict(float)
    for item in items:
        seconds[item.path] += expected_seconds(item)
    items.sort(key=lambda item: (-seconds[item.path], item.path))


def expected_seconds(item: pytest.Item) -> float:
    if said := item.get_closest_marker("seconds"):
        return float(said.args[0])
    fixtures = getattr(item, "fixturenames", ())
    once = max((SECONDS.get(name, SECONDS_AT_LEAST) for name in fixtures), default=SECONDS_AT_LEAST)
    test = getattr(item, "obj", None)
    if hasattr(test, "hypothesis"):
        chosen = getattr(test, "_hypothesis_internal_use_settings", None)
        return once + SECONDS_OF_AN_EXAMPLE * (chosen.max_examples if chosen else 100)
    return once
