"""Cash that sellers fetch at the counter, and the box that it comes out of."""

from decimal import Decimal as PlainDecimal
from typing import Any

from sqlalchemy import func, select
from strawberry import ID

from marketplace.kit.errors import InvalidError
from marketplace.kit.money import MINOR_DIGITS
from marketplace.kit.money import Money as Amount
from marketplace.kit.settings import Settings
from marketplace.payouts import cash_models, counter, models
from marketplace.payouts.ledger import Account, Posting
from marketplace.people.models import User
from marketplace.vendors.models import VendorMember
from marketplace_graphql.kernel import (
    DateTime,
    Decimal,
    Info,
    computed,
    each,
    mutation,
    object_type,
    record,
    value,
)
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.languages import LanguageCodeEnum
from marketplace_graphql.payouts.errors import PayoutError, staff_id
from marketplace_graphql.payouts.fields import STAFF
from marketplace_graphql.payouts.types import PayoutRunPerson, PayoutStatement, file_of, person
from marketplace_graphql.values import Money, exact_money, money

HIGHEST = 10**9
"""In the currency's main unit: more cash than any counter sees."""


@object_type
class CashBox:
    """What is in the cash box of a currency."""

    balance: Money


@record(cash_models.CashPickup)
class CashPickup:
    """A payout that waits at the counter. The code by which it is fetched is shown to nobody."""

    fetch_by: DateTime
    """It is payable again afterwards."""
    receipt_check: str
    """Stands on the receipts that are ours."""
    handed_over_at: DateTime | None
    received_by: str | None = value(lambda row, ctx: func.nullif(row.received_by_name, ""))
    """The member of the seller who had it, as they were called then."""

    @value(needs=STAFF)
    def handed_over_by(row: Any, ctx: Any) -> PayoutRunPerson | None:
        """The member of staff who gave it out."""
        return person(row.handed_over_by_id, ctx, row, "who handed it over")

    @value(needs=STAFF)
    def receivers(row: Any, ctx: Any) -> list[PayoutRunPerson] | None:
        """The seller's members: any of them may fetch it."""
        payout, member, user = aliased(models.Payout), aliased(VendorMember), aliased(User)
        people = (
            select(user.id, user.email, func.btrim(user.first_name + " " + user.last_name).label("name"))
            .join(member, member.user_id == user.id)
            .join(payout, payout.vendor_id == member.vendor_id)
            .where(payout.id == row.payout_id)
            .correlate_except(user, member, payout)
            .limit(100)
            .subquery("receivers")
        )
        return each(people, {"name": people.c.name, "email": people.c.email}, order_by=people.c.id)

    @computed(lambda row, ctx: {"keys": row.receipts})
    def receipts(selected: Any, info: Info) -> list[PayoutStatement]:
        """What is signed at the counter, one in each language."""
        return [
            {  # type: ignore[misc]
                "language_code": LanguageCodeEnum(language),
                "file": file_of(info, key, key.rpartition("/")[2], "application/pdf"),
            }
            for language, key in sorted(selected["keys"].items())
        ]


@object_type
class CounterQueries:
    """The counter."""

    @value(needs=STAFF)
    def cash_boxes(root: Any, ctx: Any) -> list[CashBox]:
        """What is in the cash boxes, by currency."""
        posting = aliased(Posting)
        boxes = (
            select(posting.currency, func.sum(posting.amount_minor).label("minor"))
            .where(posting.account == Account.CASH_BOX)
            .group_by(posting.currency)
            .subquery("boxes")
        )
        return each(boxes, {"balance": money(boxes.c.minor, boxes.c.currency)}, order_by=boxes.c.currency)


@object_type
class CounterMutations:
    """What is done at the counter."""

    @mutation(returns="Payout", errors=PayoutError, needs=STAFF)
    async def payout_cash_hand_over(self, info: Info, id: ID, code: str, received_by: str) -> models.Payout:
        """Notes that a member of the seller, by e-mail address, showed the code and has the cash."""
        payout = await info.find(models.Payout, id)
        return await counter.hand_over(
            info.session,
            _settings(info),
            payout.id,
            code=code,
            received_by=received_by,
            actor_id=staff_id(info),
        )

    @mutation(returns="Payout", errors=PayoutError, needs=STAFF)
    async def payout_cash_code_renew(self, info: Info, id: ID) -> models.Payout:
        """Sends the seller another code, in place of one that was lost or tried too often."""
        payout = await info.find(models.Payout, id)
        return await counter.renew_code(info.session, _settings(info), payout.id, staff_id(info))

    @mutation(returns={"amount": Money | None}, errors=PayoutError, needs=STAFF)
    async def cash_box_move(
        self, info: Info, currency: str, amount: Decimal, reference: str
    ) -> dict[str, Any]:
        """Notes that cash came from the bank into the box, or (negative) went back to it."""
        if currency not in MINOR_DIGITS:
            raise InvalidError(f"The shop does not trade in {currency}.", field="currency")
        if abs(PlainDecimal(amount)) > HIGHEST:
            raise InvalidError(f"At most {HIGHEST:,} {currency}, please.", field="amount")
        moved = Amount.from_decimal(PlainDecimal(amount), currency)
        await counter.move_cash(info.session, moved, reference, staff_id(info))
        return {"amount": exact_money(moved)}


def _settings(info: Info) -> Settings:
    settings: Settings = info.context["settings"]
    return settings
