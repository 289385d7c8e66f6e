"""Events: what happened, kept for thirty days, and listed for whoever missed a webhook."""

from marketplace.payments.stand_ins.stripe.errors import Json, no_such
from marketplace.payments.stand_ins.stripe.requests import Page, Request

DAY_SECONDS = 86400
DAYS_KEPT = 30


def retrieve(request: Request) -> Json:
    event = request.find("event")
    if event["created"] < request.world.now() - DAYS_KEPT * DAY_SECONDS:
        raise no_such("event", request.id)
    return event


def list_all(request: Request) -> Json:
    params = request.params
    wanted = params.get("types") or ([params["type"]] if "type" in params else ["*"])
    since = request.world.now() - DAYS_KEPT * DAY_SECONDS
    found = [
        event
        for event in request.world.all("event", request.account)
        if event["created"] >= since and any(_fits(event["type"], pattern) for pattern in wanted)
    ]
    return Page(found[::-1]).read(params, "/v1/events")


def _fits(type: str, pattern: str) -> bool:
    return type.startswith(pattern[:-1]) if pattern.endswith("*") else type == pattern
