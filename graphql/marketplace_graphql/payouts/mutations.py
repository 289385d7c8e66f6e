"""What staff do with payouts: make a run, approve it, call it off, read the bank's answer."""

from enum import Enum

from strawberry import ID

from marketplace.kit.errors import InvalidError, PermissionDeniedError
from marketplace.kit.settings import Settings
from marketplace.payments.gateways.stripe.models import StripeDispute
from marketplace.payouts import answers, dispute_charges, models, runs
from marketplace.people.permissions import Permission
from marketplace.vendors.models import Vendor
from marketplace_graphql.kernel import (
    Info,
    PositiveDecimal,
    Upload,
    UploadedFile,
    enum,
    error_type,
    mutation,
    object_type,
)
from marketplace_graphql.payments.recording import minor_of
from marketplace_graphql.payouts.fields import STAFF


@enum
class PayoutErrorCode(Enum):
    """What can be wrong with a payout run."""

    INVALID = "INVALID"
    NOT_FOUND = "NOT_FOUND"
    NOTHING_TO_PAY = "NOTHING_TO_PAY"
    FOUR_EYES = "FOUR_EYES"
    WRONG_STATE = "WRONG_STATE"
    PAYER_MISSING = "PAYER_MISSING"
    ANSWER_INVALID = "ANSWER_INVALID"
    UNKNOWN_PAYOUT = "UNKNOWN_PAYOUT"


PayoutError = error_type("PayoutError", PayoutErrorCode, row=int | None)


@object_type
class PayoutMutations:
    """Paying sellers."""

    @mutation(returns="PayoutRun", errors=PayoutError, needs=STAFF)
    async def payout_run_create(
        self, info: Info, currency: str, vendors: list[ID] | None = None
    ) -> models.PayoutRun:
        """Sets aside what all sellers, or those named, are owed in a currency, as a draft to be approved."""
        named = None
        if vendors is not None:
            found = await info.find_many(Vendor, vendors, field_name="vendors")
            named = [vendor.id for vendor in found]
        return await runs.create_run(info.session, currency, _staff_id(info), named)

    @mutation(returns="PayoutRun", errors=PayoutError, needs=STAFF)
    async def payout_run_approve(self, info: Info, id: ID) -> models.PayoutRun:
        """Lets a draft that somebody else has made go to the bank."""
        run = await info.find(models.PayoutRun, id)
        settings: Settings = info.context["settings"]
        return await runs.approve_run(info.session, run.id, _staff_id(info), settings)

    @mutation(returns="PayoutRun", errors=PayoutError, needs=STAFF)
    async def payout_run_cancel(self, info: Info, id: ID) -> models.PayoutRun:
        """Calls a draft off: what it set aside can be paid by another run."""
        run = await info.find(models.PayoutRun, id)
        return await runs.cancel_run(info.session, run.id, _staff_id(info))

    @mutation(returns="PayoutRun", errors=PayoutError, needs=STAFF)
    async def payout_run_answer_import(self, info: Info, id: ID, file: Upload) -> models.PayoutRun:
        """Reads the bank's answer, a CSV file with the columns end_to_end_id, status and reason."""
        run = await info.find(models.PayoutRun, id)
        if not isinstance(file, UploadedFile):
            raise InvalidError("Send the answer as a file of a multipart request.", field="file")
        return await answers.import_answer(info.session, run.id, file.content, _staff_id(info))


@object_type
class DisputeMutations:
    """Lost disputes that sellers bear."""

    @mutation(returns="PaymentDispute", errors=PayoutError, needs=Permission.HANDLE_PAYMENTS)
    async def payment_dispute_charge(
        self, info: Info, id: ID, amount: PositiveDecimal | None = None, reason: str | None = None
    ) -> StripeDispute:
        """Charges an order's sellers with what a bank has taken back for good, or with so much of it, in
        proportion to what their delivered parts brought. Their next payouts take it.
        """
        dispute = await info.find(StripeDispute, id)
        minor = None if amount is None else minor_of(amount, dispute.currency, "amount")
        return await dispute_charges.charge(
            info.session, dispute.id, minor, (reason or "").strip(), info.requester.user_id
        )


def _staff_id(info: Info) -> int:
    """Who does it: runs are made and approved by people. Raises PermissionDeniedError for an app."""
    if info.requester.user_id is None:
        raise PermissionDeniedError(STAFF)
    return info.requester.user_id
