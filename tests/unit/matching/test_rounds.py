"""A round from its opening to its certificate, at both doors, on both databases."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import cache
from hashlib import sha256
from typing import Any, cast

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from libs.chassis import codec
from libs.chassis.http import Door, make_app
from libs.chassis.limits import RateLimit
from libs.chassis.principal import Principal, Role
from libs.chassis.tokens import TokenChecker
from libs.chassis.vault import vault
from rongqiao.common.v1 import common_pb2 as common
from rongqiao.credit.v1 import credit_pb2 as credit
from rongqiao.lending.v1 import lending_pb2 as lending
from rongqiao.matching.v1 import rounds_pb2 as pb
from rongqiao.matching.v1 import rounds_pb2_grpc
from services.matching.domain.rounds.certificate import Certificate, faults
from services.matching.http import rounds
from services.matching.operations.rounds.closing import close_due
from services.matching.rpc.rounds import RoundsServicer
from services.matching.store.profiles import forget_profiles
from tests.support.rpc import door_of, serving, token_of
from tests.support.services import KEYS, Client
from tests.unit.matching.house import House
from tests.unit.matching.world import FIRST_LOAN, GUARANTEED, PARTY, YUAN, rule

FIRMS = [PARTY, "uscc:91640100MA76GQ0X1R", "uscc:91640100MA76HK2M3T", "uscc:91640100MA76JX5P7W"]
NEW = {
    "name": "兴庆区首贷专场",
    "campaign": "first-loans-2026",
    "closes_on": "2026-11-24",
    "rule": ["FIRST_TIME"],
    "quotas": [
        {"product_id": FIRST_LOAN.id, "bank": "org_east", "places": 2},
        {"product_id": GUARANTEED.id, "bank": "org_north", "places": 5, "amount_fen": 1_500_000 * YUAN},
    ],
    "ceilings": [{"programme": "ordinary", "amount_fen": 1_200_000 * YUAN}],
}
ENTRY = {"amount_fen": 1_000_000 * YUAN, "term_months": 12, "accepts_certificate": True}


@cache
def app() -> TestClient:
    """To make one takes longer than a test, so all share it, each with its own door."""
    return TestClient(make_app("test", [rounds.router], cast(Door, None)), raise_server_exceptions=False)


def client(house: House, role: Role, organisation: str) -> Client:
    cast(FastAPI, app().app).state.door = Door(
        house.database, TokenChecker(KEYS), RateLimit(60_000), house.desk
    )
    return Client(app(), Principal("acc_1", role, organisation, "64"))


@pytest.fixture
def centre(house: House) -> Any:
    return client(house, Role.SERVICE_CENTRE, "org_centre")


@pytest.fixture
def opened(house: House, centre: Any) -> dict[str, Any]:
    """A round whose two banks have confirmed, and the files of all firms."""
    house.desk.catalogue.put_product(FIRST_LOAN)
    house.desk.catalogue.put_product(GUARANTEED)
    for firm in FIRMS:
        house.tell(house.summary(party=firm))
    made = centre.post("/v1/rounds", NEW)
    assert made.status_code == 201, made.text
    confirm(house, made.json()["id"])
    return made.json()


def confirm(house: House, round_id: str) -> None:
    for bank, product in (("org_east", FIRST_LOAN), ("org_north", GUARANTEED)):
        manager = client(house, Role.BANK_MANAGER, bank)
        assert manager.post(f"/v1/rounds/{round_id}/quotas/{product.id}/confirm").status_code == 200


def enter(house: House, round_id: str, firm: str, **changed: Any) -> dict[str, Any]:
    answer = client(house, Role.SME, firm).post(
        f"/v1/rounds/{round_id}/entries", ENTRY | {"party": firm} | changed
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


def close(house: House, days: int = 3) -> int:
    house.database.clock.instant += timedelta(days=days)
    return close_due(house.database, house.desk.catalogue, house.desk.book())


def place(house: House, round_id: str, entry: dict[str, Any]) -> dict[str, Any]:
    firm = client(house, Role.SME, entry["asked"]["party"])
    return firm.get(f"/v1/rounds/{round_id}/entries/{entry['id']}/place").json()


def test_each_firm_gets_its_place_and_the_reason_for_nothing_better(
    house: House, opened: dict[str, Any]
) -> None:
    entries = [enter(house, opened["id"], firm) for firm in FIRMS]
    assert close(house) == 1
    places = [place(house, opened["id"], entry) for entry in entries]
    placed = sorted(one["plan"]["product_id"] for one in places if one["outcome"] == "PLACED")
    assert placed == [GUARANTEED.id, FIRST_LOAN.id, FIRST_LOAN.id]
    (left_out,) = [one for one in places if one["outcome"] == "NOT_PLACED"]
    assert {one["short_of"] for one in left_out["passed"]} <= {"PLACES", "MONEY", "CEILING"}
    assert all("reserves nothing" in one["notice_en"] for one in places)


def test_what_everybody_sees_holds_and_names_nobody(house: House, opened: dict[str, Any]) -> None:
    for firm in FIRMS:
        enter(house, opened["id"], firm)
    close(house)
    anybody = client(house, Role.REGULATOR, "org_regulator")
    told = anybody.get(f"/v1/rounds/{opened['id']}/certificate")
    assert faults(codec.from_json(Certificate, told.content)) == []
    assert not any(firm in told.text for firm in FIRMS)
    known = anybody.get(f"/v1/rounds/{opened['id']}").json()
    assert known["certificate_sha256"] == sha256(told.content).hexdigest()
    assert sha256(known["seed"].encode()).hexdigest() == opened["seed_sha256"]


def test_a_certificate_that_was_changed_does_not_hold(house: House, opened: dict[str, Any]) -> None:
    for firm in FIRMS:
        enter(house, opened["id"], firm)
    close(house)
    told = client(house, Role.SME, PARTY).get(f"/v1/rounds/{opened['id']}/certificate").content
    true = codec.from_json(Certificate, told)
    loser = next(one for one in true.entries if one.held is None)
    winner = next(one for one in true.entries if one.held == 0)
    swapped = {loser: replace(loser, held=0), winner: replace(winner, held=None)}
    turned = {loser: replace(loser, turn=winner.turn), winner: replace(winner, turn=loser.turn)}
    open_lanes = tuple(replace(one, cut_off=None) for one in true.lanes)
    for changed in (swapped, turned):
        entries = tuple(changed.get(one, one) for one in true.entries)
        assert faults(replace(true, entries=entries))
    assert faults(replace(true, lanes=open_lanes))
    assert faults(replace(true, seed="another"))


def test_nothing_of_the_seed_is_told_before_and_the_row_keeps_it_sealed(
    house: House, opened: dict[str, Any]
) -> None:
    assert opened["seed"] == ""
    assert client(house, Role.SME, PARTY).get("/v1/rounds").json()["items"][0]["seed"] == ""
    with house.database.read() as tx:
        (stored,) = tx.connection.exec_driver_sql("SELECT seed FROM rounds").one()
    assert len(vault().open(stored)) == 64


def test_a_quota_that_its_bank_did_not_confirm_takes_no_part(house: House, centre: Any) -> None:
    house.desk.catalogue.put_product(FIRST_LOAN)
    made = centre.post("/v1/rounds", NEW).json()
    stranger = client(house, Role.BANK_MANAGER, "org_west")
    assert stranger.post(f"/v1/rounds/{made['id']}/quotas/{FIRST_LOAN.id}/confirm").status_code == 404
    entry = enter(house, made["id"], PARTY)
    close(house)
    assert place(house, made["id"], entry)["outcome"] == "NO_PLAN"


def test_a_firm_may_name_its_own_order(house: House, opened: dict[str, Any]) -> None:
    entry = enter(house, opened["id"], PARTY, wishes=[GUARANTEED.id])
    close(house)
    got = place(house, opened["id"], entry)
    assert (got["wish"], got["plan"]["product_id"], got["passed"]) == (1, GUARANTEED.id, [])


def test_a_firm_enters_once_leaves_and_enters_again_until_the_round_closes(
    house: House, opened: dict[str, Any]
) -> None:
    path = f"/v1/rounds/{opened['id']}/entries"
    entry = enter(house, opened["id"], PARTY)
    assert client(house, Role.SME, PARTY).post(path, ENTRY | {"party": PARTY}).status_code == 409
    assert client(house, Role.SME, PARTY).post(f"{path}/{entry['id']}/withdraw").json()["withdrawn_at"]
    again = enter(house, opened["id"], PARTY)
    house.database.clock.instant += timedelta(days=3)
    assert client(house, Role.SME, PARTY).post(f"{path}/{again['id']}/withdraw").status_code == 409
    assert [one["id"] for one in client(house, Role.SME, PARTY).get(path).json()["items"]] == [
        again["id"],
        entry["id"],
    ]


def test_an_entry_that_cannot_be_is_refused(house: House, opened: dict[str, Any]) -> None:
    path, firm = f"/v1/rounds/{opened['id']}/entries", client(house, Role.SME, PARTY)
    for changed, status, field in (
        ({"accepts_certificate": False}, 422, "accepts_certificate"),
        ({"wishes": ["prd_other"]}, 422, "wishes/0"),
        ({"party": FIRMS[1]}, 403, None),
        ({"amount_fen": 0}, 422, "amount_fen"),
    ):
        answer = firm.post(path, ENTRY | {"party": PARTY} | changed)
        assert (answer.status_code, answer.json().get("field")) == (status, field)


def test_a_round_that_cannot_be_is_refused(centre: Any) -> None:
    for changed, field in (
        ({"name": "a\0b"}, "name"),
        ({"ceilings": [{"programme": "ordinary", "amount_fen": -1}]}, "amount_fen"),
        ({"ceilings": [{"programme": "ordinary", "amount_fen": 10**30}]}, "amount_fen"),
        ({"ceilings": [{"programme": "", "amount_fen": 1}]}, "programme"),
        ({"ceilings": [{"programme": str(one), "amount_fen": 1} for one in range(2_001)]}, "ceilings"),
        ({"quotas": [{"product_id": "x" * 81, "bank": "org_east", "places": 1}]}, "product_id"),
        ({"quotas": [{"product_id": FIRST_LOAN.id, "bank": "", "places": 1}]}, "bank"),
    ):
        answer = centre.post("/v1/rounds", NEW | changed)
        assert (answer.status_code, answer.json()["field"].rpartition("/")[2]) == (422, field), answer.text


def test_others_see_nothing_of_an_entry(house: House, opened: dict[str, Any]) -> None:
    entry = enter(house, opened["id"], PARTY)
    close(house)
    other = client(house, Role.SME, FIRMS[1])
    path = f"/v1/rounds/{opened['id']}/entries"
    assert other.get(f"{path}/{entry['id']}/place").status_code == 404
    assert other.get(path).json()["items"] == []
    assert client(house, Role.BANK_OFFICER, "org_east").get(path).status_code == 403


def test_a_bank_sees_its_own_quotas_and_names_of_those_who_show_them(
    house: House, opened: dict[str, Any]
) -> None:
    enter(house, opened["id"], FIRMS[0], show_name=True, wishes=[FIRST_LOAN.id])
    enter(house, opened["id"], FIRMS[1], wishes=[FIRST_LOAN.id])
    close(house)
    (own,) = (
        client(house, Role.BANK_OFFICER, "org_east").get(f"/v1/rounds/{opened['id']}/quotas").json()["items"]
    )
    assert (own["product_id"], own["placed"], own["amount_fen"]) == (FIRST_LOAN.id, 2, 2_000_000 * YUAN)
    assert [one["party"] for one in own["firms"]] == [FIRMS[0]]


def test_counties_are_for_the_centre_of_the_round_alone(
    house: House, centre: Any, opened: dict[str, Any]
) -> None:
    for firm in FIRMS:
        enter(house, opened["id"], firm)
    close(house)
    path = f"/v1/rounds/{opened['id']}/report"
    own = centre.get(path).json()
    assert (own["entered"], own["round"]["placed"], own["round"]["blocking"]) == (4, 3, 0)
    assert [(one["county"], one["entered"], one["placed"]) for one in own["counties"]] == [("640104", 4, 3)]
    assert client(house, Role.REGULATOR, "org_regulator").get(path).json()["counties"] == []


def withdraw(house: House, firm: str) -> None:
    house.tell(credit.PartySummary(party=firm, status=credit.PARTY_STATUS_WITHDRAWN))


def test_who_leaves_the_platform_leaves_its_rounds(house: House, opened: dict[str, Any]) -> None:
    """Before the round is decided it takes no part; after, nothing but a pseudonym is left of it."""
    gone, late = (
        enter(house, opened["id"], firm, show_name=True, wishes=[FIRST_LOAN.id]) for firm in FIRMS[:2]
    )
    withdraw(house, FIRMS[0])
    close(house)
    certificate = client(house, Role.SME, PARTY).get(f"/v1/rounds/{opened['id']}/certificate").json()
    assert [one["pseudonym"] for one in certificate["entries"]] == [late["pseudonym"]]
    withdraw(house, FIRMS[1])
    for entry in (gone, late):
        assert place(house, opened["id"], entry)["status"] == 404
    told = client(house, Role.BANK_OFFICER, "org_east").get(f"/v1/rounds/{opened['id']}/quotas").json()
    assert [(one["placed"], one["firms"]) for one in told["items"]] == [(1, [])]


def test_a_round_waits_for_firms_whose_files_are_being_read_anew(
    house: House, opened: dict[str, Any]
) -> None:
    enter(house, opened["id"], PARTY)
    with house.database.write() as tx:
        forget_profiles(tx)
    with pytest.raises(ExceptionGroup, match="1 of 1 rounds"):
        close(house)
    house.tell(house.summary())
    assert close(house, days=0) == 1


def test_a_centre_sees_the_place_without_the_values_of_the_firm(
    house: House, centre: Any, opened: dict[str, Any]
) -> None:
    stricter = lending.Product()
    stricter.CopyFrom(FIRST_LOAN)
    stricter.terms.criteria.append(rule("score", "GE", "700", hard=False))
    house.desk.catalogue.put_product(stricter)
    entry = enter(house, opened["id"], PARTY, wishes=[FIRST_LOAN.id])
    close(house)
    path = f"/v1/rounds/{opened['id']}/entries/{entry['id']}/place"
    seen, own = centre.get(path).json(), place(house, opened["id"], entry)
    assert any("640" in one["text"] for one in own["plan"]["reasons"])
    assert not any("640" in one["text"] for one in seen["plan"]["reasons"])


def test_a_firm_of_another_territory_does_not_enter(house: House, opened: dict[str, Any]) -> None:
    far = common.Dimensions(
        county="110101", industry_division="13", owner_kind=common.OWNER_KIND_ENTERPRISE, firm_key="far"
    )
    house.tell(house.summary(party=FIRMS[1], dimensions=far))
    answer = client(house, Role.SME, FIRMS[1]).post(
        f"/v1/rounds/{opened['id']}/entries", ENTRY | {"party": FIRMS[1]}
    )
    assert (answer.status_code, answer.json()["field"]) == (403, "party")


def test_a_cancelled_round_is_never_decided(house: House, centre: Any, opened: dict[str, Any]) -> None:
    assert (
        client(house, Role.SERVICE_CENTRE, "org_other").post(f"/v1/rounds/{opened['id']}/cancel").status_code
        == 403
    )
    assert centre.post(f"/v1/rounds/{opened['id']}/cancel").json()["status"] == "CANCELLED"
    assert close(house) == 0
    assert client(house, Role.SME, PARTY).get(f"/v1/rounds/{opened['id']}/certificate").status_code == 404


@pytest.fixture
def stub(house: House) -> Iterator[rounds_pb2_grpc.RoundsStub]:
    servicer = RoundsServicer(door_of(house.database))
    with serving(lambda server: rounds_pb2_grpc.add_RoundsServicer_to_server(servicer, server)) as channel:
        yield rounds_pb2_grpc.RoundsStub(channel)


def by(role: Role, organisation: str, key: str | None = None) -> list[tuple[str, str]]:
    token = token_of(Principal("acc_1", role, organisation, "64"))
    return [("authorization", f"Bearer {token}"), *([("idempotency-key", key)] if key else [])]


def test_the_same_round_over_grpc(house: House, stub: rounds_pb2_grpc.RoundsStub) -> None:
    house.desk.catalogue.put_product(FIRST_LOAN)
    centre = by(Role.SERVICE_CENTRE, "org_centre", "k1")
    quota = pb.NewRoundQuota(product_id=FIRST_LOAN.id, bank="org_east", places=1)
    made = stub.OpenRound(pb.NewRound(name="首贷", closes_on="2026-11-23", quotas=[quota]), metadata=centre)
    wanted = pb.RoundQuotaId(round_id=made.id, product_id=FIRST_LOAN.id)
    assert stub.ConfirmQuota(wanted, metadata=by(Role.BANK_MANAGER, "org_east", "k2")).quotas[0].confirmed_at
    entry = stub.Enter(
        pb.EnterRoundRequest(round_id=made.id, party=PARTY, **ENTRY), metadata=by(Role.SME, PARTY, "k3")
    )
    close(house)
    named = pb.RoundEntryId(round_id=made.id, entry_id=entry.id)
    place = stub.GetPlace(named, metadata=by(Role.SME, PARTY))
    assert (place.outcome, place.wish, place.plan.product_id) == (pb.PLACE_OUTCOME_PLACED, 1, FIRST_LOAN.id)
    file = stub.GetCertificate(pb.RoundId(round_id=made.id), metadata=by(Role.SME, PARTY))
    assert json.loads(file.content)["entries"][0]["pseudonym"] == entry.pseudonym
    report = stub.GetReport(pb.RoundId(round_id=made.id), metadata=by(Role.SERVICE_CENTRE, "org_centre"))
    assert (report.round.placed, report.first_come.placed) == (1, 1)
