"""The bank's files, line by line."""

from typing import TYPE_CHECKING, Any

from marketplace.kit.errors import InvalidError
from marketplace.payouts import bank_answers
from marketplace_graphql.kernel import (
    CountableConnection,
    DateTime,
    Filter,
    Info,
    Node,
    Upload,
    UploadedFile,
    connection,
    enum,
    input_type,
    mutation,
    node,
    null_when,
    object_type,
    related,
    value,
)
from marketplace_graphql.payouts.errors import PayoutError, staff_id
from marketplace_graphql.payouts.fields import STAFF
from marketplace_graphql.payouts.types import PayoutRunPerson, PayoutStatusEnum, person, staff_only
from marketplace_graphql.values import Money, money

if TYPE_CHECKING:
    from marketplace_graphql.payouts.types import Payout

BankAnswerLineOutcomeEnum = enum(bank_answers.LineOutcome, name="BankAnswerLineOutcomeEnum")


@node(bank_answers.BankAnswerLine, visible=staff_only, order_by=lambda row, ctx: row.id)
class BankAnswerLine(Node):
    """What the bank says of one movement."""

    row: int
    """In a sheet as it counts, in a message its entries counted from 1."""
    said: PayoutStatusEnum
    """What became of it, if it is a payout's."""
    outcome: BankAnswerLineOutcomeEnum  # type: ignore[valid-type]
    payout: "Payout | None" = related()
    end_to_end_id: str
    """The reference that the bank gives; empty, where it gives none."""
    account_ending: str
    text: str
    reason: str
    answer: "BankAnswer" = related()

    @value
    def amount(row: Any, ctx: Any) -> Money | None:
        """Null, where the bank does not say."""
        return null_when(row.amount_minor.is_(None), money(row.amount_minor, row.currency))


@input_type
class BankAnswerLineFilterInput:
    """Which lines are listed."""

    outcomes: "list[BankAnswerLineOutcomeEnum] | None"  # type: ignore[valid-type]


line_filter = Filter(
    BankAnswerLineFilterInput,
    {"outcomes": lambda row, outcomes, ctx: row.outcome.in_([outcome.value for outcome in outcomes])},
)


@node(bank_answers.BankAnswer, visible=staff_only, order_by=lambda row, ctx: row.id.desc())
class BankAnswer(Node):
    """A file that the bank gave. The same file is taken once."""

    name: str
    format: str
    """`CSV`, or the message: `camt.053.001.08`."""
    imported_at: DateTime
    lines: "CountableConnection[BankAnswerLine] | None" = connection(
        lambda row, line, ctx: line.answer_id == row.id, filter=line_filter
    )

    @value
    def imported_by(row: Any, ctx: Any) -> PayoutRunPerson | None:
        """Who brought it; nobody, where it came from the command line."""
        return person(row.imported_by_id, ctx, row, "who brought it")


@object_type
class BankAnswerQueries:
    """What the bank said."""

    bank_answers: CountableConnection[BankAnswer] | None = connection(needs=STAFF)
    """The bank's files, the latest first."""
    bank_answer_lines: CountableConnection[BankAnswerLine] | None = connection(
        filter=line_filter, order_by=lambda row, ctx: row.id.desc(), needs=STAFF
    )
    """Lines of all files, the latest first: those that contradict a payout need somebody to ask the bank."""


@object_type
class BankAnswerMutations:
    """Reading the bank's files."""

    @mutation(returns="BankAnswer", errors=PayoutError, needs=STAFF)
    async def bank_answer_import(self, info: Info, file: Upload) -> bank_answers.BankAnswer:
        """Takes a file of the bank's: camt.053 or camt.054 (001.02 and 001.08), or the CSV of
        `payoutRunAnswerImport`. What is not clear is kept and changes nothing.
        """
        if not isinstance(file, UploadedFile):
            raise InvalidError("Send the answer as a file of a multipart request.", field="file")
        return await bank_answers.import_bank_answer(
            info.session, file.filename, file.content, staff_id(info)
        )
