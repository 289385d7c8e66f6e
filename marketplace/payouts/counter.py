"""At the counter: cash that sellers fetch, and the box that it comes out of."""

import secrets
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.errors import InvalidError, NotFoundError, RequiredError
from marketplace.kit.jobs import enqueue
from marketplace.kit.money import MINOR_DIGITS, Money
from marketplace.kit.settings import Settings
from marketplace.payouts import entries
from marketplace.payouts.cash_models import CashBoxMovement, CashPickup
from marketplace.payouts.endings import Ending, close_if_ended, end_payouts, locked_payout
from marketplace.payouts.errors import CashBoxShortError, CodeWrongError, RunStateError
from marketplace.payouts.journal import record
from marketplace.payouts.ledger import Account, Posting
from marketplace.payouts.models import Payout, PayoutStatus
from marketplace.payouts.ways import Teller
from marketplace.payouts.ways.cash import CASH_WAITS, new_code
from marketplace.people import audit
from marketplace.people.models import User
from marketplace.people.service import user_by_email
from marketplace.vendors.bank import decrypted, encrypted_number
from marketplace.vendors.models import VendorMember

TRIES = 10
REFERENCE_LENGTH = 140
NOT_FETCHED = "Not fetched in time."
RETURNED_AT_ONCE = 200


async def hand_over(
    session: AsyncSession, settings: Settings, payout_id: UUID, *, code: str, received_by: str, actor_id: int
) -> Payout:
    """Note that a member of the seller (by e-mail address) has the cash, and book it. Told twice, it is once.

    Raises NotFoundError, RunStateError for what does not wait at the counter, CodeWrongError (which is
    counted), InvalidError, CashBoxShortError.
    """
    run, payout = await locked_payout(session, payout_id)
    pickup = await _locked_pickup(session, payout)
    if pickup.handed_over_at is not None and payout.status is PayoutStatus.PAID:
        return payout
    if payout.status is not PayoutStatus.SENT:
        raise RunStateError(f"This payout does not wait to be fetched: it is {payout.status}.", field="id")
    await _check_code(session, settings, pickup, code)
    member = await _member(session, payout.vendor_id, received_by)
    amount = Money(payout.amount_minor, payout.currency)
    box = await lock_cash_box(session, payout.currency)
    if box.minor < amount.minor:
        raise CashBoxShortError(f"There are {box} in the cash box: put more in first.", field="id")
    pickup.handed_over_at, pickup.handed_over_by_id = clock.now(), actor_id
    pickup.received_by_id = member.id
    pickup.received_by_name = f"{member.first_name} {member.last_name}".strip() or member.email
    await end_payouts(session, Teller.COUNTER, [Ending(payout, PayoutStatus.PAID)])
    await close_if_ended(session, run)
    said = {"amount": str(amount), "received_by": member.id}
    await audit.record(session, actor_id, "payout.handed_over", "Payout", payout.id, **said)
    return payout


async def renew_code(session: AsyncSession, settings: Settings, payout_id: UUID, actor_id: int) -> Payout:
    """Have the seller told another code, in place of one that was lost or tried too often.

    Raises NotFoundError, RunStateError.
    """
    _, payout = await locked_payout(session, payout_id)
    pickup = await _locked_pickup(session, payout)
    if payout.status is not PayoutStatus.SENT:
        raise RunStateError(f"This payout does not wait to be fetched: it is {payout.status}.", field="id")
    pickup.code_encrypted = encrypted_number(new_code(), settings)
    pickup.code_number += 1
    pickup.wrong_codes = 0
    await session.flush()
    await enqueue(session, CASH_WAITS, payout_id=payout.id, code_number=pickup.code_number)
    await audit.record(session, actor_id, "payout.code_renewed", "Payout", payout.id)
    return payout


async def return_unfetched(session: AsyncSession) -> int:
    """Make payable again what nobody has fetched in time, a batch at a time; gives how many that were."""
    query = (
        select(CashPickup.payout_id)
        .join(Payout, Payout.id == CashPickup.payout_id)
        .where(
            CashPickup.fetch_by <= clock.now(),
            CashPickup.handed_over_at.is_(None),
            Payout.status == PayoutStatus.SENT,
        )
        .order_by(Payout.run_id, Payout.number)
        .limit(RETURNED_AT_ONCE)
    )
    returned = 0
    for payout_id in list(await session.scalars(query)):
        run, payout = await locked_payout(session, payout_id)
        if payout.status is PayoutStatus.SENT:  # Not fetched while we waited for the lock.
            ending = Ending(payout, PayoutStatus.RETURNED, NOT_FETCHED)
            returned += await end_payouts(session, Teller.DEADLINE, [ending])
            await close_if_ended(session, run)
    return returned


async def move_cash(session: AsyncSession, amount: Money, reference: str, actor_id: int) -> CashBoxMovement:
    """Note that cash came from the bank into the box, or (negative) went back. Told twice, it is once.

    Raises InvalidError, RequiredError, CashBoxShortError.
    """
    reference = " ".join(reference.split())
    if not reference:
        raise RequiredError("Give the bank's reference, which tells one from another.", field="reference")
    if len(reference) > REFERENCE_LENGTH:
        raise InvalidError(f"At most {REFERENCE_LENGTH} letters, please.", field="reference")
    if not amount:
        raise InvalidError("How much was moved?", field="amount")
    box = await lock_cash_box(session, amount.currency)
    known = await session.scalar(
        select(CashBoxMovement).where(
            CashBoxMovement.currency == amount.currency, CashBoxMovement.reference == reference
        )
    )
    if known is not None:
        if known.amount_minor != amount.minor:
            was = Money(known.amount_minor, known.currency)
            raise InvalidError(f"This reference is of {was} already.", field="reference")
        return known
    if box.minor + amount.minor < 0:
        raise CashBoxShortError(f"There are only {box} in the cash box.", field="amount")
    movement = CashBoxMovement(
        currency=amount.currency, amount_minor=amount.minor, reference=reference, made_by_id=actor_id
    )
    session.add(movement)
    await session.flush()
    await record(session, [entries.cash_box_moved(movement)])
    said = {"amount": str(amount), "reference": reference}
    await audit.record(session, actor_id, "cash_box.moved", "CashBoxMovement", movement.id, **said)
    return movement


async def lock_cash_box(session: AsyncSession, currency: str) -> Money:
    """What is in the box of a currency; nobody else takes from it before this transaction ends."""
    if currency not in MINOR_DIGITS:
        raise InvalidError(f"The shop does not trade in {currency}.", field="currency")
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"cash_box.{currency}"))))
    query = select(func.coalesce(func.sum(Posting.amount_minor), 0)).where(
        Posting.account == Account.CASH_BOX, Posting.currency == currency
    )
    return Money(int(await session.scalar(query) or 0), currency)


async def _locked_pickup(session: AsyncSession, payout: Payout) -> CashPickup:
    query = select(CashPickup).where(CashPickup.payout_id == payout.id).with_for_update()
    pickup = await session.scalar(query.execution_options(populate_existing=True))
    if pickup is None:
        raise RunStateError("This payout is not fetched in cash, or not ready yet.", field="id")
    return pickup


async def _check_code(session: AsyncSession, settings: Settings, pickup: CashPickup, code: str) -> None:
    if pickup.wrong_codes >= TRIES:
        raise CodeWrongError("Too many wrong codes: have the seller sent a new one.", field="code")
    given = "".join(letter for letter in code if not letter.isspace() and letter != "-")
    if not secrets.compare_digest(given.encode(), decrypted(pickup.code_encrypted, settings).encode()):
        pickup.wrong_codes += 1
        await session.flush()
        raise CodeWrongError("This is not the code that the seller was sent.", field="code")


async def _member(session: AsyncSession, vendor_id: int, email: str) -> User:
    user = await user_by_email(session, email)
    if user is None or await session.get(VendorMember, (vendor_id, user.id)) is None:
        raise NotFoundError("No member of this seller has this e-mail address.", field="receivedBy")
    return user
