from functools import partial

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from libs.chassis.database import Database
from libs.chassis.problems import Forbidden
from libs.chassis.rpc import invoke
from libs.registry import uscc
from rongqiao.identity.v1 import identity_pb2 as pb
from rongqiao.identity.v1 import identity_pb2_grpc
from services.identity import operations, store
from services.identity.operations.passwords import Passwords
from services.identity.rpc import IdentityServicer
from tests.support.rpc import door_of, serving
from tests.support.services import KEYS, emitted
from tests.unit.identity.conftest import OPERATOR_PASSWORD, headers_of

CODE = uscc.complete("91640100MA7CDE077").code
FIRM = {
    "uscc": CODE,
    "name": "银川宏远机械有限公司",
    "county": "640104",
    "login": "hongyuan",
    "password": "a-firm-password",
    "display_name": "马经理",
}
BANK = {"kind": "BANK", "name": "塞上春银行", "territory": "6401"}
OFFICER = {"password": "a-long-password", "role": "BANK_OFFICER", "organisation": "org_spring"}


def test_a_firm_enrols_itself_and_signs_in(http: TestClient) -> None:
    enrolled = http.post("/v1/enrolments", json=FIRM)
    me = http.get("/v1/accounts/me", headers=headers_of(http, "hongyuan", "a-firm-password"))

    assert enrolled.status_code == 201
    assert enrolled.json()["organisation"]["id"] == f"uscc:{CODE}"
    assert me.json() == enrolled.json()["account"]
    assert (me.json()["role"], me.json()["territory"]) == ("SME", "640104")


def test_a_firm_or_a_login_that_is_known_cannot_enrol_again(http: TestClient) -> None:
    other = FIRM | {"uscc": uscc.complete("91640200MA75XJ0Q3").code}
    http.post("/v1/enrolments", json=FIRM)

    again = http.post("/v1/enrolments", json=FIRM | {"login": "another"})
    same_login = http.post("/v1/enrolments", json=other)

    assert (again.status_code, again.json()["field"]) == (409, "id")
    assert (same_login.status_code, same_login.json()["field"]) == (409, "login")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"uscc": "91640100MA7CDE077Z"}, "uscc"),
        ({"county": "640100"}, "county"),
        ({"login": "No Good"}, "login"),
        ({"password": "short"}, "password"),
    ],
)
def test_an_enrolment_names_the_field_to_mend(http: TestClient, change: dict[str, str], field: str) -> None:
    answer = http.post("/v1/enrolments", json=FIRM | change)

    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert answer.json()["mend"]


def test_the_state_of_an_enterprise_carries_no_name(http: TestClient, database: Database) -> None:
    http.post("/v1/enrolments", json=FIRM)

    platform, firm = (event.decode(pb.Organisation) for event in emitted(database))
    assert platform.name == "融桥"
    assert (firm.id, firm.name) == (f"uscc:{CODE}", "")


def test_names_and_passwords_are_not_readable_in_the_database(http: TestClient, database: Database) -> None:
    http.post("/v1/enrolments", json=FIRM)

    with database.read() as tx:
        texts = str(
            tx.rows(sa.text("SELECT * FROM accounts")) + tx.rows(sa.text("SELECT * FROM organisations"))
        )
    assert CODE in texts
    for secret in ("马经理", "宏远", "a-firm-password"):
        assert secret not in texts


def test_the_operator_registers_a_bank_and_its_officer(http: TestClient, operator: dict[str, str]) -> None:
    bank = http.put("/v1/organisations/org_spring", json=BANK, headers=operator)
    officer = http.put("/v1/accounts/spring.officer", json=OFFICER, headers=operator)

    assert (bank.status_code, officer.status_code) == (200, 200)
    assert officer.json()["territory"] == "6401"


def test_the_platform_gives_an_institution_its_id_once_per_key(
    http: TestClient, operator: dict[str, str]
) -> None:
    headers = operator | {"Idempotency-Key": "spring"}

    first = http.post("/v1/organisations", json=BANK, headers=headers).json()
    again = http.post("/v1/organisations", json=BANK, headers=headers).json()

    assert first == again
    assert first["id"].startswith("org_")


def test_putting_an_account_again_changes_its_password_and_keeps_its_id(
    http: TestClient, operator: dict[str, str], database: Database
) -> None:
    http.put("/v1/organisations/org_spring", json=BANK, headers=operator)
    headers = operator | {"Idempotency-Key": "left-over"}

    first = http.put("/v1/accounts/spring.officer", json=OFFICER, headers=headers)
    second = http.put(
        "/v1/accounts/spring.officer", json=OFFICER | {"password": "quite another"}, headers=headers
    )

    assert second.json() == first.json()
    assert (
        http.post("/v1/tokens", json={"login": "spring.officer", "password": "quite another"}).status_code
        == 201
    )
    with database.read() as tx:
        assert tx.scalar(sa.text("SELECT count(*) FROM idempotency_keys")) == 0


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"role": "GUARANTOR_OFFICER"}, "role"),
        ({"role": "SERVICE"}, "role"),
        ({"territory": "6402"}, "territory"),
        ({"territory": "64010"}, "territory"),
    ],
)
def test_role_and_territory_suit_the_organisation(
    http: TestClient, operator: dict[str, str], change: dict[str, str], field: str
) -> None:
    http.put("/v1/organisations/org_spring", json=BANK, headers=operator)
    answer = http.put("/v1/accounts/spring.officer", json=OFFICER | change, headers=operator)

    assert (answer.status_code, answer.json()["field"]) == (422, field)


def test_an_organisation_keeps_its_kind_and_an_enterprise_has_a_party_id(
    http: TestClient, operator: dict[str, str]
) -> None:
    http.put("/v1/organisations/org_spring", json=BANK, headers=operator)

    other_kind = http.put("/v1/organisations/org_spring", json=BANK | {"kind": "GUARANTOR"}, headers=operator)
    no_party = http.put("/v1/organisations/org_firm", json=BANK | {"kind": "ENTERPRISE"}, headers=operator)

    assert (other_kind.status_code, other_kind.json()["field"]) == (422, "kind")
    assert (no_party.status_code, no_party.json()["field"]) == (422, "id")


def test_only_the_operator_registers(http: TestClient) -> None:
    http.post("/v1/enrolments", json=FIRM)
    firm = headers_of(http, "hongyuan", "a-firm-password")

    bank = http.put("/v1/organisations/org_spring", json=BANK, headers=firm)
    officer = http.put("/v1/accounts/spring.officer", json=OFFICER, headers=firm)
    nobody = http.get("/v1/accounts/me")

    assert (bank.status_code, officer.status_code, nobody.status_code) == (403, 403, 401)


def test_enterprises_are_shown_to_themselves_and_the_operator(
    http: TestClient, operator: dict[str, str]
) -> None:
    http.post("/v1/enrolments", json=FIRM)
    http.put("/v1/organisations/org_spring", json=BANK, headers=operator)
    http.put("/v1/accounts/spring.officer", json=OFFICER, headers=operator)
    firm = headers_of(http, "hongyuan", "a-firm-password")
    officer = headers_of(http, "spring.officer", "a-long-password")
    path = f"/v1/organisations/uscc:{CODE}"

    assert http.get(path, headers=firm).json()["name"] == FIRM["name"]
    assert http.get(path, headers=operator).status_code == 200
    assert http.get(path, headers=officer).status_code == 404
    assert {one["kind"] for one in http.get("/v1/organisations", headers=officer).json()["items"]} == {
        "BANK",
        "PLATFORM",
    }
    assert len(http.get("/v1/organisations", headers=operator).json()["items"]) == 3


def test_the_first_operator_is_made_once(database: Database) -> None:
    again = database.transact(lambda tx: operations.ensure_operator(tx, "operator", "some other words"))

    with database.read() as tx:
        assert tx.scalar(sa.select(sa.func.count()).select_from(store.accounts)) == 1
        assert store.account_by_login(tx, "operator") == again


def test_grpc_does_the_same(database: Database) -> None:
    servicer = IdentityServicer(door_of(database), Passwords(), KEYS)
    with serving(partial(identity_pb2_grpc.add_IdentityServicer_to_server, servicer)) as channel:
        stub = identity_pb2_grpc.IdentityStub(channel)
        token = stub.SignIn(pb.SignInRequest(login="operator", password=OPERATOR_PASSWORD)).access_token
        bank = pb.PutOrganisationRequest(kind=pb.ORGANISATION_KIND_BANK, name="塞上春银行", territory="64")
        spring = invoke(stub.PutOrganisation, bank, token=token, key="spring")
        officer = pb.PutAccountRequest(
            login="spring.officer",
            password="a-long-password",
            role=pb.ROLE_BANK_OFFICER,
            organisation=spring.id,
        )
        account = invoke(stub.PutAccount, officer, token=token)
        own = stub.SignIn(pb.SignInRequest(login="spring.officer", password="a-long-password")).access_token
        firm = pb.EnrolRequest(
            uscc=CODE, name="宏远", county="640104", login="hongyuan", password="a-firm-password"
        )

        assert stub.Enrol(firm).organisation.id == f"uscc:{CODE}"
        assert invoke(stub.GetMyAccount, pb.GetMyAccountRequest(), token=own) == account
        assert invoke(stub.GetOrganisation, pb.OrganisationId(organisation_id=spring.id), token=own) == spring
        listed = invoke(
            stub.ListOrganisations, pb.ListOrganisationsRequest(kind=pb.ORGANISATION_KIND_BANK), token=own
        )
        assert list(listed.items) == [spring]
        with pytest.raises(Forbidden):
            invoke(stub.PutAccount, officer, token=own)


def test_a_natural_person_in_business_signs_in_under_an_opaque_id(
    http: TestClient, operator: dict[str, str]
) -> None:
    own = {"kind": "ENTERPRISE", "name": "马晓测", "territory": "640104"}
    account = {"password": "a-long-password", "role": "SME", "display_name": "马晓测"}
    account["organisation"] = "person:owner-000001"

    assert http.put("/v1/organisations/person:owner-000001", json=own, headers=operator).status_code == 200
    assert http.put("/v1/accounts/owner.one", json=account, headers=operator).status_code == 200
    me = http.get("/v1/accounts/me", headers=headers_of(http, "owner.one", "a-long-password"))
    assert me.json()["organisation"] == "person:owner-000001"
    told = http.put("/v1/organisations/person:640104199001011234", json=own, headers=operator)
    assert (told.status_code, told.json()["field"]) == (422, "id")
