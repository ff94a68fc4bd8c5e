"""A bank asks whom its product fits: counts that protect, names only of those who agreed."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
import sqlalchemy as sa

from libs.chassis.principal import Principal, Role
from libs.chassis.problems import TooMany
from libs.chassis.vault import vault
from libs.eventing import topics
from rongqiao.credit.v1 import credit_pb2 as credit
from services.matching.operations.studies import studies
from services.matching.study_process import answer
from services.matching.studying import Studying
from tests.support.services import Client
from tests.unit.matching.house import House
from tests.unit.matching.world import POLICIES, product, rule

EAST = "org_east"
PLAIN = product("plain", bank=EAST, criteria=[rule("score", "GE", "600")])
AT_NO_OTHER = {"amount_fen": 50_000_000, "term_months": 12}


def bank(house: House, organisation: str = EAST) -> Client:
    return house.client(Role.BANK_OFFICER, organisation)


def firm(house: House, number: int, score: int, **changed: Any) -> str:
    party = f"uscc:firm{number}"
    items = [
        credit.SummaryItem(
            fact="score", value=str(score), state=credit.ITEM_STATE_KNOWN, valid_until="2099-12-31"
        )
    ]
    house.tell(house.summary(**({"party": party, "items": items} | changed)))
    return party


def found_by(*recipients: str, until: str = "2099-12-31") -> list[credit.Finder]:
    return [credit.Finder(recipient=one, valid_until=until) for one in recipients]


def ask(house: House, *, client: Client | None = None, **body: Any) -> Any:
    """Asked, worked off in a process of its own, and looked up."""
    client = client or bank(house)
    asked = client.post("/v1/reaches", AT_NO_OTHER | body)
    assert asked.status_code == 202, asked.text
    known = Event()
    known.set()
    assert Studying(house.database, house.desk, POLICIES, known, answer).run_next()
    return client.get(f"/v1/reaches/{asked.json()['id']}").json()


@pytest.fixture
def market(house: House) -> House:
    house.show(topics.LENDING_PRODUCT, PLAIN.id, PLAIN)
    return house


def test_those_who_agreed_are_named_and_all_are_counted(market: House) -> None:
    for number in range(20):
        firm(market, number, score=640)
    agreed = firm(market, 20, 640, found_by=found_by("platform"))
    mine = firm(market, 21, 640, found_by=found_by(EAST))
    firm(market, 22, 640, found_by=found_by("org_west"))
    firm(market, 23, 640, found_by=found_by(EAST, until="2020-01-01"))
    firm(market, 24, 500, found_by=found_by(EAST))

    told = ask(market, product_id=PLAIN.id)

    assert told["state"] == "DONE", told
    found = told["result"]
    assert found["parties"] == [agreed, mine]
    assert abs(found["total"]["fits"] - 25) <= found["bound"]  # with the firm of the house
    assert found["total"]["fits"] == sum(cell["fits"] for cell in found["cells"])
    assert [(cell["county"], cell["section"]) for cell in found["cells"]] == [("640104", "C")]


def test_what_other_terms_would_do_is_told_beside_and_what_excludes_most(market: House) -> None:
    for number in range(40):
        firm(market, number, score=640 if number < 15 else 590)
    found = ask(market, product_id=PLAIN.id, changes=[{"path": "/criteria/0/values/0", "value": '"580"'}])[
        "result"
    ]
    bound = found["bound"]
    assert abs(found["total"]["fits"] - 16) <= bound
    assert abs(found["total"]["after"] - 41) <= bound
    assert [one["rule"] for one in found["rules"]] == ["score"]
    assert abs(found["rules"][0]["more"] - 25) <= bound


def test_a_draft_is_counted_and_names_nobody(market: House) -> None:
    for number in range(12):
        firm(market, number, 640, found_by=found_by(EAST))
    terms = '{"kind": "WORKING_CAPITAL", "name": "草案", "amount_min_fen": 1, "amount_max_fen": 100000000,'
    terms += '"term_min_months": 1, "term_max_months": 12, "guarantee_modes": ["UNSECURED"],'
    terms += (
        '"repayment_methods": ["INTEREST_FIRST"], "rate": {"base": "LPR_1Y", "min_ppm": 0, "max_ppm": 9000}}'
    )
    found = ask(market, terms=terms)["result"]
    assert found["parties"] == []
    assert abs(found["total"]["fits"] - 13) <= found["bound"]


def test_who_withdraws_is_named_no_more_though_the_answer_is_old(market: House) -> None:
    agreed = firm(market, 1, 640, found_by=found_by(EAST))
    told = ask(market, product_id=PLAIN.id)
    assert told["result"]["parties"] == [agreed]
    firm(market, 1, 640)
    again = bank(market).get(f"/v1/reaches/{told['id']}").json()
    assert again["result"]["parties"] == []


def test_who_opened_nothing_to_the_platform_is_counted_by_nobody(market: House) -> None:
    closed = [credit.SummaryItem(fact="score", state=credit.ITEM_STATE_NOT_AUTHORISED)]
    for number in range(30):
        firm(market, number, 0, items=closed, found_by=found_by(EAST))
    found = ask(market, product_id=PLAIN.id)["result"]
    assert (found["parties"], found["firms"] <= 5) == ([], True)


def test_another_banks_product_is_not_there_and_its_reach_neither(market: House) -> None:
    asked = bank(market, "org_west").post("/v1/reaches", {"product_id": PLAIN.id})
    assert (asked.status_code, asked.json()["field"]) == (404, "product_id")
    own = ask(market, product_id=PLAIN.id)
    assert bank(market, "org_west").get(f"/v1/reaches/{own['id']}").status_code == 403


def test_a_bank_asks_only_so_often_a_day(market: House) -> None:
    most = POLICIES.record_on("matching.studies", market.database.clock.now().date())["reaches_a_day"]
    client = bank(market)
    codes = [
        client.post("/v1/reaches", {"product_id": PLAIN.id}).status_code for _ in range(int(str(most)) + 1)
    ]
    assert codes == [202] * int(str(most)) + [429]


def test_the_limit_of_a_day_holds_for_questions_that_come_at_once(market: House) -> None:
    most = int(
        str(POLICIES.record_on("matching.studies", market.database.clock.now().date())["reaches_a_day"])
    )
    asker = Principal("acc_1", Role.BANK_OFFICER, EAST, "64")

    def one(number: int) -> bool:
        try:
            market.database.transact(
                lambda tx: studies.keep(tx, asker, studies.REACH, {"number": number}, most)
            )
        except TooMany:
            return False
        return True

    assert all(map(one, range(most - 1)))
    with ThreadPoolExecutor(6) as threads:
        assert sum(threads.map(one, range(6))) == 1


def test_terms_that_cannot_be_end_as_failed_and_say_why(market: House) -> None:
    told = ask(market, product_id=PLAIN.id, changes=[{"path": "/no/such", "value": "1"}])
    assert told["state"] == "FAILED"
    assert "/no/such" in told["failure"]


@pytest.mark.parametrize("value", ["[" * 20_000, "{", "NaN", "", "1" * 20_001])
def test_what_is_no_json_is_refused_at_once(market: House, value: str) -> None:
    for body, field in (
        ({"terms": value}, "terms"),
        ({"product_id": PLAIN.id, "changes": [{"path": "/name", "value": value}]}, "value"),
    ):
        refused = bank(market).post("/v1/reaches", body)
        assert (refused.status_code, refused.json()["field"]) == (422, field), refused.text


def test_names_and_questions_are_kept_encrypted(market: House) -> None:
    agreed = firm(market, 1, 640, found_by=found_by(EAST))
    told = ask(market, product_id=PLAIN.id)
    with market.database.read() as tx:
        kept = str(tx.rows(sa.text("select question, result from studies"))[0])
    assert agreed not in kept and PLAIN.id not in kept
    assert told["result"]["parties"] == [agreed]


def test_a_record_key_is_not_the_firm_key() -> None:
    assert f"{vault().record_key('uscc:1'):x}" not in vault().firm_key("uscc:1")
    assert vault().record_key("uscc:1") != vault().record_key("uscc:2")
