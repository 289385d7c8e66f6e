"""Postal codes, and the ranges of them that a way of shipping serves.

Ranges compare as in Saleor: British and Irish codes part by part, others as text. PostgreSQL compares them
(`ddl.py`), so that an offer stays one statement; a method without rules does not even ask.
"""

from typing import Any

from sqlalchemy import Boolean, ColumnElement, func, or_, select
from sqlalchemy.orm import aliased

from marketplace.markets.models import PostalCodeRule


def serves(method_id: Any, postal_code: Any, country_code: Any) -> ColumnElement[bool]:
    """Whether a method's rules let it travel to a postal code of a country. Without rules it may."""
    rule = aliased(PostalCodeRule)
    has_rules = select(rule.id).where(rule.method_id == method_id).correlate_except(rule).exists()
    return or_(~has_rules, func.serves_postal_code(method_id, postal_code, country_code, type_=Boolean()))
