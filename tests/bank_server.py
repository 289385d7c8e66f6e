"""A bank's stand-in for tests: one server for the session, empty for each test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from marketplace.payments.stand_ins.bank.serving import BankStandIn


@pytest.fixture(scope="session")
def bank_server() -> Iterator[BankStandIn]:
    from marketplace.payments.stand_ins.bank.serving import BankStandIn

    with BankStandIn() as server:
        yield server


@pytest.fixture
def bank(bank_server: BankStandIn) -> BankStandIn:
    """The stand-in of a bank with nothing in its books: see `factories.bank.on_bank`."""
    bank_server.reset()
    return bank_server
