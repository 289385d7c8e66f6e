"""What an application has and lacks, papers, and where a seller has stood: parts of `Vendor`."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Text, any_, cast, func, select
from strawberry import ID

from marketplace.vendors import models
from marketplace.vendors.certificates import TOLD_UNTIL, WARNED_BEFORE
from marketplace.vendors.document_models import DocumentKind, DocumentStatus
from marketplace.vendors.document_models import VendorDocument as DocumentRow
from marketplace.vendors.legal_ids import LegalId
from marketplace.vendors.requirements import SAID, missing
from marketplace.vendors.standing_models import VendorStanding as StandingRow
from marketplace_graphql.kernel import (
    Date,
    DateTime,
    Filter,
    Info,
    Node,
    computed,
    each,
    enum,
    input_type,
    node,
    object_type,
    record,
    related,
    value,
)
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.vendors.permits import STAFF, member_or_staff, owner_or_staff

if TYPE_CHECKING:
    from marketplace_graphql.people.types import User
    from marketplace_graphql.vendors.types import GeographicalIndication, Vendor, VendorBadge

VendorStatusEnum = enum(models.VendorStatus, name="VendorStatusEnum")
LegalIdEnum = enum(LegalId, name="VendorLegalIdEnum")
enum(DocumentKind, name="VendorDocumentKindEnum")
enum(DocumentStatus, name="VendorDocumentStatusEnum")


@object_type
class VendorLegalId:
    """A number under which an authority knows a seller."""

    kind: LegalIdEnum  # type: ignore[valid-type]
    number: str


@object_type
class VendorMissing:
    """Something that an application lacks before it can be sent in."""

    field: str
    """Of `VendorApplicationInput`, or `documents`."""
    message: str
    """What is missing, for a person to read."""


@record(StandingRow, order_by=lambda row, ctx: row.id)
class VendorStanding:
    """A step of a seller: where it stood, where it stands, and why."""

    at: DateTime
    from_status: VendorStatusEnum | None  # type: ignore[valid-type]
    to_status: VendorStatusEnum  # type: ignore[valid-type]
    reason: str
    """In words to the seller."""
    actor: "User | None" = related(lambda row, user, ctx: user.id == row.actor_id, needs=STAFF)
    """Who did it; only staff are told."""


@node(
    DocumentRow,
    visible=lambda row, ctx: owner_or_staff(row.vendor_id, ctx),
    order_by=lambda row, ctx: row.id.desc(),
)
class VendorDocument(Node):
    """A paper of a seller. `vendorDocumentOpen` opens its file. Identity papers are none of these."""

    vendor: "Vendor" = related(lambda row, vendor, ctx: vendor.id == row.vendor_id)
    kind: DocumentKind
    name: str
    """What the label or the paper is called, where its kind doesn't say so."""
    file_name: str
    content_type: str
    size_bytes: int
    indication: "GeographicalIndication | None" = related(
        lambda row, origin, ctx: origin.id == row.indication_id
    )
    level: str
    holder: str
    issuer: str
    number: str
    valid_from: Date | None
    valid_until: Date | None
    """Its last day."""
    status: DocumentStatus
    reason: str
    """Why it was refused."""
    uploaded_at: DateTime
    uploaded_by: "User | None" = related(lambda row, user, ctx: user.id == row.uploaded_by_id)
    reviewed_at: DateTime | None
    reviewed_by: "User | None" = related(lambda row, user, ctx: user.id == row.reviewed_by_id, needs=STAFF)
    replaced_by: "VendorDocument | None" = related(lambda row, other, ctx: other.id == row.replaced_by_id)
    """The version that has taken its place."""


@input_type
class VendorDocumentFilterInput:
    """Which papers are listed."""

    statuses: list[DocumentStatus] | None
    kinds: list[DocumentKind] | None
    vendors: list[ID] | None


document_filter = Filter(
    VendorDocumentFilterInput,
    {
        "statuses": lambda row, statuses, ctx: row.status.in_([each.value for each in statuses]),
        "kinds": lambda row, kinds, ctx: row.kind.in_([each.value for each in kinds]),
        "vendors": lambda row, ids, ctx: row.vendor_id == any_(ctx.key(ids, "Vendor")),
    },
)


def _what_is_said(row: Any, ctx: Any) -> dict[str, Any]:
    paper = aliased(DocumentRow)
    documents = (
        select(func.json_agg(cast(paper.kind, Text)))
        .where(
            paper.vendor_id == row.id,
            paper.status != DocumentStatus.REFUSED,
            paper.replaced_by_id.is_(None),
        )
        .correlate_except(paper)
        .scalar_subquery()
    )
    columns = {name: getattr(row, name) for name in SAID if name != "documents"}
    return columns | {"kind": cast(row.kind, Text), "documents": documents}


def _owner_or_staff(row: Any, ctx: Any) -> ColumnElement[bool] | None:
    return owner_or_staff(row.id, ctx)


@object_type
class PapersOfVendor:
    """A part of `Vendor`."""

    documents: list[VendorDocument] = related(
        lambda row, paper, ctx: paper.vendor_id == row.id, limit=100, allowed=_owner_or_staff
    )
    """Its papers, the latest first; those that were replaced, too."""
    standings: list[VendorStanding] = related(
        lambda row, step, ctx: step.vendor_id == row.id, limit=100, allowed=_owner_or_staff
    )
    """Where it has stood, from the application on, with dates and reasons."""
    registered_by: "User | None" = related(
        lambda row, user, ctx: user.id == row.registered_by_id, needs=STAFF
    )
    """Who of the staff wrote its application."""

    @computed(_what_is_said, allowed=lambda row, ctx: owner_or_staff(row.id, ctx))
    def missing(values: Any, info: Info) -> list[VendorMissing] | None:
        """What the application lacks, in words; nothing is missing of one that can be sent in."""
        said = dict(values) | {"documents": values["documents"] or (), "legal_ids": values["legal_ids"] or {}}
        return [{"field": each.field, "message": each.message} for each in missing(said)]  # type: ignore[misc]

    @value(allowed=lambda row, ctx: owner_or_staff(row.id, ctx))
    def legal_ids(row: Any, ctx: Any) -> list[VendorLegalId] | None:
        """Numbers under which authorities know it, besides the ICE."""
        pair = func.jsonb_each_text(row.legal_ids).table_valued("key", "value")
        return each(pair, {"kind": pair.c.key, "number": pair.c.value}, order_by=pair.c.key)

    ending_certificates: "list[VendorBadge] | None" = related(
        lambda row, badge, ctx: (
            (badge.vendor_id == row.id)
            & (badge.valid_until > ctx.now - TOLD_UNTIL)
            & (badge.valid_until <= ctx.now + WARNED_BEFORE)
        ),
        allowed=lambda row, ctx: member_or_staff(row.id, ctx),
    )
    """A note to its members: what ends within thirty days, or has ended in the last thirty, to be renewed."""
