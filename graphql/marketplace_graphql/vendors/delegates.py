"""What staff who act for sellers do for them, written into the audit log with both names."""

from marketplace.vendors.delegations import acted
from marketplace_graphql.kernel import Info


async def note_delegate(info: Info, name: str) -> None:
    """Note a mutation that a delegate has called: of the sellers whose rows it found; where it found none, of
    those within which it was allowed.
    """
    requester = info.requester
    if not requester.delegate_of or requester.user_id is None:
        return
    own = info.acted_for or {key for key in info.within or () if key in requester.delegate_of}
    if own:
        await acted(info.session, requester.user_id, sorted(own), name)
