"""The dataclasses and the messages of the contract have the same fields, and their enums the same members."""

from dataclasses import fields
from enum import StrEnum
from typing import Any

import pytest

from libs.chassis.wire import enum_prefix
from rongqiao.oversight.v1 import oversight_pb2 as pb
from services.oversight.domain.flows import Cell, Dimension, FlowQuery, FlowTable, Measure

SHAPES: list[tuple[Any, Any]] = [
    (Cell, pb.Cell),
    (FlowQuery, pb.FlowQuery),
    (FlowTable, pb.FlowTable),
]
ENUMS: list[tuple[type[StrEnum], Any]] = [
    (Dimension, pb.Dimension),
    (Measure, pb.Measure),
]


@pytest.mark.parametrize(("shape", "message"), SHAPES, ids=lambda kind: kind.__name__)
def test_a_shape_has_the_fields_of_its_message(shape: Any, message: Any) -> None:
    assert {field.name for field in fields(shape)} == set(message.DESCRIPTOR.fields_by_name)


@pytest.mark.parametrize(("members", "enum"), ENUMS)
def test_an_enum_has_the_members_of_the_contract(members: type[StrEnum], enum: Any) -> None:
    prefix = enum_prefix(enum.DESCRIPTOR)
    assert [prefix + "UNSPECIFIED", *(prefix + member for member in members)] == enum.keys()
