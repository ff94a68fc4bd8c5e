"""The answer's dataclasses and the messages of the contract have the same fields, all the way down."""

import dataclasses
import typing
from typing import Any

import pytest
from google.protobuf.descriptor import Descriptor

from rongqiao.matching.v1 import matching_pb2 as pb
from services.matching.domain.answer import Match, MatchRequest


def shape_of(kind: Any) -> Any:
    """The dataclass in an annotation such as tuple[Plan, ...] or Plan | None."""
    found = [one for one in (kind, *typing.get_args(kind)) if dataclasses.is_dataclass(one)]
    return found[0] if found else None


def differences(shape: Any, message: Descriptor, place: str = "") -> list[str]:
    hints = typing.get_type_hints(shape)
    names = {field.name for field in dataclasses.fields(shape)}
    found = [f"{place}{name}" for name in names ^ set(message.fields_by_name)]
    for name in names & set(message.fields_by_name):
        inner, below = shape_of(hints[name]), message.fields_by_name[name].message_type
        if inner is not None and below is not None:
            found += differences(inner, below, f"{place}{name}/")
    return found


@pytest.mark.parametrize(
    ("shape", "message"), [(Match, pb.Match.DESCRIPTOR), (MatchRequest, pb.MatchRequest.DESCRIPTOR)]
)
def test_nothing_is_lost_between_dataclass_and_message(shape: Any, message: Descriptor) -> None:
    assert differences(shape, message) == []
