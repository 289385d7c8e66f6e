"""A sheet as older banking programs want it: Windows-1252, decimal commas, French days.

A first line names who pays and controls the rest by number and sum; then a line for each transfer. It stands
for what differs between banks: a new adapter is best begun as a copy of it.
"""

import csv
import io
from typing import ClassVar

from marketplace.kit.money import Money
from marketplace.payouts.bank_files import Batch, bank_text

NAME_LENGTH, REFERENCE_LENGTH = 35, 80
ENCODING = "cp1252"
HEADING = ("BENEFICIAIRE", "COMPTE", "MONTANT", "DEVISE", "MOTIF", "REFERENCE")


class FrenchSheet:
    """`VIR_<message id>.csv`: control line, heading, transfers."""

    name: ClassVar[str] = "csv_fr"
    extension: ClassVar[str] = "csv"
    content_type: ClassVar[str] = "text/csv"

    def file_name(self, batch: Batch) -> str:
        return f"VIR_{batch.message_id}.{self.extension}"

    def write(self, batch: Batch) -> bytes:
        text = io.StringIO()
        writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
        payer = bank_text(batch.payer.name, NAME_LENGTH), batch.payer.account
        day = f"{batch.made_at:%d/%m/%Y}"
        writer.writerow(("VIR", batch.message_id, day, *payer, len(batch.transfers), _comma(batch.total)))
        writer.writerow(HEADING)
        for transfer in batch.transfers:
            writer.writerow(
                (
                    bank_text(transfer.holder, NAME_LENGTH),
                    transfer.account,
                    _comma(transfer.amount),
                    transfer.amount.currency,
                    bank_text(transfer.reference, REFERENCE_LENGTH),
                    transfer.end_to_end_id,
                )
            )
        return text.getvalue().encode(ENCODING)


def _comma(amount: Money) -> str:
    return str(amount.amount).replace(".", ",")
