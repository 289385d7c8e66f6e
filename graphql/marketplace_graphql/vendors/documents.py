"""Papers: given in by sellers, opened, and read by staff."""

from typing import cast

from sqlalchemy import select
from strawberry import ID

from marketplace.kit.errors import NotFoundError
from marketplace.kit.settings import Settings
from marketplace.kit.signing import PrivateFile, signed_url
from marketplace.vendors import document_models as rows
from marketplace.vendors import documents, models
from marketplace.vendors.document_models import DocumentKind
from marketplace.vendors.models import MemberRole
from marketplace.vendors.paper_files import read_paper
from marketplace_graphql.kernel import Date, Info, Upload, UploadedFile, input_type, mutation, object_type
from marketplace_graphql.people.requests import settings_of
from marketplace_graphql.vendors.errors import VendorError
from marketplace_graphql.vendors.permits import STAFF, works_for

OWNER = MemberRole.OWNER


@input_type
class VendorDocumentInput:
    """What a paper is, and what it says. Identity cards, passports and the like are not to be uploaded."""

    kind: DocumentKind
    name: str | None = None
    """What the label is called (Morocco Handmade), or the paper, of kind CRAFT_LABEL, ORGANIC and OTHER."""
    indication: str | None = None
    """The protected origin, by its name."""
    level: str | None = None
    """Which of the label's levels."""
    holder: str | None = None
    """To whom it was given, as the paper says."""
    issuer: str | None = None
    number: str | None = None
    """The paper's own number, such as ONSSA's authorisation: no person's."""
    valid_from: Date | None = None
    valid_until: Date | None = None
    """Its last day."""


@object_type
class DocumentMutations:
    """What is done with papers."""

    @mutation(returns={"document": "VendorDocument | None"}, errors=VendorError)
    async def vendor_document_upload(
        self,
        info: Info,
        vendor_id: ID,
        file: Upload,
        input: VendorDocumentInput,
        replaces: ID | None = None,
    ) -> dict[str, rows.VendorDocument]:
        """Gives a paper in: PDF, JPEG or PNG, of 10 MB at most. Identity papers of persons are not taken. The
        seller's owners may, and staff who work with sellers.
        """
        vendor = await info.find(models.Vendor, vendor_id, field_name="vendorId")
        await works_for(info, vendor.id, STAFF, OWNER)
        before = None
        if replaces is not None:
            before = await info.find(rows.VendorDocument, replaces, field_name="replaces")
        key = vendor.id
        await documents.check_may_give_in(info.session, key, vendor.status)
        says = await _says(info, input)
        uploaded = cast("UploadedFile", file)
        paper = await read_paper(key, uploaded.filename, uploaded.content)
        storage, replaced_id = info.context["storage"], None if before is None else before.id
        await info.outside(lambda: storage.put(paper.key, paper.content, paper.content_type))
        document = await documents.add_document(
            info.session,
            key,
            says,
            paper,
            actor_id=info.requester.user_id,
            replaces_id=replaced_id,
        )
        return {"document": document}

    @mutation(returns={"url": str | None}, errors=VendorError)
    async def vendor_document_open(self, info: Info, id: ID) -> dict[str, str]:
        """An address that opens the paper for ten minutes. Whoever asks for it is written into the log. The
        seller's owners may, and staff who work with sellers.
        """
        document = await info.find(rows.VendorDocument, id)
        await documents.open_document(info.session, document, info.requester.user_id)
        settings: Settings = settings_of(info)
        file = PrivateFile(document.storage_key, document.file_name, document.content_type)
        return {"url": signed_url(settings, file)}

    @mutation(returns={"document": "VendorDocument | None"}, errors=VendorError, needs=STAFF)
    async def vendor_document_review(
        self, info: Info, id: ID, accepted: bool, reason: str | None = None
    ) -> dict[str, rows.VendorDocument]:
        """Accepts a paper, or refuses it and says why. Accepted certificates are shown as badges."""
        document = await info.find(rows.VendorDocument, id)
        reviewed = await documents.review_document(
            info.session,
            document.id,
            is_accepted=accepted,
            reason=reason or "",
            actor_id=info.requester.user_id,
        )
        return {"document": reviewed}


async def _says(info: Info, given: VendorDocumentInput) -> documents.PaperSays:
    """Raises NotFoundError."""
    origin_id = None
    if given.indication:
        origin = select(models.GeographicalIndication.id).filter_by(name=given.indication)
        origin_id = await info.session.scalar(origin)
        if origin_id is None:
            raise NotFoundError("There is no such protected origin.", field="indication")
    return documents.PaperSays(
        kind=given.kind,
        name=given.name or "",
        indication_id=origin_id,
        level=given.level or "",
        holder=given.holder or "",
        issuer=given.issuer or "",
        number=given.number or "",
        valid_from=given.valid_from,
        valid_until=given.valid_until,
    )
