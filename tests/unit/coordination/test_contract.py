"""The dataclasses and the messages of the contract have the same fields, and their enums the same members."""

from dataclasses import fields
from enum import StrEnum
from typing import Any

import pytest

from libs.chassis.wire import enum_prefix
from rongqiao.coordination.v1 import coordination_pb2 as pb
from rongqiao.lending.v1 import lending_pb2 as lending
from services.coordination.domain.case import Case, CasePage, CaseStatus
from services.coordination.domain.request import (
    Ask,
    FinancingRequest,
    Preview,
    Referral,
    ReferralStatus,
    Renewal,
    RequestPage,
    RequestStatus,
)

SHAPES: list[tuple[Any, Any]] = [
    (Ask, pb.AskRequest),
    (Case, pb.Case),
    (CasePage, pb.CasePage),
    (FinancingRequest, pb.FinancingRequest),
    (Preview, pb.Preview),
    (Renewal, lending.Renewal),
    (Referral, pb.Referral),
    (RequestPage, pb.RequestPage),
]
ENUMS: list[tuple[type[StrEnum], Any]] = [
    (RequestStatus, pb.RequestStatus),
    (ReferralStatus, pb.ReferralStatus),
    (CaseStatus, pb.CaseStatus),
]


@pytest.mark.parametrize(("shape", "message"), SHAPES, ids=lambda kind: kind.__name__)
def test_a_shape_has_the_fields_of_its_message(shape: Any, message: Any) -> None:
    assert {field.name for field in fields(shape)} == set(message.DESCRIPTOR.fields_by_name)


@pytest.mark.parametrize(("members", "enum"), ENUMS)
def test_an_enum_has_the_members_of_the_contract(members: type[StrEnum], enum: Any) -> None:
    prefix = enum_prefix(enum.DESCRIPTOR)
    assert [prefix + "UNSPECIFIED", *(prefix + member for member in members)] == enum.keys()
