"""The files for the bank: the published schema holds, and so do the rules that no schema says."""

import csv
import io
import re
from datetime import UTC, datetime
from decimal import Decimal
from importlib.resources import files
from xml.etree import ElementTree as ET

import pytest
import xmlschema
from hypothesis import given
from hypothesis import strategies as st

from marketplace.kit.money import Money
from marketplace.kit.settings import Settings
from marketplace.payouts.bank_files import (
    NAMESPACE,
    Batch,
    Payer,
    Transfer,
    bank_text,
    pain001,
    payer_of,
    transfers_csv,
)
from marketplace.payouts.banks import FORMATS, format_for
from marketplace.payouts.errors import PayerMissingError
from tests.factories.payouts import rib

SCHEMA = xmlschema.XMLSchema(str(files("sepaxml") / "schemas" / "pain.001.001.03.xsd"))
IN = {"": NAMESPACE}
CHARACTER_SET_X = re.compile(r"[A-Za-z0-9/?:().,'+ -]+")


def transfer(number: int = 1, **given: object) -> Transfer:
    return Transfer(
        **{
            "end_to_end_id": f"SIL-R1-P{number}",
            "holder": "Coopérative Tisslite & Sœurs",
            "account": rib(number),
            "amount": Money(1084_80, "MAD"),
            "reference": f"SIL {number} ventes de novembre",
        }
        | given
    )


def batch(*transfers: Transfer) -> Batch:
    at = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
    return Batch("SIL-20261123-R1", at, Payer("Social Innovation Lab", rib(9999)), transfers)


def texts(message: bytes, path: str) -> list[str]:
    return [found.text or "" for found in ET.fromstring(message).findall(path, IN)]  # noqa: S314 - our own


def test_the_message_follows_the_published_schema() -> None:
    iban = transfer(2, account="MA64011519000001205000534921", amount=Money(1, "MAD"))

    SCHEMA.validate(pain001(batch(transfer(), iban)).decode())


def test_a_message_that_lacks_an_element_would_be_noticed() -> None:
    broken = pain001(batch(transfer())).replace(b"<PmtMtd>TRF</PmtMtd>", b"")

    assert not SCHEMA.is_valid(broken.decode())


def test_counts_and_sums_control_the_transfers() -> None:
    message = pain001(
        batch(transfer(1), transfer(2, amount=Money(15_20, "MAD")), transfer(3, amount=Money(5, "MAD")))
    )

    assert texts(message, ".//NbOfTxs") == ["3", "3"]
    assert texts(message, ".//CtrlSum") == ["1100.05", "1100.05"]
    amounts = texts(message, ".//InstdAmt")
    assert amounts == ["1084.80", "15.20", "0.05"]
    assert sum(map(Decimal, amounts)) == Decimal("1100.05")


def test_francs_have_no_decimals() -> None:
    message = pain001(batch(transfer(amount=Money(150_000, "XOF"), account="CI93CI0080111301134291200589")))

    SCHEMA.validate(message.decode())
    assert texts(message, ".//InstdAmt") == ["150000"]
    assert texts(message, ".//CdtrAcct/Id/IBAN") == ["CI93CI0080111301134291200589"]


def test_a_rib_stands_as_another_id_and_its_key_is_right() -> None:
    [account] = texts(pain001(batch(transfer())), ".//CdtrAcct/Id/Othr/Id")

    assert len(account) == 24
    assert int(account) % 97 == 0


def test_the_same_batch_gives_the_same_bytes() -> None:
    assert pain001(batch(transfer())) == pain001(batch(transfer()))
    assert transfers_csv(batch(transfer())) == transfers_csv(batch(transfer()))


@given(st.text(max_size=200))
def test_any_name_becomes_one_that_banks_pass_on(name: str) -> None:
    made = bank_text(name, 70)

    assert CHARACTER_SET_X.fullmatch(made)
    assert len(made) <= 70
    assert made[0] not in "+-/="
    SCHEMA.validate(pain001(batch(transfer(holder=name, reference=name))).decode())


def test_an_arabic_name_is_spelled_in_latin_letters() -> None:
    assert bank_text("تعاونية تيسليت", 70) == "TAAOUNIA TISLIT"
    assert bank_text("Coopérative Aït Œuvre", 12) == "Cooperative"


def test_the_sheet_says_what_the_message_says() -> None:
    made = batch(transfer(1, holder="=cmd|' /C calc'!A0"), transfer(2))
    heading, *lines = csv.reader(io.StringIO(transfers_csv(made).decode()), delimiter=";")

    assert heading[0] == "end_to_end_id"
    assert [line[0] for line in lines] == texts(pain001(made), ".//EndToEndId")
    assert [line[2] for line in lines] == texts(pain001(made), ".//CdtrAcct/Id/Othr/Id")
    assert [line[3] for line in lines] == texts(pain001(made), ".//InstdAmt")
    assert not lines[0][1].startswith("=")


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_file_again_with_all_that_must_be_right(name: str) -> None:
    made = batch(transfer(1), transfer(2, holder="Œuvre & تعاونية", amount=Money(15_20, "MAD")))
    written = FORMATS[name].write(made)

    assert written == FORMATS[name].write(made)
    assert re.fullmatch(r"[A-Za-z0-9_-]+\.(xml|csv)", FORMATS[name].file_name(made))
    text = written.decode("cp1252")
    for each in made.transfers:
        assert each.end_to_end_id in text
        assert each.account in text
        amount = str(each.amount.amount)
        assert amount in text or amount.replace(".", ",") in text


def test_the_french_sheet_controls_itself_by_number_and_sum() -> None:
    made = FORMATS["csv_fr"].write(batch(transfer(1), transfer(2, amount=Money(15_20, "MAD"))))
    control, heading, *lines = csv.reader(io.StringIO(made.decode("cp1252")), delimiter=";")

    assert (control[2], control[-2:]) == ("23/11/2026", ["2", "1100,00"])
    assert len(heading) == len(lines[0])
    assert [line[2] for line in lines] == ["1084,80", "15,20"]


def test_a_format_is_chosen_by_currency(settings: Settings) -> None:
    chosen = settings.model_copy(update={"bank_formats": {"MAD": "csv_fr", "XOF": "telex"}})

    assert [format_for(chosen, currency).name for currency in ("MAD", "EUR")] == ["csv_fr", "iso20022"]
    with pytest.raises(PayerMissingError, match="telex"):
        format_for(chosen, "XOF")


def test_production_pays_from_no_account_but_its_own(settings: Settings) -> None:
    production = settings.model_copy(update={"environment": "production"})
    with pytest.raises(PayerMissingError, match="MARKETPLACE_PAYER_ACCOUNTS"):
        payer_of(production, "MAD")

    named = production.model_copy(update={"payer_accounts": {"MAD": rib(5)}})
    assert payer_of(named, "MAD").account == rib(5)
