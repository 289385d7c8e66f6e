"""How staff set tax rates, say what channels do about taxes, and exempt carts and orders."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from strawberry import ID, UNSET

from marketplace.checkout.taxing import set_tax_exemption
from marketplace.kit import clock
from marketplace.kit.errors import DomainError, InvalidError, NotFoundError
from marketplace.kit.ids import split_global_id, uuid_pk
from marketplace.markets import models, tax_rates, tax_settings
from marketplace.markets.tax_rates import RateSaid, basis_points
from marketplace.markets.tax_settings import CountrySaid
from marketplace.orders.tax_exemption import exempt_order
from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import Info, changes, deletion, error_type, mutation, object_type, union
from marketplace_graphql.languages import ENGLISH_COUNTRY_NAMES, CountryCode
from marketplace_graphql.markets.tax_inputs import (
    TaxClassCreateInput,
    TaxClassRateInput,
    TaxClassUpdateInput,
    TaxConfigurationUpdateInput,
    check_countries_once,
    rates_said,
)
from marketplace_graphql.markets.types import in_force_on
from marketplace_graphql.rules import codes_of

NEEDS = Permission.MANAGE_TAXES
TAX_CLASS = "TaxClass"
AT_ONCE = 1000
"""Rates in one mutation."""
COMMON = ("GRAPHQL_ERROR", "INVALID", "NOT_FOUND")

TaxClassCreateError = error_type("TaxClassCreateError", COMMON, country_codes=list[str])
TaxClassUpdateError = error_type(
    "TaxClassUpdateError", ("DUPLICATED_INPUT_ITEM", *COMMON), country_codes=list[str]
)
TaxClassDeleteError = error_type("TaxClassDeleteError", COMMON)
TaxConfigurationUpdateError = error_type(
    "TaxConfigurationUpdateError", ("DUPLICATED_INPUT_ITEM", *COMMON), country_codes=list[str]
)
TaxCountryConfigurationUpdateError = error_type(
    "TaxCountryConfigurationUpdateError",
    (*COMMON, "ONLY_ONE_DEFAULT_COUNTRY_RATE_ALLOWED", "CANNOT_CREATE_NEGATIVE_RATE"),
    tax_class_ids=list[str],
)
TaxCountryConfigurationDeleteError = error_type("TaxCountryConfigurationDeleteError", COMMON)
TaxExemptionManageError = error_type("TaxExemptionManageError", (*COMMON, "NOT_EDITABLE_ORDER"))

TaxSourceObject = union("TaxSourceObject", "Checkout", "Order", description="What is taxed.")
CONFIGURATION: dict[str, Any] = {"tax_country_configuration": "TaxCountryConfiguration | None"}


@object_type
class TaxClassChanges:
    """Tax classes and their rates."""

    @mutation(returns=TAX_CLASS, errors=TaxClassCreateError, needs=NEEDS)
    async def tax_class_create(self, info: Info, input: TaxClassCreateInput) -> models.TaxClass:
        """Makes a tax class. Its rates hold from today on."""
        rates = input.create_country_rates or []
        info.at_most(AT_ONCE, rates, "createCountryRates")
        with codes_of(TaxClassCreateError):
            check_countries_once([each.country_code for each in rates])
            tax_class = await tax_rates.create_class(info.session, input.name)
            said = rates_said(tax_class.id, rates, field="createCountryRates")
            await tax_rates.set_rates(info.session, said)
        return tax_class

    @mutation(returns=TAX_CLASS, errors=TaxClassUpdateError, needs=NEEDS)
    async def tax_class_update(self, info: Info, id: ID, input: TaxClassUpdateInput) -> models.TaxClass:
        """Changes a tax class. New rates hold from today on; what held before is kept."""
        rates, removed = input.update_country_rates or [], input.remove_country_rates or []
        info.at_most(AT_ONCE, rates, "updateCountryRates")
        with codes_of(TaxClassUpdateError):
            check_countries_once([each.country_code for each in rates], removed)
            tax_class = await info.find(models.TaxClass, id, lock=True)
            if input.name not in (None, UNSET):
                await tax_rates.rename_class(info.session, tax_class, str(input.name))
            said = rates_said(tax_class.id, rates, removed, field="updateCountryRates")
            await tax_rates.set_rates(info.session, said)
        return tax_class

    tax_class_delete = deletion(
        models.TaxClass,
        tax_rates.delete_classes,
        doc="Deletes a tax class. What was of it is of none; orders keep what they were taxed.",
        errors=TaxClassDeleteError,
        needs=NEEDS,
    )

    @mutation(returns=CONFIGURATION, errors=TaxCountryConfigurationUpdateError, needs=NEEDS)
    async def tax_country_configuration_update(
        self,
        info: Info,
        country_code: CountryCode,
        update_tax_class_rates: list[TaxClassRateInput],
    ) -> dict[str, object]:
        """Says what classes are taxed in a country from today on; what held before is kept."""
        info.at_most(AT_ONCE, update_tax_class_rates, "updateTaxClassRates")
        code = country_code.value
        said = await _class_rates(info, code, update_tax_class_rates)
        await tax_rates.set_rates(info.session, said)
        return {"tax_country_configuration": await _configuration(info, code)}

    @mutation(returns=CONFIGURATION, errors=TaxCountryConfigurationDeleteError, needs=NEEDS)
    async def tax_country_configuration_delete(
        self,
        info: Info,
        country_code: CountryCode,
    ) -> dict[str, object]:
        """Has no rate hold in a country from today on."""
        await tax_rates.end_country(info.session, country_code.value)
        return {"tax_country_configuration": await _configuration(info, country_code.value)}


@object_type
class TaxSettingChanges:
    """What channels do about taxes, and who is exempt from them."""

    @mutation(returns="TaxConfiguration", errors=TaxConfigurationUpdateError, needs=NEEDS)
    async def tax_configuration_update(
        self, info: Info, id: ID, input: TaxConfigurationUpdateInput
    ) -> models.TaxConfiguration:
        """Changes how a channel deals with taxes, in general and in single countries."""
        sent = changes(input)
        countries = sent.get("update_countries_configuration") or []
        removed = input.remove_countries_configuration or []
        check_countries_once([each["country_code"] for each in countries], removed)
        await tax_settings.check_tax_apps(
            info.session,
            [
                (sent.get("tax_app_id"), []),
                *((each.get("tax_app_id"), [each["country_code"].value]) for each in countries),
            ],
        )
        configuration = await info.find(models.TaxConfiguration, id)
        channel_id = info.key(id, "TaxConfiguration")
        channel = await info.session.get_one(models.Channel, channel_id, with_for_update=True)
        columns = {
            name: sent[name]
            for name in (
                "charge_taxes",
                "display_gross_prices",
                "prices_entered_with_tax",
                "use_weighted_tax_for_shipping",
                "tax_calculation_strategy",
            )
            if sent.get(name) is not None
        }
        if "tax_app_id" in sent:
            columns["tax_app_id"] = sent["tax_app_id"] or None
        await tax_settings.change_taxes(
            info.session,
            channel,
            columns,
            countries=[
                CountrySaid(
                    each["country_code"].value,
                    each["charge_taxes"],
                    each["display_gross_prices"],
                    each.get("use_weighted_tax_for_shipping"),
                    each.get("tax_calculation_strategy"),
                    each.get("tax_app_id") or None,
                )
                for each in countries
            ],
            without=[code.value for code in removed],
        )
        return configuration

    @mutation(
        returns={"taxable_object": "TaxSourceObject | None"}, errors=TaxExemptionManageError, needs=NEEDS
    )
    async def tax_exemption_manage(self, info: Info, id: ID, tax_exemption: bool) -> dict[str, object]:
        """Has no tax charged of a checkout, or of an order that is not confirmed yet; or charges it again."""
        with codes_of(TaxExemptionManageError):
            type_name, _ = split_global_id(id)
            if type_name == "Checkout":
                key = uuid_pk(id, "Checkout")
                return {"taxable_object": await set_tax_exemption(info.session, key, is_exempt=tax_exemption)}
            if type_name == "Order":
                key = uuid_pk(id, "Order")
                return {"taxable_object": await exempt_order(info.session, key, is_exempt=tax_exemption)}
            raise NotFoundError("This is neither a checkout nor an order.", field="id")


async def _class_rates(info: Info, country_code: str, given: Sequence[TaxClassRateInput]) -> list[RateSaid]:
    """What is said of classes in a country. Raises DomainError, naming the classes where there are any."""
    field = "updateTaxClassRates"
    sent = [changes(each) for each in given]
    named = [each.get("tax_class_id") for each in sent]
    negative = [each for each in sent if (each.get("rate") or 0) < 0]
    if negative:
        raise DomainError(
            "A rate can't be negative.",
            field=field,
            code="CANNOT_CREATE_NEGATIVE_RATE",
            tax_class_ids=[each["tax_class_id"] for each in negative if each.get("tax_class_id")],
        )
    if named.count(None) > 1:
        raise DomainError(
            "A country has one general rate.", field=field, code="ONLY_ONE_DEFAULT_COUNTRY_RATE_ALLOWED"
        )
    keys = {each: info.key(each, TAX_CLASS) for each in named if each is not None}
    found = await info.session.scalars(
        select(models.TaxClass.id).where(models.TaxClass.id.in_(keys.values()))
    )
    there = set(found)
    missing = [each for each, key in keys.items() if key not in there]
    if missing:
        raise NotFoundError("There are no such classes.", field=field, tax_class_ids=missing)
    said = {}
    for each in sent:
        name, rate = each.get("tax_class_id"), each.get("rate")
        try:
            rate_bp = None if rate is None else basis_points(rate)
        except ValueError:
            raise InvalidError(
                "A rate is from 0 to 100 per cent, with two decimals at most.",
                field=field,
                tax_class_ids=[] if name is None else [name],
            ) from None
        said[name] = RateSaid(keys[name] if name is not None else None, country_code, rate_bp)
    return list(said.values())


async def _configuration(info: Info, code: str) -> dict[str, object]:
    """A country's rates in force, as Python knows them."""
    rates = await info.session.scalars(
        select(models.TaxRate).where(
            models.TaxRate.country_code == code, in_force_on(models.TaxRate, clock.now().date())
        )
    )
    return {
        "country": {"code": code, "country": ENGLISH_COUNTRY_NAMES[code], "vat": None},
        "tax_class_country_rates": list(rates),
    }
