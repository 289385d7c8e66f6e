"""What vouchers and promotions are called in other languages."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.descriptions import clean_description
from marketplace.kit.errors import DomainError, Errors, InvalidError
from marketplace.kit.models import Base
from marketplace.kit.translating import write_translation
from marketplace.pricing.promotions import (
    Promotion,
    PromotionRule,
    PromotionRuleTranslation,
    PromotionTranslation,
)
from marketplace.pricing.rules import NAME_LENGTH
from marketplace.pricing.vouchers import Voucher, VoucherTranslation

TRANSLATIONS: Mapping[type[Base], type[Base]] = {
    Voucher: VoucherTranslation,
    Promotion: PromotionTranslation,
    PromotionRule: PromotionRuleTranslation,
}


async def translate(session: AsyncSession, row: Base, language_code: str, said: Mapping[str, Any]) -> Base:
    """Write what was given of a `name` and a `description` in a language. Raises Errors (INVALID)."""
    columns = dict(said)
    faults: list[DomainError] = []
    if "name" in said:
        columns["name"] = (said["name"] or "").strip() or None
        if len(columns["name"] or "") > NAME_LENGTH:
            faults.append(InvalidError(f"A name has at most {NAME_LENGTH} letters.", field="name"))
    if said.get("description"):
        try:
            columns["description"] = clean_description(said["description"])
        except InvalidError as refused:
            faults.append(refused)
    if faults:
        raise Errors(faults)
    return await write_translation(session, TRANSLATIONS[type(row)], row, language_code, columns)
