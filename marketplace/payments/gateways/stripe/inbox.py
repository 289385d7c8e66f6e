"""Stripe's webhooks: who signed them is checked, then they are kept, then a job works on them."""

import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import stripe
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.jobs import enqueue
from marketplace.kit.settings import Settings
from marketplace.payments.gateways import notices
from marketplace.payments.gateways.notices import BadNoticeError, NoticeStatus
from marketplace.payments.gateways.stripe.models import StripeEvent, StripeRefusal

TOLERANCE_SECONDS = 300
"""How old a signature may be, or how far ahead of our clock: Stripe's own advice."""
WORK = "payments.work_on_stripe_event"
NAME_CHARACTERS = 255
KEPT_DAYS = 90
LONG_WAIT = timedelta(minutes=10)
AT_ONCE = 200
KEPT = (
    "id",
    "object",
    "amount",
    "amount_refunded",
    "charge",
    "currency",
    "metadata",
    "payment_intent",
    "reason",
    "status",
)
"""What is kept of an object: whatever else is needed, Stripe is asked for when it is needed."""


def opened(
    settings: Settings, body: bytes, signature: str | None, *, of_sellers: bool = False
) -> dict[str, Any]:
    """The event of a webhook, as it came over the net. Raises BadNoticeError. Those of sellers' accounts are
    signed with a secret of their own, which is good for nothing else.
    """
    secrets = settings.stripe_connect_webhook_secret if of_sellers else settings.stripe_webhook_secret
    known = [] if secrets is None else [one.strip() for one in secrets.get_secret_value().split(",")]
    if not any(_is_signed(body, signature, secret) for secret in known if secret):
        raise BadNoticeError("This is not signed by Stripe.")
    event = event_in(body)
    if of_sellers and event.get("account") is None:
        raise BadNoticeError("This is about no seller's account.")
    return event


def event_in(body: bytes) -> dict[str, Any]:
    """Raises BadNoticeError."""
    try:
        event = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadNoticeError("This is no JSON.") from error
    if not isinstance(event, dict) or not _is_event(event) or b"\\u0000" in body:
        raise BadNoticeError("This is no event.")
    return event


async def keep(session: AsyncSession, event: Mapping[str, Any]) -> bool:
    """Keep an event and queue the work on it; whether it is new. Told twice, it is worked on once."""
    subject = event["data"]["object"]
    row = {
        "id": event["id"],
        "type": event["type"],
        "account": event.get("account"),
        "is_live": bool(event.get("livemode")),
        "created_at": datetime.fromtimestamp(event["created"], UTC),
        "subject": {name: _name_of(subject[name]) for name in KEPT if subject.get(name) is not None},
    }
    is_new = await notices.keep(session, StripeEvent, row)
    if is_new:
        await queue_work(session, row["id"], _lock_of(subject, row["account"]))
    return is_new


async def work_again(session: AsyncSession, event: StripeEvent) -> None:
    """Have an event worked on once more."""
    await session.execute(
        update(StripeEvent).where(StripeEvent.id == event.id).values(status=NoticeStatus.WAITING, message=""),
    )
    await queue_work(session, event.id, _lock_of(event.subject, event.account))


async def queue_work(session: AsyncSession, event_id: str, lock: str) -> None:
    """Events about one payment, or one seller's account, are worked on one after another."""
    await enqueue(session, WORK, lock=lock, queueing_lock=f"stripe:{event_id}", event_id=event_id)


async def queue_waiting(session: AsyncSession) -> int:
    """Queue events that wait though no job works on them any more: Stripe could not be asked for hours."""
    waiting = await session.scalars(
        select(StripeEvent)
        .where(
            StripeEvent.status == NoticeStatus.WAITING,
            StripeEvent.received_at <= clock.now() - LONG_WAIT,
        )
        .order_by(StripeEvent.received_at)
        .limit(AT_ONCE)
    )
    events = waiting.all()
    for event in events:
        await queue_work(session, event.id, _lock_of(event.subject, event.account))
    return len(events)


async def forget_old(session: AsyncSession) -> None:
    """Forget events, and counts of refusals, that nobody will ask for any more."""
    before = clock.now() - timedelta(days=KEPT_DAYS)
    await notices.forget(session, StripeEvent, StripeRefusal, before)


def _is_signed(body: bytes, signature: str | None, secret: str) -> bool:
    try:
        stripe.WebhookSignature.verify_header(body, signature, secret, TOLERANCE_SECONDS)
    except (stripe.SignatureVerificationError, UnicodeDecodeError):
        return False
    signed_at = re.search(r"(?:^|,)t=(\d+)", signature or "")
    return signed_at is not None and int(signed_at[1]) <= time.time() + TOLERANCE_SECONDS


def _is_event(event: Mapping[str, Any]) -> bool:
    data = event.get("data")
    about = data.get("object") if isinstance(data, dict) else None
    names = (event.get("id"), event.get("type"), about.get("id") if isinstance(about, dict) else None)
    created = event.get("created")
    return (
        event.get("object") == "event"
        and all(isinstance(name, str) and 0 < len(name) <= NAME_CHARACTERS for name in names)
        and isinstance(created, int)
        and not isinstance(created, bool)
        and 0 <= created < 10**11
        and isinstance(event.get("account"), str | None)
    )


def _name_of(value: Any) -> Any:
    """An object within the object is kept by its name only."""
    return value.get("id") if isinstance(value, dict) and "object" in value else value


def _lock_of(subject: Mapping[str, Any], account: str | None) -> str:
    about = account or _name_of(subject.get("payment_intent")) or subject["id"]
    return f"stripe:{about}"
