"""The patterns of the API, written once. See docs/reader.md."""

from strawberry import ID, UNSET

from marketplace.kit.uploads import UploadedFile
from marketplace_graphql.kernel.bulk import ErrorPolicyEnum, Faults, Outcome, in_bulk
from marketplace_graphql.kernel.deletions import bulk_deletion, deletion
from marketplace_graphql.kernel.errors import QueryError
from marketplace_graphql.kernel.execution import Api, Request
from marketplace_graphql.kernel.fields import (
    column,
    computed,
    connection,
    expression,
    itself,
    lookup,
    one_of,
    related,
    resolver,
    value,
)
from marketplace_graphql.kernel.filters import (
    BEST_MATCH,
    Filter,
    Sorting,
    among,
    between,
    by_id,
    matches,
    refers,
)
from marketplace_graphql.kernel.info import Info
from marketplace_graphql.kernel.inputs import changes
from marketplace_graphql.kernel.limits import Limits
from marketplace_graphql.kernel.metadata import (
    MetadataItem,
    ObjectWithMetadata,
    metadata_items,
    private_entries,
    private_entry,
    private_metadata_needs,
    translated,
)
from marketplace_graphql.kernel.mutations import error_entries, error_type, mutation
from marketplace_graphql.kernel.pagination import (
    CountableConnection,
    OrderDirection,
    PageInfo,
)
from marketplace_graphql.kernel.parts import (
    cases,
    each,
    either,
    in_turn,
    many,
    missing_last,
    named,
    never_null,
    null_when,
    one,
    raw_json,
    seen_as,
    typed,
)
from marketplace_graphql.kernel.reader.completion import Later, Row
from marketplace_graphql.kernel.reader.context import ChannelSource, Context
from marketplace_graphql.kernel.registry import (
    DeclarationError,
    of_channels,
    owned,
    shared,
    visibility,
)
from marketplace_graphql.kernel.requester import (
    ANONYMOUS,
    AUTHENTICATED,
    AUTHENTICATED_APP,
    AUTHENTICATED_STAFF,
    Requester,
)
from marketplace_graphql.kernel.scalars import (
    JSON,
    UUID,
    AnyScalar,
    Date,
    DateTime,
    Day,
    Decimal,
    GenericScalar,
    Hour,
    JSONString,
    Metadata,
    Minute,
    PositiveDecimal,
    PositiveInt,
    Upload,
    WeightScalar,
)
from marketplace_graphql.kernel.schema import ApiSchema
from marketplace_graphql.kernel.subjects import row_by, subject
from marketplace_graphql.kernel.types import (
    Node,
    enum,
    input_type,
    interface,
    node,
    object_type,
    record,
    union,
    union_of_declared,
)
