"""The two doors, who may come in, and that messages have the fields of the shapes that they carry."""

from collections.abc import Iterator
from dataclasses import fields
from functools import partial
from typing import Any

import pytest
from google.protobuf.message import Message

from libs.chassis import rpc, wire
from libs.chassis.codec import dump
from libs.chassis.database import Database
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Conflict, Forbidden
from rongqiao.common.v1 import common_pb2
from rongqiao.guarantee.v1 import events_pb2, guarantee_pb2_grpc
from rongqiao.guarantee.v1 import guarantee_pb2 as pb
from services.guarantee.domain.figures import FigureSource
from services.guarantee.domain.guarantee import Guarantee, GuaranteePage, Reservation
from services.guarantee.domain.guarantor import Guarantor, GuarantorList, Headroom, ProgrammeRoom
from services.guarantee.domain.programme import Programme, ProgrammeList
from services.guarantee.domain.quote import LimitRoom, Proposal, Quote, RuleBreach, ShareAmount, Structure
from services.guarantee.http.guarantees import router
from services.guarantee.rpc.guarantees import GuaranteesServicer
from tests.support.rpc import door_of, serving, token_of
from tests.support.services import Client, client_of
from tests.unit.guarantee.chain import HELAN, LENDING, MILLION, OPERATOR, reserve, wish

SHAPES: list[tuple[type, type[Message]]] = [
    (FigureSource, pb.FigureSource),
    (Guarantee, pb.Guarantee),
    (GuaranteePage, pb.GuaranteePage),
    (Guarantor, pb.Guarantor),
    (GuarantorList, pb.GuarantorList),
    (Headroom, pb.Headroom),
    (LimitRoom, pb.LimitRoom),
    (Programme, pb.Programme),
    (ProgrammeList, pb.ProgrammeList),
    (ProgrammeRoom, pb.ProgrammeRoom),
    (Proposal, pb.Proposal),
    (Quote, pb.Quote),
    (Reservation, pb.ReserveRequest),
    (RuleBreach, common_pb2.RuleBreach),
    (ShareAmount, pb.ShareAmount),
    (Structure, pb.Structure),
]


@pytest.mark.parametrize(("shape", "message"), SHAPES)
def test_a_message_has_the_fields_of_its_shape(shape: type, message: type[Message]) -> None:
    assert {field.name for field in fields(shape)} == set(message.DESCRIPTOR.fields_by_name)


def test_a_fact_holds_nothing_that_leads_to_the_firm() -> None:
    assert "party" not in events_pb2.GuaranteeChanged.DESCRIPTOR.fields_by_name


@pytest.fixture
def guarantee(database: Database) -> Guarantee:
    return reserve(database, wish())


def at(database: Database, role: Role, organisation: str) -> Client:
    return client_of(database, router, role, organisation)


def test_the_operator_registers_a_guarantor_and_everybody_finds_it_by_county(database: Database) -> None:
    body = dump(HELAN) | {"id": "org_new", "counties": ["640522"], "mainly_small": True}

    put = at(database, Role.OPERATOR, "platform").put("/v1/guarantors/org_new", body)
    found = at(database, Role.SME, "uscc:a").get("/v1/guarantors", county="640522")

    assert (put.status_code, put.json()) == (200, body)
    assert [one["id"] for one in found.json()["items"]] == ["org_new"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"net_assets_fen": -1}, "net_assets_fen"),
        ({"net_assets_fen": 0.5}, "/net_assets_fen"),
        ({"counties": ["640100"]}, "counties"),
        ({"counties": []}, "counties"),
        ({"assets": 1}, "/assets"),
        ({"id": "org_other"}, "/id"),
    ],
)
def test_a_wrong_guarantor_is_refused_by_its_field(
    database: Database, change: dict[str, Any], field: str
) -> None:
    answer = at(database, Role.OPERATOR, "platform").put("/v1/guarantors/org_helan", dump(HELAN) | change)

    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert answer.json()["mend"]


def test_programmes_are_open_to_all_who_sign_in(database: Database) -> None:
    found = at(database, Role.SME, "uscc:a").get("/v1/programmes").json()["items"]

    assert {one["id"]: one["fee_rate_ppm"] for one in found}["ordinary"] == 10_000


def test_a_quote_is_asked_without_a_key_for_it_changes_nothing(database: Database) -> None:
    body = dump(wish().proposal)

    answer = at(database, Role.SME, "uscc:a").post("/v1/quotes", body, key=None)

    feasible = [one["programme"] for one in answer.json()["structures"] if not one["breaches"]]
    assert (answer.status_code, feasible) == (200, ["batch", "batch", "ordinary", "ordinary"])


def test_the_guarantor_decides_over_http(database: Database, guarantee: Guarantee) -> None:
    manager = at(database, Role.GUARANTOR_MANAGER, HELAN.id)
    other = reserve(database, wish("app_2", party="uscc:b"))

    confirmed = manager.post(f"/v1/guarantees/{guarantee.id}/confirm")
    rejected = manager.post(f"/v1/guarantees/{other.id}/reject", {"reason": "反担保不足"})
    empty = manager.post(f"/v1/guarantees/{other.id}/reject", {"reason": " "})

    assert (confirmed.status_code, confirmed.json()["status"]) == (200, "CONFIRMED")
    assert (rejected.json()["status"], rejected.json()["note"]) == ("REJECTED", "反担保不足")
    assert (empty.status_code, empty.json()["field"]) == (422, "reason")


SEES = [
    (Role.GUARANTOR_OFFICER, HELAN.id, 200),
    (Role.GUARANTOR_MANAGER, "org_yinchuan", 404),
    (Role.BANK_OFFICER, "org_bank", 200),
    (Role.BANK_MANAGER, "org_other", 404),
    (Role.SME, "uscc:a", 200),
    (Role.SME, "uscc:b", 404),
    (Role.REGUARANTOR, "org_province", 200),
    (Role.REGULATOR, "org_regulator", 403),
    (Role.SERVICE_CENTRE, "org_centre", 403),
    (Role.OPERATOR, "platform", 403),
]


@pytest.mark.parametrize(("role", "organisation", "status"), SEES)
def test_a_guarantee_is_seen_by_its_own_sides(
    database: Database, guarantee: Guarantee, role: Role, organisation: str, status: int
) -> None:
    client = at(database, role, organisation)

    one = client.get(f"/v1/guarantees/{guarantee.id}")
    listed = client.get("/v1/guarantees")

    assert one.status_code == status
    if status == 403:
        assert listed.status_code == 403
    else:
        assert [found["id"] for found in listed.json()["items"]] == ([guarantee.id] if status == 200 else [])


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SERVICE])
def test_only_services_reserve_and_release(database: Database, guarantee: Guarantee, role: Role) -> None:
    client = at(database, role, "org_bank")

    reserved = client.post("/v1/guarantees", dump(wish("app_2")))
    released = client.post(f"/v1/guarantees/{guarantee.id}/release")

    assert (reserved.status_code, released.status_code) == (403, 403)


def test_a_guarantor_sees_its_own_headroom_alone(database: Database) -> None:
    own = at(database, Role.GUARANTOR_OFFICER, HELAN.id).get(f"/v1/guarantors/{HELAN.id}/headroom")
    others = at(database, Role.GUARANTOR_OFFICER, "org_yinchuan").get(f"/v1/guarantors/{HELAN.id}/headroom")
    bank = at(database, Role.BANK_OFFICER, "org_bank").get(f"/v1/guarantors/{HELAN.id}/headroom")

    assert (own.status_code, others.status_code, bank.status_code) == (200, 403, 403)
    assert own.json()["borrower_limit_fen"] == 10 * MILLION


def test_lists_come_in_pages_by_state(database: Database) -> None:
    for number in range(3):
        reserve(database, wish(f"app_{number}", party=f"uscc:{number}"))
    client = at(database, Role.REGUARANTOR, "org_province")

    first = client.get("/v1/guarantees", limit=2, status="RESERVED").json()
    second = client.get("/v1/guarantees", limit=2, status="RESERVED", cursor=first["next_cursor"]).json()

    assert [one["application_id"] for one in first["items"] + second["items"]] == ["app_2", "app_1", "app_0"]
    assert second["next_cursor"] is None
    assert client.get("/v1/guarantees", status="EFFECTIVE").json()["items"] == []


@pytest.fixture
def stub(database: Database) -> Iterator[guarantee_pb2_grpc.GuaranteesStub]:
    servicer = GuaranteesServicer(door_of(database))
    with serving(partial(guarantee_pb2_grpc.add_GuaranteesServicer_to_server, servicer)) as channel:
        yield guarantee_pb2_grpc.GuaranteesStub(channel)


def test_the_same_happens_over_grpc(stub: guarantee_pb2_grpc.GuaranteesStub) -> None:
    lending, operator = token_of(LENDING), token_of(OPERATOR)
    manager = token_of(Principal("acc_m", Role.GUARANTOR_MANAGER, HELAN.id))
    request = wire.to_message(pb.ReserveRequest, wish())

    reserved = rpc.invoke(stub.Reserve, request, token=lending, key="int_1")
    again = rpc.invoke(stub.Reserve, request, token=lending, key="int_1")
    confirmed = rpc.invoke(stub.Confirm, pb.GuaranteeId(guarantee_id=reserved.id), token=manager, key="k1")
    second = rpc.invoke(
        stub.Reserve,
        wire.to_message(pb.ReserveRequest, wish("app_2", party="uscc:b")),
        token=lending,
        key="int_2",
    )
    rejection = pb.RejectRequest(guarantee_id=second.id, reason="反担保不足")
    rejected = rpc.invoke(stub.Reject, rejection, token=manager, key="k2")
    released = rpc.invoke(stub.Release, pb.GuaranteeId(guarantee_id=reserved.id), token=lending, key="k3")
    listed = rpc.invoke(
        stub.ListGuarantees, pb.ListGuaranteesRequest(status=pb.GUARANTEE_STATUS_REJECTED), token=manager
    )
    read = rpc.invoke(stub.GetGuarantee, pb.GuaranteeId(guarantee_id=second.id), token=manager)
    put = rpc.invoke(stub.PutGuarantor, wire.to_message(pb.Guarantor, HELAN), token=operator, key="k4")
    found = rpc.invoke(stub.ListGuarantors, pb.ListGuarantorsRequest(county="640104"), token=manager)
    headroom = rpc.invoke(stub.GetHeadroom, pb.GuarantorId(guarantor_id=HELAN.id), token=manager)
    programmes = rpc.invoke(stub.ListProgrammes, pb.ListProgrammesRequest(), token=manager)
    quoted = rpc.invoke(stub.Quote, request.proposal, token=lending)

    assert again == reserved
    assert (confirmed.status, rejected.status, released.status) == (
        pb.GUARANTEE_STATUS_CONFIRMED,
        pb.GUARANTEE_STATUS_REJECTED,
        pb.GUARANTEE_STATUS_CANCELLED,
    )
    assert ([one.id for one in listed.items], read) == ([second.id], rejected)
    assert (put.id, [one.id for one in found.items]) == (HELAN.id, ["org_yinchuan"])
    assert (headroom.guarantor, len(programmes.items), len(quoted.structures)) == (HELAN.id, 9, 14)


def test_a_refusal_over_grpc_tells_the_rule_and_its_source(stub: guarantee_pb2_grpc.GuaranteesStub) -> None:
    request = wire.to_message(pb.ReserveRequest, wish(amount_fen=11 * MILLION))

    with pytest.raises(Conflict) as refused:
        rpc.invoke(stub.Reserve, request, token=token_of(LENDING), key="int_1")

    assert refused.value.field == "guarantee.ordinary.loan_limit_fen"
    assert "11,000,000.00 yuan, allowed: 10,000,000.00 yuan" in refused.value.detail
    assert refused.value.source is not None


def test_strangers_are_refused_over_grpc(
    stub: guarantee_pb2_grpc.GuaranteesStub, guarantee: Guarantee
) -> None:
    bank = token_of(Principal("acc_b", Role.BANK_MANAGER, "org_bank"))

    with pytest.raises(Forbidden):
        rpc.invoke(stub.Confirm, pb.GuaranteeId(guarantee_id=guarantee.id), token=bank, key="k1")
    with pytest.raises(Forbidden):
        rpc.invoke(stub.Release, pb.GuaranteeId(guarantee_id=guarantee.id), token=bank, key="k2")
