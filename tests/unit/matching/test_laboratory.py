"""The laboratory's doors: asked, run in a process of its own, looked up by whoever asked."""

from dataclasses import replace
from threading import Event
from typing import Any

import pytest

from libs.chassis.principal import Role
from libs.eventing import topics
from services.matching.study_process import answer
from services.matching.studying import Compute, Studying, apart
from tests.support.services import Client
from tests.unit.matching.house import House
from tests.unit.matching.test_reach import PLAIN, firm
from tests.unit.matching.world import POLICIES

CHANGE = {"of": "PRODUCT", "subject": PLAIN.id, "path": "/criteria/0/values/0", "value": '"580"'}
BODY = {"name": "降低评分门槛", "changes": [CHANGE], "amount_fen": 50_000_000, "term_months": 12}


@pytest.fixture
def market(house: House) -> House:
    house.show(topics.LENDING_PRODUCT, PLAIN.id, PLAIN)
    for known in ("prd_first", "prd_patent", "prd_covered"):
        house.desk.catalogue.index.withdraw(known)
    for number in range(40):
        firm(house, number, score=640 if number < 15 else 590)
    return house


def office(house: House, organisation: str = "org_office") -> Client:
    return house.client(Role.REGULATOR, organisation)


def run(house: House, compute: Compute = answer) -> bool:
    known = Event()
    known.set()
    return Studying(house.database, house.desk, POLICIES, known, compute).run_next()


def ask(house: House, compute: Compute = answer, **body: Any) -> Any:
    asked = office(house).post("/v1/experiments", BODY | body)
    assert asked.status_code == 202, asked.text
    assert asked.json()["state"] == "WAITING"
    assert run(house, compute)
    return office(house).get(f"/v1/experiments/{asked.json()['id']}").json()


def test_an_experiment_runs_by_itself_and_tells_who_gains(market: House) -> None:
    told = ask(market, apart)
    assert (told["state"], told["progress"]) == ("DONE", 100), told
    found, bound = told["result"], told["result"]["bound"]
    assert abs(found["total"]["before"] - 16) <= bound
    assert abs(found["total"]["gained"] - 25) <= bound
    assert found["total"]["lost"] == 0
    assert found["policy_set"] == POLICIES.set_id
    assert not run(market), "nothing waits any more"


def test_the_same_experiment_twice_tells_the_same(market: House) -> None:
    first, second = ask(market)["result"], ask(market)["result"]
    assert first["total"]["after"] > 0
    assert first == second


def test_a_change_that_cannot_be_ends_as_failed_and_names_the_place(market: House) -> None:
    told = ask(market, changes=[{**CHANGE, "subject": "prd_none"}])
    assert (told["state"], told["result"]) == ("FAILED", None)
    assert "prd_none" in told["failure"]


def test_nobody_sees_what_another_office_asked(market: House) -> None:
    told = ask(market)
    assert office(market, "org_other").get(f"/v1/experiments/{told['id']}").status_code == 403
    assert market.sme.post("/v1/experiments", BODY).status_code == 403


def test_a_colleague_of_a_smaller_territory_does_not_see_the_whole(market: House) -> None:
    told = ask(market)
    for territory, status in (("64", 200), ("", 200), ("6401", 403)):
        colleague = office(market)
        colleague.principal = replace(colleague.principal, territory=territory)
        assert colleague.get(f"/v1/experiments/{told['id']}").status_code == status


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"name": ""}, "name"), ({"changes": []}, "changes"), ({"amount_fen": 0}, "amount_fen")],
)
def test_what_is_no_question_is_refused_at_once(market: House, wrong: dict[str, Any], field: str) -> None:
    refused = office(market).post("/v1/experiments", BODY | wrong)
    assert refused.status_code == 422
    assert field in refused.json()["field"]
