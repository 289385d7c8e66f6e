"""What can go wrong in a way that a person must be told."""

from collections.abc import Iterator
from contextlib import contextmanager


class DomainError(Exception):
    """A rule of the business said no. Its message is written for the person who reads it.

    `code` is one of Saleor's error codes for the mutation that raises it; `field` names the input's
    field in camel case; `details` carries what the error type has besides (`lines`, `variants`).
    """

    code = "INVALID"
    keeps_changes = False
    """Whether what was written before it was raised stays: a wrong password is counted, and refused."""

    def __init__(
        self, message: str, *, field: str | None = None, code: str | None = None, **details: object
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.code = code or type(self).code
        self.details = details


class InvalidError(DomainError):
    """A value that no rule can accept."""


class RequiredError(DomainError):
    code = "REQUIRED"


class NotFoundError(DomainError):
    """No such row, or none that the requester may know of: the two read the same."""

    code = "NOT_FOUND"


class UniqueError(DomainError):
    code = "UNIQUE"


class PermissionDeniedError(Exception):
    """The requester lacks a permission. The API reports it as Saleor does."""

    def __init__(self, *needed: str) -> None:
        self.needed = needed
        wanted = ", ".join(needed)
        super().__init__(
            f"To access this path, you need one of the following permissions: {wanted}"
            if wanted
            else "You do not have permission to perform this action."
        )


class Errors(Exception):  # noqa: N818 - a bundle, raised once all of an input has been checked
    """Several domain errors at once: a form with three mistakes is told of all three."""

    def __init__(self, errors: list[DomainError]) -> None:
        super().__init__("; ".join(error.message for error in errors))
        self.errors = errors


class Mistakes:
    """Gathers what is wrong with one input, so that all of it is told at once.

    with mistakes.noted():
        columns["weight"] = checked_weight(...)
    mistakes.raise_any()
    """

    def __init__(self) -> None:
        self.found: list[DomainError] = []

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Note what is raised, and go on."""
        try:
            yield
        except DomainError as error:
            self.found.append(error)
        except Errors as errors:
            self.found += errors.errors

    def raise_any(self) -> None:
        """Raises Errors if anything was wrong."""
        if self.found:
            raise Errors(self.found)
