"""The bank's stand-in on the command line: it says how a shop is told of it, and tells the shop by itself."""

import asyncio
from uuid import uuid4

import httpx
import pytest
from click.testing import Result
from typer.testing import CliRunner

from marketplace import cli
from marketplace.kit.money import Money
from marketplace.kit.settings import Settings
from marketplace.payments.gateways.redirect.acquirer import Payment
from marketplace.payments.gateways.redirect.reference import ReferenceBank
from marketplace.payments.stand_ins.bank import serving
from marketplace.payments.stand_ins.bank.books import MERCHANT, SECRET
from tests.receiver import receiving

LINES = [
    'MARKETPLACE_BANK_GATEWAY_URL="http://127.0.0.1:',
    'MARKETPLACE_BANK_GATEWAY_MERCHANT="',
    'MARKETPLACE_BANK_GATEWAY_SECRET="',
]


def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Result:
    monkeypatch.setattr(cli, "get_settings", lambda: settings)
    monkeypatch.setattr(cli.logs, "set_up", lambda _settings: None)
    monkeypatch.setattr(serving, "_until_told_to_stop", lambda: None)
    return CliRunner().invoke(cli.cli, ["bank", "stand-in", "--port", "0"])


def test_it_says_the_settings_of_a_shop_that_uses_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = run(settings, monkeypatch)
    printed = [line for line in said.output.splitlines() if line.startswith("MARKETPLACE_")]
    assert [line.startswith(start) for line, start in zip(printed, LINES, strict=True)] == [True] * 3


def test_there_is_none_in_production(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    said = run(settings.model_copy(update={"environment": "production"}), monkeypatch)
    assert "a bank is a bank" in str(said.exception)


async def test_it_notifies_a_shop_of_what_its_buyer_did() -> None:
    async with receiving() as shop:
        with serving.BankStandIn(notifies=True) as bank:
            reference = ReferenceBank(bank.address, MERCHANT, SECRET.encode())
            payment = Payment(uuid4(), Money(150_00, "MAD"))
            redirect = await reference.page(payment, "https://shop.test/back", f"{shop.url}/heard", "ar")
            async with httpx.AsyncClient() as browser:
                page = await browser.post(redirect.url, data=redirect.fields)
                assert 'dir="rtl"' in page.text
                address = f"{bank.address}/pages/{bank.order(payment.reference)['page']}"
                await browser.post(address, data={"answer": "approve"})
            await asyncio.wait_for(shop.came.wait(), 5)
    (told,) = shop.received
    notice = reference.read(told.headers, told.body)
    assert (notice.reference, notice.amount) == (payment.reference, Money(150_00, "MAD"))
