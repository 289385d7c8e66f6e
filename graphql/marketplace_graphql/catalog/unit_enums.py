"""Units by what they measure. No field gives them. Clients that are made from the contract know them."""

from enum import Enum
from typing import Any

from marketplace.catalog.attributes import MeasurementUnit
from marketplace_graphql.kernel import enum


def _units(name: str, description: str, *units: MeasurementUnit) -> Any:
    made: Any = Enum(name, {unit.name: unit.value for unit in units})  # type: ignore[misc]
    made.__doc__ = description
    return enum(made)


Unit = MeasurementUnit
DistanceUnitsEnum = _units(
    "DistanceUnitsEnum",
    "What lengths are measured in.",
    *(Unit.MM, Unit.CM, Unit.DM, Unit.M, Unit.KM, Unit.FT, Unit.YD, Unit.INCH),
)
AreaUnitsEnum = _units(
    "AreaUnitsEnum",
    "What areas are measured in.",
    *(Unit.SQ_MM, Unit.SQ_CM, Unit.SQ_DM, Unit.SQ_M, Unit.SQ_KM, Unit.SQ_FT, Unit.SQ_YD, Unit.SQ_INCH),
)
VolumeUnitsEnum = _units(
    "VolumeUnitsEnum",
    "What volumes are measured in.",
    *(Unit.CUBIC_MILLIMETER, Unit.CUBIC_CENTIMETER, Unit.CUBIC_DECIMETER, Unit.CUBIC_METER, Unit.LITER),
    *(Unit.CUBIC_FOOT, Unit.CUBIC_INCH, Unit.CUBIC_YARD, Unit.QT, Unit.PINT, Unit.FL_OZ),
    *(Unit.ACRE_IN, Unit.ACRE_FT),
)
TYPES = (DistanceUnitsEnum, AreaUnitsEnum, VolumeUnitsEnum)
