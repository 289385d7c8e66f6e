"""A voucher in the hands of a buyer: found by its code, held to its rules, redeemed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    DateTime,
    String,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.models import CollectionProduct, Product, ProductVariant
from marketplace.kit.money import Money
from marketplace.people.models import User
from marketplace.pricing.errors import VoucherNotApplicableError
from marketplace.pricing.reductions import reduction_minor
from marketplace.pricing.vouchers import (
    Voucher,
    VoucherChannelListing,
    VoucherCode,
    VoucherCustomer,
    VoucherTranslation,
    VoucherType,
    voucher_category,
    voucher_collection,
    voucher_product,
    voucher_variant,
)

LONGEST_CODE = 255


@dataclass(frozen=True, slots=True)
class UsableVoucher:
    """A voucher by one of its codes, in a channel, today."""

    voucher: Voucher
    code: VoucherCode
    listing: VoucherChannelListing
    translated_name: str
    """In the buyer's language; empty where it has no such name."""
    is_used_by_customer: bool
    """Whether it may be used once by each customer, and this one has."""
    is_for_staff: bool
    """Whether the customer is a member of staff."""

    @property
    def is_per_line(self) -> bool:
        """Whether it reduces some lines, rather than the goods as a whole or the delivery."""
        return self.voucher.type is VoucherType.SPECIFIC_PRODUCT or (
            self.voucher.type is VoucherType.ENTIRE_ORDER and self.voucher.apply_once_per_order
        )

    def off(self, amount_minor: int) -> int:
        """What it takes off an amount of the channel's currency."""
        return reduction_minor(
            amount_minor, self.voucher.discount_value_type, self.listing.discount_value, self.listing.currency
        )


async def usable_voucher(
    session: AsyncSession,
    codes: Sequence[str],
    *,
    channel_id: int,
    language_code: str,
    email: str | None,
    user_id: int | None,
    now: datetime,
    is_sold: bool = False,
) -> UsableVoucher | None:
    """The voucher of the first of some spellings of a code that is good today in a channel.

    None where there is none: unknown, not started, over, used up, used already, or not for this channel.
    `is_sold`: an order was placed with it. Whether it could be used again is not asked then: this is the use.
    """
    rows = await session.execute(
        _BY_CODE if is_sold else _USABLE,
        {
            "codes": [code for code in codes if 0 < len(code) <= LONGEST_CODE],
            "channel_id": channel_id,
            "language_code": language_code,
            "email": (email or "").lower(),
            "user_id": user_id,
            "now": now,
        },
        execution_options={"populate_existing": True},
    )
    found = {row[1].code: row for row in rows}
    row = next((found[code] for code in codes if code in found), None)
    if row is None:
        return None
    voucher, code, listing, translated_name, is_used, is_staff = row
    return UsableVoucher(
        voucher,
        code,
        listing,
        translated_name or "",
        is_used_by_customer=bool(is_used) and not is_sold,
        is_for_staff=bool(is_staff),
    )


_now = bindparam("now", type_=DateTime(timezone=True))
_BY_CODE = (
    select(
        Voucher,
        VoucherCode,
        VoucherChannelListing,
        VoucherTranslation.name,
        and_(
            Voucher.apply_once_per_customer,
            exists()
            .where(
                VoucherCustomer.voucher_id == Voucher.id,
                VoucherCustomer.customer_email == bindparam("email", type_=String),
            )
            .correlate(Voucher),
        ),
        exists().where(User.id == bindparam("user_id", type_=BigInteger), User.is_staff),
    )
    .join(VoucherCode, VoucherCode.voucher_id == Voucher.id)
    .join(
        VoucherChannelListing,
        and_(
            VoucherChannelListing.voucher_id == Voucher.id,
            VoucherChannelListing.channel_id == bindparam("channel_id", type_=BigInteger),
        ),
    )
    .outerjoin(
        VoucherTranslation,
        and_(
            VoucherTranslation.voucher_id == Voucher.id,
            VoucherTranslation.language_code == bindparam("language_code", type_=String),
        ),
    )
    .where(VoucherCode.code == func.any(bindparam("codes", type_=ARRAY(String))))
)
_USABLE = _BY_CODE.where(
    VoucherCode.is_active,
    Voucher.starts_at <= _now,
    or_(Voucher.ends_at.is_(None), Voucher.ends_at >= _now),
    or_(Voucher.usage_limit.is_(None), Voucher.used < Voucher.usage_limit),
)


def check_voucher(usable: UsableVoucher, subtotal_minor: int, pieces: int) -> None:
    """Hold a voucher to its rules on the cart as a whole.

    `subtotal_minor` is what the goods come to after promotions and before the voucher, as prices are entered.
    Raises VoucherNotApplicableError.
    """
    voucher, least_minor = usable.voucher, usable.listing.minimum_spent_minor
    if least_minor and subtotal_minor < least_minor:
        least = Money(least_minor, usable.listing.currency)
        raise VoucherNotApplicableError(f"This code is for goods worth {least} or more.", field="promoCode")
    if voucher.minimum_pieces and pieces < voucher.minimum_pieces:
        raise VoucherNotApplicableError(
            f"This code is for {voucher.minimum_pieces} pieces or more.", field="promoCode"
        )
    if usable.is_used_by_customer:
        raise VoucherNotApplicableError("This code can be used once only.", field="promoCode")
    if voucher.only_for_staff and not usable.is_for_staff:
        raise VoucherNotApplicableError("This code is for our staff.", field="promoCode")


async def eligible_variants(
    session: AsyncSession, voucher: Voucher, variant_ids: Collection[int]
) -> set[int]:
    """Which of some variants a voucher for specific products is for; all, where it names nothing.

    As in Saleor a category means what stands directly in it, not below it.
    """
    found = await session.scalars(
        _ELIGIBLE, {"voucher_id": voucher.id, "variant_ids": sorted(set(variant_ids))}
    )
    return set(found)


_voucher_id = bindparam("voucher_id", type_=BigInteger)
_names_something = or_(
    *(
        exists().where(table.c.voucher_id == _voucher_id)
        for table in (voucher_product, voucher_variant, voucher_category, voucher_collection)
    )
)
_variant_ids = func.any(bindparam("variant_ids", type_=ARRAY(BigInteger)))
_ELIGIBLE = union_all(
    select(ProductVariant.id).where(ProductVariant.id == _variant_ids, ~_names_something),
    select(ProductVariant.id)
    .join(voucher_variant, voucher_variant.c.variant_id == ProductVariant.id)
    .where(ProductVariant.id == _variant_ids, voucher_variant.c.voucher_id == _voucher_id),
    select(ProductVariant.id)
    .join(voucher_product, voucher_product.c.product_id == ProductVariant.product_id)
    .where(ProductVariant.id == _variant_ids, voucher_product.c.voucher_id == _voucher_id),
    select(ProductVariant.id)
    .join(Product, Product.id == ProductVariant.product_id)
    .join(voucher_category, voucher_category.c.category_id == Product.category_id)
    .where(ProductVariant.id == _variant_ids, voucher_category.c.voucher_id == _voucher_id),
    select(ProductVariant.id)
    .join(CollectionProduct, CollectionProduct.product_id == ProductVariant.product_id)
    .join(voucher_collection, voucher_collection.c.collection_id == CollectionProduct.collection_id)
    .where(ProductVariant.id == _variant_ids, voucher_collection.c.voucher_id == _voucher_id),
)


async def redeem(session: AsyncSession, usable: UsableVoucher, email: str) -> None:
    """Count a use: of two orders that want the last one, one gets it. In the order's own transaction.

    Only what has a limit is counted, so that orders with an open code don't wait for each other. Raises
    VoucherNotApplicableError.
    """
    voucher, code = usable.voucher, usable.code
    if voucher.usage_limit is not None:
        counted = await session.execute(
            update(Voucher)
            .where(Voucher.id == voucher.id, Voucher.used < Voucher.usage_limit)
            .values(used=Voucher.used + 1)
            .returning(Voucher.id),
            execution_options={"synchronize_session": False},
        )
        _must(counted.scalar(), "This code has been used up.")
    if voucher.usage_limit is not None or voucher.single_use:
        taken = await session.execute(
            update(VoucherCode)
            .where(VoucherCode.id == code.id, VoucherCode.is_active)
            .values(used=VoucherCode.used + 1, is_active=not voucher.single_use)
            .returning(VoucherCode.id),
            execution_options={"synchronize_session": False},
        )
        _must(taken.scalar(), "This code has been used already.")
    if voucher.apply_once_per_customer:
        first = await session.execute(
            upsert(VoucherCustomer)
            .values(voucher_id=voucher.id, voucher_code_id=code.id, customer_email=email.lower())
            .on_conflict_do_nothing(
                index_elements=[VoucherCustomer.voucher_id, VoucherCustomer.customer_email]
            )
            .returning(VoucherCustomer.id)
        )
        _must(first.scalar(), "This code can be used once only.")


async def give_back_use(session: AsyncSession, code: str, email: str) -> None:
    """Take back a use that was counted for an order which came to nothing. What is gone stays so."""
    quietly = {"synchronize_session": False}
    of_code = select(VoucherCode.voucher_id).where(VoucherCode.code == code).scalar_subquery()
    await session.execute(
        update(Voucher)
        .where(Voucher.id == of_code, Voucher.usage_limit.is_not(None), Voucher.used > 0)
        .values(used=Voucher.used - 1),
        execution_options=quietly,
    )
    counted = select(Voucher.id).where(or_(Voucher.usage_limit.is_not(None), Voucher.single_use))
    await session.execute(
        update(VoucherCode)
        .where(VoucherCode.code == code, VoucherCode.used > 0, VoucherCode.voucher_id.in_(counted))
        .values(used=VoucherCode.used - 1, is_active=True),
        execution_options=quietly,
    )
    await session.execute(
        delete(VoucherCustomer).where(
            VoucherCustomer.voucher_id == of_code, VoucherCustomer.customer_email == email.lower()
        ),
        execution_options=quietly,
    )


def _must(done: object, otherwise: str) -> None:
    if done is None:
        raise VoucherNotApplicableError(otherwise, field="promoCode")
