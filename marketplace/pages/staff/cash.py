"""Cash in carriers' hands: how old it is, and what they hand over."""

from collections import Counter
from collections.abc import Mapping

from fastapi import APIRouter, HTTPException
from fastapi.responses import PlainTextResponse, Response
from starlette.datastructures import UploadFile

from marketplace.kit.errors import InvalidError
from marketplace.kit.ids import int_pk
from marketplace.kit.money import Money
from marketplace.kit.uploads import UploadedFile
from marketplace.pages.api import Data
from marketplace.pages.languages import marked
from marketplace.pages.shop.problems import problems_in
from marketplace.pages.staff.visits import ask
from marketplace.pages.visits import Visit, Visiting
from marketplace.payments.at_the_door.ageing import Aged, CarrierAges, as_csv

router = APIRouter()

LONGEST_FIELD = 255

PROBLEMS: Mapping[str, str] = {
    "REQUIRED": marked("Indiquez le transporteur, sa référence et le fichier."),
    "SHEET_INVALID": marked(
        "Ce fichier ne convient pas : une feuille XLSX, XLS, ODS ou CSV, avec une colonne pour le numéro"
        " (de suivi ou de commande) et une pour le montant, 1 000 colis au plus."
    ),
    "UNIQUE": marked("Ce fichier ou cette référence a déjà été comptabilisé."),
    "DIFFERENCES": marked("Des lignes ne correspondent pas : dites ce qu’il faut en faire."),
    "CHANGED": marked("Quelque chose a changé depuis : vérifiez de nouveau les lignes."),
    "INVALID": marked("Cela n’a pas fonctionné. Vérifiez et réessayez."),
}


@router.get("/staff/cash")
async def cash(visit: Visiting) -> Response:
    if not visit.signed_in:
        return visit.go("sign-in")
    return await _page(visit, {"carrier": "", "reference": "", "currency": visit.market.currency}, None)


@router.get("/staff/cash/ageing.csv")
async def ageing_csv(visit: Visiting) -> Response:
    """The same as a file for a spreadsheet."""
    if not visit.signed_in:
        return visit.go("sign-in")
    data = await ask(visit, "cash")
    text = as_csv([_debt(each) for each in data["cashAgeing"]])
    headers = {
        "Content-Disposition": 'attachment; filename="cash-ageing.csv"',
        "Cache-Control": "private, no-store",
    }
    return PlainTextResponse("\ufeff" + text, media_type="text/csv", headers=headers)


@router.post("/staff/cash")
async def upload(visit: Visiting) -> Response:
    """Read a carrier's sheet. With something wrong with it, the page comes back with what was typed."""
    if not visit.signed_in:
        return visit.go("sign-in")
    sent = await visit.request.form()
    form = {
        name: str(sent.get(name, "")).strip()[:LONGEST_FIELD] for name in ("carrier", "reference", "currency")
    }
    file = sent.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        return await _page(visit, form, "REQUIRED")
    content = await file.read()
    given = UploadedFile(file.filename, file.content_type or "", content)
    answer = await ask(visit, "cash_sheet_upload", {**form, "file": given})
    payload = answer["cashSheetUpload"]
    if payload["errors"]:
        return await _page(visit, form, problems_in(payload)[0].code)
    return visit.go(f"staff/cash/sheets/{payload['cashSheet']['id']}")


@router.get("/staff/cash/sheets/{sheet_id}")
async def sheet(visit: Visiting, sheet_id: str) -> Response:
    """Line by line: what the carrier says, and what it owes."""
    if not visit.signed_in:
        return visit.go("sign-in")
    return await _sheet_page(visit, sheet_id, visit.query.get("problem"))


@router.post("/staff/cash/sheets/{sheet_id}")
async def book(visit: Visiting, sheet_id: str) -> Response:
    """Book it. Clicked twice, it is booked once."""
    if not visit.signed_in:
        return visit.go("sign-in")
    _check_id(sheet_id)
    wanted = str((await visit.request.form()).get("differences", ""))
    differences = wanted if wanted in ("BOOK", "LEAVE") else "REFUSE"
    answer = await ask(visit, "cash_sheet_book", {"id": sheet_id, "differences": differences})
    problems = problems_in(answer["cashSheetBook"])
    return visit.go(f"staff/cash/sheets/{sheet_id}", problem=problems[0].code if problems else None)


async def _page(visit: Visit, form: Mapping[str, str], problem: str | None) -> Response:
    data = await ask(visit, "cash")
    frame = await visit.read("frame")
    debts = data["cashAgeing"]
    return visit.page(
        "staff/cash.html",
        frame,
        422 if problem else 200,
        debts=debts,
        sheets=[edge["node"] for edge in data["cashSheets"]["edges"]],
        carriers=sorted({debt["carrier"] for debt in debts}),
        currencies=sorted(
            {debt["currency"] for debt in debts} | {market.currency for market in visit.markets}
        ),
        form=form,
        problem=_message(problem),
    )


async def _sheet_page(visit: Visit, sheet_id: str, problem: str | None) -> Response:
    _check_id(sheet_id)
    found = (await ask(visit, "cash_sheet", {"id": sheet_id}))["cashSheet"]
    if found is None:
        raise HTTPException(404)
    lines = found["lines"]
    counts = Counter(line["outcome"] for line in lines)
    return visit.page(
        "staff/cash_sheet.html",
        await visit.read("frame"),
        422 if problem else 200,
        sheet=found,
        counts=counts,
        is_right=not set(counts) - {"MATCHED", "NOTHING"},
        problem=_message(problem),
    )


def _message(problem: str | None) -> str | None:
    return None if problem is None else PROBLEMS.get(problem, PROBLEMS["INVALID"])


def _check_id(sheet_id: str) -> None:
    try:
        int_pk(sheet_id, "CashSheet")
    except InvalidError:
        raise HTTPException(404) from None


def _debt(found: Data) -> CarrierAges:
    """A debt as the report writes it."""
    return CarrierAges(
        found["carrier"],
        _money(found["amount"]),
        found["count"],
        tuple(
            Aged(age["fromDays"], age["toDays"], _money(age["amount"]), age["count"]) for age in found["ages"]
        ),
    )


def _money(amount: Data) -> Money:
    return Money(amount["fractionalAmount"], amount["currency"])
