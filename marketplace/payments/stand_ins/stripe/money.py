"""Amounts as Stripe takes them: https://docs.stripe.com/currencies."""

from marketplace.payments.stand_ins.stripe.errors import Refused, invalid_parameter

ZERO_DECIMAL = frozenset({
    "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "ugx", "vnd", "vuv", "xaf", "xof",
    "xpf",
})  # fmt: skip
TWO_DECIMAL = frozenset({
    "aed", "aud", "bgn", "brl", "cad", "chf", "czk", "dkk", "dzd", "egp", "eur", "gbp", "hkd", "huf", "inr",
    "isk", "kes", "mad", "mur", "mxn", "myr", "ngn", "nok", "nzd", "pln", "qar", "ron", "sar", "sek", "sgd",
    "thb", "try", "usd", "zar",
})  # fmt: skip
THREE_DECIMAL = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})
CURRENCIES = ZERO_DECIMAL | TWO_DECIMAL | THREE_DECIMAL

MINIMUM = {
    "aed": 200, "bgn": 100, "czk": 1500, "dkk": 250, "gbp": 30, "hkd": 400, "huf": 17500, "jpy": 50,
    "mxn": 1000, "myr": 200, "nok": 300, "pln": 200, "ron": 200, "sek": 300, "thb": 1000, "mad": 500,
    "xof": 300, "xaf": 300,
}  # fmt: skip
"""The least that is charged, in minor units. Where Stripe's table is silent, the worth of half a dollar."""
MINIMUM_OTHERWISE = 50
MAXIMUM = 99_999_999


def check_currency(currency: str) -> str:
    """The currency in Stripe's small letters."""
    known = currency.lower()
    if known not in CURRENCIES:
        supported = ", ".join(sorted(CURRENCIES))
        raise invalid_parameter(
            "currency", f"Invalid currency: {known}. Stripe currently supports these currencies: {supported}"
        )
    return known


def check_amount(amount: int, currency: str, param: str = "amount") -> int:
    """An amount to charge."""
    if amount < 1:
        raise invalid_parameter(param, "This value must be 1 or more.", "parameter_invalid_integer")
    least = MINIMUM.get(currency, MINIMUM_OTHERWISE)
    if amount < least:
        raise Refused(
            f"Amount must be at least {written(least, currency)}.", code="amount_too_small", param=param
        )
    if amount > MAXIMUM:
        raise Refused(
            f"Amount must be no more than {written(MAXIMUM, currency)}.", code="amount_too_large", param=param
        )
    if currency in THREE_DECIMAL and amount % 10:
        raise invalid_parameter(param, f"Amounts of {currency} must end in 0.")
    return amount


def written(amount: int, currency: str) -> str:
    decimals = 0 if currency in ZERO_DECIMAL else 3 if currency in THREE_DECIMAL else 2
    return f"{amount / 10**decimals:.{decimals}f} {currency}"
