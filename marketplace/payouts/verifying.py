"""Whether all of the ledger agrees with itself and with what is beside it, rule by rule."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

MAXIMUM_FINDINGS = 100


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that should not be so."""

    rule: str
    what: str


RULES: dict[str, str] = {
    "every entry adds up to zero in each currency": """
        SELECT format('entry %s: %s %s', entry_id, sum(amount_minor), currency)
        FROM posting GROUP BY entry_id, currency HAVING sum(amount_minor) <> 0
    """,
    "every entry has postings": """
        SELECT format('entry %s', key) FROM journal_entry AS entry
        WHERE NOT EXISTS (SELECT FROM posting WHERE entry_id = entry.id)
    """,
    "no seller is owed less than nothing while held or in transit": """
        SELECT format('seller %s: %s %s %s', vendor_id, account, -sum(amount_minor), currency)
        FROM posting WHERE account IN ('VENDOR_HELD', 'PAYOUT_IN_TRANSIT')
        GROUP BY vendor_id, account, currency HAVING sum(amount_minor) > 0
    """,
    "every earning is its sales less commission and VAT, line by line": """
        SELECT format('vendor order %s', earning.vendor_order_id)
        FROM vendor_earning AS earning
        JOIN vendor_order AS part ON part.id = earning.vendor_order_id
        LEFT JOIN (
            SELECT vendor_order_id, sum(commission_minor) AS commission_minor, sum(vat_minor) AS vat_minor
            FROM line_commission GROUP BY vendor_order_id
        ) AS lines ON lines.vendor_order_id = part.id
        WHERE earning.sales_minor <> part.subtotal_gross_minor
           OR earning.commission_minor <> lines.commission_minor OR earning.vat_minor <> lines.vat_minor
           OR lines.vendor_order_id IS NULL
    """,
    "every delivered part of an order is booked, and nothing else is": """
        SELECT format('vendor order %s is %s', part.id, part.status)
        FROM vendor_order AS part
        LEFT JOIN journal_entry AS entry ON entry.vendor_order_id = part.id AND entry.kind = 'delivered'
        WHERE (part.status IN ('DELIVERED', 'RETURNED') AND part.total_gross_minor <> 0)
              <> (entry.id IS NOT NULL)
    """,
    "what is released is marked so": """
        SELECT format('vendor order %s', earning.vendor_order_id)
        FROM vendor_earning AS earning
        LEFT JOIN journal_entry AS entry
          ON entry.vendor_order_id = earning.vendor_order_id AND entry.kind = 'released'
        LEFT JOIN (
            SELECT vendor_order_id, sum(earning_minor) AS minor FROM earning_reversal
            WHERE booked_at IS NOT NULL AND earning_minor > 0 GROUP BY vendor_order_id
        ) AS back ON back.vendor_order_id = earning.vendor_order_id
        WHERE (earning.released_at IS NULL AND entry.id IS NOT NULL)
           OR (earning.released_at IS NOT NULL AND entry.id IS NULL
               AND earning.earning_minor > coalesce(back.minor, 0))
    """,
    "every refund of what was delivered is booked, and no other": """
        SELECT format('refund %s', reversal.part_refund_id)
        FROM earning_reversal AS reversal
        LEFT JOIN journal_entry AS delivered ON delivered.key = 'delivered:' || reversal.vendor_order_id
        LEFT JOIN journal_entry AS entry ON entry.key = 'refunded:' || reversal.part_refund_id
        WHERE (delivered.id IS NOT NULL) <> (entry.id IS NOT NULL)
           OR (reversal.booked_at IS NOT NULL) <> (entry.id IS NOT NULL)
    """,
    "what we bear of parcels that were paid in part is booked, and nothing else is": """
        SELECT format('refund %s', coalesce(refund.id::text, entry.key))
        FROM (SELECT * FROM part_refund WHERE is_ours) AS refund
        FULL JOIN (SELECT * FROM journal_entry WHERE kind = 'spared') AS entry
          ON entry.key = 'spared:' || refund.id
        WHERE refund.id IS NULL OR entry.id IS NULL
    """,
    "no refund exceeds what its part was sold for": """
        SELECT format('vendor order %s: %s refunded of %s', part.id, back.minor, part.total_gross_minor)
        FROM vendor_order AS part
        JOIN (
            SELECT vendor_order_id, sum(goods_minor) AS goods, sum(shipping_minor) AS shipping,
                   sum(goods_minor + shipping_minor) AS minor
            FROM part_refund GROUP BY vendor_order_id
        ) AS back ON back.vendor_order_id = part.id
        WHERE back.minor > part.total_gross_minor - part.gift_card_minor
           OR back.goods > part.subtotal_gross_minor OR back.shipping > part.shipping_gross_minor
    """,
    "sellers' parts bear what was paid back by hand, and what of refunds gateways pay back": """
        SELECT format('order %s: %s paid back, %s borne', orders.number, money.minor, borne.minor)
        FROM (
            SELECT order_id, sum(minor) AS minor FROM (
                SELECT item.order_id, event.amount_minor AS minor
                FROM transaction_event AS event
                JOIN transaction_item AS item ON item.id = event.transaction_id
                WHERE event.type = 'REFUND_SUCCESS' AND event.psp_reference LIKE 'refund:%'
                UNION ALL
                SELECT order_id, borne_minor - coalesce(
                    (SELECT sum(by_hand.value::bigint) FROM jsonb_each_text(by_hand) AS by_hand), 0
                ) FROM repayment WHERE settled_at IS NOT NULL
            ) AS parts GROUP BY order_id
        ) AS money
        FULL JOIN (
            SELECT part.order_id, sum(refund.goods_minor + refund.shipping_minor) AS minor
            FROM part_refund AS refund JOIN vendor_order AS part ON part.id = refund.vendor_order_id
            WHERE refund.was_paid GROUP BY part.order_id
        ) AS borne USING (order_id)
        JOIN customer_order AS orders ON orders.id = order_id
        WHERE coalesce(money.minor, 0) <> coalesce(borne.minor, 0)
    """,
    "sellers' parts bear no more of refunds than gateways pay back": """
        SELECT format('order %s: %s borne, %s paid back', orders.number, borne.minor, back.minor)
        FROM (
            SELECT order_id, sum(borne_minor) AS minor FROM repayment GROUP BY order_id
        ) AS borne
        JOIN (
            SELECT order_id, sum(refunded_minor + refund_pending_minor) AS minor
            FROM transaction_item GROUP BY order_id
        ) AS back USING (order_id)
        JOIN customer_order AS orders ON orders.id = order_id
        WHERE borne.minor > back.minor
    """,
    "carriers owe what they collected and did not remit": """
        SELECT format('%s %s in the ledger, %s with carriers', ledger.minor, currency, cash.minor)
        FROM (
            SELECT currency, sum(amount_minor) AS minor FROM posting
            WHERE account = 'CARRIER_RECEIVABLE' GROUP BY currency
        ) AS ledger FULL JOIN (
            SELECT currency, sum(amount_minor) AS minor FROM cash_collection
            WHERE status = 'COLLECTED' GROUP BY currency
        ) AS cash USING (currency)
        WHERE coalesce(ledger.minor, 0) <> coalesce(cash.minor, 0)
    """,
    "gateways hold what they took and did not pay back": """
        SELECT format('%s %s in the ledger, %s of payments', ledger.minor, currency, taken.minor)
        FROM (
            SELECT currency, sum(amount_minor) AS minor
            FROM posting JOIN journal_entry AS entry ON entry.id = posting.entry_id
            WHERE entry.kind = 'gateway_moved' AND account = 'GATEWAY_RECEIVABLE' GROUP BY currency
        ) AS ledger FULL JOIN (
            SELECT currency, sum(charged_minor + refund_pending_minor) AS minor FROM transaction_item
            WHERE gateway NOT IN ('marketplace.by_hand', 'marketplace.cash_on_delivery', 'imported')
            GROUP BY currency
        ) AS taken USING (currency)
        WHERE coalesce(ledger.minor, 0) <> coalesce(taken.minor, 0)
    """,
    "what buyers' banks have taken back for good is an expense": """
        SELECT format('%s %s in the ledger, %s of disputes', ledger.minor, currency, lost.minor)
        FROM (
            SELECT currency, sum(amount_minor) AS minor FROM posting
            WHERE account = 'CHARGEBACK_LOSS' GROUP BY currency
        ) AS ledger FULL JOIN (
            SELECT currency, sum(minor) AS minor FROM (
                SELECT currency, amount_minor AS minor FROM stripe_dispute
                WHERE status = 'LOST' AND is_withdrawn
                UNION ALL
                SELECT currency, -amount_minor FROM dispute_charge WHERE returned_at IS NULL
            ) AS parts GROUP BY currency
        ) AS lost USING (currency)
        WHERE coalesce(ledger.minor, 0) <> coalesce(lost.minor, 0)
    """,
    "what sellers are charged of lost disputes is booked, and nothing else is": """
        SELECT format('charge %s', coalesce(charge.id::text, entry.key))
        FROM dispute_charge AS charge
        FULL JOIN (SELECT * FROM journal_entry WHERE kind = 'dispute_charged') AS entry
          ON entry.key = 'dispute_charged:' || charge.id
        WHERE charge.id IS NULL OR entry.id IS NULL
    """,
    "no seller is charged more of a dispute than was lost": """
        SELECT format('dispute %s: %s charged of %s', dispute.reference, charged.minor, dispute.amount_minor)
        FROM stripe_dispute AS dispute
        JOIN (
            SELECT dispute_id, sum(amount_minor) AS minor FROM dispute_charge
            WHERE returned_at IS NULL GROUP BY dispute_id
        ) AS charged ON charged.dispute_id = dispute.id
        WHERE charged.minor > dispute.amount_minor OR dispute.status <> 'LOST'
    """,
    "what Stripe keeps is booked": """
        SELECT format('%s %s in the ledger, %s at Stripe', ledger.minor, currency, fees.minor)
        FROM (
            SELECT currency, sum(amount_minor) AS minor FROM posting
            WHERE account = 'GATEWAY_FEES' GROUP BY currency
        ) AS ledger FULL JOIN (
            SELECT currency, sum(fee_minor - CASE kind WHEN 'FEE' THEN amount_minor ELSE 0 END) AS minor
            FROM stripe_movement
            WHERE transaction_id IS NOT NULL OR kind IN ('FEE', 'PAYOUT', 'TRANSFER', 'TOP_UP')
            GROUP BY currency
        ) AS fees USING (currency)
        WHERE coalesce(ledger.minor, 0) <> coalesce(fees.minor, 0)
    """,
    "what Stripe has paid out is in the bank, or on its way": """
        SELECT format('%s %s on its way in the ledger, %s at Stripe', ledger.minor, currency, payouts.minor)
        FROM (
            SELECT currency, sum(amount_minor) AS minor FROM posting
            WHERE account = 'GATEWAY_IN_TRANSIT' GROUP BY currency
        ) AS ledger FULL JOIN (
            SELECT currency, sum(minor) AS minor FROM (
                SELECT currency, -amount_minor AS minor FROM stripe_movement WHERE kind = 'PAYOUT'
                UNION ALL
                SELECT currency, -amount_minor FROM stripe_payout WHERE status = 'PAID'
            ) AS parts GROUP BY currency
        ) AS payouts USING (currency)
        WHERE coalesce(ledger.minor, 0) <> coalesce(payouts.minor, 0)
    """,
    "what was transferred to sellers at Stripe is booked": """
        SELECT format('%s %s in the ledger, %s at Stripe', ledger.minor, currency, moved.minor)
        FROM (
            SELECT currency, -sum(amount_minor) AS minor
            FROM posting JOIN journal_entry AS entry ON entry.id = posting.entry_id
            WHERE account = 'GATEWAY_RECEIVABLE'
              AND entry.kind IN ('payout_paid', 'payout_returned', 'payout_returned_in_part')
            GROUP BY currency
        ) AS ledger FULL JOIN (
            SELECT currency, sum(amount_minor - reversed_minor) AS minor
            FROM stripe_transfer WHERE is_ours GROUP BY currency
        ) AS moved USING (currency)
        WHERE coalesce(ledger.minor, 0) <> coalesce(moved.minor, 0)
    """,
    "a payout at Stripe is paid by its transfer, and what came back of it is no seller's": """
        SELECT format('payout %s is %s', payout.number, payout.status)
        FROM payout
        LEFT JOIN stripe_transfer AS transfer
          ON transfer.transfer_group = payout.id::text AND transfer.is_ours
        WHERE payout.method = 'STRIPE_TRANSFER' AND (
            (payout.paid_at IS NOT NULL) <> (transfer.id IS NOT NULL)
            OR transfer.amount_minor <> payout.amount_minor OR transfer.currency <> payout.currency
            OR transfer.reversed_minor
               <> CASE payout.status WHEN 'RETURNED' THEN payout.amount_minor ELSE payout.returned_minor END
        )
    """,
    "gift cards are owed what is on them, and what they paid of parcels under way": """
        SELECT format('%s %s in the ledger, %s on cards and under way', ledger.minor, currency, owed.minor)
        FROM (
            SELECT currency, -sum(amount_minor) AS minor FROM posting
            WHERE account = 'GIFT_CARDS' GROUP BY currency
        ) AS ledger FULL JOIN (
            SELECT currency, sum(minor) AS minor FROM (
                SELECT currency, current_balance_minor AS minor FROM gift_card
                UNION ALL
                SELECT currency, gift_card_minor FROM vendor_order
                WHERE gift_card_minor > 0
                  AND status IN ('UNFULFILLED', 'PARTIALLY_FULFILLED', 'FULFILLED')
            ) AS parts GROUP BY currency
        ) AS owed USING (currency)
        WHERE coalesce(ledger.minor, 0) <> coalesce(owed.minor, 0)
    """,
    "a payout is the sum of its lines": """
        SELECT format('payout %s: %s, its lines %s', payout.number, payout.amount_minor, lines.minor)
        FROM payout
        LEFT JOIN (SELECT payout_id, sum(amount_minor) AS minor FROM payout_line GROUP BY payout_id) AS lines
          ON lines.payout_id = payout.id
        WHERE payout.amount_minor IS DISTINCT FROM lines.minor
    """,
    "payouts under way are what is set aside": """
        SELECT format('seller %s: %s %s set aside, %s sent', vendor_id, ledger.minor, currency, payouts.minor)
        FROM (
            SELECT vendor_id, currency, -sum(amount_minor) AS minor FROM posting
            WHERE account = 'PAYOUT_IN_TRANSIT' GROUP BY vendor_id, currency
        ) AS ledger FULL JOIN (
            SELECT vendor_id, currency, sum(amount_minor) AS minor FROM payout
            WHERE status IN ('PENDING', 'SENT') GROUP BY vendor_id, currency
        ) AS payouts USING (vendor_id, currency)
        WHERE coalesce(ledger.minor, 0) <> coalesce(payouts.minor, 0)
    """,
    "the cash box holds what was put in and not handed over": """
        SELECT format('%s %s in the ledger, %s in the box', ledger.minor, currency, box.minor)
        FROM (
            SELECT currency, sum(amount_minor) AS minor FROM posting
            WHERE account = 'CASH_BOX' GROUP BY currency
        ) AS ledger FULL JOIN (
            SELECT currency, sum(minor) AS minor FROM (
                SELECT currency, amount_minor AS minor FROM cash_box_movement
                UNION ALL
                SELECT currency, -amount_minor FROM payout WHERE method = 'CASH_PICKUP' AND status = 'PAID'
            ) AS parts GROUP BY currency
        ) AS box USING (currency)
        WHERE coalesce(ledger.minor, 0) <> coalesce(box.minor, 0) OR ledger.minor < 0
    """,
    "cash that was handed over is paid, and no other": """
        SELECT format('payout %s', payout.number)
        FROM payout LEFT JOIN cash_pickup AS pickup ON pickup.payout_id = payout.id
        WHERE payout.method = 'CASH_PICKUP'
          AND (payout.paid_at IS NOT NULL) <> (pickup.handed_over_at IS NOT NULL)
    """,
    "no entry is carried by two payouts that stand": """
        SELECT format('entry %s', line.entry_id)
        FROM payout_line AS line JOIN payout ON payout.id = line.payout_id
        WHERE payout.status IN ('PENDING', 'SENT', 'PAID')
        GROUP BY line.entry_id HAVING count(*) > 1
    """,
    "a payable balance is what no standing payout carries": """
        SELECT format('seller %s: %s %s payable, %s open', vendor_id, ledger.minor, currency, open.minor)
        FROM (
            SELECT vendor_id, currency, -sum(amount_minor) AS minor FROM posting
            WHERE account = 'VENDOR_PAYABLE' GROUP BY vendor_id, currency
        ) AS ledger FULL JOIN (
            SELECT posting.vendor_id, posting.currency, -sum(posting.amount_minor) AS minor
            FROM posting JOIN journal_entry AS entry ON entry.id = posting.entry_id
            WHERE posting.account = 'VENDOR_PAYABLE' AND entry.payout_id IS NULL AND NOT EXISTS (
                SELECT FROM payout_line AS line JOIN payout ON payout.id = line.payout_id
                WHERE line.entry_id = entry.id AND payout.status IN ('PENDING', 'SENT', 'PAID')
            )
            GROUP BY posting.vendor_id, posting.currency
        ) AS open USING (vendor_id, currency)
        WHERE coalesce(ledger.minor, 0) <> coalesce(open.minor, 0)
    """,
    "what sellers owe in shares is what was spread, less what they have paid of it since": """
        SELECT format('seller %s: %s %s in the ledger, %s decided',
                      vendor_id, ledger.minor, currency, said.minor)
        FROM (
            SELECT vendor_id, currency, sum(amount_minor) AS minor FROM posting
            WHERE account = 'VENDOR_DEBT' GROUP BY vendor_id, currency
        ) AS ledger FULL JOIN (
            SELECT vendor_id, currency, sum(minor) AS minor FROM (
                SELECT vendor_id, currency,
                       CASE WHEN kind = 'SPREAD' THEN amount_minor
                            WHEN account = 'VENDOR_DEBT' THEN -amount_minor ELSE 0 END AS minor
                FROM vendor_debt_decision
                UNION ALL
                SELECT vendor_id, currency, -amount_minor FROM debt_instalment
            ) AS parts GROUP BY vendor_id, currency
        ) AS said USING (vendor_id, currency)
        WHERE coalesce(ledger.minor, 0) <> coalesce(said.minor, 0) OR ledger.minor < 0
    """,
    "what sellers owed and the marketplace bears was decided": """
        SELECT format('%s %s in the ledger, %s decided', ledger.minor, currency, said.minor)
        FROM (
            SELECT currency, sum(amount_minor) AS minor FROM posting
            WHERE account = 'DEBT_LOSS' GROUP BY currency
        ) AS ledger FULL JOIN (
            SELECT currency, sum(amount_minor) AS minor FROM vendor_debt_decision
            WHERE kind = 'WRITE_OFF' GROUP BY currency
        ) AS said USING (currency)
        WHERE coalesce(ledger.minor, 0) <> coalesce(said.minor, 0)
    """,
    "what was changed into another currency is what its entries came to, each once": """
        SELECT format('conversion %s: %s %s into %s %s', made.id, made.source_minor, made.source,
                      made.target_minor, made.target)
        FROM conversion AS made
        LEFT JOIN (
            SELECT line.conversion_id, sum(line.source_minor) AS source_minor,
                   sum(line.target_minor) AS target_minor,
                   bool_and(posting.amount_minor = -line.source_minor) AS is_so
            FROM conversion_line AS line
            JOIN conversion ON conversion.id = line.conversion_id
            LEFT JOIN posting ON posting.entry_id = line.entry_id AND posting.account = 'VENDOR_PAYABLE'
              AND posting.vendor_id = conversion.vendor_id AND posting.currency = conversion.source
            GROUP BY line.conversion_id
        ) AS lines ON lines.conversion_id = made.id
        WHERE (made.source_minor, made.target_minor)
              IS DISTINCT FROM (lines.source_minor::bigint, lines.target_minor::bigint)
           OR lines.is_so IS NOT TRUE
    """,
    "a snapshot is what its seller's postings of the day came to": """
        WITH summed AS (
            SELECT vendor_id, max(up_to_posting_id) AS up_to FROM balance_snapshot GROUP BY vendor_id
        )
        SELECT format('seller %s: %s %s %s of %s, %s in the ledger',
                      vendor_id, account, kept.minor, currency, day, ledger.minor)
        FROM balance_snapshot AS kept FULL JOIN (
            SELECT summed.vendor_id, posting.currency, posting.account,
                   (entry.at AT TIME ZONE 'UTC')::date AS day, sum(amount_minor) AS minor
            FROM summed
            JOIN posting ON posting.vendor_id = summed.vendor_id AND posting.id <= summed.up_to
            JOIN journal_entry AS entry ON entry.id = posting.entry_id
            GROUP BY 1, 2, 3, 4
        ) AS ledger USING (vendor_id, currency, account, day)
        WHERE coalesce(kept.minor, 0) <> coalesce(ledger.minor, 0)
    """,
}
"""Each rule, and a query for what breaks it."""


async def verify(session: AsyncSession) -> list[Finding]:
    """What in the ledger, or between it and the rows beside it, should not be so: nothing, if all is well.

    Reads all postings: for the command line and for tests, at most MAXIMUM_FINDINGS per rule.
    """
    findings: list[Finding] = []
    for rule, query in RULES.items():
        found = await session.scalars(text(f"{query} LIMIT {MAXIMUM_FINDINGS}"))
        findings += [Finding(rule, what) for what in found]
    return findings
