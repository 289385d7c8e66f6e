"""What can go wrong with money on its way to sellers. Codes are those of the API's PayoutErrorCode."""

from collections.abc import Mapping

from marketplace.kit.errors import DomainError


class PayoutRuleError(DomainError):
    """A rule of payouts said no."""


class NothingToPayError(PayoutRuleError):
    code = "NOTHING_TO_PAY"


class FourEyesError(PayoutRuleError):
    """Whoever made a run can't approve it."""

    code = "FOUR_EYES"


class RunStateError(PayoutRuleError):
    """The run is past, or not yet at, the point where this can be done."""

    code = "WRONG_STATE"


class PayoutStateError(PayoutRuleError):
    """What is said of a payout contradicts what is known of it."""

    code = "WRONG_STATE"


class CodeWrongError(PayoutRuleError):
    """Counted: a code can't be found by trying."""

    code = "CODE_WRONG"
    keeps_changes = True


class CashBoxShortError(PayoutRuleError):
    """There is not so much cash in the box: it is never below nothing."""

    code = "CASH_BOX_SHORT"


class AnswerError(PayoutRuleError):
    """A line of the bank's answer can't be taken."""

    code = "ANSWER_INVALID"


class UnknownPayoutError(AnswerError):
    code = "UNKNOWN_PAYOUT"


class NoDebtError(PayoutRuleError):
    """A seller owes nothing."""

    code = "NO_DEBT"


class RateMissingError(PayoutRuleError):
    """It is not known what a currency was worth on a day."""

    code = "RATE_MISSING"


class PayerMissingError(PayoutRuleError):
    """The installation doesn't say from which account it pays."""

    code = "PAYER_MISSING"


class UnbalancedEntryError(Exception):
    """A journal entry that does not add up to zero, or says nothing: a fault of the program."""

    def __init__(self, key: str, sums: Mapping[str, int]) -> None:
        super().__init__(f"journal entry {key} is out of balance: {dict(sums)}")


class LedgerInconsistentError(Exception):
    """The ledger and what is kept beside it contradict each other: always a fault of ours."""

    def __init__(self, vendor_id: int, what: str) -> None:
        super().__init__(f"seller {vendor_id}: {what}")
