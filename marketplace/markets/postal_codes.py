"""Postal codes and the ranges of them that a way of shipping serves: as SQL, so that an offer stays one read.

Ranges compare as in Saleor: British and Irish codes part by part, all others as text.
"""

from typing import Any

from sqlalchemy import ColumnElement, Text, and_, case, false, func, not_, or_, select, true
from sqlalchemy.orm import aliased

from marketplace.markets.models import PostalCodeInclusion, PostalCodeRule

BRITISH = ("GB", "IM", "GG", "JE")
_BRITISH_PARTS = "^([A-Z]{1,2})([0-9]{1,4})([A-Z]?) ?([0-9][A-Z]{2})$"
_IRISH_PARTS = "^([0-9A-Z]{3}) ?([0-9A-Z]{4})$"


def comparable(code: Any, country_code: Any) -> ColumnElement[Any]:
    """A text that sorts as the code does among those of its country; null for what is no code there."""
    tidy = func.upper(func.trim(code), type_=Text)
    # The district's number gets zeros before it, of which the last four digits stay: BH9 comes before BH20.
    spaced = func.regexp_replace(tidy, _BRITISH_PARTS, r"\1 000\2 \3 \4")
    british = func.regexp_replace(spaced, "^([A-Z]+) [0-9]*([0-9]{4}) ", r"\1 \2 ")
    irish = func.regexp_replace(tidy, _IRISH_PARTS, r"\1\2")
    found = case(
        (country_code.in_(BRITISH), case((tidy.regexp_match(_BRITISH_PARTS), british))),
        (country_code == "IE", case((tidy.regexp_match(_IRISH_PARTS), irish))),
        else_=func.nullif(tidy, ""),
    )
    return found.collate("C")


def serves(method_id: Any, postal_code: Any, country_code: Any) -> ColumnElement[bool]:
    """Whether a method's rules let it travel to a postal code of a country. Without rules it may."""
    rule = aliased(PostalCodeRule)
    code = comparable(postal_code, country_code)
    in_range = func.coalesce(
        and_(
            comparable(rule.start, country_code) <= code,
            or_(rule.end.is_(None), code <= comparable(rule.end, country_code)),
        ),
        false(),
    )
    including = rule.inclusion == PostalCodeInclusion.INCLUDE
    verdict = case(
        (func.count() == 0, true()),
        (func.bool_and(including), func.bool_or(in_range)),
        (not_(func.bool_or(including)), not_(func.bool_or(in_range))),
        else_=false(),
    )
    return select(verdict).where(rule.method_id == method_id).correlate_except(rule).scalar_subquery()
