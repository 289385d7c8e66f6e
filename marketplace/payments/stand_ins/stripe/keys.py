"""Who may ask what: secret, restricted and publishable keys, all of test mode."""

from dataclasses import dataclass, field
from typing import Literal

from marketplace.payments.stand_ins.stripe.errors import Refused

SECRET_KEY = "sk_test_standin"  # noqa: S105 - it opens the stand-in only
PUBLISHABLE_KEY = "pk_test_standin"

Access = Literal["none", "read", "write"]
MAY: dict[Access, int] = {"none": 0, "read": 1, "write": 2}


@dataclass(slots=True)
class Keys:
    """The account's keys. A restricted key names what it may: {"payment_intents": "write"}."""

    secret: str = SECRET_KEY
    publishable: str = PUBLISHABLE_KEY
    restricted: dict[str, dict[str, Access]] = field(default_factory=dict)

    def reset(self) -> None:
        self.restricted.clear()

    def restrict(self, key: str, **may: Access) -> str:
        """Make a restricted key: `keys.restrict("rk_test_payments", payment_intents="write")`."""
        self.restricted[key] = may
        return key

    def check(self, key: str | None, resource: str, access: Access, *, in_browser: bool) -> bool:
        """Whether the key is the publishable one. Raises Refused where the key may not do this."""
        if not key:
            raise Refused(
                "You did not provide an API key: it goes into the header `Authorization: Bearer YOUR_KEY`.",
                status=401,
            )
        if key == self.secret:
            return False
        if key in self.restricted:
            if MAY[self.restricted[key].get(resource, "none")] < MAY[access]:
                right = f"rak_{resource.removesuffix('s')}_{access}"
                raise Refused(
                    f"The provided key '{_masked(key)}' lacks the permission '{right}', which this needs.",
                    status=403,
                )
            return False
        if key == self.publishable:
            if not in_browser:
                raise Refused(
                    "This API call cannot be made with a publishable API key. Please use a secret API key.",
                    status=403,
                    code="secret_key_required",
                )
            return True
        if key.startswith(("sk_live_", "pk_live_", "rk_live_")):
            raise Refused("The stand-in knows test mode only, and was sent a live key.", status=401)
        raise Refused(f"Invalid API Key provided: {_masked(key)}", status=401)


def _masked(key: str) -> str:
    return f"{key[:8]}{'*' * max(0, len(key) - 12)}{key[-4:]}"
