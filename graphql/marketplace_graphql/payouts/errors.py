"""What can be wrong with payouts, and who may do something about them."""

from enum import Enum

from marketplace.kit.errors import PermissionDeniedError
from marketplace_graphql.kernel import Info, enum, error_type
from marketplace_graphql.payouts.fields import STAFF


@enum
class PayoutErrorCode(Enum):
    """What can be wrong with a payout run."""

    INVALID = "INVALID"
    NOT_FOUND = "NOT_FOUND"
    NOTHING_TO_PAY = "NOTHING_TO_PAY"
    FOUR_EYES = "FOUR_EYES"
    REQUIRED = "REQUIRED"
    CODE_WRONG = "CODE_WRONG"
    CASH_BOX_SHORT = "CASH_BOX_SHORT"
    WRONG_STATE = "WRONG_STATE"
    PAYER_MISSING = "PAYER_MISSING"
    ANSWER_INVALID = "ANSWER_INVALID"
    UNKNOWN_PAYOUT = "UNKNOWN_PAYOUT"


PayoutError = error_type("PayoutError", PayoutErrorCode, row=int | None)


def staff_id(info: Info) -> int:
    """Who does it: runs are made and approved by people. Raises PermissionDeniedError for an app."""
    if info.requester.user_id is None:
        raise PermissionDeniedError(STAFF)
    return info.requester.user_id
