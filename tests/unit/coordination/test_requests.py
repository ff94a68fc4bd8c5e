from datetime import timedelta

import pytest

from libs.chassis.principal import Role
from rongqiao.coordination.v1 import coordination_pb2 as pb
from rongqiao.coordination.v1 import events_pb2 as events
from rongqiao.lending.v1 import lending_pb2 as lending
from tests.support.services import emitted
from tests.unit.coordination.conftest import NEED, PARTY, Desk


def facts(desk: Desk) -> list[events.RequestChanged]:
    return [event.decode(events.RequestChanged) for event in emitted(desk.database)]


def test_a_firm_asks_once_and_gets_its_plans_in_the_answer(desk: Desk) -> None:
    answer = desk.client().post("/v1/requests", NEED)

    request = answer.json()
    assert answer.status_code == 201
    assert request["status"] == "MATCHED"
    assert [plan["product_id"] for plan in request["match"]["plans"]] == ["prd_spring", "prd_ridge"]


def test_matching_is_asked_as_the_service_under_the_intents_own_key(desk: Desk) -> None:
    desk.client().post("/v1/requests", NEED)

    [(subject, key)] = desk.matching.asked
    assert subject == "service:coordination"
    assert key is not None and key.startswith("int_")


def test_the_same_key_answers_the_same_request(desk: Desk) -> None:
    first = desk.client().post("/v1/requests", NEED, key="once")
    again = desk.client().post("/v1/requests", NEED, key="once")

    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(desk.matching.asked) == 1


def test_the_facts_tell_the_status_and_the_dimensions_but_no_party(desk: Desk) -> None:
    desk.client().post("/v1/requests", NEED)

    opened, matched = facts(desk)
    assert (opened.status, matched.status) == (pb.REQUEST_STATUS_OPEN, pb.REQUEST_STATUS_MATCHED)
    assert (matched.dimensions.county, matched.business_date) == ("640104", "2026-11-22")
    assert PARTY.encode() not in b"".join(event.data for event in emitted(desk.database))


def test_a_need_of_the_same_kind_within_three_weeks_is_pointed_out_not_blocked(desk: Desk) -> None:
    first = desk.client().post("/v1/requests", NEED | {"kinds": ["WORKING_CAPITAL"]}).json()
    desk.database.clock.instant += timedelta(days=20)
    same = desk.client().post("/v1/requests", NEED).json()
    other = desk.client().post("/v1/requests", NEED | {"kinds": ["PROJECT"]}).json()
    desk.database.clock.instant += timedelta(days=22)
    later = desk.client().post("/v1/requests", NEED).json()

    assert (same["similar_request"], other["similar_request"]) == (first["id"], same["id"])
    assert (same["status"], later["similar_request"]) == ("MATCHED", None)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount_fen": 0}, "amount_fen"),
        ({"term_months": 361}, "term_months"),
        ({"purpose": "x" * 501}, "purpose"),
    ],
)
def test_a_need_that_cannot_be_names_its_field(desk: Desk, change: dict[str, object], field: str) -> None:
    answer = desk.client().post("/v1/requests", NEED | change)

    assert (answer.status_code, answer.json()["field"]) == (422, field)


def test_a_firm_asks_and_looks_only_for_itself(desk: Desk) -> None:
    request = desk.client().post("/v1/requests", NEED).json()
    stranger = desk.client(organisation="uscc:91640100MA7CDE0770")
    bank = desk.client(Role.BANK_OFFICER, "org_spring")

    assert stranger.post("/v1/requests", NEED).status_code == 403
    assert stranger.get(f"/v1/requests/{request['id']}").status_code == 404
    assert stranger.post(f"/v1/requests/{request['id']}/referrals", {"plan": 1}).status_code == 403
    assert stranger.post(f"/v1/requests/{request['id']}/withdraw").status_code == 403
    assert stranger.get("/v1/requests").json()["items"] == []
    assert bank.get(f"/v1/requests/{request['id']}").status_code == 403
    assert desk.centre("6401").get(f"/v1/requests/{request['id']}").status_code == 404


def test_a_list_has_the_newest_first_and_leaves_the_plans_out(desk: Desk) -> None:
    ids = [desk.client().post("/v1/requests", NEED).json()["id"] for _ in range(3)]

    first = desk.client().get("/v1/requests", limit=2).json()
    rest = desk.client().get("/v1/requests", limit=2, cursor=first["next_cursor"]).json()

    assert [one["id"] for one in first["items"] + rest["items"]] == ids[::-1]
    assert {one["match"] for one in first["items"]} == {None}
    assert desk.client().get("/v1/requests", status="FUNDED").json()["items"] == []


def test_matching_that_does_not_answer_is_asked_again_by_the_job(desk: Desk) -> None:
    desk.matching.plans = ()
    desk.matching.down = True
    request = desk.client().post("/v1/requests", NEED).json()
    desk.matching.down = False

    assert request["status"] == "OPEN"
    desk.move_on()
    assert desk.run_jobs() == 1
    assert desk.client().get(f"/v1/requests/{request['id']}").json()["status"] == "REFUSED"


def test_a_withdrawn_request_calls_its_applications_off(desk: Desk) -> None:
    request = desk.client().post("/v1/requests", NEED).json()
    desk.client().post(f"/v1/requests/{request['id']}/referrals", {"plan": 1})

    withdrawn = desk.client().post(f"/v1/requests/{request['id']}/withdraw").json()

    assert withdrawn["status"] == "WITHDRAWN"
    assert desk.lending.withdrawn == ["app_prd_spring"]
    desk.bank_says(request, "prd_spring", lending.APPLICATION_STATUS_WITHDRAWN)
    after = desk.client().get(f"/v1/requests/{request['id']}").json()
    assert (after["status"], after["referrals"][0]["status"]) == ("WITHDRAWN", "WITHDRAWN")
    again = desk.client().post(f"/v1/requests/{request['id']}/withdraw")
    assert (again.status_code, again.json()["field"]) == (422, "status")
