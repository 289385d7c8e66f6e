"""Numbers of registers, tax offices and banks, checked at entry: by their check digits if they have some."""

import re
from collections.abc import Mapping
from enum import StrEnum

from stdnum import iban
from stdnum.exceptions import ValidationError
from stdnum.iso7064 import mod_97_10
from stdnum.ma import ice
from stdnum.sn import ninea

from marketplace.kit.errors import InvalidError
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


class LegalId(StrEnum):
    """Numbers under which authorities know a seller, besides its ICE. No number of a person is among them."""

    LOCAL_REGISTER = "LOCAL_REGISTER"
    """Of cooperatives, kept by the court of first instance (law 112-12)."""
    ODCO = "ODCO"
    """Of the office that keeps the central register of cooperatives."""
    CRAFT_REGISTER = "CRAFT_REGISTER"
    """National register of craft (law 50-17)."""
    TRADE_REGISTER = "TRADE_REGISTER"
    TAX_ID = "TAX_ID"
    """Identifiant fiscal, Morocco."""
    PROFESSIONAL_TAX = "PROFESSIONAL_TAX"
    """Taxe professionnelle (patente), Morocco."""
    SOCIAL_SECURITY = "SOCIAL_SECURITY"
    """The employer's number at the CNSS, Morocco."""
    NINEA = "NINEA"
    """Senegal."""
    TAX_ACCOUNT = "TAX_ACCOUNT"
    """Numéro de compte contribuable, Côte d'Ivoire."""


_FORMS: dict[LegalId, tuple[re.Pattern[str], str]] = {
    LegalId.TAX_ID: (re.compile(r"[0-9]{7,8}"), "An identifiant fiscal has 7 or 8 digits."),
    LegalId.TAX_ACCOUNT: (
        re.compile(r"[0-9]{7}[A-Z]"),
        "A compte contribuable has 7 digits and a letter.",
    ),
    LegalId.PROFESSIONAL_TAX: (re.compile(r"[0-9]{6,10}"), "Between 6 and 10 digits, please."),
    LegalId.SOCIAL_SECURITY: (re.compile(r"[0-9]{6,10}"), "Between 6 and 10 digits, please."),
}
"""The first form is what is usual, the second is published by the tax office of Côte d'Ivoire. No published
form of the other two was found: they are held to a length and to digits, and staff compare them with papers.
"""
_ANY_FORM = re.compile(r"[0-9A-Za-z\u0621-\u064A/.\- ]{2,40}")
"""Of registers that courts and offices number as they please: letters, digits, strokes."""


def checked_legal_id(kind: LegalId, number: str, field: str = "legalIds") -> str:
    """The number in the form that is kept. Raises InvalidError."""
    if kind is LegalId.NINEA:
        try:
            return str(ninea.validate(number))
        except ValidationError:
            message = "This is not a NINEA: 7 digits, the last of which checks the others, and 3 signs."
            raise InvalidError(message, field=field) from None
    if kind in _FORMS:
        form, message = _FORMS[kind]
        compact = _SEPARATORS.sub("", number).upper()
        if not form.fullmatch(compact):
            raise InvalidError(message, field=field)
        return compact
    plain = " ".join(number.split())
    if not _ANY_FORM.fullmatch(plain) or not any(sign.isdecimal() for sign in plain):
        raise InvalidError("Between 2 and 40 letters, digits, strokes and points, please.", field=field)
    return plain


def checked_legal_ids(given: Mapping[LegalId, str]) -> dict[str, str]:
    """Those that say something, by their kinds. Raises InvalidError."""
    return {kind.value: checked_legal_id(kind, number) for kind, number in given.items() if number.strip()}
