"""Numbers that carry check digits, refused at entry when these fail."""

import re

from stdnum import iban
from stdnum.exceptions import ValidationError
from stdnum.iso7064 import mod_97_10
from stdnum.ma import ice

from marketplace.vendors.errors import BankNumberInvalidError, IceInvalidError

RIB_DIGITS = 24
_SEPARATORS = re.compile(r"[\s.\-/]+")
_UNREGISTERED_IBANS = {
    "MA": re.compile(r"MA\d{26}"),
    "SN": re.compile(r"SN\d{2}[A-Z]{2}\d{22}"),
    "CI": re.compile(r"CI\d{2}[A-Z]{2}\d{22}"),
}
"""Countries of ours whose banks write IBANs that the international register does not list."""


def checked_ice(number: str, field: str = "ice") -> str:
    """The fifteen digits of an *identifiant commun de l'entreprise*. Raises IceInvalidError."""
    try:
        return str(ice.validate(_SEPARATORS.sub("", number)))
    except ValidationError:
        raise IceInvalidError(
            "This is not an ICE: it has 15 digits, of which the last two check the others.", field=field
        ) from None


def checked_rib(number: str, field: str = "number") -> str:
    """The 24 digits of a Moroccan RIB. Raises BankNumberInvalidError.

    Bank (3), locality (3), account (16), key (2): the whole number is a multiple of 97.
    """
    digits = _SEPARATORS.sub("", number)
    if not (digits.isascii() and digits.isdecimal() and len(digits) == RIB_DIGITS):
        raise BankNumberInvalidError(f"A RIB has {RIB_DIGITS} digits.", field=field)
    if int(digits) % 97 != 0 or int(digits) == 0:
        raise BankNumberInvalidError(
            "The key of this RIB, its last two digits, does not fit the others.", field=field
        )
    return digits


def checked_iban(number: str, field: str = "number") -> str:
    """An IBAN without blanks, in capitals. Raises BankNumberInvalidError."""
    compact = _SEPARATORS.sub("", number).upper()
    unregistered = _UNREGISTERED_IBANS.get(compact[:2])
    try:
        if unregistered is None:
            return str(iban.validate(compact))
        if unregistered.fullmatch(compact):
            mod_97_10.validate(compact[4:] + compact[:4])
            return compact
    except ValidationError:
        pass  # Told below, in the same words as a wrong form.
    raise BankNumberInvalidError(
        "This is not an IBAN: its length or its check digits are wrong.", field=field
    )
