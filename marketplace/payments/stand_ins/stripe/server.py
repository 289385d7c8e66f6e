"""The stand-in over HTTP: an ASGI application that judges, works, keeps answers, and fails when told to."""

import asyncio
import base64
import json
import re
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl

import stripe

from marketplace.payments.stand_ins.failing import (
    BROKEN,
    DONE_BEFORE_FAILING,
    SILENT,
    Message,
    Receive,
    Send,
    break_off,
    until_the_client_goes,
)
from marketplace.payments.stand_ins.stripe import expanding, pages, payment_intents
from marketplace.payments.stand_ins.stripe.checking import checked
from marketplace.payments.stand_ins.stripe.errors import Json, Refused, copied
from marketplace.payments.stand_ins.stripe.faults import Fault
from marketplace.payments.stand_ins.stripe.forms import nested
from marketplace.payments.stand_ins.stripe.idempotency import Answer
from marketplace.payments.stand_ins.stripe.keys import Access
from marketplace.payments.stand_ins.stripe.requests import Request
from marketplace.payments.stand_ins.stripe.routes import OF_BROWSERS, Route, route_to
from marketplace.payments.stand_ins.stripe.world import PLATFORM, World

BODY_LIMIT_BYTES = 1024 * 1024
VERSION = re.compile(r"20\d\d-\d\d-\d\d(\.[a-z]+)?")
OK = 200
CONFLICT = 409
SERVER_ERROR = 500
OPEN_TO_BROWSERS = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-headers", b"*, Authorization"),
    (b"access-control-allow-methods", b"GET, POST, DELETE"),
]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    query: list[tuple[str, str]]
    body: bytes

    @property
    def form(self) -> list[tuple[str, str]]:
        if self.method != "POST":
            return self.query
        return parse_qsl(self.body.decode(errors="replace"), keep_blank_values=True)

    @property
    def api_key(self) -> str | None:
        """A bearer's, the name of basic authentication, or what Stripe's script sends in the form."""
        kind, _, credentials = self.headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return credentials.strip()
        if kind.lower() == "basic":
            return base64.b64decode(credentials + "==").decode(errors="replace").partition(":")[0]
        return next((value for name, value in self.form if name == "key"), None)

    @property
    def idempotency_key(self) -> str | None:
        return self.headers.get("idempotency-key") if self.method == "POST" else None

    @property
    def version(self) -> str:
        return self.headers.get("stripe-version", stripe.api_version)


class App:
    """The application. All work on the world is done under its lock and without waiting."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        asked = await _read(scope, receive)
        if asked is None:
            await _respond(send, 413, json.dumps(Refused("The request is too large.").body).encode())
        elif asked.method == "OPTIONS":
            await _respond(send, 204, b"")
        elif asked.path.startswith("/v1/"):
            await self._answer(asked, receive, send)
        else:
            with self.world.lock:
                page = pages.page(self.world, asked.method, asked.path, dict(asked.query), asked.body)
            await _respond(send, page.status, page.body, page.content_type, page.headers, public=False)

    async def _answer(self, asked: Asked, receive: Receive, send: Send) -> None:
        with self.world.lock:
            fault = self.world.faults.of_request(f"{asked.method} {asked.path}")
            if fault is None or fault.kind in DONE_BEFORE_FAILING:
                answer = self._work(asked, fault)
            else:
                answer = _failure(fault)
        if fault is not None and fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
        self._keep(asked, answer)
        if fault is not None and fault.kind in SILENT:
            await until_the_client_goes(receive)
        elif fault is not None and fault.kind in BROKEN:
            break_off(send)
            await until_the_client_goes(receive)
        else:
            body = json.dumps(answer.body, indent=2).encode()
            await _respond(send, answer.status, body, headers=_headers(asked, answer))

    def _work(self, asked: Asked, fault: Fault | None) -> Answer:
        """Judge the request and do what it asks."""
        world = self.world
        request_id = world.new_id("req", 14)
        try:
            route, request = self._judged(asked)
            before = self._answered_before(asked)
        except Refused as refused:
            return Answer(refused.status, refused.body, request_id)
        if before is not None:
            return replace(before, replayed=True)
        world.answers.current = {"id": request_id, "idempotency_key": asked.idempotency_key}
        try:
            body = expanding.expanded(world, route.handler(request), request.params.get("expand", []))
            answer = Answer(OK, body, request_id, begun=True)
        except Refused as refused:
            answer = Answer(refused.status, copied(refused.body), request_id, begun=True)
        if request.in_browser:
            _hide(answer.body)
        if fault is not None and fault.kind == "error_after":
            answer = replace(_failure(fault), request_id=request_id, begun=True)
        return answer

    def _judged(self, asked: Asked) -> tuple[Route, Request]:
        world = self.world
        key = asked.api_key
        route, ids = route_to(asked.method, asked.path)
        access: Access = "read" if asked.method == "GET" else "write"
        in_browser = world.keys.check(key, route.resource, access, in_browser=route.in_browser)
        if not VERSION.fullmatch(asked.version):
            raise Refused(f"Invalid Stripe API version: {asked.version}")
        account = asked.headers.get("stripe-account", PLATFORM)
        if account != PLATFORM and account not in world.objects:
            raise Refused(
                f"The provided key does not have access to account '{account}', or there is no such account.",
                status=403,
                code="account_invalid",
            )
        params = checked(route.params, nested(asked.form), OF_BROWSERS if in_browser else frozenset())
        expanding.check(route.answers, params.get("expand", []), in_list=route.answers_list)
        return route, Request(world, params, ids, in_browser, account)

    def _answered_before(self, asked: Asked) -> Answer | None:
        key = asked.idempotency_key
        if key is None:
            return None
        request = (asked.method, asked.path, json.dumps(sorted(asked.form)))
        before = self.world.answers.before(asked.headers.get("stripe-account", PLATFORM), key, request)
        if before is None:
            self.world.answers.begin(asked.headers.get("stripe-account", PLATFORM), key, request)
        return before

    def _keep(self, asked: Asked, answer: Answer) -> None:
        """For whoever asks again with the key; what was refused before it began may be asked otherwise."""
        key = asked.idempotency_key
        if key is not None and answer.begun and not answer.replayed:
            with self.world.lock:
                self.world.answers.keep(asked.headers.get("stripe-account", PLATFORM), key, answer)


def _hide(body: Json) -> None:
    """Take out what a publishable key must not see."""
    if body.get("object") == "payment_intent":
        seen = payment_intents.seen_in_browsers(body)
        body.clear()
        body.update(seen)
    intent = body.get("error", {}).get("payment_intent")
    if intent is not None:
        body["error"]["payment_intent"] = payment_intents.seen_in_browsers(intent)


def _failure(fault: Fault) -> Answer:
    if fault.kind == "rate_limit":
        refused = Refused(
            "Request rate limit exceeded.",
            status=429,
            code="rate_limit",
        )
    elif fault.kind == "conflict":
        refused = Refused(
            "Another request is working on this object. Try again.",
            status=CONFLICT,
            code="lock_timeout",
        )
    else:
        refused = Refused("An unexpected error occurred.", status=SERVER_ERROR, type="api_error")
    return Answer(refused.status, refused.body, "req_standin")


def _headers(asked: Asked, answer: Answer) -> dict[str, str]:
    headers = {"request-id": answer.request_id, "stripe-version": asked.version}
    if asked.idempotency_key is not None:
        headers["idempotency-key"] = asked.idempotency_key
    if answer.replayed:
        headers["idempotent-replayed"] = "true"
    if answer.status == CONFLICT:
        headers["stripe-should-retry"] = "true"
    elif answer.status == SERVER_ERROR:
        headers["stripe-should-retry"] = "false"
    return headers


async def _read(scope: Message, receive: Receive) -> Asked | None:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > BODY_LIMIT_BYTES:
            return None
        if not message.get("more_body"):
            break
    return Asked(
        method=scope["method"],
        path=scope["path"],
        headers={name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
        query=parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True),
        body=body,
    )


async def _respond(
    send: Send,
    status: int,
    body: bytes,
    content_type: str = "application/json",
    headers: dict[str, str] | None = None,
    *,
    public: bool = True,
) -> None:
    named = [(name.encode(), value.encode("latin-1")) for name, value in (headers or {}).items()]
    named += [(b"content-type", content_type.encode()), (b"content-length", str(len(body)).encode())]
    if public:
        named += OPEN_TO_BROWSERS
    await send({"type": "http.response.start", "status": status, "headers": named})
    await send({"type": "http.response.body", "body": body})
