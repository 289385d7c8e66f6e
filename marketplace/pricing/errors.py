"""What vouchers and gift cards can refuse. Codes are Saleor's, messages are for the buyer."""

from marketplace.kit.errors import DomainError


class UnknownPromoCodeError(DomainError):
    """No voucher or gift card that is good today in this channel has this code: which of the reasons it is,
    nobody is told, since a code is a secret.
    """

    code = "INVALID"
    keeps_changes = True
    """It has been counted."""

    def __init__(self) -> None:
        super().__init__("This promo code is not valid.", field="promoCode")


class VoucherNotApplicableError(DomainError):
    """A good code, but not for this cart. The message says what is missing."""

    code = "VOUCHER_NOT_APPLICABLE"


class GiftCardNotApplicableError(DomainError):
    """A card of the cart that has expired or was closed meanwhile."""

    code = "GIFT_CARD_NOT_APPLICABLE"


class CodeTakenError(DomainError):
    """A voucher or a gift card has this code already."""

    code = "ALREADY_EXISTS"
