"""Signing in with somebody else's account: no such service is connected here, and the answer says so."""

from typing import NoReturn

from marketplace.kit.errors import NotFoundError
from marketplace_graphql.kernel import Info, JSONString, mutation, object_type
from marketplace_graphql.people.accounts import TOKENS
from marketplace_graphql.people.errors import AccountError


def _no_such_service(service_id: str) -> NoReturn:
    raise NotFoundError(f"No service {service_id[:100]} is connected to sign in with.", field="pluginId")


@object_type
class ExternalSignInMutations:
    """Signing in with somebody else's account."""

    @mutation(returns={"authentication_data": JSONString | None}, errors=AccountError)
    async def external_authentication_url(self, info: Info, plugin_id: str, input: JSONString) -> NoReturn:
        """Where to send a person who wants to sign in with an account elsewhere."""
        _no_such_service(plugin_id)

    @mutation(returns=TOKENS, errors=AccountError)
    async def external_obtain_access_tokens(self, info: Info, plugin_id: str, input: JSONString) -> NoReturn:
        """Tokens for a person whom another service has sent back."""
        _no_such_service(plugin_id)

    @mutation(returns=TOKENS, errors=AccountError)
    async def external_refresh(self, info: Info, plugin_id: str, input: JSONString) -> NoReturn:
        """New tokens of a person who has signed in with an account elsewhere."""
        _no_such_service(plugin_id)

    @mutation(returns={"logout_data": JSONString | None}, errors=AccountError)
    async def external_logout(self, info: Info, plugin_id: str, input: JSONString) -> NoReturn:
        """Signs out of the account elsewhere."""
        _no_such_service(plugin_id)

    @mutation(
        returns={"user": "User | None", "is_valid": bool, "verify_data": JSONString | None},
        errors=AccountError,
        failed={"is_valid": False},
    )
    async def external_verify(self, info: Info, plugin_id: str, input: JSONString) -> NoReturn:
        """Says whether another service's token is good, and whose it is."""
        _no_such_service(plugin_id)
