"""The life of a pledge and of a return through each door."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from typing import Any

import grpc
import pytest
from fastapi import APIRouter
from google.protobuf.message import Message

from libs.chassis.codec import dump
from libs.chassis.ids import new_id
from libs.chassis.principal import Principal
from libs.chassis.problems import Conflict, Forbidden, Invalid
from libs.chassis.rpc import invoke
from rongqiao.lending.v1 import pledges_pb2 as pb
from rongqiao.lending.v1 import pledges_pb2_grpc, returns_pb2, returns_pb2_grpc
from services.lending.http import pledges, returns
from services.lending.rpc.pledges import PledgesServicer
from services.lending.rpc.returns import ReturnsServicer
from tests.support.lending import FIRM
from tests.support.rpc import door_of, serving, token_of
from tests.support.services import Client, client_of
from tests.unit.lending.desk import MANAGER, OFFICER, OWNER, THEIR_MANAGER, Desk
from tests.unit.lending.pledging import Lender
from tests.unit.lending.returning import Returner, new_return

ROUTER = APIRouter()
for part in (pledges.router, returns.router):
    ROUTER.include_router(part)


def http_of(desk: Desk, by: Principal) -> Client:
    return client_of(desk.database, ROUTER, by.role, by.organisation, by.subject)


def new_pledge(application_id: str) -> dict[str, Any]:
    return {
        "application_id": application_id,
        "kind": "INVENTION",
        "number": "ZL201510102030.4",
        "owner": FIRM,
        "ip": {"runs_from": "2015-03-10", "fee_paid_until": "2027-03-10"},
        "valuation": {
            "amount_fen": 600_000_000,
            "valued_on": "2026-10-08",
            "method": "INCOME",
            "valuer": "某资产评估公司",
        },
    }


def test_a_pledge_lives_over_http(light_desk: Desk) -> None:
    officer, owner, theirs = (http_of(light_desk, by) for by in (OFFICER, OWNER, THEIR_MANAGER))
    application = Lender(light_desk).opened()

    proposed = officer.post("/v1/pledges", new_pledge(application.id))
    again = officer.post("/v1/pledges", new_pledge(application.id))
    here = f"/v1/pledges/{proposed.json()['id']}"
    signed = officer.post(f"{here}/sign", {"number": "Z-1", "signed_on": "2026-11-22"})
    registered = officer.post(f"{here}/register", {"number": "Y-1", "registered_on": "2026-11-22"})
    kept_up = officer.post(f"{here}/upkeep", {"fee_paid_until": "2028-03-10"})
    released = officer.post(f"{here}/release", {"reason": "LOAN_SETTLED"})

    answers = (proposed, again, signed, registered, kept_up, released)
    assert [answer.status_code for answer in answers] == [201, 409, 200, 200, 200, 200]
    assert [answer.json()["status"] for answer in answers if answer is not again] == [
        "PROPOSED",
        "CONTRACTED",
        "REGISTERED",
        "REGISTERED",
        "RELEASED",
    ]
    assert owner.get(here).json() == released.json()
    assert owner.get("/v1/pledges", status="RELEASED").json()["items"] == [released.json()]
    assert theirs.get(here).status_code == 403
    assert theirs.get("/v1/pledges").json()["items"] == []


def test_what_stands_against_a_pledge_is_told_with_field_mend_and_source(light_desk: Desk) -> None:
    application = Lender(light_desk).opened()
    old = new_pledge(application.id) | {"ip": {"runs_from": "2008-01-01", "fee_paid_until": "2026-01-01"}}

    refused = http_of(light_desk, OFFICER).post("/v1/pledges", old)

    problem = refused.json()
    assert (refused.status_code, problem["field"]) == (422, "ip/fee_paid_until")
    assert "outlasts" in problem["detail"]
    assert "announcement 461" in problem["source"]
    assert problem["mend"]


@pytest.fixture
def call(light_desk: Desk) -> Iterator[Callable[..., Any]]:
    """Calls a method of either service by its name, as one account."""
    door = door_of(light_desk.database)
    parts = (
        (pledges_pb2_grpc.add_PledgesServicer_to_server, PledgesServicer(door), pledges_pb2_grpc.PledgesStub),
        (returns_pb2_grpc.add_ReturnsServicer_to_server, ReturnsServicer(door), returns_pb2_grpc.ReturnsStub),
    )
    with ExitStack() as open_channels:
        stubs: list[Any] = [
            stub(open_channels.enter_context(serving(partial(add, servicer))))
            for add, servicer, stub in parts
        ]

        def asked(name: str, by: Principal, request: Message) -> Any:
            method: grpc.UnaryUnaryMultiCallable = next(
                getattr(stub, name) for stub in stubs if hasattr(stub, name)
            )
            return invoke(method, request, token=token_of(by), key=new_id("key"))

        yield asked


def proposal(application_id: str) -> pb.ProposePledgeRequest:
    return pb.ProposePledgeRequest(
        application_id=application_id,
        kind=pb.RIGHT_KIND_INVENTION,
        number="ZL201510102030.4",
        owner=FIRM,
        ip=pb.IpTerms(runs_from="2015-03-10", fee_paid_until="2027-03-10"),
        valuation=pb.Valuation(
            amount_fen=600_000_000,
            valued_on="2026-10-08",
            method=pb.VALUATION_METHOD_INCOME,
            valuer="某资产评估公司",
        ),
    )


def test_a_pledge_lives_over_grpc(light_desk: Desk, call: Callable[..., Any]) -> None:
    application = Lender(light_desk).opened()

    pledge = call("ProposePledge", OFFICER, proposal(application.id))
    with pytest.raises(Conflict):
        call("ProposePledge", OFFICER, proposal(application.id))
    call("SignPledge", OFFICER, pb.SignPledgeRequest(pledge_id=pledge.id, number="Z", signed_on="2026-11-22"))
    registration = pb.RegisterPledgeRequest(pledge_id=pledge.id, number="Y-1", registered_on="2026-11-22")
    registered = call("RegisterPledge", OFFICER, registration)
    told = pb.KeepUpPledgeRequest(pledge_id=pledge.id, fee_paid_until="2028-03-10")
    kept_up = call("KeepUpPledge", OFFICER, told)
    ending = pb.EndPledgeRequest(pledge_id=pledge.id, reason="LOAN_SETTLED")
    with pytest.raises(Invalid):
        call("RefusePledge", OFFICER, ending)
    released = call("ReleasePledge", OFFICER, ending)

    assert (pledge.rank, pledge.lendable_fen) == (1, 180_000_000)
    assert (registered.status, kept_up.ip.fee_paid_until) == (pb.PLEDGE_STATUS_REGISTERED, "2028-03-10")
    assert call("GetPledge", OWNER, pb.PledgeId(pledge_id=pledge.id)) == released
    asked = pb.ListPledgesRequest(application_id=application.id, status=pb.PLEDGE_STATUS_RELEASED)
    assert list(call("ListPledges", OWNER, asked).items) == [released]
    with pytest.raises(Forbidden):
        call("GetPledge", THEIR_MANAGER, pb.PledgeId(pledge_id=pledge.id))


def test_a_return_is_loaded_and_accepted_over_http(light_desk: Desk) -> None:
    officer, manager, theirs = (http_of(light_desk, by) for by in (OFFICER, MANAGER, THEIR_MANAGER))

    report = officer.post("/v1/returns", dump(new_return(households=5)))
    here = f"/v1/returns/{report.json()['loaded']['id']}"
    blocked = manager.post(f"{here}/accept")
    differences = officer.get(f"{here}/differences").json()["items"]
    words = officer.post(f"{here}/differences/1/explain", {"explanation": "四舍五入"})
    rejected = manager.post(f"{here}/reject", {"reason": "WRONG_FIGURE"})
    mended = officer.post("/v1/returns", dump(new_return())).json()["loaded"]
    accepted = manager.post(f"/v1/returns/{mended['id']}/accept")

    assert (report.status_code, report.json()["blocking"]) == (200, 1)
    assert (blocked.status_code, words.status_code, rejected.status_code) == (422, 422, 200)
    assert [one["place"] for one in differences] == ["figures/households"]
    assert (accepted.status_code, accepted.json()["status"], accepted.json()["version"]) == (
        200,
        "ACCEPTED",
        2,
    )
    assert officer.get(f"/v1/returns/{mended['id']}/assessment").json()["passed"] is None
    assert officer.get(here).json()["reason"] == "WRONG_FIGURE"
    assert theirs.get(here).status_code == 403
    assert theirs.get("/v1/returns").json()["items"] == []


def test_a_return_is_judged_over_grpc(light_desk: Desk, call: Callable[..., Any]) -> None:
    bank = Returner(light_desk)
    first, second = (returns_pb2.ReturnId(return_id=bank.loaded().id) for _ in range(2))

    accepted = call("AcceptReturn", MANAGER, second)
    with pytest.raises(Invalid):
        call("RejectReturn", MANAGER, returns_pb2.RejectReturnRequest(return_id=first.return_id, reason="NO"))
    explanation = returns_pb2.ExplainDifferenceRequest(return_id=second.return_id, number=1, explanation="?")
    with pytest.raises(Conflict):
        call("ExplainDifference", OFFICER, explanation)

    assert accepted.status == returns_pb2.RETURN_STATUS_ACCEPTED
    assert call("GetReturn", OFFICER, second) == accepted
    asked = returns_pb2.ListReturnsRequest(status=returns_pb2.RETURN_STATUS_ACCEPTED)
    assert list(call("ListReturns", OFFICER, asked).items) == [accepted]
    none = returns_pb2.ListDifferencesRequest(return_id=second.return_id)
    assert not call("ListDifferences", OFFICER, none).items
    assert not call("AssessReturn", OFFICER, second).HasField("passed")
    with pytest.raises(Forbidden):
        call("GetReturn", THEIR_MANAGER, second)
