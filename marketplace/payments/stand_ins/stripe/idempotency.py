"""What was answered to a key before is answered again: https://docs.stripe.com/api/idempotent_requests."""

from dataclasses import dataclass, field

from marketplace.payments.stand_ins.stripe.errors import Json, Refused

LENGTH_LIMIT = 255


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Json
    request_id: str
    begun: bool = False
    """Whether work was begun: only then is it kept."""
    replayed: bool = False


@dataclass(slots=True)
class _Asked:
    """A request under a key: what it was, and what was answered. None: it is being worked on."""

    request: tuple[str, str, str]
    answer: Answer | None = None


@dataclass(slots=True)
class Answers:
    """Answers by the key of the account that asked and the request's own."""

    asked: dict[tuple[str, str], _Asked] = field(default_factory=dict)
    current: Json = field(default_factory=lambda: {"id": None, "idempotency_key": None})
    """The request that is worked on now, as its events tell it."""

    def clear(self) -> None:
        self.asked.clear()
        self.current = {"id": None, "idempotency_key": None}

    def before(self, account: str, key: str, request: tuple[str, str, str]) -> Answer | None:
        """The answer given before. Raises Refused if it is in the making, or if something else was asked."""
        if len(key) > LENGTH_LIMIT:
            raise Refused(f"Idempotency keys can have {LENGTH_LIMIT} characters at most.")
        asked = self.asked.get((account, key))
        if asked is None:
            return None
        if asked.request != request:
            same_place = asked.request[:2] == request[:2]
            what = "with the same parameters" if same_place else f"for {asked.request[0]} {asked.request[1]}"
            raise Refused(
                f"Keys for idempotent requests can only be used {what} they were first used with."
                f" Try using a key other than '{key}' if you meant to execute a different request.",
                type="idempotency_error",
            )
        if asked.answer is None:
            raise Refused(
                f"There is currently another in-progress request using this Idempotent Key: {key}.",
                status=409,
                type="idempotency_error",
                code="idempotency_key_in_use",
            )
        return asked.answer

    def begin(self, account: str, key: str, request: tuple[str, str, str]) -> None:
        self.asked[account, key] = _Asked(request)

    def keep(self, account: str, key: str, answer: Answer) -> None:
        self.asked[account, key].answer = answer
