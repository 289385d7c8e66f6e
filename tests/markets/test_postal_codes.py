"""Ranges of postal codes, as Saleor compares them."""

import pytest
from sqlalchemy import Text, cast, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.markets.models import PostalCodeInclusion, PostalCodeRule
from marketplace.markets.postal_codes import serves
from tests.factories.markets import make_channel, make_method


async def _serves(session: AsyncSession, country: str, code: str | None, *rules: tuple[str, ...]) -> bool:
    """Whether a method of these rules (first code, last code, kind) goes to a postal code."""
    method = await make_method(session, await make_channel(session))
    session.add_all(
        [
            PostalCodeRule(
                method_id=method.id, start=start, end=end or None, inclusion=PostalCodeInclusion(kind)
            )
            for start, end, kind in rules
        ]
    )
    await session.flush()
    given = cast(literal(code, Text()), Text)
    found: bool = (
        await session.execute(select(serves(method.id, given, literal(country, Text()))))
    ).scalar_one()
    return found


@pytest.mark.parametrize(
    ("country", "code", "start", "end", "inside"),
    [
        ("MA", "20000", "20000", "29999", True),
        ("MA", "29999", "20000", "29999", True),
        ("MA", "30000", "20000", "29999", False),
        ("MA", "80000", "30000", "", True),
        ("MA", "", "20000", "29999", False),
        ("PL", "53-601", "53-600", "54-000", True),
        ("FR", "9", "10000", "20000", False),
        ("GB", "BH9 1AA", "BH2 1AA", "BH20 9ZZ", True),
        ("GB", "BH21 1AA", "BH2 1AA", "BH20 9ZZ", False),
        ("GB", "bh9 1aa", "BH2 1AA", "BH20 9ZZ", True),
        ("GB", "B9 1AA", "BH2 1AA", "BH20 9ZZ", False),
        ("GB", "W1A 1AA", "W1 1AA", "W1Z 9ZZ", True),
        ("GB", "SW1A1AA", "SW1A 1AA", "SW1A 1AA", True),
        ("IM", "IM16 7HF", "IM1 1AA", "IM99 9ZZ", True),
        ("GB", "nonsense", "AB1 1AA", "", False),
        ("IE", "A65 2F0A", "A61 2F0A", "A66 0000", True),
        ("IE", "A652F0A", "A61 2F0A", "A66 0000", True),
        ("IE", "A60 2F0A", "A61 2F0A", "A66 0000", False),
    ],
)
async def test_a_code_lies_in_a_range_by_the_rules_of_its_country(
    session: AsyncSession, country: str, code: str, start: str, end: str, inside: bool
) -> None:
    assert await _serves(session, country, code, (start, end, "INCLUDE")) is inside
    assert await _serves(session, country, code, (start, end, "EXCLUDE")) is not inside


async def test_without_rules_a_method_goes_everywhere(session: AsyncSession) -> None:
    assert await _serves(session, "MA", "10000")
    assert await _serves(session, "MA", None)


async def test_one_of_several_ranges_is_enough(session: AsyncSession) -> None:
    ranges = [("10000", "19999"), ("40000", "49999")]
    for code, inside in (("15000", True), ("45000", True), ("25000", False)):
        assert await _serves(session, "MA", code, *[(*each, "INCLUDE") for each in ranges]) is inside
        assert await _serves(session, "MA", code, *[(*each, "EXCLUDE") for each in ranges]) is not inside


async def test_rules_of_both_kinds_serve_nobody(session: AsyncSession) -> None:
    assert not await _serves(
        session, "MA", "15000", ("10000", "19999", "INCLUDE"), ("40000", "49999", "EXCLUDE")
    )
