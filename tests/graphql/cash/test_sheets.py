"""Carriers' sheets over the API: sent, looked at, booked once; and the age of what carriers owe."""

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.ids import to_global_id
from marketplace.payments.at_the_door.booking import upload
from marketplace_graphql.kernel import UploadedFile
from tests.factories.cash import csv_of, deliver_all, order_of
from tests.factories.checkout import make_market
from tests.factories.people import make_staff, make_user
from tests.graphql.cash.test_cash import FINANCE, MANAGES_ORDERS, is_denied
from tests.graphql.conftest import Ask, buyer, seller, staff

SHEET = """id carrier reference currency status bookedAt user { email } remittance { amount { amount } }
  lines { row trackingNumber number amount { amount } paidOn outcome vendorOrderId vendorOrderNumber
          due { amount } isBooked }"""
UPLOAD = f"""mutation($file: Upload!, $carrier: String!, $reference: String!) {{
  cashSheetUpload(file: $file, carrier: $carrier, reference: $reference, currency: "MAD") {{
    cashSheet {{ {SHEET} }} errors {{ field code message }}
  }}
}}"""
BOOK = f"""mutation($id: ID!, $differences: CashSheetDifferencesEnum) {{
  cashSheetBook(id: $id, differences: $differences) {{
    cashSheet {{ {SHEET} }} errors {{ field code message }}
  }}
}}"""
AGES = """{ cashAgeing { carrier currency amount { amount } count
  ages { fromDays toDays count amount { amount currency fractionalAmount fractionDigits } } } }"""
SHEETS = """query($filter: CashSheetFilterInput) {
  cashSheets(first: 5, filter: $filter) { totalCount edges { node { reference status } } }
}"""


def file_of(*lines: list[object], heads: tuple[str, ...] = ("Suivi", "Montant")) -> UploadedFile:
    return UploadedFile("remise.csv", "text/csv", csv_of(heads, *lines))


async def test_a_sheet_is_sent_looked_at_and_booked(read: Ask, session: AsyncSession) -> None:
    order = await order_of(session, await make_market(session))
    await deliver_all(session, order, "T")
    member = await make_staff(session)
    finance = staff(FINANCE, user=member)
    file = file_of(["T0", "150,00"], ["X", "5"])
    sent = (await read(UPLOAD, finance, file=file, carrier="Amana", reference="BR-1"))["cashSheetUpload"]
    assert sent["errors"] == []
    sheet = sent["cashSheet"]
    assert (sheet["status"], sheet["user"]["email"]) == ("READ", member.email)
    first, second = sheet["lines"]
    assert first["outcome"] == "MATCHED"
    assert (first["vendorOrderNumber"], first["due"]["amount"]) == (f"{order.number}-1", 150.0)
    assert (second["outcome"], second["due"], second["vendorOrderId"]) == ("UNKNOWN", None, None)
    refused = (await read(BOOK, finance, id=sheet["id"]))["cashSheetBook"]
    assert refused["errors"][0]["code"] == "DIFFERENCES"
    for _ in range(2):
        booked = (await read(BOOK, finance, id=sheet["id"], differences="LEAVE"))["cashSheetBook"]
        assert booked["errors"] == []
        assert booked["cashSheet"]["status"] == "BOOKED"
        assert booked["cashSheet"]["remittance"] == {"amount": {"amount": 150.0}}
        assert [line["isBooked"] for line in booked["cashSheet"]["lines"]] == [True, False]
    listed = (await read(SHEETS, finance, filter={"status": "BOOKED", "carrier": "Amana"}))["cashSheets"]
    assert listed == {"totalCount": 1, "edges": [{"node": {"reference": "BR-1", "status": "BOOKED"}}]}
    other = (await read(UPLOAD, finance, file=file, carrier="Amana", reference="BR-2"))["cashSheetUpload"]
    assert (other["errors"][0]["field"], other["errors"][0]["code"]) == ("file", "UNIQUE")


async def test_what_is_no_sheet_is_refused(read: Ask, session: AsyncSession) -> None:
    for file, code in (
        (UploadedFile("x.pdf", "application/pdf", b"%PDF"), "SHEET_INVALID"),
        (file_of(["T0", "1"], heads=("Nom", "Ville")), "SHEET_INVALID"),
    ):
        answer = await read(UPLOAD, staff(FINANCE), file=file, carrier="Amana", reference="BR")
        assert answer["cashSheetUpload"]["errors"][0]["code"] == code
    answer = await read(UPLOAD, staff(FINANCE), file=file_of(["T0", "1"]), carrier="", reference="BR")
    assert answer["cashSheetUpload"]["errors"][0] | {"message": ""} == {
        "field": "carrier",
        "code": "REQUIRED",
        "message": "",
    }


async def test_carriers_papers_are_for_staff_who_work_with_payouts(ask: Ask, session: AsyncSession) -> None:
    content = csv_of(["Suivi", "Montant"], ["T0", "1"])
    sheet = await upload(session, content, "Amana", "BR-1", "MAD")
    key = to_global_id("CashSheet", sheet.id)
    user = await make_user(session)
    for asker in (None, buyer(user), staff(MANAGES_ORDERS), seller(1, user)):
        assert await is_denied(ask, BOOK, asker, id=key)
        assert await is_denied(ask, UPLOAD, asker, file=file_of(["T0", "1"]), carrier="A", reference="B")
        for document in (AGES, SHEETS, f'{{ cashSheet(id: "{key}") {{ id }} }}'):
            assert await is_denied(ask, document, asker)


async def test_the_age_of_what_carriers_owe_is_told(read: Ask, session: AsyncSession) -> None:
    await deliver_all(session, await order_of(session, await make_market(session)))
    (debt,) = (await read(AGES, staff(FINANCE)))["cashAgeing"]
    assert (debt["carrier"], debt["currency"], debt["count"]) == ("Amana", "MAD", 1)
    assert debt["amount"] == {"amount": 150.0}
    assert debt["ages"][0] == {
        "fromDays": 0,
        "toDays": 7,
        "count": 1,
        "amount": {"amount": 150.0, "currency": "MAD", "fractionalAmount": 15000, "fractionDigits": 2},
    }
    assert [(age["fromDays"], age["toDays"]) for age in debt["ages"]] == [
        (0, 7),
        (8, 14),
        (15, 30),
        (31, None),
    ]
