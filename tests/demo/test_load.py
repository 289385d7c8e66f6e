"""The demo obeys every rule that live data obey."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from marketplace.catalog.listings import VariantChannelListing
from marketplace.catalog.models import Category, Product, ProductVariant
from marketplace.catalog.search import reindex
from marketplace.content.menus import Menu, MenuItem, MenuItemTranslation
from marketplace.demo import NotEmptyError, is_empty, load_into
from marketplace.demo.books import Books
from marketplace.demo.promotions import SHELF
from marketplace.demo.sellers import PASSWORD
from marketplace.kit import clock
from marketplace.kit.database import Database
from marketplace.kit.money import percentage
from marketplace.kit.settings import Settings
from marketplace.orders.models import Order, VendorOrder
from marketplace.payments.transactions import refresh_order
from marketplace.payouts.commission import freeze_commission
from marketplace.payouts.models import LineCommission, VendorEarning
from marketplace.payouts.release import release_due
from marketplace.payouts.runs import create_run
from marketplace.people.addresses import checked_address, postal_address
from marketplace.people.models import Address, User
from marketplace.people.passwords import password_matches
from marketplace.pricing.service import reprice
from marketplace.tables import metadata
from marketplace.vendors.bank import checked_number, decrypted_number
from marketplace.vendors.legal_ids import checked_ice
from marketplace.vendors.models import BankAccount, Vendor
from tests.demo.conftest import SCALE, frozen_at
from tests.ledger import faults

SUMS = {
    "an order is the sum of its sellers' parts": """
        SELECT o.id FROM customer_order o JOIN (
            SELECT order_id, sum(subtotal_gross_minor) sg, sum(subtotal_net_minor) sn,
                sum(shipping_gross_minor) dg, sum(shipping_net_minor) dn,
                sum(total_gross_minor) tg, sum(total_net_minor) tn
            FROM vendor_order GROUP BY order_id
        ) p ON p.order_id = o.id
        WHERE (sg, sn, dg, dn, tg, tn) IS DISTINCT FROM (
            o.subtotal_gross_minor, o.subtotal_net_minor, o.shipping_gross_minor, o.shipping_net_minor,
            o.total_gross_minor, o.total_net_minor)
    """,
    "a part is the sum of its lines and its parcel": """
        SELECT v.id FROM vendor_order v JOIN (
            SELECT vendor_order_id, sum(total_gross_minor) g, sum(total_net_minor) n
            FROM order_line GROUP BY 1
        ) l ON l.vendor_order_id = v.id
        WHERE (g, n, g + v.shipping_gross_minor, n + v.shipping_net_minor) IS DISTINCT FROM (
            v.subtotal_gross_minor, v.subtotal_net_minor, v.total_gross_minor, v.total_net_minor)
    """,
    "every order has parts, and every part lines": """
        SELECT o.id FROM customer_order o LEFT JOIN vendor_order v ON v.order_id = o.id WHERE v.id IS NULL
        UNION ALL
        SELECT v.id FROM vendor_order v LEFT JOIN order_line l ON l.vendor_order_id = v.id WHERE l.id IS NULL
    """,
    "pieces set aside are those of lines that have not left": """
        SELECT s.id FROM stock s LEFT JOIN (
            SELECT stock_id, sum(quantity) pieces FROM allocation GROUP BY stock_id
        ) a ON a.stock_id = s.id WHERE s.quantity_allocated <> coalesce(a.pieces, 0)
        UNION ALL
        SELECT 0 FROM order_line l JOIN vendor_order v ON v.id = l.vendor_order_id
        LEFT JOIN allocation a ON a.order_line_id = l.id
        WHERE (v.status = 'UNFULFILLED') <> (a.id IS NOT NULL) OR a.quantity <> l.quantity
    """,
    "a parcel's cash is what the part costs": """
        SELECT c.id FROM cash_collection c JOIN vendor_order v ON v.id = c.vendor_order_id
        WHERE c.amount_minor <> v.total_gross_minor
    """,
    "nothing is bought before it was listed, nor happens before it can, nor after now": """
        SELECT l.id FROM order_line l JOIN vendor_order v ON v.id = l.vendor_order_id
        JOIN product_variant x ON x.id = l.variant_id WHERE x.created_at > v.created_at
        UNION ALL
        SELECT id FROM vendor_order WHERE shipped_at < created_at OR delivered_at < shipped_at
            OR greatest(created_at, shipped_at, delivered_at) > '2026-11-20 10:30+00'
        UNION ALL
        SELECT id FROM vendor_order WHERE withdrawal_ends_at <> delivered_at + interval '7 days'
    """,
    "a payout is the sum of its lines": """
        SELECT p.id FROM payout p JOIN (
            SELECT payout_id, sum(amount_minor) lines FROM payout_line GROUP BY payout_id
        ) l ON l.payout_id = p.id WHERE l.lines <> p.amount_minor
    """,
    "every row that can say so says that it is demo": """
        SELECT id::text FROM vendor WHERE NOT is_demo UNION ALL SELECT id::text FROM product WHERE NOT is_demo
        UNION ALL SELECT id::text FROM customer_order WHERE NOT is_demo
        UNION ALL SELECT id::text FROM payout_run WHERE NOT is_demo
    """,
}


@pytest.mark.parametrize("rule", SUMS)
async def test_it_holds_that(demo: AsyncSession, rule: str) -> None:
    assert list(await demo.scalars(text(SUMS[rule]))) == []


async def test_there_is_work_for_everybody(demo: AsyncSession) -> None:
    counts = text("SELECT status, count(*) FROM vendor_order GROUP BY status")
    statuses = {row.status for row in await demo.execute(counts)}
    assert {"UNFULFILLED", "FULFILLED", "DELIVERED", "REFUSED"} <= statuses
    collected = await demo.scalar(text("SELECT count(*) FROM cash_collection WHERE status = 'COLLECTED'"))
    assert collected > 0
    balances = text("SELECT DISTINCT account FROM posting GROUP BY account HAVING sum(amount_minor) < 0")
    assert {"VENDOR_HELD", "VENDOR_PAYABLE"} <= set(await demo.scalars(balances))


async def test_the_ledger_is_sound(demo: AsyncSession) -> None:
    assert await faults(demo) == []


async def test_nothing_that_is_due_was_left_unreleased(demo: AsyncSession) -> None:
    assert await release_due(demo) == 0


async def test_a_payout_run_can_go_on_from_it(demo: AsyncSession) -> None:
    run = await create_run(demo, "MAD", created_by_id=None)
    assert await faults(demo) == []
    total = await demo.scalar(
        text("SELECT sum(amount_minor) FROM payout WHERE run_id = :run"), {"run": run.id}
    )
    assert total > 0


async def test_commission_is_what_freezing_it_now_would_say(demo: AsyncSession) -> None:
    chosen = list(await demo.scalars(select(Order.id).order_by(Order.number).limit(150)))
    chosen += list(await demo.scalars(select(Order.id).order_by(Order.number.desc()).limit(150)))
    written = await _commissions(demo, chosen)
    parts = select(VendorOrder.id).where(VendorOrder.order_id.in_(chosen))
    await demo.execute(delete(LineCommission).where(LineCommission.vendor_order_id.in_(parts)))
    await demo.execute(delete(VendorEarning).where(VendorEarning.vendor_order_id.in_(parts)))
    for order_id in chosen:
        await freeze_commission(demo, order_id)
    assert await _commissions(demo, chosen) == written


async def test_orders_are_paid_as_far_as_their_transactions_say(demo: AsyncSession) -> None:
    orders = list(await demo.scalars(select(Order).order_by(Order.number.desc()).limit(200)))
    for order in orders:
        before = (
            order.total_authorized_minor,
            order.total_charged_minor,
            order.authorize_status,
            order.charge_status,
        )
        await refresh_order(demo, order)
        after = (
            order.total_authorized_minor,
            order.total_charged_minor,
            order.authorize_status,
            order.charge_status,
        )
        assert after == before


async def test_repricing_finds_every_price_right(demo: AsyncSession) -> None:
    priced = ["variant_channel_listing", "product_channel_listing", "product"]
    before = await _fingerprints(demo, priced)
    await reprice(demo)
    assert await _fingerprints(demo, priced) == before


async def test_indexing_finds_every_word_there(demo: AsyncSession) -> None:
    listings = select(Product.id, Product.search_name, Product.search_text).order_by(Product.id)
    before = (await demo.execute(listings)).all()
    await reindex(demo, [row.id for row in before])
    for old, new in zip(before, (await demo.execute(listings)).all(), strict=True):
        assert set(new.search_name.split()) == set(old.search_name.split())
        assert set(new.search_text.split()) == set(old.search_text.split())


async def test_legal_ids_and_bank_accounts_are_well_formed(demo: AsyncSession, loaded: Settings) -> None:
    vendors = list(await demo.scalars(select(Vendor)))
    for vendor in vendors:
        assert (vendor.ice is None) == (vendor.country_code != "MA")
        assert vendor.ice is None or checked_ice(vendor.ice) == vendor.ice
    accounts = list(await demo.scalars(select(BankAccount)))
    assert len(accounts) == len(vendors)
    for account in accounts:
        number = decrypted_number(account, loaded)
        assert checked_number(account.kind, number) == number
        assert number.endswith(account.number_ending)


async def test_addresses_fit_their_countries(demo: AsyncSession) -> None:
    for address in await demo.scalars(select(Address).order_by(Address.id).limit(400)):
        if address.company_name:
            address.first_name = address.last_name = "x"  # A depot is nobody's.
        kept = postal_address(address)
        assert checked_address(kept).phone == kept.phone


async def test_the_accounts_of_the_readme_can_sign_in(demo: AsyncSession) -> None:
    for name in ("admin", "finance", "finance2", "catalogue", "buyer"):
        user = await demo.scalar(select(User).where(User.email == f"{name}@demo.sil"))
        assert user is not None
        assert await password_matches(PASSWORD, user.password_hash)
    slug = await demo.scalar(select(Vendor.slug).limit(1))
    member = await demo.scalar(select(User).where(User.email == f"{slug}@vendors.demo.sil"))
    assert member is not None
    assert await password_matches(PASSWORD, member.password_hash)


async def test_numbering_goes_on_after_it(demo: AsyncSession) -> None:
    statement = "SELECT nextval(pg_get_serial_sequence('product', 'id')) - (SELECT max(id) FROM product)"
    assert await demo.scalar(text(statement)) == 1
    assert (
        await demo.scalar(text("SELECT nextval('order_number') - (SELECT max(number) FROM customer_order)"))
        == 1
    )


async def test_the_same_seed_gives_the_same_demo(
    demo: AsyncSession, database: Database, monkeypatch: pytest.MonkeyPatch, loaded: Settings
) -> None:
    frozen_at(monkeypatch)
    url = database.engine.url.render_as_string(hide_password=False)
    settings = loaded.model_copy(update={"database_url": url})
    await load_into(settings, SCALE, progress=lambda _: None, pictures=False)
    async with database.sessions() as again:
        assert await _everything(again) == await _everything(demo)


async def test_it_goes_into_an_empty_database_only(loaded: Settings) -> None:
    with pytest.raises(NotEmptyError):
        await load_into(loaded, SCALE, progress=lambda _: None, pictures=False)


async def test_a_load_that_breaks_off_leaves_nothing(
    database: Database, loaded: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_off(*_: object) -> None:
        raise RuntimeError("killed")

    monkeypatch.setattr(Books, "keep", break_off)
    url = database.engine.url.render_as_string(hide_password=False)
    with pytest.raises(RuntimeError, match="killed"):
        settings = loaded.model_copy(update={"database_url": url})
        await load_into(settings, SCALE, progress=lambda _: None, pictures=False)
    async with database.transaction() as session:
        assert await is_empty(session)


async def _commissions(session: AsyncSession, order_ids: Sequence[UUID]) -> dict[str, list[Any]]:
    lines = text(
        "SELECT c.* FROM line_commission c JOIN vendor_order v ON v.id = c.vendor_order_id"
        " WHERE v.order_id = ANY (:orders) ORDER BY c.order_line_id"
    )
    earnings = text(
        "SELECT e.vendor_order_id, e.sales_minor, e.commission_minor, e.vat_minor, e.earning_minor"
        " FROM vendor_earning e JOIN vendor_order v ON v.id = e.vendor_order_id"
        " WHERE v.order_id = ANY (:orders) ORDER BY 1"
    )
    parameters = {"orders": list(order_ids)}
    return {
        "lines": [tuple(row) for row in await session.execute(lines, parameters)],
        "earnings": [tuple(row) for row in await session.execute(earnings, parameters)],
    }


async def _fingerprints(session: AsyncSession, tables: Sequence[str]) -> dict[str, str]:
    found = {}
    for table in tables:
        rows = text(f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {table} t")  # noqa: S608
        found[table] = await session.scalar(rows)
    return found


async def _everything(session: AsyncSession) -> dict[str, str]:
    """A fingerprint of every table, but for what is salted or encrypted."""
    secret = {
        "user_account": "password_hash",
        "bank_account": "number_encrypted",
        "payout": "account_number_encrypted",
    }
    for table, column in secret.items():
        await session.execute(text(f"UPDATE {table} SET {column} = ''"))  # noqa: S608
    return await _fingerprints(session, [table.name for table in metadata.sorted_tables])


async def test_all_pottery_is_fifteen_per_cent_off(demo: AsyncSession) -> None:
    listing, shelf = VariantChannelListing, aliased(Category)
    priced = (
        select(listing.entered_price_minor, listing.price_minor, listing.price_valid_until)
        .join(ProductVariant, ProductVariant.id == listing.variant_id)
        .join(Product, Product.id == ProductVariant.product_id)
        .join(Category, Category.id == Product.category_id)
        .join(shelf, shelf.id == func.any(Category.path))
    )
    pottery = (await demo.execute(priced.where(shelf.slug == SHELF))).all()
    assert pottery
    for entered_minor, price_minor, valid_until in pottery:
        assert price_minor == entered_minor - percentage(entered_minor, 1500)
        assert valid_until > clock.now()
    others = (await demo.execute(priced.where(shelf.slug != SHELF, shelf.level == 0))).all()
    assert {row.entered_price_minor - row.price_minor for row in others} == {0}


async def test_storefronts_find_their_menus_in_three_languages(demo: AsyncSession) -> None:
    links = await demo.execute(
        select(Menu.slug, func.count(MenuItem.id), func.count(MenuItem.category_id), func.max(MenuItem.level))
        .join(MenuItem, MenuItem.menu_id == Menu.id)
        .group_by(Menu.slug)
        .order_by(Menu.slug)
    )
    (footer, navbar) = links.all()
    assert (footer.slug, navbar.slug) == ("footer", "navbar")
    assert navbar[1] == navbar[2] > 20
    assert (footer[3], navbar[3]) == (1, 1)
    untranslated = select(MenuItem.name).where(
        select(func.count())
        .select_from(MenuItemTranslation)
        .where(MenuItemTranslation.menu_item_id == MenuItem.id)
        .scalar_subquery()
        != 2
    )
    assert (await demo.scalars(untranslated)).all() == []
