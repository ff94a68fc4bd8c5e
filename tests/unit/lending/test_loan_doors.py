"""The life of a loan through each door: attested, drawn in parts, planned anew, extended, classed, written off."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import grpc
import pytest

from libs.chassis.ids import new_id
from libs.chassis.principal import Principal
from libs.chassis.problems import Conflict
from libs.chassis.rpc import invoke
from rongqiao.credit.v1 import credit_pb2
from rongqiao.credit.v1 import events_pb2 as credit_events
from rongqiao.lending.v1 import lending_pb2 as pb
from rongqiao.lending.v1 import lending_pb2_grpc, loans_pb2_grpc
from rongqiao.lending.v1 import loans_pb2 as life
from services.lending.domain.application import Application
from services.lending.http import loans as door
from services.lending.operations import first_loans, loan_life
from services.lending.rpc.lending import LendingServicer
from services.lending.rpc.loans import LoansServicer
from tests.support.lending import DIMENSIONS
from tests.support.rpc import door_of, serving, token_of
from tests.support.services import Client, client_of
from tests.unit.lending.desk import BANK, MANAGER, OFFICER, OWNER, Desk, later

TODAY = "2026-11-22"


def ready(desk: Desk) -> Application:
    """Signed contracts, and a firm that lets the bank ask for its report."""
    told = credit_events.ConsentChanged(
        consent_id="con_1",
        purpose=credit_pb2.PURPOSE_CREDIT_DECISION,
        recipient=BANK,
        valid_until="2027-11-22",
        firm_key=DIMENSIONS.firm_key,
    )
    desk.database.transact(lambda tx: first_loans.follow_consent(tx, told))
    return desk.contracted(desk.opened())


def http_of(desk: Desk, by: Principal) -> Client:
    return client_of(desk.database, door.router, by.role, by.organisation, by.subject)


def test_a_loan_lives_over_http(desk: Desk) -> None:
    application = ready(desk)
    officer, manager, owner = (http_of(desk, by) for by in (OFFICER, MANAGER, OWNER))
    at = f"/v1/applications/{application.id}"

    report = {"report_on": TODAY, "report_number": "R-1", "history": "NONE", "consent_id": "con_1"}
    found = officer.post(f"{at}/first-loan", report)
    first = officer.post(
        f"{at}/disburse", {"disbursed_on": TODAY, "external_id": "L-1", "amount_fen": 50_000_000}
    )
    loan = f"/v1/loans/{first.json()['id']}"
    early = {
        "principal_fen": 10_000_000,
        "paid_on": TODAY,
        "external_id": "R-1",
        "replan": "LOWER_INSTALMENT",
    }
    steps = (
        officer.post(f"{at}/disburse", {"disbursed_on": TODAY, "external_id": "L-2"}),
        officer.post(f"{loan}/repayments", early),
        officer.post(f"{loan}/class", {"loan_class": "SPECIAL_MENTION", "classified_on": TODAY}),
        officer.post(f"{loan}/extend", {"months": 6, "asked_on": TODAY}),
    )
    with later(desk, 60):
        loan_life.review(desk.database)
        lost = manager.post(f"{loan}/write-off", {"written_off_on": "2027-01-21"})

    assert (found.status_code, found.json()["first"], first.json()["first_loan"]) == (201, True, "COUNTED")
    assert [answer.status_code for answer in steps] == [201, 201, 200, 200]
    assert (lost.status_code, lost.json()["status"], lost.json()["written_off_fen"]) == (
        200,
        "WRITTEN_OFF",
        40_000_000,
    )
    assert owner.get(loan).json() == lost.json()
    reasons = [plan["reason"] for plan in owner.get(f"{loan}/schedule").json()["earlier"]]
    assert reasons == ["EARLY_REPAYMENT", "DRAWDOWN"]
    assert owner.get(f"{loan}/repayments").json()["items"][0]["kind"] == "EARLY"
    assert len(owner.get("/v1/loans", application_id=application.id).json()["items"]) == 2
    assert [one["id"] for one in officer.get("/v1/loans", status="WRITTEN_OFF").json()["items"]] == [
        first.json()["id"]
    ]


@pytest.fixture
def channels(desk: Desk) -> Iterator[tuple[grpc.Channel, grpc.Channel]]:
    lending = LendingServicer(door_of(desk.database))
    loans = LoansServicer(door_of(desk.database))
    with (
        serving(partial(lending_pb2_grpc.add_LendingServicer_to_server, lending)) as one,
        serving(partial(loans_pb2_grpc.add_LoansServicer_to_server, loans)) as other,
    ):
        yield one, other


def test_and_over_grpc(desk: Desk, channels: tuple[grpc.Channel, grpc.Channel]) -> None:
    application = ready(desk)
    stubs = lending_pb2_grpc.LendingStub(channels[0]), loans_pb2_grpc.LoansStub(channels[1])

    def call(name: str, request: Any, by: Principal = OFFICER) -> Any:
        stub = next(stub for stub in stubs if hasattr(stub, name))
        return invoke(getattr(stub, name), request, token=token_of(by), key=new_id("key"))

    finding = call(
        "AttestFirstLoan",
        life.AttestFirstLoanRequest(
            application_id=application.id,
            report_on=TODAY,
            report_number="R-1",
            history=life.CREDIT_HISTORY_NONE,
            consent_id="con_1",
        ),
    )
    drawn = pb.DisburseRequest(
        application_id=application.id, disbursed_on=TODAY, external_id="L-1", amount_fen=50_000_000
    )
    loan = call("Disburse", drawn)
    payment = pb.RepayRequest(
        loan_id=loan.id,
        principal_fen=10_000_000,
        paid_on=TODAY,
        external_id="R-1",
        replan=pb.REPLAN_LOWER_INSTALMENT,
    )
    call("Repay", payment)
    call(
        "Classify",
        life.ClassifyRequest(loan_id=loan.id, loan_class=pb.LOAN_CLASS_DOUBTFUL, classified_on=TODAY),
    )
    extended = call("Extend", life.ExtendRequest(loan_id=loan.id, months=6, asked_on=TODAY))
    with later(desk, 60):
        loan_life.review(desk.database)
        lost = call("WriteOff", life.WriteOffRequest(loan_id=loan.id, written_off_on="2027-01-21"), MANAGER)

    assert (finding.first, loan.first_loan, loan.inclusive.nfra) == (True, pb.FIRST_LOAN_STATE_COUNTED, True)
    assert (extended.matures_on, extended.loan_class) == ("2028-05-22", pb.LOAN_CLASS_DOUBTFUL)
    assert (lost.status, lost.written_off_fen) == (pb.LOAN_STATUS_WRITTEN_OFF, 40_000_000)
    assert call("GetLoan", life.LoanId(loan_id=loan.id), OWNER) == lost
    schedule = call("GetSchedule", life.LoanId(loan_id=loan.id), OWNER)
    assert [sum(due.principal_fen for due in plan.dues) for plan in (schedule.plan, *schedule.earlier)] == [
        50_000_000
    ] * 3
    page = call("ListRepayments", life.ListRepaymentsRequest(loan_id=loan.id), OWNER)
    assert [one.kind for one in page.items] == [life.REPAYMENT_KIND_EARLY]
    with pytest.raises(Conflict):
        call("Repay", payment)
