"""What the stand-in shows to people and to tests: its script, the bank's page, its controls."""

import json
from dataclasses import asdict, dataclass, field
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from marketplace.payments.stand_ins.stripe import accounts, confirming, happening
from marketplace.payments.stand_ins.stripe.errors import Json, Refused
from marketplace.payments.stand_ins.stripe.money import written
from marketplace.payments.stand_ins.stripe.world import World

HTML = "text/html; charset=utf-8"
SCRIPT = "text/javascript; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Shown:
    body: bytes
    status: int = 200
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


def page(world: World, method: str, path: str, query: dict[str, str], body: bytes) -> Shown:
    if path.rstrip("/") == "/js/v3":
        return Shown((Path(__file__).parent / "stripe.js").read_bytes(), content_type=SCRIPT)
    if path.startswith("/_stand_in/3d_secure/"):
        return _bank(world, method, path.rsplit("/", 1)[1], query, body)
    if path.startswith("/_stand_in/onboarding/"):
        return _onboarding(world, method, path.rsplit("/", 1)[1], body)
    if path.startswith("/_stand_in/"):
        return _control(world, method, path.removeprefix("/_stand_in/"), body)
    return Shown(b'{"error": {"message": "There is nothing here."}}', 404)


def _control(world: World, method: str, what: str, body: bytes) -> Shown:
    """What tests in other processes ask of the stand-in. It opens nothing: all its money is pretended."""
    try:
        told: dict[str, Any] = json.loads(body or b"{}")
        answer = _told(world, method, what, told)
    except (TypeError, ValueError) as wrong:
        return Shown(json.dumps(Refused(str(wrong)).body).encode(), 400)
    except Refused as refused:
        return Shown(json.dumps(refused.body).encode(), refused.status)
    return Shown(json.dumps(answer, indent=2).encode())


def _told(world: World, method: str, what: str, told: Json) -> Json:
    match method, what:
        case "POST", "faults":
            return asdict(world.faults.add(**told))
        case "GET", "faults":
            return world.faults.shown()
        case "DELETE", "faults":
            world.faults.clear()
            return {}
        case "POST", "reset":
            world.reset(told.get("seed"))
            return {}
        case "POST", "let_time_pass":
            happening.let_time_pass(world)
            return {}
        case "GET", "":
            return {"stand_in": "stripe", "test_mode": True, "objects": len(world.objects)}
    raise Refused("There is nothing here.", status=404)


def _bank(world: World, method: str, id: str, query: dict[str, str], body: bytes) -> Shown:
    """The page of 3-D Secure: the buyer approves or refuses, and is sent back to the shop."""
    try:
        intent = world.find("payment_intent", id)
    except Refused:
        return Shown(b"No such payment.", 404, "text/plain")
    if query.get("secret") != intent["client_secret"]:
        return Shown(b"No such payment.", 404, "text/plain")
    action = intent["next_action"] or {}
    back = action.get("redirect_to_url", {}).get("return_url")
    if method != "POST":
        amount = escape(written(intent["amount"], intent["currency"]).upper())
        words = f"Do you approve the payment of <bdi>{amount}</bdi>?"
        return _form("Your bank asks", words, {"approve": "Approve", "refuse": "Refuse"})
    confirming.authenticate(world, intent, approved=_answer(body) == "approve")
    if back is None:
        return Shown(_DONE.encode(), content_type=HTML)
    return _sent(_returning(back, intent))


def _onboarding(world: World, method: str, token: str, body: bytes) -> Shown:
    """Where a seller tells Stripe who they are. A link is good once, and for minutes."""
    link = world.secrets.get(token)
    if link is None:
        return Shown(b"No such link.", 404, "text/plain")
    due = {"GET": "opened", "POST": "answered"}.get(method, "")
    if due in link or "answered" in link or link["expires_at"] < world.now():
        return _sent(link["refresh_url"])
    link[due] = True
    if method == "GET":
        words = "Stripe would ask here who you are, and for your bank account."
        return _form("Set up your account", words, {"complete": "Complete", "leave": "Leave for now"})
    if _answer(body) == "complete":
        accounts.onboard(world, link["account"])
    return _sent(link["return_url"])


def _answer(body: bytes) -> str | None:
    return dict(parse_qsl(body.decode(errors="replace"))).get("answer")


def _sent(url: str) -> Shown:
    return Shown(b"", 303, HTML, {"location": url})


def _form(title: str, words: str, answers: dict[str, str]) -> Shown:
    """A page that asks one question."""
    buttons = "\n".join(
        f'<button name="answer" value="{value}">{said}</button>' for value, said in answers.items()
    )
    text = _PAGE.format(title=escape(title), words=words, buttons=buttons)
    return Shown(text.encode(), content_type=HTML)


def _returning(url: str, intent: Json) -> str:
    """The shop's address with what Stripe adds to it."""
    succeeded = intent["status"] in {"succeeded", "requires_capture", "processing"}
    added = {
        "payment_intent": intent["id"],
        "payment_intent_client_secret": intent["client_secret"],
        "redirect_status": "succeeded" if succeeded else "failed",
    }
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query="&".join(filter(None, [parts.query, urlencode(added)]))))


_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>TEST MODE: {title}</title>
<style>
body {{ font: 1.1rem/1.5 system-ui, sans-serif; margin: 0; background: #f4f4f2; color: #1c1c1a }}
main {{ max-width: 26rem; margin: 0 auto; padding: 1.5rem }}
strong {{ display: block; padding: .5rem .75rem; background: #fff3c4; border: 2px solid #8a6100 }}
button {{ font: inherit; width: 100%; min-height: 3rem; margin-block-start: .75rem; border: 2px solid #1c1c1a;
 background: #fff; color: inherit; border-radius: .4rem }}
button:first-of-type {{ background: #14532d; border-color: #14532d; color: #fff }}
</style>
<main>
<strong>TEST MODE: no money moves</strong>
<h1>{title}</h1>
<p>{words}</p>
<form method="post">
{buttons}
</form>
</main>
</html>
"""
_DONE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>TEST MODE: 3-D Secure</title>
<p>You have answered. You can go back to the shop.</p>
<script>parent.postMessage({standIn: "3d_secure"}, "*")</script></html>
"""
