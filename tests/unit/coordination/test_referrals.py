from typing import Any

from libs.chassis.intents import open_intents
from rongqiao.lending.v1 import lending_pb2 as lending
from services.coordination import operations
from tests.unit.coordination.conftest import DIMENSIONS, NEED, PARTY, Desk


def asked(desk: Desk) -> dict[str, Any]:
    return desk.client().post("/v1/requests", NEED).json()


def referred(desk: Desk, request: dict[str, Any], plan: int) -> dict[str, Any]:
    return desk.client().post(f"/v1/requests/{request['id']}/referrals", {"plan": plan}).json()


def now(desk: Desk, request: dict[str, Any]) -> dict[str, Any]:
    return desk.client().get(f"/v1/requests/{request['id']}").json()


def test_a_chosen_plan_becomes_an_application(desk: Desk) -> None:
    request = referred(desk, asked(desk), 1)

    [referral] = request["referrals"]
    assert request["status"] == "REFERRED"
    assert (referral["status"], referral["application_id"]) == ("SUBMITTED", "app_prd_spring")


def test_the_application_carries_guarantee_pledge_and_dimensions_of_the_plan(desk: Desk) -> None:
    referred(desk, asked(desk), 2)

    [(key, sent)] = desk.lending.opened.items()
    assert key.startswith("int_")
    assert (sent.party, sent.product_id, sent.product_version) == (PARTY, "prd_ridge", 1)
    assert (sent.programme, sent.guarantor) == ("ordinary", "org_yinchuan_guarantee")
    assert list(sent.ip_rights) == ["ZL201910000001.1"]
    assert sent.repayment_method == lending.REPAYMENT_METHOD_INTEREST_FIRST
    assert sent.dimensions == DIMENSIONS


def test_two_banks_may_be_asked_side_by_side_but_not_twice_the_same(desk: Desk) -> None:
    request = asked(desk)
    referred(desk, request, 1)
    both = referred(desk, request, 2)
    again = desk.client().post(f"/v1/requests/{request['id']}/referrals", {"plan": 1})

    assert [one["status"] for one in both["referrals"]] == ["SUBMITTED", "SUBMITTED"]
    assert (again.status_code, again.json()["field"]) == (422, "plan")


def test_a_plan_that_is_not_there_names_those_that_are(desk: Desk) -> None:
    answer = desk.client().post(f"/v1/requests/{asked(desk)['id']}/referrals", {"plan": 9})

    assert (answer.status_code, answer.json()["field"]) == (422, "plan")
    assert "1, 2" in answer.json()["mend"]


def test_a_drawdown_funds_the_request_and_calls_the_other_banks_off(desk: Desk) -> None:
    request = asked(desk)
    for plan in (1, 2):
        referred(desk, request, plan)

    desk.bank_says(request, "prd_spring", lending.APPLICATION_STATUS_APPROVED)
    desk.bank_says(request, "prd_spring", lending.APPLICATION_STATUS_DISBURSED)
    desk.run_jobs()

    after = now(desk, request)
    assert after["status"] == "FUNDED"
    assert desk.lending.withdrawn == []  # lending itself closes what was asked of the others
    desk.bank_says(request, "prd_ridge", lending.APPLICATION_STATUS_CLOSED)
    assert [one["status"] for one in now(desk, request)["referrals"]] == ["DISBURSED", "CLOSED"]
    assert desk.client().post(f"/v1/requests/{request['id']}/referrals", {"plan": 2}).status_code == 422


def test_when_all_banks_decline_the_need_is_refused_and_becomes_a_case(desk: Desk) -> None:
    request = asked(desk)
    for plan in (1, 2):
        referred(desk, request, plan)

    desk.bank_says(request, "prd_spring", lending.APPLICATION_STATUS_DECLINED, "leverage", "cash_flow")
    one_left = now(desk, request)
    desk.bank_says(request, "prd_ridge", lending.APPLICATION_STATUS_DECLINED, "leverage", "tax_grade")

    assert (one_left["status"], now(desk, request)["status"]) == ("REFERRED", "REFUSED")
    [case] = desk.centre("6401").get("/v1/cases").json()["items"]
    assert (case["cause"], case["request_id"]) == ("all_declined", request["id"])
    assert case["reason_codes"] == ["leverage", "cash_flow", "tax_grade"]


def test_after_a_refusal_another_plan_may_be_tried(desk: Desk) -> None:
    request = asked(desk)
    referred(desk, request, 1)
    desk.bank_says(request, "prd_spring", lending.APPLICATION_STATUS_DECLINED, "leverage")

    after = referred(desk, request, 2)

    assert after["status"] == "REFERRED"


def test_an_application_that_lending_refuses_to_open_is_noted(desk: Desk) -> None:
    desk.lending.refuses = True

    request = referred(desk, asked(desk), 1)

    [referral] = request["referrals"]
    assert (request["status"], referral["status"]) == ("REFUSED", "DECLINED")
    assert referral["reason_codes"] == ["not_opened"]
    assert "off the market" in referral["note"]


def test_an_event_that_overtakes_the_answer_finds_its_referral(desk: Desk) -> None:
    request = asked(desk)
    desk.lending.down = True
    referred(desk, request, 1)
    desk.lending.down = False
    desk.bank_says(request, "prd_spring", lending.APPLICATION_STATUS_SUBMITTED)
    desk.bank_says(request, "prd_spring", lending.APPLICATION_STATUS_APPROVED)

    with desk.database.read() as tx:
        [intent] = open_intents(tx, request["id"])
    desk.database.transact(
        lambda tx: operations.record_opening(tx, intent, lending.Application(id="app_prd_spring"))
    )

    [referral] = now(desk, request)["referrals"]
    assert (referral["status"], referral["application_id"]) == ("APPROVED", "app_prd_spring")


def test_an_application_that_opens_after_the_request_was_withdrawn_is_called_off(desk: Desk) -> None:
    request = asked(desk)
    desk.lending.down = True
    referred(desk, request, 1)
    desk.client().post(f"/v1/requests/{request['id']}/withdraw")
    desk.lending.down = False

    desk.move_on()
    desk.run_jobs()
    desk.run_jobs()

    assert desk.lending.withdrawn == ["app_prd_spring"]


def test_an_application_from_elsewhere_is_none_of_our_business(desk: Desk) -> None:
    desk.bank_says({"id": "req_of_nobody"}, "prd_spring", lending.APPLICATION_STATUS_DISBURSED)
    request = asked(desk)
    desk.bank_says(request, "prd_never_chosen", lending.APPLICATION_STATUS_DISBURSED)

    assert now(desk, request)["status"] == "MATCHED"


def preview(desk: Desk, request: dict[str, Any], plan: int) -> tuple[int, int]:
    path = f"/v1/requests/{request['id']}/referrals/preview"
    seen = desk.client().get(path, plan=plan).json()
    return seen["query_count"], seen["query_count_after"]


def test_before_a_referral_the_firm_sees_how_many_banks_query_its_record(desk: Desk) -> None:
    request = asked(desk)
    before = preview(desk, request, 1)
    referred(desk, request, 1)

    assert (before, preview(desk, request, 1), preview(desk, request, 2)) == ((0, 1), (1, 1), (1, 2))
    assert now(desk, request)["query_count"] == 1
    other = desk.client(organisation="uscc:91640104MA75XJ0Q32")
    assert other.get(f"/v1/requests/{request['id']}/referrals/preview", plan=1).status_code == 403


def test_a_bank_that_never_got_the_application_queries_nothing(desk: Desk) -> None:
    desk.lending.refuses = True

    request = referred(desk, asked(desk), 1)

    assert (request["query_count"], preview(desk, request, 1)) == (0, (0, 1))


def test_a_renewal_and_a_need_asked_for_before_go_with_the_application(desk: Desk) -> None:
    asked(desk)
    again = asked(desk)
    renewal = {"loan_id": "loan_1", "without_repayment": True}
    body = {"plan": 1, "renewal": renewal}
    request = desk.client().post(f"/v1/requests/{again['id']}/referrals", body).json()

    [sent] = desk.lending.opened.values()
    assert (sent.renewal.loan_id, sent.renewal.without_repayment, sent.similar) == ("loan_1", True, True)
    assert request["referrals"][0]["renewal"] == renewal


def test_an_offer_that_the_firm_let_lapse_is_no_refusal_by_all(desk: Desk) -> None:
    request = asked(desk)
    for plan in (1, 2):
        referred(desk, request, plan)

    desk.bank_says(request, "prd_spring", lending.APPLICATION_STATUS_LAPSED)
    desk.bank_says(request, "prd_ridge", lending.APPLICATION_STATUS_DECLINED, "TAX_GRADE")

    assert now(desk, request)["status"] == "MATCHED"
    assert desk.centre("6401").get("/v1/cases").json()["items"] == []


def test_a_bank_that_works_on_it_keeps_the_request_under_way(desk: Desk) -> None:
    request = referred(desk, asked(desk), 1)
    for status in (
        lending.APPLICATION_STATUS_ACCEPTED,
        lending.APPLICATION_STATUS_INFORMATION_ASKED,
        lending.APPLICATION_STATUS_OFFER_ACCEPTED,
        lending.APPLICATION_STATUS_CONTRACTED,
    ):
        desk.bank_says(request, "prd_spring", status)
        assert now(desk, request)["status"] == "REFERRED"
