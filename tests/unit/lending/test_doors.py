"""A whole life through each door: product, application, loan, repayment."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import grpc
import pytest
from fastapi import APIRouter
from google.protobuf.message import Message

from libs.chassis.ids import new_id
from libs.chassis.principal import Principal
from libs.chassis.problems import Invalid, NotFound
from libs.chassis.rpc import invoke
from rongqiao.lending.v1 import lending_pb2 as pb
from rongqiao.lending.v1 import lending_pb2_grpc
from services.lending.http import routers
from services.lending.rpc.lending import LendingServicer
from tests.support.rpc import door_of, serving, token_of
from tests.support.services import Client, client_of
from tests.unit.lending.desk import COORDINATION, MANAGER, OFFICER, OWNER, Desk

TERMS = {
    "name": "首户贷",
    "kind": "WORKING_CAPITAL",
    "amount_min_fen": 10_000_000,
    "amount_max_fen": 300_000_000,
    "term_min_months": 6,
    "term_max_months": 24,
    "decision_days": 5,
    "rate": {"base": "LPR_1Y", "min_ppm": 4_000, "max_ppm": 14_000},
    "repayment_methods": ["BULLET"],
    "guarantee_modes": ["UNSECURED"],
}
APPLICATION = {
    "request_id": "req_1",
    "product_version": 1,
    "party": OWNER.organisation,
    "amount_fen": 80_000_000,
    "term_months": 12,
    "repayment_method": "BULLET",
    "dimensions": {"county": "640104", "owner_kind": "ENTERPRISE", "firm_key": "abc"},
}
WHOLE_LIFE = [
    "SUBMITTED",
    "ACCEPTED",
    "INFORMATION_ASKED",
    "ACCEPTED",
    "APPROVED",
    "OFFER_ACCEPTED",
    "CONTRACTED",
    "DISBURSED",
]


def _all_routes() -> APIRouter:
    router = APIRouter()
    for part in routers:
        router.include_router(part)
    return router


ROUTER = _all_routes()


def http_of(desk: Desk, by: Principal) -> Client:
    return client_of(desk.database, ROUTER, by.role, by.organisation, by.subject)


def test_a_loan_comes_about_over_http(desk: Desk) -> None:
    officer, manager, owner, coordination = (
        http_of(desk, by) for by in (OFFICER, MANAGER, OWNER, COORDINATION)
    )

    product = officer.post("/v1/products", {"external_id": "P-1", "terms": TERMS})
    published = manager.post(f"/v1/products/{product.json()['id']}/publish")
    opened = coordination.post("/v1/applications", APPLICATION | {"product_id": product.json()["id"]})
    application = opened.json()["id"]
    at = f"/v1/applications/{application}"
    steps = (
        officer.post(f"{at}/accept"),
        officer.post(f"{at}/ask-information", {"question": "去年的纳税申报表？"}),
        owner.post(f"{at}/answer", {"answer": "已交到柜台。"}),
        officer.post(f"{at}/approve", {"amount_fen": 80_000_000, "rate_ppm": 43_500, "term_months": 12}),
        owner.post(f"{at}/accept-offer"),
        officer.post(f"{at}/contracts", {"loan_contract": "C-1", "signed_on": "2026-11-22"}),
    )
    told = {"disbursed_on": "2026-11-22", "external_id": "L-1"}
    loan = officer.post(f"{at}/disburse", told)
    repayment = {"principal_fen": 5_000_000, "paid_on": "2026-11-22", "external_id": "R-1"}
    repaid = officer.post(f"/v1/loans/{loan.json()['id']}/repayments", repayment)

    codes = [answer.status_code for answer in (product, published, opened, *steps, loan, repaid)]
    assert codes == [201, 200, 201, *[200] * len(steps), 201, 201]
    assert repaid.json()["outstanding_fen"] == 75_000_000
    assert owner.get("/v1/loans").json()["items"] == [repaid.json()]
    assert [step["status"] for step in owner.get(at).json()["timeline"]] == WHOLE_LIFE


def application(product_id: str) -> pb.OpenApplicationRequest:
    return pb.OpenApplicationRequest(
        request_id="req_1",
        product_id=product_id,
        product_version=1,
        party=OWNER.organisation,
        amount_fen=80_000_000,
        term_months=12,
        repayment_method=pb.REPAYMENT_METHOD_BULLET,
        dimensions={"county": "640104", "owner_kind": "OWNER_KIND_ENTERPRISE", "firm_key": "abc"},  # type: ignore[arg-type]
    )


def call(channel: grpc.Channel, name: str, by: Principal, request: Message, key: str | None = "") -> Any:
    method = getattr(lending_pb2_grpc.LendingStub(channel), name)
    return invoke(method, request, token=token_of(by), key=new_id("key") if key == "" else key)


@pytest.fixture
def channel(desk: Desk) -> Iterator[grpc.Channel]:
    servicer = LendingServicer(door_of(desk.database))
    with serving(partial(lending_pb2_grpc.add_LendingServicer_to_server, servicer)) as channel:
        yield channel


def registered(channel: grpc.Channel) -> pb.Product:
    terms = pb.ProductTerms(
        name="首户贷",
        kind=pb.PRODUCT_KIND_WORKING_CAPITAL,
        amount_min_fen=10_000_000,
        amount_max_fen=300_000_000,
        term_min_months=6,
        term_max_months=24,
        decision_days=5,
        rate=pb.Rate(base=pb.RATE_BASE_LPR_1Y, min_ppm=4_000, max_ppm=14_000),
        repayment_methods=[pb.REPAYMENT_METHOD_BULLET],
        guarantee_modes=[pb.GUARANTEE_MODE_UNSECURED],
    )
    return call(
        channel, "RegisterProduct", OFFICER, pb.RegisterProductRequest(external_id="P-1", terms=terms)
    )


def test_a_loan_comes_about_over_grpc(channel: grpc.Channel) -> None:
    product = registered(channel)
    call(channel, "PublishProduct", MANAGER, pb.ProductId(product_id=product.id))
    opened = call(channel, "OpenApplication", COORDINATION, application(product.id))
    it = {"application_id": opened.id}
    call(channel, "AcceptApplication", OFFICER, pb.ApplicationId(**it))
    call(channel, "AskInformation", OFFICER, pb.AskInformationRequest(**it, question="去年的纳税申报表？"))
    call(channel, "AnswerQuestion", OWNER, pb.AnswerRequest(**it, answer="已交到柜台。"))
    approval = pb.ApproveRequest(**it, amount_fen=80_000_000, rate_ppm=43_500, term_months=12)
    call(channel, "Approve", OFFICER, approval)
    call(channel, "AcceptOffer", OWNER, pb.ApplicationId(**it))
    papers = pb.SignContractsRequest(**it, loan_contract="C-1", signed_on="2026-11-22")
    call(channel, "SignContracts", OFFICER, papers)
    told = pb.DisburseRequest(application_id=opened.id, disbursed_on="2026-11-22", external_id="L-1")
    loan = call(channel, "Disburse", OFFICER, told)
    repayment = pb.RepayRequest(
        loan_id=loan.id, principal_fen=5_000_000, paid_on="2026-11-22", external_id="R-1"
    )
    repaid = call(channel, "Repay", OFFICER, repayment)

    assert repaid.outstanding_fen == 75_000_000
    listed = call(channel, "ListLoans", OWNER, pb.ListLoansRequest(application_id=opened.id))
    assert list(listed.items) == [repaid]
    seen = call(channel, "GetApplication", OWNER, pb.ApplicationId(application_id=opened.id))
    reached = [pb.ApplicationStatus.Name(step.status) for step in seen.timeline]
    assert reached == [f"APPLICATION_STATUS_{status}" for status in WHOLE_LIFE]
    reasons = call(channel, "ListDeclineReasons", OFFICER, pb.ListDeclineReasonsRequest())
    assert "QUOTA_USED_UP" in {reason.code for reason in reasons.items}


def test_lists_take_their_filters_over_grpc(channel: grpc.Channel) -> None:
    product = registered(channel)

    drafts = call(
        channel, "ListProducts", OFFICER, pb.ListProductsRequest(status=pb.PRODUCT_STATUS_DRAFT, limit=1)
    )
    unset = call(
        channel, "ListProducts", OFFICER, pb.ListProductsRequest(status=pb.PRODUCT_STATUS_UNSPECIFIED)
    )

    assert [item.id for item in drafts.items] == [item.id for item in unset.items] == [product.id]
    with pytest.raises(Invalid):
        call(channel, "ListProducts", OFFICER, pb.ListProductsRequest(status=99))  # type: ignore[arg-type]
    assert not call(channel, "ListApplications", OFFICER, pb.ListApplicationsRequest()).items


def test_an_import_declines_and_withdrawals_go_over_grpc(channel: grpc.Channel) -> None:
    product = registered(channel)
    call(channel, "PublishProduct", MANAGER, pb.ProductId(product_id=product.id))
    first, second = (
        call(channel, "OpenApplication", COORDINATION, application(product.id)) for _ in range(2)
    )

    declined = call(
        channel, "Decline", OFFICER, pb.DeclineRequest(application_id=first.id, reason_codes=["FIRM_AGE"])
    )
    withdrawn = call(channel, "Withdraw", OWNER, pb.ApplicationId(application_id=second.id))
    gone = call(channel, "WithdrawProduct", MANAGER, pb.ProductId(product_id=product.id))

    assert declined.status == pb.APPLICATION_STATUS_DECLINED
    assert withdrawn.status == pb.APPLICATION_STATUS_WITHDRAWN
    assert gone.status == pb.PRODUCT_STATUS_WITHDRAWN
    with pytest.raises(Invalid):
        call(channel, "ImportProducts", OFFICER, pb.ImportProductsRequest(csv="colour\nred"))
    with pytest.raises(NotFound):
        call(channel, "GetProduct", OWNER, pb.ProductId(product_id=product.id))


def test_a_repeated_report_over_http_is_told_as_a_replay(desk: Desk) -> None:
    officer = http_of(desk, OFFICER)
    body = {"external_id": "P-1", "terms": TERMS}

    first, again = (officer.post("/v1/products", body, key="key-1") for _ in range(2))
    other = officer.post("/v1/products", body | {"external_id": "P-2"}, key="key-1")

    assert first.json() == again.json()
    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
    assert again.headers["Idempotency-Replayed"] == "true"
