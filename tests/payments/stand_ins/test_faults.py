"""What goes wrong at Stripe's stand-in when it is told to: answers that are lost, webhooks that are not."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx
import pytest
import stripe

from marketplace.payments.stand_ins.stripe.serving import StripeStandIn
from tests.payments.stand_ins.paying import a_payment, an_intent, refused

Client = stripe.StripeClient


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [("rate_limit", 429, "rate_limit"), ("conflict", 409, "lock_timeout"), ("error", 500, None)],
)
async def test_nothing_was_done(
    stripe_stand_in: StripeStandIn, stripe_client: Client, kind: str, status: int, code: str
) -> None:
    stripe_stand_in.faults.add(kind, on="POST /v1/payment_intents")
    with refused(stripe.StripeError, code) as told:
        await a_payment(stripe_client, key="order-1")
    assert told.value.http_status == status
    assert stripe_stand_in.all("payment_intent") == []
    assert (await a_payment(stripe_client, key="order-1")).status == "succeeded"


@pytest.mark.parametrize("kind", ["reset", "timeout"])
async def test_no_answer_comes_and_nothing_was_done(
    stripe_stand_in: StripeStandIn, impatient: Client, kind: str
) -> None:
    stripe_stand_in.faults.add(kind)
    with pytest.raises(stripe.APIConnectionError):
        await a_payment(impatient, key="order-1")
    assert stripe_stand_in.all("payment_intent") == []


@pytest.mark.parametrize("kind", ["reset_after", "timeout_after"])
async def test_the_answer_is_lost_after_the_card_was_charged(
    stripe_stand_in: StripeStandIn, impatient: Client, kind: str
) -> None:
    stripe_stand_in.faults.add(kind)
    with pytest.raises(stripe.APIConnectionError):
        await a_payment(impatient, key="order-1")
    assert stripe_stand_in.books().pending == {"mad": 12_000 - 378}
    again = await a_payment(impatient, key="order-1")
    assert again.last_response.headers["idempotent-replayed"] == "true"
    assert stripe_stand_in.books().pending == {"mad": 12_000 - 378}


async def test_an_error_after_the_work_is_told_again_under_its_key(
    stripe_stand_in: StripeStandIn, stripe_client: Client
) -> None:
    """So Stripe does: only a look tells what became of it."""
    stripe_stand_in.faults.add("error_after")
    for _ in range(2):
        with refused(stripe.APIError) as told:
            await a_payment(stripe_client, key="order-1")
        assert told.value.headers["stripe-should-retry"] == "false"
    listed = await stripe_client.v1.payment_intents.list_async()
    assert [intent.status for intent in listed.data] == ["succeeded"]


async def test_a_good_card_is_declined_when_told_to(
    stripe_stand_in: StripeStandIn, stripe_client: Client
) -> None:
    stripe_stand_in.faults.add("decline", code="insufficient_funds")
    with refused(stripe.CardError, "card_declined") as told:
        await a_payment(stripe_client)
    assert told.value.error.decline_code == "insufficient_funds"
    stripe_stand_in.faults.add("authentication")
    assert (await a_payment(stripe_client)).status == "requires_action"
    assert (await a_payment(stripe_client)).status == "succeeded"


async def test_faults_strike_where_and_as_often_as_told(
    stripe_stand_in: StripeStandIn, stripe_client: Client
) -> None:
    stripe_stand_in.faults.add("error", on="POST /v1/payment_intents/*/cancel", times=2)
    intent = await an_intent(stripe_client)
    for _ in range(2):
        with refused(stripe.APIError):
            await stripe_client.v1.payment_intents.cancel_async(intent.id)
    assert (await stripe_client.v1.payment_intents.cancel_async(intent.id)).status == "canceled"


async def test_another_process_asks_for_faults_by_http(
    stripe_stand_in: StripeStandIn, stripe_client: Client
) -> None:
    async with httpx.AsyncClient(base_url=f"{stripe_stand_in.address}/_stand_in") as tester:
        wrong = await tester.post("/faults", json={"kind": "earthquake"})
        assert (wrong.status_code, wrong.json()["error"]["param"]) == (400, "kind")
        assert (await tester.post("/faults", json={"kind": "error", "where": "x"})).status_code == 400
        await tester.post("/faults", json={"kind": "rate_limit", "on": "GET *"})
        assert [fault["kind"] for fault in (await tester.get("/faults")).json()["waiting"]] == ["rate_limit"]
        with refused(stripe.RateLimitError, "rate_limit"):
            await stripe_client.v1.balance.retrieve_async()
        assert (await tester.get("/nothing")).status_code == 404


def told(stand_in: StripeStandIn, *, delayed: bool = False) -> list[str]:
    """What our own door would make of the webhooks that wait: their types."""
    found = []
    for delivery in stand_in.webhooks(delayed=delayed):
        body, headers = delivery.signed()
        secret = stand_in.settings["stripe_webhook_secret"]
        found.append(stripe.Webhook.construct_event(body, headers["Stripe-Signature"], secret).type)
    return found


@pytest.mark.parametrize(
    ("fault", "at_first", "later"),
    [
        (None, ["created", "succeeded"], []),
        ("duplicate", ["created", "created", "succeeded"], []),
        ("lose", ["succeeded"], []),
        ("delay", ["succeeded"], ["created"]),
        ("reorder", ["succeeded", "created"], []),
    ],
)
async def test_webhooks_are_signed_and_go_astray_when_told_to(
    stripe_stand_in: StripeStandIn,
    stripe_client: Client,
    fault: str | None,
    at_first: list[str],
    later: list[str],
) -> None:
    if fault is not None:
        stripe_stand_in.faults.add(fault, on="payment_intent.created")
    stripe_stand_in.faults.add("lose", on="charge.*")
    await a_payment(stripe_client)
    assert told(stripe_stand_in) == [f"payment_intent.{one}" for one in at_first]
    assert told(stripe_stand_in, delayed=True) == [f"payment_intent.{one}" for one in later]


@pytest.mark.parametrize(("kind", "seconds"), [("bad_secret", 0), ("skew", -600)])
async def test_a_signature_may_be_wrong_or_old(
    stripe_stand_in: StripeStandIn, stripe_client: Client, kind: str, seconds: int
) -> None:
    stripe_stand_in.faults.add(kind, seconds=seconds)
    await an_intent(stripe_client)
    with pytest.raises(stripe.SignatureVerificationError):
        told(stripe_stand_in)


async def test_an_event_tells_which_request_caused_it_and_what_it_changed(
    stripe_stand_in: StripeStandIn, stripe_client: Client
) -> None:
    intent = await an_intent(stripe_client, key="order-1")
    (event,) = (await stripe_client.v1.events.list_async({"type": "payment_intent.*"})).data
    assert event.request.idempotency_key == "order-1"
    assert event.request.id == intent.last_response.request_id
    assert (event.api_version, event.data.object.id) == (stripe.api_version, intent.id)
    await stripe_client.v1.payment_intents.update_async(intent.id, {"amount": 13_000})
    kept = await stripe_client.v1.events.retrieve_async(event.id)
    assert kept.data.object.amount == 12_000


@pytest.fixture
def impatient(stripe_stand_in: StripeStandIn) -> Client:
    """A client that waits for an answer no longer than a blink."""
    return stripe.StripeClient(
        stripe_stand_in.keys.secret,
        base_addresses={"api": stripe_stand_in.address},
        http_client=stripe.HTTPXClient(timeout=0.3),
        max_network_retries=0,
    )


@dataclass
class Listener:
    """Somebody whom webhooks are posted to; `answers` are its next statuses."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(line for line in head.lower().split("\r\n") if line.startswith("content-length:"))
        self.heard.append((await reader.readexactly(int(length.split(":")[1]))).decode())
        status = self.answers.pop(0) if self.answers else 200
        writer.write(f"HTTP/1.1 {status} Said\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    listener = Listener()
    async with await asyncio.start_server(listener.answer, "127.0.0.1", 0) as server:
        listener.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/webhooks/stripe"
        yield listener


async def test_webhooks_are_posted_when_told_to_and_again_until_taken(
    stripe_stand_in: StripeStandIn, stripe_client: Client, listener: Listener
) -> None:
    stripe_stand_in.send_webhooks_to(listener.url)
    await an_intent(stripe_client)
    assert listener.heard == []
    listener.answers = [500]
    assert await asyncio.to_thread(stripe_stand_in.deliver) == [500]
    assert await asyncio.to_thread(stripe_stand_in.deliver) == [200]
    assert await asyncio.to_thread(stripe_stand_in.deliver) == []
    assert len(listener.heard) == 2
    assert listener.heard[0] == listener.heard[1]


async def test_webhooks_are_posted_at_once_where_that_was_asked(
    stripe_stand_in: StripeStandIn, stripe_client: Client, listener: Listener
) -> None:
    stripe_stand_in.send_webhooks_to(listener.url, immediately=True)
    await a_payment(stripe_client)
    while len(listener.heard) < 3:
        await asyncio.sleep(0.01)
    assert "payment_intent.succeeded" in listener.heard[-1]
