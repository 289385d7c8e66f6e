"""What a cart without promo codes costs the database: no statement for vouchers or gift cards."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout.lines import LineToAdd, add_lines
from marketplace.checkout.promo_codes import add_promo_code
from marketplace.payments.completion import complete
from tests.factories.checkout import make_market, make_piece, make_ready_cart, promise_cash
from tests.factories.pricing import make_voucher


@contextmanager
def _statements(connection: object) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(*told: object) -> None:
        seen.append(str(told[2]))

    event.listen(connection, "before_cursor_execute", note)
    yield seen
    event.remove(connection, "before_cursor_execute", note)


async def test_a_cart_without_promo_codes_asks_for_none(session: AsyncSession) -> None:
    market = await make_market(session)
    pieces = [await make_piece(session, market.channel) for _ in range(2)]
    connection = (await session.connection()).sync_connection
    with _statements(connection) as seen:
        cart = await make_ready_cart(session, market, pieces[0])
        await add_lines(session, cart.id, [LineToAdd(pieces[1].id, 1)])
        await promise_cash(session, cart.id)
        await complete(session, cart.id)
    told = [statement for statement in seen if "checkout" not in statement.split("FROM")[0]]
    assert not [one for one in told if "FROM voucher" in one or "FROM gift_card" in one]
    assert not [one for one in seen if "INTO order_discount" in one or "UPDATE voucher" in one]

    cart = await make_ready_cart(session, market, pieces[0])
    await add_promo_code(session, cart.id, await make_voucher(session, market.channel))
    with _statements(connection) as seen:
        await add_lines(session, cart.id, [LineToAdd(pieces[1].id, 1)])
    assert len([one for one in seen if "FROM voucher" in one]) == 1
