from datetime import timedelta

import jwt
from fastapi.testclient import TestClient

from libs.chassis.database import Database
from libs.chassis.principal import Role
from libs.chassis.tokens import TokenChecker
from services.identity import operations
from services.identity.domain.lockout import FREE_TRIES
from services.identity.operations.passwords import Passwords
from tests.support.services import KEYS
from tests.unit.identity.conftest import OPERATOR_PASSWORD

GOOD = {"login": "operator", "password": OPERATOR_PASSWORD}
WRONG = {"login": "operator", "password": "not-the-password"}


def test_a_token_says_who_the_account_is(http: TestClient) -> None:
    answer = http.post("/v1/tokens", json=GOOD)

    principal = TokenChecker(KEYS).principal(answer.json()["access_token"])
    assert answer.status_code == 201
    assert (principal.role, principal.organisation) == (Role.OPERATOR, "org_platform")
    assert answer.json()["account"]["login"] == "operator"


def test_an_unknown_login_and_a_wrong_password_get_the_same_answer(http: TestClient) -> None:
    wrong = http.post("/v1/tokens", json=WRONG)
    unknown = http.post("/v1/tokens", json={"login": "nobody", "password": "not-the-password"})

    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()


def test_a_login_without_account_has_no_password_at_all() -> None:
    passwords = Passwords()

    assert not passwords.fits(None, "no account has this password")
    assert passwords.fits(passwords.hash("green tea is good"), "green tea is good")


def test_after_five_failures_even_the_right_password_has_to_wait(
    http: TestClient, database: Database
) -> None:
    for _ in range(FREE_TRIES):
        http.post("/v1/tokens", json=WRONG)

    refused = http.post("/v1/tokens", json=GOOD)
    database.clock.instant += timedelta(seconds=31)
    later = http.post("/v1/tokens", json=GOOD)

    assert refused.status_code == 429
    assert "Wait 3" in refused.json()["mend"]
    assert later.status_code == 201


def test_the_pause_is_the_same_for_a_login_that_nobody_has(http: TestClient) -> None:
    unknown = {"login": "nobody", "password": "not-the-password"}
    answers = [http.post("/v1/tokens", json=unknown).status_code for _ in range(FREE_TRIES + 1)]

    assert answers == [401] * FREE_TRIES + [429]


def test_a_success_forgets_the_failures_before_it(http: TestClient) -> None:
    for _ in range(3):
        http.post("/v1/tokens", json=WRONG)
        http.post("/v1/tokens", json=WRONG)
        assert http.post("/v1/tokens", json=GOOD).status_code == 201


def test_old_tries_are_forgotten(http: TestClient, database: Database) -> None:
    http.post("/v1/tokens", json=WRONG)
    database.clock.instant += timedelta(hours=25)

    assert database.transact(operations.forget_old_tries) == 1


def test_the_key_set_checks_our_tokens(http: TestClient) -> None:
    configuration = http.get("/.well-known/openid-configuration").json()
    keys = jwt.PyJWKSet.from_dict(http.get("/.well-known/jwks.json").json())
    token = http.post("/v1/tokens", json=GOOD).json()["access_token"]

    key = keys[jwt.get_unverified_header(token)["kid"]]
    claims = jwt.decode(token, key, ["EdDSA"], audience="rongqiao", issuer=configuration["issuer"])
    assert claims["role"] == "OPERATOR"
    assert configuration["jwks_uri"].endswith("/.well-known/jwks.json")


def test_the_accounts_of_an_organisation_that_left_cannot_sign_in(
    http: TestClient, operator: dict[str, str]
) -> None:
    bank = {"kind": "BANK", "name": "塞上春银行", "territory": "64"}
    account = {"password": "a-long-password", "role": "BANK_OFFICER", "organisation": "org_spring"}
    http.put("/v1/organisations/org_spring", json=bank, headers=operator)
    http.put("/v1/accounts/spring.officer", json=account, headers=operator)
    sign_in = {"login": "spring.officer", "password": "a-long-password"}

    before = http.post("/v1/tokens", json=sign_in)
    http.put("/v1/organisations/org_spring", json=bank | {"status": "WITHDRAWN"}, headers=operator)
    after = http.post("/v1/tokens", json=sign_in)

    assert (before.status_code, after.status_code) == (201, 401)


def test_a_refused_body_never_says_a_password_back(http: TestClient) -> None:
    answer = http.post("/v1/tokens", json={"password": "very secret words"})

    assert answer.status_code == 422
    assert answer.json()["field"] == "/login"
    assert "very secret" not in answer.text
