"""What the links of letters to sellers ask, and the answers."""

from typing import Any

from marketplace.kit.errors import DomainError
from marketplace.vendors import link_answers
from marketplace.vendors.invitations import NewAccount
from marketplace.vendors.links import LinkPurpose
from marketplace_graphql.kernel import DateTime, Info, enum, mutation, object_type, resolver
from marketplace_graphql.languages import LanguageCodeEnum
from marketplace_graphql.people.requests import settings_of
from marketplace_graphql.vendors.errors import VendorError
from marketplace_graphql.vendors.people import MemberRoleEnum

LinkPurposeEnum = enum(LinkPurpose, name="VendorLinkPurposeEnum")


@object_type
class VendorLink:
    """What the link of a letter to a seller asks."""

    purpose: LinkPurposeEnum  # type: ignore[valid-type]
    vendor_name: str
    is_open: bool
    """Whether it can be answered still."""
    before: DateTime | None
    """Until when."""
    role: MemberRoleEnum | None
    """Of an invitation: as what."""
    needs_account: bool
    """Of an invitation: whether a password has to be chosen, because the address has no account yet."""
    agent: str | None
    """Of a delegation: who of the shop's staff asks."""
    days: int | None
    reason: str | None
    ending: str | None
    """Of a change of the bank account: the new number's last four characters."""


@object_type
class LinkQueries:
    """Links of letters."""

    @resolver
    async def vendor_link(info: Info, token: str) -> VendorLink | None:
        """What a link asks; null for one that is none of ours. Looking changes nothing."""
        try:
            asked = await link_answers.look(info.session, settings_of(info), token)
        except DomainError:
            return None
        return {name: getattr(asked, name) for name in VendorLink.__annotations__}


@object_type
class LinkMutations:
    """Answers to links."""

    @mutation(returns={"purpose": LinkPurposeEnum | None}, errors=VendorError)
    async def vendor_link_answer(
        self,
        info: Info,
        token: str,
        agree: bool,
        password: str | None = None,
        first_name: str | None = None,
        last_name: str | None = None,
        language: LanguageCodeEnum | None = None,
    ) -> dict[str, Any]:
        """Answers what the link of a letter asks: whoever has the link reads the mail of its address. The
        password and the names are for an invitation of somebody who has no account yet.
        """
        account = NewAccount(
            password=password,
            first_name=first_name or "",
            last_name=last_name or "",
            language_code=language.value if language else "fr",
        )
        purpose = await link_answers.answer(
            info.session, settings_of(info), token, agrees=agree, account=account
        )
        return {"purpose": purpose}
