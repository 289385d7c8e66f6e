"""Files of papers, made when they are asked for and kept: PDF, CSV or XLSX, in French, Arabic or English."""

from enum import Enum
from typing import Any

from strawberry import ID

from marketplace.kit.errors import InvalidError, PermissionDeniedError
from marketplace.kit.settings import Settings
from marketplace.kit.signing import signed_url
from marketplace.orders.models import Order
from marketplace.orders.models import VendorOrder as VendorOrderRow
from marketplace.payouts.models import Payout as PayoutRow
from marketplace.payouts.papers.account_statements import account_statement
from marketplace.payouts.papers.document import LANGUAGES, Document, Format
from marketplace.payouts.papers.issued_documents import issued_document
from marketplace.payouts.papers.keeping import kept
from marketplace.payouts.papers.models import IssuedPaper as IssuedPaperRow
from marketplace.payouts.papers.remittance_advices import remittance_advice
from marketplace.payouts.papers.sale_invoices import sale_invoice
from marketplace.people.permissions import Permission
from marketplace.vendors.models import MemberRole
from marketplace.vendors.models import Vendor as VendorRow
from marketplace.vendors.queries import works_as
from marketplace_graphql.kernel import Date, Info, enum, error_type, mutation, object_type
from marketplace_graphql.languages import LanguageCodeEnum
from marketplace_graphql.papers.types import PaperFormatEnum
from marketplace_graphql.payouts.fields import STAFF
from marketplace_graphql.seller_statements.queries import FINANCE

PACKS = (*FINANCE, MemberRole.PACKER)
"""Who may see whom a parcel is billed to."""


@enum
class PaperErrorCode(Enum):
    """What can be wrong with a paper that is asked for."""

    INVALID = "INVALID"
    NOT_FOUND = "NOT_FOUND"
    WRONG_STATE = "WRONG_STATE"


PaperError = error_type("PaperError", PaperErrorCode)
FILE = {"file": "PrivateFile | None"}


@object_type
class PaperMutations:
    """Making files of papers."""

    @mutation(returns=FILE, errors=PaperError)
    async def vendor_statement_create(
        self,
        info: Info,
        vendor_id: ID,
        currency: str,
        first_day: Date,
        last_day: Date,
        language_code: LanguageCodeEnum,
        format: PaperFormatEnum,
    ) -> Any:
        """Makes a seller's statement of whole days that are over: for its owner and treasurer, and for staff
        of payouts.
        """
        vendor = await info.find(VendorRow, vendor_id, field_name="vendorId")
        await _demand(info, vendor.id, STAFF)
        document = await account_statement(
            info.session, vendor.id, currency, first_day, last_day, _language(language_code)
        )
        return await _file(info, document, format)

    @mutation(returns=FILE, errors=PaperError)
    async def payout_advice_create(
        self,
        info: Info,
        id: ID,
        language_code: LanguageCodeEnum,
        format: PaperFormatEnum,
    ) -> Any:
        """Makes a payout's remittance advice: for the seller's owner and treasurer, and staff of payouts."""
        payout = await info.find(PayoutRow, id)
        await _demand(info, payout.vendor_id, STAFF)
        document = await remittance_advice(info.session, payout, _language(language_code))
        return await _file(info, document, format)

    @mutation(returns=FILE, errors=PaperError)
    async def vendor_paper_create(
        self,
        info: Info,
        id: ID,
        language_code: LanguageCodeEnum,
        format: PaperFormatEnum,
    ) -> Any:
        """Makes a file of an invoice or a credit note that is issued: for the seller's owner and treasurer,
        and for staff of payouts.
        """
        paper = await info.find(IssuedPaperRow, id)
        return await _file(info, issued_document(paper, _language(language_code)), format)

    @mutation(returns=FILE, errors=PaperError)
    async def vendor_order_invoice_create(
        self,
        info: Info,
        id: ID,
        language_code: LanguageCodeEnum,
        format: PaperFormatEnum,
    ) -> Any:
        """Makes the seller's invoice to the buyer of a delivered part of an order, and issues it if it was
        not: for the buyer, the seller's owner, treasurer and packers, and staff of orders.
        """
        part = await info.find(VendorOrderRow, id)
        language = _language(language_code)
        order = await info.session.get_one(Order, part.order_id)
        if order.user_id is None or order.user_id != info.requester.user_id:
            await _demand(info, part.vendor_id, Permission.MANAGE_ORDERS, *PACKS)
        document = issued_document(await sale_invoice(info.session, part.id), language)
        return await _file(info, document, format)


async def _demand(info: Info, vendor_id: int, permission: str, *roles: MemberRole) -> None:
    """Raises PermissionDeniedError for who is neither of such staff nor works for the seller as one of these
    (owner and treasurer, unless others are said).
    """
    requester = info.requester
    if permission in requester.permissions:
        return
    is_member = vendor_id in requester.vendor_ids
    if not is_member or not await works_as(info.session, requester.user_id, vendor_id, *(roles or FINANCE)):
        raise PermissionDeniedError(permission)


def _language(code: LanguageCodeEnum) -> str:
    """Raises InvalidError for a language in which no papers are written."""
    language = str(code.value).partition("-")[0].lower()
    if language not in LANGUAGES:
        raise InvalidError("Papers are written in French, Arabic and English.", field="languageCode")
    return language


async def _file(info: Info, document: Document, as_format: PaperFormatEnum) -> dict[str, Any]:
    settings: Settings = info.context["settings"]
    storage, wanted = info.context["storage"], Format(as_format.value)
    file = await info.outside(lambda: kept(storage, document, wanted))
    url = signed_url(settings, file)
    return {"file": {"name": file.name, "content_type": file.content_type, "url": url}}
