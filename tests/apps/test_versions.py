"""Ranges of versions."""

import pytest

from marketplace.apps.versions import satisfies
from marketplace.kit.errors import InvalidError


@pytest.mark.parametrize(
    ("demand", "fits"),
    [
        ("3.23.0", True),
        ("=3.23", True),
        ("3.23.1", False),
        ("3", True),
        ("*", True),
        ("3.x", True),
        ("^3.13", True),
        ("^3.23.0", True),
        ("^3.24", False),
        ("^4", False),
        ("~3.22", False),
        ("~3.23", True),
        ("~3", True),
        (">3.22", True),
        (">3.23", False),
        (">3.23.0", False),
        (">=3.23.0", True),
        (">= 3.20 <4", True),
        ("<3.11", False),
        ("<3.23.0", False),
        ("<=3.23", True),
        ("<4.0.0-beta.1", True),
        (">3.23.0-rc.1", True),
        (">*", False),
        ("3.20 - 3.23", True),
        ("3.20 - 3.22.9", False),
        ("^3.11 || ^4", True),
        ("<3 || >=4", False),
    ],
)
def test_a_version_fits_a_range_as_npm_reads_it(demand: str, fits: bool) -> None:
    assert satisfies(demand, "3.23.0") is fits


@pytest.mark.parametrize(
    ("version", "demand", "fits"),
    [
        ("0.2.9", "^0.2.3", True),
        ("0.3.0", "^0.2.3", False),
        ("0.0.4", "^0.0.3", False),
        ("0.5.0", "^0", True),
        ("1.0.0-alpha.2", ">1.0.0-alpha.1", True),
        ("1.0.0-alpha", "<1.0.0-alpha.1", True),
        ("1.0.0-2", ">1.0.0-beta", False),
        ("2.0.0-rc.1", "^1.4", False),
    ],
)
def test_early_versions_and_previews_have_rules_of_their_own(version: str, demand: str, fits: bool) -> None:
    assert satisfies(demand, version) is fits


@pytest.mark.parametrize("demand", ["3.wrong.1", ">=", "latest", "01.2", "^3.1.2.3", "3" * 300])
def test_what_is_no_range_is_refused(demand: str) -> None:
    with pytest.raises(InvalidError):
        satisfies(demand)
