"""A bank may practise: its accounts carry the mark, and nobody else hears of it."""

from fastapi.testclient import TestClient

from libs.chassis.database import Database
from libs.chassis.tokens import TokenChecker
from tests.support.services import KEYS, emitted

SANDBOX = {"kind": "BANK", "name": "练习银行", "territory": "64", "sandbox": True}
OFFICER = {"password": "practice makes perfect", "role": "BANK_OFFICER", "organisation": "org_practice"}


def test_an_account_of_a_sandbox_carries_the_mark_and_others_do_not(
    http: TestClient, operator: dict[str, str]
) -> None:
    http.put("/v1/organisations/org_practice", json=SANDBOX, headers=operator)
    http.put("/v1/accounts/learner", json=OFFICER, headers=operator)
    token = http.post("/v1/tokens", json={"login": "learner", "password": OFFICER["password"]}).json()
    assert TokenChecker(KEYS).principal(token["access_token"]).sandbox
    assert not TokenChecker(KEYS).principal(operator["Authorization"].removeprefix("Bearer ")).sandbox


def test_no_event_tells_of_a_sandbox(http: TestClient, operator: dict[str, str], database: Database) -> None:
    http.put("/v1/organisations/org_practice", json=SANDBOX, headers=operator)
    assert [event.subject for event in emitted(database)] == ["org_platform"]


def test_what_was_practised_never_becomes_real(http: TestClient, operator: dict[str, str]) -> None:
    http.put("/v1/organisations/org_practice", json=SANDBOX, headers=operator)
    real = http.put("/v1/organisations/org_practice", json=SANDBOX | {"sandbox": False}, headers=operator)
    assert (real.status_code, real.json()["field"]) == (422, "sandbox")
    guarantor = SANDBOX | {"kind": "GUARANTOR"}
    refused = http.put("/v1/organisations/org_other", json=guarantor, headers=operator)
    assert (refused.status_code, refused.json()["field"]) == (422, "sandbox")
