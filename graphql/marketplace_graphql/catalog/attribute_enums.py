"""What attributes are made of by kind: how they are answered, whom they describe, what they measure."""

from enum import Enum

from marketplace.catalog import attributes as models
from marketplace_graphql.kernel import enum, input_type

AttributeInputTypeEnum = enum(models.AttributeInputType, name="AttributeInputTypeEnum")
AttributeEntityTypeEnum = enum(models.AttributeEntityType, name="AttributeEntityTypeEnum")


AttributeTypeEnum = enum(models.AttributeType, name="AttributeTypeEnum")
MeasurementUnitsEnum = enum(models.MeasurementUnit, name="MeasurementUnitsEnum")


@enum
class VariantAttributeScope(Enum):
    """Which of a variant's attributes are asked for."""

    ALL = "ALL"
    VARIANT_SELECTION = "VARIANT_SELECTION"
    NOT_VARIANT_SELECTION = "NOT_VARIANT_SELECTION"


@input_type
class AttributeInputTypeEnumFilterInput:
    """A condition on how an attribute is answered."""

    eq: "AttributeInputTypeEnum | None"  # type: ignore[valid-type]
    one_of: "list[AttributeInputTypeEnum] | None"  # type: ignore[valid-type]


@input_type
class AttributeEntityTypeEnumFilterInput:
    """A condition on what a reference points at."""

    eq: "AttributeEntityTypeEnum | None"  # type: ignore[valid-type]
    one_of: "list[AttributeEntityTypeEnum] | None"  # type: ignore[valid-type]


@input_type
class AttributeTypeEnumFilterInput:
    """A condition on what an attribute describes."""

    eq: "AttributeTypeEnum | None"  # type: ignore[valid-type]
    one_of: "list[AttributeTypeEnum] | None"  # type: ignore[valid-type]


@input_type
class MeasurementUnitsEnumFilterInput:
    """A condition on what a number counts."""

    eq: "MeasurementUnitsEnum | None"  # type: ignore[valid-type]
    one_of: "list[MeasurementUnitsEnum] | None"  # type: ignore[valid-type]
