"""What sellers, and staff for them, do with their accounts at Stripe."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from strawberry import ID

from marketplace.kit import clock
from marketplace.kit.errors import DomainError
from marketplace.payments.answers import AnswerError, LostAnswerError
from marketplace.payouts import models as payout_models
from marketplace.payouts.connect import accounts, reversing
from marketplace.payouts.connect.errors import SellerStateError, told
from marketplace.people.permissions import Permission
from marketplace.people.redirects import checked_redirect
from marketplace.vendors import models
from marketplace_graphql.kernel import DateTime, Info, PositiveDecimal, error_type, mutation, object_type
from marketplace_graphql.payments.recording import minor_of
from marketplace_graphql.people.requests import settings_of
from marketplace_graphql.vendors.permits import STAFF, works_for

T = TypeVar("T")
ROLES = (models.MemberRole.OWNER, models.MemberRole.TREASURER)
VendorStripeError = error_type(
    "VendorStripeError",
    (
        "COUNTRY_NOT_SERVED",
        "GATEWAY_REFUSED",
        "GATEWAY_UNAVAILABLE",
        "INVALID",
        "NOT_FOUND",
        "NOT_SET_UP",
        "WRONG_STATE",
    ),
)


PayoutReverseError = error_type(
    "PayoutReverseError",
    (
        "GATEWAY_REFUSED",
        "GATEWAY_UNAVAILABLE",
        "INVALID",
        "NOT_FOUND",
        "NOT_SET_UP",
        "REQUIRED",
        "WRONG_STATE",
    ),
)


@object_type
class SellerAccountMutations:
    """Accounts of sellers at Stripe."""

    @mutation(
        returns={
            "onboarding_url": str | None,
            "expires_at": DateTime | None,
            "vendor": "Vendor | None",
        },
        errors=VendorStripeError,
    )
    async def vendor_stripe_onboarding_create(
        self, info: Info, vendor_id: ID, return_url: str, refresh_url: str
    ) -> dict[str, Any]:
        """Opens a page of Stripe's where a seller sets up an account, or tells what Stripe still asks. It can
        be opened once, within minutes, by whoever has its address: send nobody but the seller there.

        Stripe leads back to `returnUrl`, and to `refreshUrl` where the page was opened before or its time is
        over. The seller's owner and treasurer may, and staff who work with sellers.
        """
        vendor = await _sellers(info, vendor_id)
        settings = settings_of(info)
        checked_redirect(settings, return_url, "returnUrl")
        checked_redirect(settings, refresh_url, "refreshUrl")
        wanted = await accounts.begin(info.session, settings, vendor.id, info.requester.user_id)
        account_id = wanted.account_id or await _opened(info, wanted)
        connect = accounts.connect_in(settings)
        try:
            link = await _heard(info, lambda: connect.onboarding_link(account_id, return_url, refresh_url))
        except AnswerError as error:
            raise told(error) from error
        return {
            "onboarding_url": link.url,
            "expires_at": datetime.fromtimestamp(link.expires_at, UTC),
            "vendor": await info.find(models.Vendor, vendor_id, field_name="vendorId"),
        }

    @mutation(returns="Vendor", errors=VendorStripeError)
    async def vendor_stripe_account_refresh(self, info: Info, vendor_id: ID) -> models.Vendor:
        """Asks Stripe how a seller's account stands, as after its onboarding. The seller's owner and
        treasurer may, and staff who work with sellers.
        """
        vendor = await _sellers(info, vendor_id)
        account_id = await accounts.connected_to(info.session, vendor.id)
        connect, asked_at = accounts.connect_in(settings_of(info)), clock.now()
        try:
            account = await _heard(info, lambda: connect.account(account_id))
        except AnswerError as error:
            raise told(error) from error
        if account is None:
            await accounts.note_gone(info.session, account_id)
        else:
            await accounts.note(info.session, account, asked_at)
        return await info.find(models.Vendor, vendor_id, field_name="vendorId")

    @mutation(returns="Vendor", errors=VendorStripeError)
    async def vendor_stripe_account_disconnect(self, info: Info, vendor_id: ID) -> models.Vendor:
        """Pays a seller into its account at Stripe no more; the account itself stays the seller's. Its owner
        and treasurer may, and staff who work with sellers.
        """
        vendor = await _sellers(info, vendor_id)
        await accounts.disconnect(info.session, vendor.id, info.requester.user_id)
        return vendor

    @mutation(returns="Payout", errors=PayoutReverseError, needs=Permission.MANAGE_PAYOUTS)
    async def payout_reverse(
        self,
        info: Info,
        id: ID,
        reason: str,
        amount: PositiveDecimal | None = None,
        idempotency_key: str | None = None,
    ) -> payout_models.Payout:
        """Takes back what a seller was paid by a transfer at Stripe: by default all that the seller has of it
        still. The seller is owed it again.

        With the same `idempotencyKey` it is taken back once, however often it is asked for.
        """
        payout = await info.find(payout_models.Payout, id)
        settings = settings_of(info)
        wanted = await reversing.begin(
            info.session,
            settings,
            payout.id,
            None if amount is None else minor_of(amount, payout.currency, "amount"),
            reason=reason,
            key=idempotency_key,
            actor_id=info.requester.user_id,
        )
        if wanted is None:
            return payout
        connect = accounts.connect_in(settings)
        try:
            transfer = await _heard(info, lambda: reversing.ask(connect, wanted))
        except AnswerError as error:
            raise told(error) from error
        await reversing.note(info.session, wanted, transfer, reason)
        return await info.find(payout_models.Payout, id)


async def _sellers(info: Info, vendor_id: ID) -> models.Vendor:
    """The seller, for those who may say where it is paid. Raises NotFoundError, PermissionDeniedError."""
    vendor = await info.find(models.Vendor, vendor_id, field_name="vendorId")
    await works_for(info, vendor.id, STAFF, *ROLES)
    return vendor


async def _opened(info: Info, wanted: accounts.Wanted) -> str:
    """What Stripe calls the account that it has opened. Raises StripeRefusedError, StripeUnavailableError."""
    settings, asked_at = settings_of(info), clock.now()
    try:
        account = await _heard(info, lambda: accounts.ask_for(settings, wanted))
    except AnswerError as error:
        if not isinstance(error, LostAnswerError):
            await accounts.note_refusal(info.session, wanted)
            await info.keep()
        raise told(error) from error
    row = await accounts.note(info.session, account, asked_at)
    if row is None or row.account_id is None:
        raise SellerStateError("The account was given up meanwhile. Please begin again.", field="vendorId")
    account_id = row.account_id
    await info.keep()
    return account_id


async def _heard(info: Info, question: Callable[[], Awaitable[T]]) -> T:
    """Ask Stripe with nothing in hand; `info.session` is a new transaction afterwards. Raises AnswerError."""

    async def put() -> T | AnswerError | DomainError:
        try:
            return await question()
        except (AnswerError, DomainError) as error:
            return error

    answer = await info.outside(put)
    if isinstance(answer, AnswerError | DomainError):
        raise answer
    return answer
