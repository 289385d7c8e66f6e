"""What staff do with payouts: make a run, approve it, call it off, read the bank's answer."""

from strawberry import ID

from marketplace.kit.errors import InvalidError
from marketplace.kit.settings import Settings
from marketplace.payouts import answers, endings, models, runs
from marketplace.vendors.models import Vendor
from marketplace_graphql.kernel import Info, Upload, UploadedFile, mutation, object_type
from marketplace_graphql.payouts.answers import BankAnswerMutations
from marketplace_graphql.payouts.counter import CounterMutations
from marketplace_graphql.payouts.disputes import DisputeMutations
from marketplace_graphql.payouts.errors import PayoutError, staff_id
from marketplace_graphql.payouts.fields import STAFF
from marketplace_graphql.payouts.terms import PayoutTermsMutations


@object_type
class PayoutMutations(PayoutTermsMutations, CounterMutations, BankAnswerMutations, DisputeMutations):
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
        return await runs.create_run(info.session, currency, staff_id(info), named)

    @mutation(returns="PayoutRun", errors=PayoutError, needs=STAFF)
    async def payout_run_review(self, info: Info, id: ID) -> models.PayoutRun:
        """Notes that one member of staff has looked through a draft: another has to approve it."""
        run = await info.find(models.PayoutRun, id)
        return await runs.review_run(info.session, run.id, staff_id(info))

    @mutation(returns="PayoutRun", errors=PayoutError, needs=STAFF)
    async def payout_run_approve(self, info: Info, id: ID) -> models.PayoutRun:
        """Lets a run that others have made and reviewed go to its sellers."""
        run = await info.find(models.PayoutRun, id)
        settings: Settings = info.context["settings"]
        return await runs.approve_run(info.session, run.id, staff_id(info), settings)

    @mutation(returns="PayoutRun", errors=PayoutError, needs=STAFF)
    async def payout_run_cancel(self, info: Info, id: ID) -> models.PayoutRun:
        """Calls a draft off: what it set aside can be paid by another run."""
        run = await info.find(models.PayoutRun, id)
        return await runs.cancel_run(info.session, run.id, staff_id(info))

    @mutation(returns="PayoutRun", errors=PayoutError, needs=STAFF)
    async def payout_run_answer_import(self, info: Info, id: ID, file: Upload) -> models.PayoutRun:
        """Reads the bank's answer, a CSV file with the columns end_to_end_id, status and reason."""
        run = await info.find(models.PayoutRun, id)
        if not isinstance(file, UploadedFile):
            raise InvalidError("Send the answer as a file of a multipart request.", field="file")
        return await answers.import_answer(info.session, run.id, file.content, staff_id(info))

    @mutation(returns="Payout", errors=PayoutError, needs=STAFF)
    async def payout_return(self, info: Info, id: ID, reason: str) -> models.Payout:
        """Says by hand that a payout came back, and why: its money is payable again, its seller is told."""
        payout = await info.find(models.Payout, id)
        return await endings.return_payout(info.session, payout.id, reason, staff_id(info))
