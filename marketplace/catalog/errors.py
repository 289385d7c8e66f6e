"""What can be wrong with a listing."""

from marketplace.kit.errors import DomainError


class PictureError(DomainError):
    """A file that is no picture, or none that we take."""

    code = "NOT_AN_IMAGE"


class ListingNameTakenError(DomainError):
    """The seller has a listing of this name already."""

    code = "UNIQUE"


class SheetError(DomainError):
    """A listing sheet that can't be read at all. What is wrong with its rows is told row by row."""

    code = "NOT_A_SHEET"


class NoVariantError(DomainError):
    """A product that has nothing to be bought can't go where it was meant to."""

    code = "CANNOT_MANAGE_PRODUCT_WITHOUT_VARIANT"
