"""Steps, checks, loans and filings over both doors: the same operations, the same answers."""

from collections.abc import Iterator
from functools import partial

import pytest

from libs.chassis import rpc, wire
from libs.chassis.codec import dump
from libs.chassis.database import Database
from libs.chassis.principal import Principal, Role
from rongqiao.guarantee.v1 import filings_pb2 as pb
from rongqiao.guarantee.v1 import filings_pb2_grpc
from rongqiao.guarantee.v1 import guarantee_pb2 as guarantee_pb
from services.guarantee.domain.compliance import Compliance, ComplianceItem
from services.guarantee.domain.procedure import Check, Step, StepRecord
from services.guarantee.http import filings as door
from services.guarantee.rpc.filings import FilingsServicer
from tests.support.rpc import door_of, serving, token_of
from tests.support.services import Client, client_of
from tests.unit.guarantee.chain import HELAN, MANAGER, TODAY, confirm, disburse, reserve, wish
from tests.unit.guarantee.life import OF_LAYER

OFFICER = Principal("acc_officer", Role.GUARANTOR_OFFICER, HELAN.id)
INTAKE = StepRecord(step=Step.INTAKE, taken_on=TODAY, summary="流动资金")
PASSED = Compliance(passed=True, checks=(Check(item="PURPOSE", done=True),))


@pytest.fixture
def stub(database: Database) -> Iterator[filings_pb2_grpc.FilingsStub]:
    servicer = FilingsServicer(door_of(database))
    with serving(partial(filings_pb2_grpc.add_FilingsServicer_to_server, servicer)) as channel:
        yield filings_pb2_grpc.FilingsStub(channel)


def at(database: Database, by: Principal) -> Client:
    return client_of(database, door.router, by.role, by.organisation, by.subject)


def test_a_loan_is_filed_and_extended_over_http(database: Database) -> None:
    guarantee = disburse(database, confirm(database, reserve(database, wish())))
    officer, manager = at(database, OFFICER), at(database, MANAGER)
    province = at(database, OF_LAYER["provincial"])
    filings = "/v1/filings/loan_of_app_1"

    submitted = officer.post(f"{filings}/submit")
    accepted = province.post(f"{filings}/provincial/accept", {"number": "宁再备1"})
    nameless = province.post(f"{filings}/provincial/accept", {"number": " "})
    later = {"due_on": "2028-05-22", "reason": "展期"}
    extended = manager.post(f"/v1/guarantees/{guarantee.id}/extend", later)
    loans = officer.get(f"/v1/guarantees/{guarantee.id}/drawdowns").json()["items"]

    assert [one["status"] for one in submitted.json()["items"]] == ["PENDING", "SUBMITTED"]
    assert (accepted.json()["status"], accepted.json()["number"]) == ("FILED", "宁再备1")
    assert (nameless.status_code, nameless.json()["field"]) == (422, "number")
    assert (extended.status_code, [one["due_on"] for one in loans]) == (200, ["2028-05-22"])
    assert [one["status"] for one in officer.get(filings).json()["items"]] == ["PENDING", "PENDING"]


def test_steps_are_recorded_and_read_over_http(database: Database) -> None:
    guarantee = reserve(database, wish())
    officer, steps = at(database, OFFICER), f"/v1/guarantees/{guarantee.id}/steps"

    recorded = officer.post(steps, dump(INTAKE))
    early = officer.post(steps, dump(INTAKE) | {"step": "COUNTER_GUARANTEE"})

    assert (recorded.status_code, recorded.json()["number"]) == (201, 1)
    assert (early.status_code, early.json()["field"]) == (422, "counter_guarantees")
    assert officer.get(steps).json()["items"] == [recorded.json()]


def test_the_same_happens_over_grpc(database: Database, stub: filings_pb2_grpc.FilingsStub) -> None:
    reserved = reserve(database, wish("app_1", party="uscc:a"))
    listed = disburse(database, reserve(database, wish("app_2", party="uscc:b", programme="batch")))
    second = disburse(database, reserve(database, wish("app_3", party="uscc:c", programme="batch")))
    officer, manager, province, fund = map(token_of, (OFFICER, MANAGER, *OF_LAYER.values()))
    step = wire.from_plain(pb.RecordStepRequest, dump(INTAKE) | {"guarantee_id": reserved.id})
    check = wire.to_message(pb.ComplianceItem, ComplianceItem(guarantee_id=listed.id, check=PASSED))
    other = wire.to_message(pb.ComplianceItem, ComplianceItem(guarantee_id=second.id, check=PASSED))
    loan, number = "loan_of_app_2", {"loan_id": "loan_of_app_2", "layer": "provincial"}

    entry = rpc.invoke(stub.RecordStep, step, token=officer, key="k1")
    trail = rpc.invoke(stub.ListSteps, guarantee_pb.GuaranteeId(guarantee_id=reserved.id), token=officer)
    covered = rpc.invoke(stub.CheckCompliance, check, token=officer, key="k2")
    many = rpc.invoke(stub.CheckMany, pb.ComplianceList(items=[other]), token=officer, key="k3")
    before = rpc.invoke(stub.ListFilings, pb.ListFilingsRequest(limit=1), token=province)
    accepted = rpc.invoke(
        stub.AcceptFiling, pb.AcceptFilingRequest(**number, number="1"), token=province, key="k4"
    )
    no = pb.RejectFilingRequest(loan_id=loan, layer="national", reason="资料不全")
    sent_back = rpc.invoke(stub.RejectFiling, no, token=fund, key="k5")
    mended = rpc.invoke(stub.SubmitFiling, pb.LoanId(loan_id=loan), token=officer, key="k6")
    later = pb.ExtendRequest(guarantee_id=listed.id, due_on="2028-05-22", reason="展期")
    extended = rpc.invoke(stub.ExtendLoan, later, token=manager, key="k7")
    found = rpc.invoke(stub.GetFilings, pb.LoanId(loan_id=loan), token=officer)
    loans = rpc.invoke(stub.ListDrawdowns, guarantee_pb.GuaranteeId(guarantee_id=listed.id), token=officer)

    assert [item.number for item in trail.items] == [entry.number] == [1]
    assert (covered.status, [one.ok for one in many.items]) == (
        guarantee_pb.GUARANTEE_STATUS_EFFECTIVE,
        [True],
    )
    assert [one.loan_id for one in before.items] == ["loan_of_app_3"]
    assert (accepted.status, sent_back.status) == (pb.FILING_STATUS_FILED, pb.FILING_STATUS_REJECTED)
    assert {one.layer: one.status for one in mended.items} == {
        "provincial": pb.FILING_STATUS_FILED,
        "national": pb.FILING_STATUS_SUBMITTED,
    }
    assert (extended.id, {one.status for one in found.items}) == (listed.id, {pb.FILING_STATUS_PENDING})
    assert [one.due_on for one in loans.items] == ["2028-05-22"]
