"""On which conditions one may pay at the door: one rule for each channel, which staff set, change and end."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from fastapi import APIRouter, HTTPException
from fastapi.responses import Response
from starlette.datastructures import FormData

from marketplace.pages.api import Data
from marketplace.pages.languages import marked
from marketplace.pages.staff.visits import ask
from marketplace.pages.visits import Visit, Visiting

router = APIRouter()

LONGEST_FIELD = 40
AMOUNTS, CONFIRMATIONS = ("minimum", "maximum", "confirmAbove"), ("confirmEveryOrder", "confirmFirstOrder")
COUNTS = ("refusalsAllowed", "openOrdersAllowed")
"""Left empty, nobody counts."""
ALWAYS = {"refusalMonths": 12, "remindAfter": 24, "cancelAfter": 72}
"""What always has a value, and what it is where nobody has said one."""
NO_CONDITIONS: Mapping[str, object] = {
    "countries": [],
    **dict.fromkeys([*AMOUNTS, *COUNTS]),
    **dict.fromkeys(CONFIRMATIONS, False),
    **ALWAYS,
}
NO_NUMBER = marked("Ce n’est pas un nombre.")
PROBLEMS: Mapping[str, str] = {
    "minimum": marked("Le montant le plus bas n’est pas possible."),
    "maximum": marked("Le montant le plus haut doit dépasser zéro et le plus bas."),
    "confirmAbove": marked("Ce montant n’est pas possible."),
    "refusalsAllowed": marked("De 0 à 1 000, ou rien."),
    "openOrdersAllowed": marked("De 1 à 1 000, ou rien."),
    "refusalMonths": marked("De 1 à 60 mois."),
    "remindAfter": marked("Le rappel d’abord, l’annulation ensuite, en 60 jours au plus."),
    "cancelAfter": marked("Le rappel d’abord, l’annulation ensuite, en 60 jours au plus."),
}
OTHERWISE = marked("Cela n’a pas fonctionné. Vérifiez et réessayez.")


@router.get("/staff/cash/rules")
async def rules(visit: Visiting) -> Response:
    """Every channel, with its conditions in words."""
    if not visit.signed_in:
        return visit.go("sign-in")
    return visit.page(
        "staff/cash_rules.html",
        await visit.read("frame"),
        channels=await _channels(visit),
        takes_cash=_takes_cash(visit),
        is_saved="saved" in visit.query,
    )


@router.get("/staff/cash/rules/{slug}")
async def rule(visit: Visiting, slug: str) -> Response:
    """The conditions of one channel, to be changed."""
    if not visit.signed_in:
        return visit.go("sign-in")
    channel = await _channel(visit, slug)
    return await _form(visit, channel, _typed(channel["cashOnDeliveryRules"]), {})


@router.post("/staff/cash/rules/{slug}")
async def change(visit: Visiting, slug: str) -> Response:
    """Take the conditions as they were typed, or end them all. With something wrong, the page comes back."""
    if not visit.signed_in:
        return visit.go("sign-in")
    channel = await _channel(visit, slug)
    sent = await visit.request.form()
    typed = _of_form(sent)
    given, problems = (dict(NO_CONDITIONS), {}) if "end" in sent else _read(typed)
    if not problems:
        answer = await ask(visit, "cash_rules_update", {"channel": channel["id"], "input": given})
        errors = answer["cashOnDeliveryRulesUpdate"]["errors"]
        problems = {each["field"] or "": PROBLEMS.get(each["field"] or "", OTHERWISE) for each in errors}
    if problems:
        return await _form(visit, channel, typed, problems)
    return visit.go("staff/cash/rules", saved="1")


async def _channels(visit: Visit) -> Sequence[Data]:
    channels: Sequence[Data] = (await ask(visit, "cash_rules"))["channels"]
    return channels


async def _channel(visit: Visit, slug: str) -> Data:
    found = next((each for each in await _channels(visit) if each["slug"] == slug), None)
    if found is None:
        raise HTTPException(404)
    return found


async def _form(
    visit: Visit, channel: Data, typed: Mapping[str, Any], problems: Mapping[str, str]
) -> Response:
    market = next((each for each in visit.markets if each.slug == channel["slug"]), None)
    return visit.page(
        "staff/cash_rule.html",
        await visit.read("frame"),
        422 if problems else 200,
        channel=channel,
        takes_cash=_takes_cash(visit),
        form=typed,
        countries=list(dict.fromkeys([*(market.countries if market else ()), *typed["countries"]])),
        problems=problems,
    )


def _takes_cash(visit: Visit) -> dict[str, bool]:
    """By the slugs of active channels: what is demanded of nobody is said to be so."""
    return {market.slug: market.cash_on_delivery for market in visit.markets}


def _typed(found: Data | None) -> dict[str, Any]:
    """Conditions as the form shows them."""
    known = {**NO_CONDITIONS, **(found or {})}
    shown: dict[str, Any] = {name: "" if known[name] is None else str(known[name]) for name in COUNTS}
    for name in AMOUNTS:
        shown[name] = "" if known[name] is None else f"{Decimal(str(known[name]['amount'])):f}"
    shown |= {name: str(known[name]) for name in ALWAYS}
    return (
        shown | {name: bool(known[name]) for name in CONFIRMATIONS} | {"countries": list(known["countries"])}
    )


def _of_form(sent: FormData) -> dict[str, Any]:
    texts = (*AMOUNTS, *COUNTS, *ALWAYS)
    typed: dict[str, Any] = {name: str(sent.get(name, "")).strip()[:LONGEST_FIELD] for name in texts}
    typed |= {name: name in sent for name in CONFIRMATIONS}
    return typed | {"countries": [str(code)[:2] for code in sent.getlist("countries")]}


def _read(typed: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """What the API takes, and what is no number."""
    given: dict[str, Any] = {name: typed[name] for name in (*CONFIRMATIONS, "countries")}
    problems: dict[str, str] = {}
    for name in (*AMOUNTS, *COUNTS, *ALWAYS):
        said = typed[name].replace("\u00a0", "").replace(" ", "").replace(",", ".")
        try:
            given[name] = _number(said, name)
        except (ValueError, InvalidOperation):
            problems[name] = NO_NUMBER
    return given, problems


def _number(said: str, name: str) -> float | int | None:
    if not said:
        return ALWAYS.get(name)
    if name not in AMOUNTS:
        return int(said)
    amount = Decimal(said)
    if not amount.is_finite():
        raise ValueError(said)
    return float(amount)
