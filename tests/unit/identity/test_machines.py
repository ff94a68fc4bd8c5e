"""Machines sign in with keys: two at a time, called back at once, bound to networks and certificates."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import jwt
import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from libs.chassis.database import Database
from libs.chassis.http import Door, make_app
from libs.chassis.ids import new_id
from libs.chassis.limits import RateLimit
from libs.chassis.origin import Origin, Proxies, thumbprint
from libs.chassis.tokens import TokenChecker
from services.identity import operations, store
from services.identity.http import Parts, documents, router
from services.identity.operations.passwords import Passwords
from tests.support.certificates import certificate
from tests.support.services import KEYS, NOON, opened
from tests.unit.identity.conftest import OPERATOR_PASSWORD, headers_of

PASSWORD = "a sentence is best of all"
CHECKER = TokenChecker(KEYS)
PEM = certificate("core.bank-a.example")
OTHER_PEM = certificate("somebody.example")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Two banks with a manager each; made once, since passwords take their time."""
    with opened(
        f"sqlite:///{tmp_path_factory.mktemp('machines') / 'identity.db'}", store.metadata
    ) as database:
        database.transact(lambda tx: operations.ensure_operator(tx, "operator", OPERATOR_PASSWORD))
        yield database


@pytest.fixture(scope="module")
def http(made: Database) -> TestClient:
    """Behind a proxy at the client's own address, which says who calls."""
    proxies = Proxies(("127.0.0.0/8",), "ssl-client-cert")
    door = Door(made, CHECKER, RateLimit(60_000), Parts(Passwords(), KEYS), proxies)
    app = make_app("identity", [router, documents], door)
    return TestClient(app, raise_server_exceptions=False, client=("127.0.0.1", 5000))


@pytest.fixture(scope="module")
def operator(http: TestClient) -> dict[str, str]:
    return headers_of(http, "operator", OPERATOR_PASSWORD)


@pytest.fixture(scope="module")
def managers(http: TestClient, operator: dict[str, str]) -> dict[str, dict[str, str]]:
    told: dict[str, dict[str, str]] = {}
    for organisation in ("org_bank_a", "org_bank_b"):
        body = {"kind": "BANK", "name": "甲银行", "territory": "64"}
        http.put(f"/v1/organisations/{organisation}", json=body, headers=operator)
        account = {"password": PASSWORD, "role": "BANK_MANAGER", "organisation": organisation}
        http.put(f"/v1/accounts/manager.{organisation}", json=account, headers=operator)
        told[organisation] = headers_of(http, f"manager.{organisation}", PASSWORD)
    return told


@pytest.fixture
def database(made: Database) -> Database:
    """With no keys yet, and on the day on which all begins."""
    with made.write() as tx:
        tx.execute(sa.delete(store.machine_keys))
        tx.execute(sa.delete(store.access))
    clock: Any = made.clock
    clock.instant = NOON
    return made


@pytest.fixture
def manager(database: Database, managers: dict[str, dict[str, str]]) -> dict[str, str]:
    return managers["org_bank_a"]


@pytest.fixture
def stranger(managers: dict[str, dict[str, str]]) -> dict[str, str]:
    return managers["org_bank_b"]


def given(http: TestClient, headers: dict[str, str], **changes: Any) -> Any:
    body = {"machine": "core-banking", "role": "BANK_OFFICER"} | changes
    return http.post("/v1/machine-keys", json=body, headers=headers | {"Idempotency-Key": new_id("key")})


def signed_in(http: TestClient, made: Any, **headers: str) -> Any:
    credentials = {"login": made["key"]["id"], "password": made["secret"]}
    return http.post("/v1/tokens", json=credentials, headers=headers)


def revoked(http: TestClient, headers: dict[str, str], key_id: str) -> Any:
    path = f"/v1/machine-keys/{key_id}/revoke"
    return http.post(path, headers=headers | {"Idempotency-Key": new_id("key")})


def test_a_machine_gets_a_short_token_of_its_own(http: TestClient, manager: dict[str, str]) -> None:
    made = given(http, manager).json()
    answer = signed_in(http, made)
    who = CHECKER.principal(answer.json()["access_token"])
    assert (answer.status_code, answer.json()["expires_in"]) == (201, 900)
    assert (who.subject, who.role, who.organisation) == (made["key"]["subject"], "BANK_OFFICER", "org_bank_a")
    me = http.get("/v1/accounts/me", headers={"Authorization": f"Bearer {answer.json()['access_token']}"})
    assert me.json()["display_name"] == "core-banking"
    [known] = http.get("/v1/machine-keys", headers=manager).json()["items"]
    assert known["last_used_at"] is not None


def test_a_wrong_secret_is_refused_and_shuts_nobody_out(http: TestClient, manager: dict[str, str]) -> None:
    made = given(http, manager).json()
    for _ in range(8):
        assert signed_in(http, made | {"secret": "guess"}).status_code == 401
    assert signed_in(http, made).status_code == 201


def test_keys_change_without_a_gap_and_the_machine_stays_the_same(
    http: TestClient, manager: dict[str, str]
) -> None:
    old, fresh = given(http, manager).json(), given(http, manager).json()
    third = given(http, manager)
    assert (third.status_code, third.json()["field"]) == (409, "machine")
    assert old["key"]["subject"] == fresh["key"]["subject"]
    assert [signed_in(http, key).status_code for key in (old, fresh)] == [201, 201]
    assert revoked(http, manager, old["key"]["id"]).status_code == 200
    assert [signed_in(http, key).status_code for key in (old, fresh)] == [401, 201]
    assert given(http, manager).status_code == 201


def test_a_key_ends_with_its_day(http: TestClient, manager: dict[str, str], database: Database) -> None:
    made = given(http, manager, expires_on="2026-11-25").json()
    database.clock.instant += timedelta(days=3, seconds=1)
    assert signed_in(http, made).status_code == 401
    too_far = given(http, manager, expires_on="2030-01-01", machine="other")
    assert (too_far.status_code, too_far.json()["field"]) == (422, "expires_on")


@pytest.mark.parametrize("role", ["BANK_MANAGER", "GUARANTOR_OFFICER", "OPERATOR", "SERVICE"])
def test_a_machine_never_has_a_persons_or_a_strangers_role(
    http: TestClient, manager: dict[str, str], role: str
) -> None:
    refused = given(http, manager, role=role)
    assert (refused.status_code, refused.json()["field"]) == (422, "role")


def test_nobody_gives_or_takes_keys_of_another_organisation(
    http: TestClient, manager: dict[str, str], operator: dict[str, str], stranger: dict[str, str]
) -> None:
    made = given(http, manager).json()
    assert given(http, stranger, organisation="org_bank_a").status_code == 403
    assert revoked(http, stranger, made["key"]["id"]).status_code == 403
    assert http.get("/v1/machine-keys", headers=stranger).json() == {"items": []}
    machine = {"Authorization": f"Bearer {signed_in(http, made).json()['access_token']}"}
    assert given(http, machine).status_code == 403
    assert given(http, operator, organisation="org_bank_a", machine="spare").status_code == 201
    assert given(http, operator).json()["field"] == "organisation"


# From where


def allow(http: TestClient, headers: dict[str, str], **terms: Any) -> Any:
    headers = headers | {"X-Forwarded-For": "203.0.113.9"}
    return http.put("/v1/organisations/org_bank_a/access", json=terms, headers=headers)


def test_from_outside_of_its_networks_an_organisation_neither_signs_in_nor_uses_a_token(
    http: TestClient, manager: dict[str, str]
) -> None:
    made = given(http, manager).json()
    assert allow(http, manager, networks=["203.0.113.0/24"]).status_code == 200
    outside = signed_in(http, made, **{"X-Forwarded-For": "198.51.100.7"})
    assert (outside.status_code, "198.51.100.7" in outside.json()["detail"]) == (403, True)
    token = signed_in(http, made, **{"X-Forwarded-For": "203.0.113.77"}).json()["access_token"]
    used = {"Authorization": f"Bearer {token}"}
    inside = http.get("/v1/accounts/me", headers=used | {"X-Forwarded-For": "203.0.113.80"})
    stolen = http.get("/v1/accounts/me", headers=used | {"X-Forwarded-For": "198.51.100.7"})
    assert (inside.status_code, stolen.status_code) == (200, 403)
    person = {"login": "manager.org_bank_a", "password": PASSWORD}
    refused = http.post("/v1/tokens", json=person, headers={"X-Forwarded-For": "198.51.100.7"})
    assert refused.status_code == 403


def test_a_hop_that_the_caller_wrote_himself_is_not_believed(
    http: TestClient, manager: dict[str, str]
) -> None:
    made = given(http, manager).json()
    allow(http, manager, networks=["203.0.113.0/24"])
    spoofed = signed_in(http, made, **{"X-Forwarded-For": "203.0.113.77, 198.51.100.7"})
    assert spoofed.status_code == 403


def test_a_manager_does_not_shut_himself_out(http: TestClient, manager: dict[str, str]) -> None:
    refused = allow(http, manager, networks=["192.0.2.0/24"])
    assert (refused.status_code, refused.json()["field"]) == (422, "networks")
    nonsense = allow(http, manager, networks=["203.0.113.9/8"])
    assert (nonsense.status_code, nonsense.json()["field"]) == (422, "networks/0")


def test_a_machines_token_is_bound_to_its_certificate(http: TestClient, manager: dict[str, str]) -> None:
    made = given(http, manager).json()
    mine, other = PEM.header, OTHER_PEM.header
    assert allow(http, manager, certificates=[PEM.thumbprint]).status_code == 200
    assert signed_in(http, made).status_code == 401
    assert signed_in(http, made, **{"ssl-client-cert": other}).status_code == 401
    token = signed_in(http, made, **{"ssl-client-cert": mine}).json()["access_token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["cnf"] == {"x5t#S256": PEM.thumbprint}
    used = {"Authorization": f"Bearer {token}"}
    assert http.get("/v1/accounts/me", headers=used | {"ssl-client-cert": mine}).status_code == 200
    for wrong in ({}, {"ssl-client-cert": other}, {"ssl-client-cert": "nonsense"}):
        refused = http.get("/v1/accounts/me", headers=used | wrong)
        assert (refused.status_code, refused.json().get("source")) == (401, "RFC 8705")


def test_who_is_no_proxy_of_ours_is_not_believed(http: TestClient, manager: Any) -> None:
    made = given(http, manager).json()
    allow(http, manager, certificates=[PEM.thumbprint], networks=["203.0.113.0/24"])
    elsewhere = TestClient(http.app, raise_server_exceptions=False, client=("198.51.100.7", 5000))
    told = {"X-Forwarded-For": "203.0.113.9", "ssl-client-cert": PEM.header}
    assert signed_in(elsewhere, made, **told).status_code == 403
    assert signed_in(http, made, **told).status_code == 201


def test_persons_need_no_certificate(http: TestClient, manager: dict[str, str]) -> None:
    allow(http, manager, certificates=[PEM.thumbprint])
    person = {"login": "manager.org_bank_a", "password": PASSWORD}
    assert http.post("/v1/tokens", json=person).status_code == 201


def test_a_certificate_is_read_as_nginx_and_as_the_standard_write_it() -> None:
    proxies = Proxies(("10.0.0.0/8",), "ssl-client-cert")
    for written in (PEM.header, PEM.standard_header):
        known = proxies.origin("10.1.1.1", {"ssl-client-cert": written, "x-forwarded-for": "203.0.113.9"})
        assert known == Origin("203.0.113.9", PEM.thumbprint)
    assert proxies.origin("10.1.1.1", {}) == Origin("10.1.1.1", None)
    assert proxies.origin("192.0.2.1", {"x-forwarded-for": "203.0.113.9"}) == Origin("192.0.2.1", None)
    hops = "6.6.6.6, [2001:db8::5]:443, 10.2.2.2:80"
    assert proxies.origin("10.1.1.1", {"x-forwarded-for": hops}).address == "2001:db8::5"
    assert proxies.origin("192.0.2.1", {}, PEM.pem).certificate == thumbprint(PEM.pem) == PEM.thumbprint
