"""Telephone numbers, kept as E.164."""

import phonenumbers

from marketplace.kit.errors import InvalidError


def checked_phone(number: str, country_code: str, field: str = "phone") -> str:
    """The number as E.164, or empty. Local forms are read as the country's. Raises InvalidError."""
    if not number.strip():
        return ""
    try:
        parsed = phonenumbers.parse(number, country_code)
    except phonenumbers.NumberParseException:
        raise InvalidError("This is not a telephone number.", field=field) from None
    if not phonenumbers.is_possible_number(parsed):
        raise InvalidError("This telephone number is too short or too long for its country.", field=field)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
