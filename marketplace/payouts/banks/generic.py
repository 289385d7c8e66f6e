"""What every bank should take: the message pain.001.001.03, and the same transfers as a sheet."""

from typing import ClassVar

from marketplace.payouts.bank_files import Batch, pain001, transfers_csv


class GenericMessage:
    """ISO 20022, UTF-8, names of 70 letters, a RIB as `Othr/Id`."""

    name: ClassVar[str] = "iso20022"
    extension: ClassVar[str] = "xml"
    content_type: ClassVar[str] = "application/xml"

    def file_name(self, batch: Batch) -> str:
        return f"{batch.message_id}.{self.extension}"

    def write(self, batch: Batch) -> bytes:
        return pain001(batch)


class GenericSheet:
    """A line for each transfer, UTF-8, `;` between."""

    name: ClassVar[str] = "csv"
    extension: ClassVar[str] = "csv"
    content_type: ClassVar[str] = "text/csv"

    def file_name(self, batch: Batch) -> str:
        return f"{batch.message_id}.{self.extension}"

    def write(self, batch: Batch) -> bytes:
        return transfers_csv(batch)
