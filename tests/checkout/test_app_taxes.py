"""What it costs to ask whether an app works out taxes; and how its word is laid over a cart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from marketplace.checkout.app_taxes import shares
from marketplace.checkout.errors import TaxesUnknownError
from marketplace.checkout.lines import LineToAdd, add_lines
from marketplace.checkout.totals import Taxed
from marketplace.markets.models import TaxCalculationStrategy
from marketplace.payments.completion import complete
from tests.factories.checkout import make_market, make_piece, make_ready_cart
from tests.statements import counted


async def test_a_cart_that_no_app_taxes_is_asked_nothing_for_it(
    session: AsyncSession, connection: AsyncConnection
) -> None:
    """Where one does, the address is read, for it may have changed."""
    market = await make_market(session)
    piece, other = [await make_piece(session, market.channel) for _ in range(2)]
    numbers = []
    for strategy in TaxCalculationStrategy:
        market.channel.tax_calculation_strategy = strategy
        cart = await make_ready_cart(session, market, piece)
        with counted(connection) as seen:
            await add_lines(session, cart.id, [LineToAdd(other.id, 1)])
        numbers.append(len(seen))
    flat, by_app = numbers
    assert by_app == flat + 1


async def test_a_cart_that_lacks_its_taxes_is_not_sold(session: AsyncSession) -> None:
    market = await make_market(
        session, tax_calculation_strategy=TaxCalculationStrategy.TAX_APP, allow_unpaid_orders=True
    )
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel))
    assert cart.total_gross_minor == cart.total_net_minor
    with pytest.raises(TaxesUnknownError):
        await complete(session, cart.id)


@given(
    st.integers(0, 10**6),
    st.integers(0, 10**5),
    st.lists(st.integers(0, 10**5), min_size=1, max_size=8),
)
def test_parcels_add_up_to_the_delivery_and_none_has_more_net_than_gross(
    net_minor: int, tax_minor: int, prices: list[int]
) -> None:
    parts = shares(Taxed(net_minor + tax_minor, net_minor), prices)
    assert sum(part.net_minor for part in parts) == net_minor
    assert sum(part.gross_minor for part in parts) == net_minor + tax_minor
    assert all(part.gross_minor >= part.net_minor for part in parts)
