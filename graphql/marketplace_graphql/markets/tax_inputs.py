"""What staff say of tax classes, of rates, and of what a channel does about taxes."""

from collections.abc import Sequence

from strawberry import ID

from marketplace.kit.errors import DomainError, InvalidError
from marketplace.markets.models import TaxCalculationStrategy
from marketplace.markets.tax_rates import RateSaid, basis_points
from marketplace_graphql.kernel import input_type
from marketplace_graphql.languages import CountryCode


@input_type
class CountryRateInput:
    """What a class is taxed in a country from today on."""

    country_code: CountryCode
    rate: float
    """In percent."""


@input_type
class CountryRateUpdateInput:
    """What a class is taxed in a country from today on."""

    country_code: CountryCode
    rate: float | None
    """In percent; null: it has no rate of its own there any more."""


@input_type
class TaxClassCreateInput:
    """A new tax class."""

    name: str
    create_country_rates: list[CountryRateInput] | None


@input_type
class TaxClassUpdateInput:
    """What changes of a tax class."""

    name: str | None
    update_country_rates: list[CountryRateUpdateInput] | None
    remove_country_rates: list[CountryCode] | None
    """Countries where it has no rate of its own any more."""


@input_type
class TaxClassRateInput:
    """What a class is taxed in the country from today on."""

    tax_class_id: ID | None
    """Left out: the country's rate for goods of no class, or of a class without one."""
    rate: float | None
    """In percent; null: none any more."""


@input_type
class TaxConfigurationPerCountryInput:
    """How a channel deals with taxes in one country."""

    country_code: CountryCode
    charge_taxes: bool
    """Whether taxes are charged there."""
    tax_calculation_strategy: TaxCalculationStrategy | None
    """Who works taxes out there; left out: as in the channel's other countries."""
    display_gross_prices: bool
    """Whether buyers there see prices with their tax."""
    tax_app_id: str | None
    """The identifier of the app that does; left out: as in the channel's other countries."""
    use_weighted_tax_for_shipping: bool | None


@input_type
class TaxConfigurationUpdateInput:
    """What changes of how a channel deals with taxes."""

    charge_taxes: bool | None
    """Otherwise buyers pay what is left of prices without their tax."""
    tax_calculation_strategy: TaxCalculationStrategy | None
    """Who works taxes out: we, by the shop's own rates, or an app."""
    display_gross_prices: bool | None
    """Whether buyers see prices with their tax."""
    prices_entered_with_tax: bool | None
    update_countries_configuration: list[TaxConfigurationPerCountryInput] | None
    remove_countries_configuration: list[CountryCode] | None
    """Countries that are dealt with like the others again."""
    use_weighted_tax_for_shipping: bool | None
    """Whether a parcel is taxed as the goods in it are on average."""
    tax_app_id: str | None
    """The identifier of the app that works taxes out; empty: any that answers is taken."""


def rates_said(
    tax_class_id: int | None,
    given: Sequence[CountryRateInput | CountryRateUpdateInput],
    removed: Sequence[CountryCode] = (),
    *,
    field: str,
) -> list[RateSaid]:
    """What is said of a class in countries. Raises InvalidError, naming the countries."""
    said, wrong = [], []
    for each in given:
        code = each.country_code.value
        try:
            rate_bp = None if not isinstance(each.rate, float | int) else basis_points(each.rate)
        except ValueError:
            wrong.append(code)
            continue
        said.append(RateSaid(tax_class_id, code, rate_bp))
    if wrong:
        message = "A rate is from 0 to 100 per cent, with two decimals at most."
        raise InvalidError(message, field=field, country_codes=wrong)
    return said + [RateSaid(tax_class_id, code.value, None) for code in removed]


def check_countries_once(named: Sequence[CountryCode], removed: Sequence[CountryCode] = ()) -> None:
    """Raises DomainError (DUPLICATED_INPUT_ITEM), naming the countries."""
    codes = [code.value for code in (*named, *removed)]
    twice = sorted({code for code in codes if codes.count(code) > 1})
    if twice:
        raise DomainError(
            f"These countries are named twice: {', '.join(twice)}.",
            code="DUPLICATED_INPUT_ITEM",
            country_codes=twice,
        )
