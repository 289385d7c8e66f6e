"""A shop's books for measuring: orders of many sellers, delivered, remitted and payable, by set SQL.

`fill` writes into an empty database with tables, in some tens of seconds, what the product would have
written one order at a time: parts, lines, frozen commission, cash, remittances, and the ledger's entries.
`marketplace ledger verify` finds nothing wrong with it. With `payable=False` all is still held.
"""

from datetime import date
from enum import Enum

import psycopg
from cryptography.fernet import Fernet
from sqlalchemy import ARRAY, Column
from sqlalchemy.dialects.postgresql import JSONB

from marketplace.catalog.models import Base
from marketplace.markets.models import Channel
from marketplace.orders.models import (
    Order,
    OrderLine,
    OrderStatus,
    VendorOrder,
    VendorOrderStatus,
)
from marketplace.payments.models import CashCollection, CashRemittance, CashStatus, TransactionItem
from marketplace.payouts.ledger import JournalEntry
from marketplace.payouts.models import CommissionRule, LineCommission, VendorEarning
from marketplace.vendors.models import BankAccount, BankAccountKind, Vendor, VendorKind, VendorStatus

ORDERS, SELLERS, SELLERS_PER_ORDER = 100_000, 750, 2
PARTS_PER_REMITTANCE = 200
DELIVERY_MINOR = 30_00

_PARTS = """
    CREATE TEMPORARY TABLE loaded_part ON COMMIT DROP AS
    SELECT n, place, md5('order ' || n)::uuid AS order_id, md5('part ' || n || '-' || place)::uuid AS part_id,
           md5('line ' || n || '-' || place)::uuid AS line_id,
           1 + (n * 7 + place * 101) %% %(sellers)s AS vendor_id,
           (10 + (n + place) %% 90) * 1000 AS sales,
           (10 + (n + place) %% 90) * 80 AS commission, (10 + (n + place) %% 90) * 16 AS vat,
           (10 + (n + place) %% 90) * 904 AS earning,
           1 + (n * %(per_order)s + place) / %(per_remittance)s AS remittance_id,
           now() - interval '40 days' + n * interval '1 second' AS at
    FROM generate_series(1, %(orders)s) AS n, generate_series(1, %(per_order)s) AS place
"""
_ENTRIES = {
    "delivered": """
        SELECT 'delivered:' || part_id AS key, 'delivered' AS kind, at + interval '3 days' AS at,
               part_id AS vendor_order_id FROM loaded_part
    """,
    "remitted": """
        SELECT 'remitted:' || remittance_id, 'remitted', max(at) + interval '5 days', NULL::uuid
        FROM loaded_part GROUP BY remittance_id
    """,
    "released": """
        SELECT 'released:' || part_id, 'released', at + interval '10 days', part_id FROM loaded_part
    """,
}
_POSTINGS = {
    "delivered": """
        SELECT entry.id, line.account, line.vendor_id, 'MAD', line.minor
        FROM loaded_part AS part JOIN journal_entry AS entry ON entry.key = 'delivered:' || part.part_id,
        LATERAL (VALUES
            ('CARRIER_RECEIVABLE', NULL::bigint, part.sales + %(delivery)s),
            ('VENDOR_HELD', part.vendor_id, -part.earning), ('COMMISSION_REVENUE', NULL, -part.commission),
            ('VAT_PAYABLE', NULL, -part.vat), ('DELIVERY_PAYABLE', NULL, -%(delivery)s)
        ) AS line (account, vendor_id, minor)
    """,
    "remitted": """
        SELECT entry.id, line.account, NULL::bigint, 'MAD', line.minor
        FROM (
            SELECT remittance_id, sum(sales + %(delivery)s) AS minor FROM loaded_part GROUP BY remittance_id
        ) AS cash JOIN journal_entry AS entry ON entry.key = 'remitted:' || cash.remittance_id,
        LATERAL (VALUES ('BANK', cash.minor), ('CARRIER_RECEIVABLE', -cash.minor)) AS line (account, minor)
    """,
    "released": """
        SELECT entry.id, line.account, part.vendor_id, 'MAD', line.minor
        FROM loaded_part AS part JOIN journal_entry AS entry ON entry.key = 'released:' || part.part_id,
        LATERAL (VALUES ('VENDOR_HELD', part.earning), ('VENDOR_PAYABLE', -part.earning))
            AS line (account, minor)
    """,
}


def fill(
    database: psycopg.Connection,
    *,
    bank_key: str,
    orders: int = ORDERS,
    sellers: int = SELLERS,
    sellers_per_order: int = SELLERS_PER_ORDER,
    payable: bool = True,
) -> None:
    """Write the books of so many orders into an empty database. Each has a part of so many sellers.

    Seven postings a part: 100,000 orders of two sellers are 1.4 million postings, of three 2.1 million.
    """
    figures = {
        "orders": orders,
        "sellers": sellers,
        "per_order": sellers_per_order,
        "per_remittance": PARTS_PER_REMITTANCE,
        "delivery": DELIVERY_MINOR,
    }
    with database.transaction():
        _sellers(database, sellers, bank_key)
        database.execute(_PARTS, figures)
        database.execute("CREATE INDEX ON loaded_part (part_id)")
        database.execute("ANALYZE loaded_part")
        for statement in _rows(payable=payable):
            database.execute(statement, figures)  # type: ignore[arg-type]
        kinds = [kind for kind in _ENTRIES if payable or kind != "released"]
        for kind in kinds:
            _write(database, JournalEntry, _ENTRIES[kind], ("key", "kind", "at", "vendor_order_id"))
        database.execute("ANALYZE journal_entry")
        for kind in kinds:
            into = "INSERT INTO posting (entry_id, account, vendor_id, currency, amount_minor)"
            database.execute(f"{into} {_POSTINGS[kind]}", figures)  # type: ignore[arg-type]
    database.execute("VACUUM ANALYZE" if database.autocommit else "ANALYZE")


def _sellers(database: psycopg.Connection, count: int, bank_key: str) -> None:
    """Sellers with accounts in a market in dirhams, whose commission is 8 %."""
    channel = {"id": "1", "slug": "'maroc'", "name": "'Maroc'", "currency_code": "'MAD'"}
    database.execute(_insert(Channel, channel | {"default_country_code": "'MA'"}, ""))
    rule = {"rate_bp": "800", "valid_from": f"'{date(2020, 1, 1)}'"}
    database.execute(_insert(CommissionRule, rule, ""))
    seller = {
        "id": "n",
        "slug": "'seller-' || n",
        "name": "'Coopérative ' || n",
        "kind": _said(VendorKind.COOPERATIVE),
        "status": _said(VendorStatus.APPROVED),
    }
    database.execute(_insert(Vendor, seller, f"FROM generate_series(1, {count}) AS n"))
    key = Fernet(bank_key)
    numbers = [
        (n, f"011780{n:016d}{97 - int(f'011780{n:016d}') * 100 % 97:02d}") for n in range(1, count + 1)
    ]
    account = {
        "vendor_id": "given.n",
        "kind": _said(BankAccountKind.RIB),
        "holder": "'Coopérative ' || given.n",
        "number_encrypted": "given.encrypted",
        "number_ending": "given.ending",
    }
    given = "FROM unnest(%(numbers)s::bigint[], %(encrypted)s::bytea[], %(endings)s::text[])"
    database.execute(
        _insert(BankAccount, account, f"{given} AS given (n, encrypted, ending)"),
        {
            "numbers": [n for n, _ in numbers],
            "encrypted": [key.encrypt(number.encode()) for _, number in numbers],
            "endings": [number[-4:] for _, number in numbers],
        },
    )
    for table in ("channel", "vendor"):
        sequence = f"pg_get_serial_sequence('{table}', 'id')"
        database.execute(f"SELECT setval({sequence}, max(id)) FROM {table}")  # type: ignore[arg-type]  # noqa: S608


def _rows(*, payable: bool) -> list[str]:
    """What the ledger's entries are about."""
    total, delivery = "sales + %(delivery)s", "%(delivery)s"
    net = {f"{name}_{kind}_minor" for name in ("subtotal", "shipping", "total") for kind in ("gross", "net")}

    def amounts(goods: str, shipping: str) -> dict[str, str]:
        said = {"subtotal": goods, "shipping": shipping, "total": f"{goods} + {shipping}"}
        return {column: said[column.partition("_")[0]] for column in sorted(net)}

    of_order = amounts("sum(sales)", "sum(%(delivery)s::bigint)")
    order = {"id": "order_id", "channel_id": "1", "currency": "'MAD'", "status": _said(OrderStatus.FULFILLED)}
    whole = {f"undiscounted_total_{kind}_minor": of_order["total_gross_minor"] for kind in ("gross", "net")}
    payment = {
        "id": "n",
        "order_id": "order_id",
        "gateway": "'marketplace.cash_on_delivery'",
        "currency": "'MAD'",
    }
    part = {
        "id": "part_id",
        "order_id": "order_id",
        "vendor_id": "vendor_id",
        "position": "place",
        "status": _said(VendorOrderStatus.DELIVERED),
        "currency": "'MAD'",
        "created_at": "at",
        "delivered_at": "at + interval '3 days'",
        "withdrawal_ends_at": "at + interval '10 days'",
    }
    line = {
        "id": "line_id",
        "order_id": "order_id",
        "vendor_order_id": "part_id",
        "position": "0",
        "product_name": "'Tapis'",
        "quantity": "1",
        "quantity_fulfilled": "1",
        "currency": "'MAD'",
    } | {
        f"{name}_{kind}_minor": "sales"
        for name in ("unit", "undiscounted_unit", "total")
        for kind in ("gross", "net")
    }
    frozen = {"currency": "'MAD'", "commission_minor": "commission", "vat_minor": "vat"}
    of_line = {"order_line_id": "line_id", "vendor_order_id": "part_id", "rate_bp": "800"}
    earning = {"vendor_order_id": "part_id", "vendor_id": "vendor_id", "sales_minor": "sales"} | {
        "earning_minor": "earning",
        "released_at": "at + interval '10 days'" if payable else "NULL",
    }
    remittance = {
        "id": "remittance_id",
        "carrier": "'AMANA'",
        "reference": "'BR-' || remittance_id",
        "currency": "'MAD'",
        "amount_minor": f"sum({total})",
    }
    cash = {
        "vendor_order_id": "part_id",
        "transaction_id": "n",
        "carrier": "'AMANA'",
        "currency": "'MAD'",
        "amount_minor": total,
        "status": _said(CashStatus.REMITTED),
        "collected_at": "at + interval '3 days'",
        "remittance_id": "remittance_id",
    }
    parts = "FROM loaded_part"
    return [
        _insert(Order, order | of_order | whole | {"created_at": "min(at)"}, f"{parts} GROUP BY order_id"),
        _insert(TransactionItem, payment | {"token": "order_id"}, f"{parts} WHERE place = 1"),
        _insert(VendorOrder, part | amounts("sales", delivery), parts),
        _insert(OrderLine, line, parts),
        _insert(LineCommission, of_line | frozen | {"vat_rate_bp": "2000"}, parts),
        _insert(VendorEarning, earning | frozen, parts),
        _insert(CashRemittance, remittance, f"{parts} GROUP BY remittance_id"),
        _insert(CashCollection, cash, parts),
    ]


def _write(database: psycopg.Connection, model: type[Base], query: str, columns: tuple[str, ...]) -> None:
    given = {column: f"said.{column}" for column in columns}
    names = ", ".join(columns)
    database.execute(_insert(model, given, f"FROM ({query}) AS said ({names})"))  # type: ignore[arg-type]


def _insert(model: type[Base], given: dict[str, str], source: str) -> str:
    """An INSERT of what is given, as SQL, and of what the model would fill in by itself."""
    values = dict(given)
    for column in model.__table__.columns:
        if column.name not in values and (default := _default(column)) is not None:
            values[column.name] = default
    names, expressions = ", ".join(values), ", ".join(values.values())
    into = f"INSERT INTO {model.__tablename__} ({names}) OVERRIDING SYSTEM VALUE"
    return f"{into} SELECT {expressions} {source}"


def _default(column: Column[object]) -> str | None:
    """What a column gets that a model fills in by itself, as SQL; None, where PostgreSQL does, or nobody."""
    if column.default is None or column.server_default is not None or column.identity is not None:
        return None
    value = getattr(column.default, "arg", None)
    if not callable(value):
        return _said(value)
    if isinstance(column.type, JSONB | ARRAY):
        return "'{}'" if isinstance(column.type, ARRAY) or value.__name__ == "dict" else "'[]'"
    return "now()" if column.type.python_type.__name__ == "datetime" else "gen_random_uuid()"


def _said(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    if isinstance(value, Enum):
        value = value.value
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"
