"""Invoices that a worker makes: asked for, fetched, sent, renamed, deleted."""

import io
from dataclasses import replace
from typing import Any

import pytest
from pypdf import PdfReader
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.ids import int_pk, to_global_id
from marketplace.kit.jobs import JobStatus, Work
from marketplace.kit.settings import Settings
from marketplace.kit.signing import opened
from marketplace.kit.storage import FileMissingError, FolderStorage
from marketplace.orders.invoice_models import Invoice
from marketplace.orders.jobs import delete_file, delete_invoice, make_invoice
from marketplace.orders.models import OrderStatus
from marketplace.vendors.models import TaxRegime, Vendor
from marketplace_graphql.kernel import Api
from tests.factories.people import make_user
from tests.graphql.conftest import Ask, buyer, staff
from tests.graphql.orders.conftest import Placed, history, place

FIELDS = "invoice { id number status url message } errors { field code }"
REQUEST = f"""mutation R($order: ID!, $number: String) {{
  invoiceRequest(orderId: $order, number: $number) {{ {FIELDS} order {{ number }} }} }}"""
FORGET = f"mutation D($id: ID!) {{ invoiceRequestDelete(id: $id) {{ {FIELDS} }} }}"
DELETE = f"mutation D($id: ID!) {{ invoiceDelete(id: $id) {{ {FIELDS} }} }}"
UPDATE = f"""mutation U($id: ID!, $input: UpdateInvoiceInput!) {{
  invoiceUpdate(id: $id, input: $input) {{ {FIELDS} }} }}"""
SEND = f"mutation S($id: ID!) {{ invoiceSendNotification(id: $id) {{ {FIELDS} }} }}"
READ = "query O($id: ID!) { order(id: $id) { invoices { number url status } } }"


@pytest.fixture
def work(session: AsyncSession, api: Api, settings: Settings, tmp_path: Any) -> Work:
    return Work(session, api.database, settings, FolderStorage(tmp_path, "http://testserver"))


def codes(payload: dict[str, Any]) -> list[tuple[str | None, str]]:
    return [(error["field"], error["code"]) for error in payload["errors"]]


async def requested(read: Ask, placed: Placed, number: str | None = None) -> dict[str, Any]:
    answer = await read(REQUEST, placed.clerk, order=placed.id, number=number)
    made: dict[str, Any] = answer["invoiceRequest"]
    return made


async def made(session: AsyncSession, read: Ask, work: Work, placed: Placed) -> str:
    """The id of an invoice that is there."""
    invoice_id: str = (await requested(read, placed))["invoice"]["id"]
    await make_invoice(work, int_pk(invoice_id, "Invoice"))
    await session.flush()
    return invoice_id


async def test_an_invoice_is_asked_for_made_and_fetched(
    session: AsyncSession, read: Ask, work: Work, told: list[str], settings: Settings
) -> None:
    placed = await place(session, sellers=2)
    vendor = await session.get_one(Vendor, placed.parts[1].vendor_id)
    vendor.tax_regime = TaxRegime.EXEMPT
    told.clear()
    asked = await requested(read, placed)
    assert (asked["errors"], asked["order"]) == ([], {"number": str(placed.order.number)})
    assert (asked["invoice"]["status"], asked["invoice"]["url"]) == ("PENDING", None)
    assert told == ["INVOICE_REQUESTED"]
    key = int_pk(asked["invoice"]["id"], "Invoice")
    for _ in range(2):  # Told twice, made once.
        await make_invoice(work, key)
    (shown,) = (await read(READ, placed.clerk, id=placed.id))["order"]["invoices"]
    assert (shown["number"], shown["status"]) == (f"F-{placed.order.number}", "SUCCESS")
    file = opened(settings, shown["url"].rpartition("/")[2])
    pdf = PdfReader(io.BytesIO(await work.storage.get(file.key)))
    words = " ".join(page.extract_text() for page in pdf.pages)
    for said in (f"F-{placed.order.number}", "Salma Bennani", "RABAT", "540,00", "Exonéré de TVA"):
        assert said in words.replace("\N{NO-BREAK SPACE}", " ")
    assert await history(session, placed.order) == ["INVOICE_REQUESTED", "INVOICE_GENERATED"]


@pytest.mark.parametrize("language", ["ar", "en", "de"])
async def test_an_invoice_is_written_in_the_language_of_the_purchase(
    session: AsyncSession, read: Ask, work: Work, language: str
) -> None:
    placed = await place(session)
    placed.order.language_code = language
    await made(session, read, work, placed)
    invoice = (await session.scalars(select(Invoice))).one()
    assert (await work.storage.get(invoice.storage_key or "")).startswith(b"%PDF")


async def test_its_number_may_be_said_and_is_counted_on_else(
    session: AsyncSession, read: Ask, work: Work
) -> None:
    placed = await place(session)
    await made(session, read, work, placed)
    await made(session, read, work, placed)
    asked = await requested(read, placed, " F-2026-7 ")
    await make_invoice(work, int_pk(asked["invoice"]["id"], "Invoice"))
    number = placed.order.number
    numbers = await session.scalars(select(Invoice.number).order_by(Invoice.id))
    assert list(numbers) == [f"F-{number}", f"F-{number}-2", "F-2026-7"]


async def test_an_invoice_that_can_not_be_made_says_so(
    session: AsyncSession, read: Ask, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    placed = await place(session)
    key = int_pk((await requested(read, placed))["invoice"]["id"], "Invoice")

    def fail(_paper: object) -> bytes:
        raise OSError("no disk")

    monkeypatch.setattr("marketplace.orders.jobs.invoice_pdf", fail)
    with pytest.raises(OSError, match="no disk"):
        await make_invoice(work, key)
    await make_invoice(replace(work, is_last_attempt=True), key)
    invoice = await session.get_one(Invoice, key)
    assert (invoice.status, bool(invoice.message)) == (JobStatus.FAILED, True)


@pytest.mark.parametrize("status", [OrderStatus.DRAFT, OrderStatus.UNCONFIRMED, OrderStatus.EXPIRED])
async def test_what_was_never_placed_has_no_invoice(
    session: AsyncSession, read: Ask, status: OrderStatus
) -> None:
    placed = await place(session)
    placed.order.status = status
    assert codes(await requested(read, placed)) == [("orderId", "INVALID_STATUS")]


async def test_nobody_is_billed_without_an_address_and_nothing_for_no_order(
    session: AsyncSession, read: Ask
) -> None:
    placed = await place(session)
    placed.order.billing_address_id = None
    assert codes(await requested(read, placed)) == [("orderId", "NOT_READY")]
    for order in (to_global_id("Order", "00000000-0000-0000-0000-000000000001"), "nonsense"):
        answer = await read(REQUEST, placed.clerk, order=order)
        assert codes(answer["invoiceRequest"]) == [("orderId", "NOT_FOUND")]


async def test_the_buyer_is_sent_what_is_ready(
    session: AsyncSession, read: Ask, work: Work, told: list[str]
) -> None:
    placed = await place(session)
    invoice_id = (await requested(read, placed))["invoice"]["id"]
    early = (await read(SEND, placed.clerk, id=invoice_id))["invoiceSendNotification"]
    assert codes(early) == [("invoice", "NOT_READY"), ("url", "URL_NOT_SET"), ("number", "NUMBER_NOT_SET")]
    await make_invoice(work, int_pk(invoice_id, "Invoice"))
    placed.order.user_email = ""
    unknown = (await read(SEND, placed.clerk, id=invoice_id))["invoiceSendNotification"]
    assert codes(unknown) == [("order", "EMAIL_NOT_SET")]
    placed.order.user_email = "salma@example.test"
    told.clear()
    sent = (await read(SEND, placed.clerk, id=invoice_id))["invoiceSendNotification"]
    assert (sent["errors"], told) == ([], ["INVOICE_SENT"])
    assert (await history(session, placed.order))[-1] == "INVOICE_SENT"


async def test_an_invoice_is_said_to_be_elsewhere(session: AsyncSession, read: Ask) -> None:
    placed = await place(session)
    invoice_id = (await requested(read, placed))["invoice"]["id"]
    for given, expected in (
        ({}, [("number", "NUMBER_NOT_SET"), ("url", "URL_NOT_SET")]),
        ({"number": "7"}, [("url", "URL_NOT_SET")]),
        ({"number": "7", "url": "ftp://x"}, [("url", "URL_NOT_SET")]),
        (
            {"number": "7", "url": "https://x.test", "metadata": [{"key": "", "value": "x"}]},
            [("metadata", "REQUIRED")],
        ),
    ):
        refused = (await read(UPDATE, placed.clerk, id=invoice_id, input=given))["invoiceUpdate"]
        assert codes(refused) == expected
    given = {"number": "7", "url": "https://x.test/7.pdf"}
    done = (await read(UPDATE, placed.clerk, id=invoice_id, input=given))["invoiceUpdate"]
    assert (done["errors"], done["invoice"]["status"], done["invoice"]["url"]) == (
        [],
        "SUCCESS",
        "https://x.test/7.pdf",
    )
    assert (await history(session, placed.order))[-1] == "INVOICE_UPDATED"


async def test_invoices_go_with_their_files(
    session: AsyncSession, read: Ask, work: Work, told: list[str]
) -> None:
    placed = await place(session)
    first, second = [await made(session, read, work, placed) for _ in range(2)]
    keys = list(await session.scalars(select(Invoice.storage_key).order_by(Invoice.id)))
    told.clear()
    asked = (await read(FORGET, placed.clerk, id=first))["invoiceRequestDelete"]
    assert (asked["errors"], asked["invoice"]["status"], told) == ([], "PENDING", ["INVOICE_DELETED"])
    await delete_invoice(work, int_pk(first, "Invoice"))
    gone = (await read(DELETE, placed.clerk, id=second))["invoiceDelete"]
    assert (gone["errors"], gone["invoice"]["id"]) == ([], second)
    assert await session.scalar(select(Invoice.id)) is None
    for key in keys:
        await delete_file(work, key or "")
        with pytest.raises(FileMissingError):
            await work.storage.get(key or "")


async def test_invoices_are_for_who_may_handle_orders(session: AsyncSession, read: Ask, ask: Ask) -> None:
    placed = await place(session)
    invoice_id = (await requested(read, placed))["invoice"]["id"]
    for requester in (None, buyer(await make_user(session)), staff("MANAGE_PRODUCTS")):
        for document, variables in (
            (REQUEST, {"order": placed.id}),
            (UPDATE, {"id": invoice_id, "input": {}}),
            (SEND, {"id": invoice_id}),
            (FORGET, {"id": invoice_id}),
            (DELETE, {"id": invoice_id}),
        ):
            answer = await ask(document, requester, **variables)
            assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
    for document in (SEND, FORGET, DELETE):
        ((payload,),) = [(await read(document, placed.clerk, id=to_global_id("Invoice", 999_999))).values()]
        assert codes(payload) == [("id", "NOT_FOUND")]
