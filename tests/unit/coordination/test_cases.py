from functools import partial

import pytest

from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Forbidden
from libs.chassis.rpc import invoke
from rongqiao.coordination.v1 import coordination_pb2 as pb
from rongqiao.coordination.v1 import coordination_pb2_grpc
from rongqiao.coordination.v1 import events_pb2 as events
from rongqiao.lending.v1 import lending_pb2 as lending
from services.coordination.rpc import CoordinationServicer
from tests.support.rpc import door_of, serving, token_of
from tests.support.services import emitted
from tests.unit.coordination.conftest import NEED, PARTY, Desk


def test_a_need_without_a_plan_becomes_a_case_with_the_reasons(desk: Desk) -> None:
    desk.matching.plans = ()

    request = desk.client().post("/v1/requests", NEED).json()

    assert request["status"] == "REFUSED"
    [case] = desk.centre("64").get("/v1/cases").json()["items"]
    assert (case["cause"], case["county"]) == ("no_plan", "640104")
    assert case["reason_codes"] == ["years_in_business", "tax_grade"]


def test_a_firm_that_matching_does_not_know_is_told_what_to_do(desk: Desk) -> None:
    desk.matching.unknown = True

    request = desk.client().post("/v1/requests", NEED).json()

    assert request["status"] == "REFUSED"
    assert request["note"] == "There is no file of this firm. Register the firm first."
    [case] = desk.centre("640104").get("/v1/cases").json()["items"]
    assert (case["cause"], case["reason_codes"]) == ("not_matched", ["not-found"])


def test_a_centre_sees_the_cases_and_requests_of_its_own_territory(desk: Desk) -> None:
    desk.matching.plans = ()
    request = desk.client().post("/v1/requests", NEED).json()
    [case] = desk.centre("6401").get("/v1/cases").json()["items"]
    elsewhere = desk.centre("6402")

    assert desk.centre("6401").get(f"/v1/requests/{request['id']}").status_code == 200
    assert elsewhere.get("/v1/cases").json()["items"] == []
    assert elsewhere.get(f"/v1/requests/{request['id']}").status_code == 404
    assert elsewhere.post(f"/v1/cases/{case['id']}/close", {"resolution": "已辅导"}).status_code == 404
    assert desk.client().get("/v1/cases").status_code == 403


def test_a_case_is_closed_once_with_a_resolution(desk: Desk) -> None:
    desk.matching.plans = ()
    desk.client().post("/v1/requests", NEED)
    centre = desk.centre("6401")
    [case] = centre.get("/v1/cases", status="OPEN").json()["items"]

    silent = centre.post(f"/v1/cases/{case['id']}/close", {"resolution": " "})
    closed = centre.post(f"/v1/cases/{case['id']}/close", {"resolution": "已对接担保机构，补齐纳税资料"})
    again = centre.post(f"/v1/cases/{case['id']}/close", {"resolution": "再次关闭"})

    assert (silent.status_code, silent.json()["field"]) == (422, "resolution")
    assert (closed.json()["status"], closed.json()["resolution"]) == (
        "CLOSED",
        "已对接担保机构，补齐纳税资料",
    )
    assert again.status_code == 422
    assert centre.get("/v1/cases", status="OPEN").json()["items"] == []


def test_grpc_does_the_same(desk: Desk) -> None:
    firm = token_of(Principal("acc_1", Role.SME, PARTY, "640104"))
    centre = token_of(Principal("acc_2", Role.SERVICE_CENTRE, "org_centre", "6401"))
    servicer = CoordinationServicer(door_of(desk.database), desk.desk)
    with serving(partial(coordination_pb2_grpc.add_CoordinationServicer_to_server, servicer)) as channel:
        stub = coordination_pb2_grpc.CoordinationStub(channel)
        need = pb.AskRequest(party=PARTY, amount_fen=300_000_000, term_months=12)
        asked = invoke(stub.Ask, need, token=firm, key="ask")
        choice = pb.ReferRequest(request_id=asked.id, plan=1)
        referred = invoke(stub.Refer, choice, token=firm, key="refer")
        withdrawn = invoke(
            stub.WithdrawRequest, pb.RequestId(request_id=asked.id), token=firm, key="withdraw"
        )
        desk.matching.plans = ()
        invoke(stub.Ask, need, token=firm, key="ask again")
        cases = invoke(stub.ListCases, pb.ListCasesRequest(status=pb.CASE_STATUS_OPEN), token=centre)
        close = pb.CloseCaseRequest(case_id=cases.items[0].id, resolution="已辅导")

        assert len(asked.match.plans) == 2
        assert referred.referrals[0].application_id == "app_prd_spring"
        assert withdrawn.status == pb.REQUEST_STATUS_WITHDRAWN
        found = invoke(stub.GetRequest, pb.RequestId(request_id=asked.id), token=firm)
        assert found.match == asked.match
        listed = invoke(
            stub.ListRequests, pb.ListRequestsRequest(status=pb.REQUEST_STATUS_REFUSED), token=firm
        )
        assert [one.id for one in listed.items] == [cases.items[0].request_id]
        assert invoke(stub.CloseCase, close, token=centre, key="close").status == pb.CASE_STATUS_CLOSED
        with pytest.raises(Forbidden):
            invoke(stub.ListCases, pb.ListCasesRequest(), token=firm)


def test_a_case_says_what_its_reasons_mean_and_what_to_do_next(desk: Desk) -> None:
    request = desk.client().post("/v1/requests", NEED).json()
    desk.client().post(f"/v1/requests/{request['id']}/referrals", {"plan": 1})
    desk.bank_says(request, "prd_spring", lending.APPLICATION_STATUS_DECLINED, "TAX_GRADE", "own_code")

    [case] = desk.centre("6401").get("/v1/cases").json()["items"]

    [advice] = case["advice"]
    assert (advice["code"], advice["zh"], advice["firm_can_mend"]) == ("TAX_GRADE", "纳税信用级别不够", True)
    assert "复评" in advice["next_zh"]


def test_the_fact_of_a_refused_need_is_enough_to_act_on(desk: Desk) -> None:
    request = desk.client().post("/v1/requests", NEED).json()
    desk.client().post(f"/v1/requests/{request['id']}/referrals", {"plan": 1})
    desk.bank_says(request, "prd_spring", lending.APPLICATION_STATUS_DECLINED, "TAX_GRADE")

    told = emitted(desk.database)[-1].decode(events.RequestChanged)

    assert told.status == pb.REQUEST_STATUS_REFUSED
    assert (told.county, told.cause, list(told.reason_codes)) == ("640104", "all_declined", ["TAX_GRADE"])
