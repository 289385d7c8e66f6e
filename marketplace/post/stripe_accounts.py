"""What a seller is told of where it is paid: that somebody has asked for an account at Stripe in its name."""

from datetime import UTC, datetime

from sqlalchemy import select

from marketplace.kit.jobs import Retry, Work, enqueue, job
from marketplace.pages import letters
from marketplace.payouts.connect.accounts import CONNECTED_LETTER
from marketplace.people.models import User
from marketplace.post.sending import language_of, send_once, templates_for
from marketplace.vendors.models import MemberRole, Vendor, VendorMember

PATIENT = Retry(times=10, first_wait_seconds=10)
TELL_CONNECTED = "post.stripe_account_connected_to"


@job(CONNECTED_LETTER)
async def connected(work: Work, vendor_id: int, payable_from: datetime) -> None:
    """Have everybody told who owns the seller, and its own address: not only whoever has asked."""
    owners = await work.session.scalars(
        select(User.email)
        .join(VendorMember, VendorMember.user_id == User.id)
        .where(VendorMember.vendor_id == vendor_id, VendorMember.role == MemberRole.OWNER, User.is_active)
    )
    own = await work.session.scalar(select(Vendor.email).where(Vendor.id == vendor_id))
    for email in dict.fromkeys([*owners, *filter(None, [own])]):
        await enqueue(
            work.session, TELL_CONNECTED, vendor_id=vendor_id, payable_from=payable_from, email=email
        )


@job(TELL_CONNECTED, retry=PATIENT)
async def connected_to(work: Work, vendor_id: int, payable_from: datetime, email: str) -> None:
    """Tell one of them, in its language; the seller's own address in the seller's."""
    vendor = await work.session.get_one(Vendor, vendor_id)
    known = await work.session.scalar(select(User.language_code).where(User.email == email))
    language = language_of(known or vendor.language_code)
    said = {"seller": vendor.name, "from_day": payable_from.astimezone(UTC).isoformat()}
    templates = templates_for(work.settings.public_url)
    letter = letters.about_payout(templates, "stripe_account_connected", language, said)
    key = f"stripe_connected:{vendor_id}:{payable_from.isoformat()}:{email}"
    await send_once(work, key, email, language, letter)
