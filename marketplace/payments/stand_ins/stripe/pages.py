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
HERE = Path(__file__).parent
BANK = {
    "en": (
        "TEST MODE: no money moves",
        "Your bank asks",
        "Do you approve the payment of %s?",
        "Approve",
        "Refuse",
    ),
    "fr": (
        "MODE TEST : aucun argent ne circule",
        "Votre banque demande",
        "Approuvez-vous le paiement de %s ?",
        "Approuver",
        "Refuser",
    ),
    "ar": (
        "وضع الاختبار: لا تُنقل أي أموال",
        "مصرفك يسأل",
        "هل توافق على دفع %s؟",
        "أوافق",
        "أرفض",
    ),
}
ONBOARDING = {
    "complete": "Complete",
    "review": "Complete, and have Stripe look at it first",
    "leave": "Leave for now",
}
SCRIPT = "text/javascript; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Shown:
    body: bytes
    status: int = 200
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


def page(world: World, method: str, path: str, query: dict[str, str], body: bytes) -> Shown:
    if path.rstrip("/") == "/js/v3":
        return Shown((HERE / "stripe.js").read_bytes(), content_type=SCRIPT)
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
        amount = f"<bdi>{escape(written(intent['amount'], intent['currency']).upper())}</bdi>"
        lang = query["lang"] if query.get("lang") in BANK else "en"
        test, title, question, approve, refuse = BANK[lang]
        return _form(title, question % amount, {"approve": approve, "refuse": refuse}, lang, test)
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
        return _form("Set up your account", words, ONBOARDING)
    done = {"complete": accounts.onboard, "review": accounts.send_for_review}.get(_answer(body) or "")
    if done is not None:
        done(world, link["account"])
    return _sent(link["return_url"])


def _answer(body: bytes) -> str | None:
    return dict(parse_qsl(body.decode(errors="replace"))).get("answer")


def _sent(url: str) -> Shown:
    return Shown(b"", 303, HTML, {"location": url})


def _form(
    title: str, words: str, answers: dict[str, str], lang: str = "en", test: str = BANK["en"][0]
) -> Shown:
    """A page that asks one question."""
    buttons = "\n".join(
        f'<button name="answer" value="{value}">{said}</button>' for value, said in answers.items()
    )
    direction = "rtl" if lang == "ar" else "ltr"
    template = (HERE / "page.html").read_text()
    text = template.format(title=title, words=words, buttons=buttons, lang=lang, dir=direction, test=test)
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


_DONE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>TEST MODE: 3-D Secure</title>
<p>You have answered. You can go back to the shop.</p>
<script>parent.postMessage({standIn: "3d_secure"}, "*")</script></html>
"""
