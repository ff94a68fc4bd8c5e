"""Both doors: who may ask, what is stored before the answer, and what a repeated key gets."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
import sqlalchemy as sa

from libs.chassis.ids import new_id
from libs.chassis.principal import Principal, Role
from libs.eventing import topics
from rongqiao.matching.v1 import events_pb2 as events
from rongqiao.matching.v1 import matching_pb2 as pb
from rongqiao.matching.v1 import matching_pb2_grpc
from services.matching.desk import Desk
from services.matching.rpc.matches import MatchingServicer
from services.matching.store.tables import matches
from tests.support.rpc import door_of, serving, token_of
from tests.support.services import Client, emitted
from tests.unit.matching.house import BODY, COORDINATION, SME, House
from tests.unit.matching.world import PARTY, POLICIES, product, rule


@pytest.fixture
def stub(house: House) -> Iterator[matching_pb2_grpc.MatchingStub]:
    servicer = MatchingServicer(door_of(house.database), house.desk)
    with serving(
        lambda server: matching_pb2_grpc.add_MatchingServicer_to_server(servicer, server)
    ) as channel:
        yield matching_pb2_grpc.MatchingStub(channel)


def by(principal: Principal, key: str | None = None) -> list[tuple[str, str]]:
    own = [("authorization", f"Bearer {token_of(principal)}")]
    return own if key is None else [*own, ("idempotency-key", key)]


def stored(house: House) -> list[str]:
    with house.database.read() as tx:
        return [row.id for row in tx.rows(sa.select(matches.c.id).order_by(matches.c.id))]


def test_a_firm_asks_for_itself_and_reads_the_same_answer_again(house: House) -> None:
    given = house.sme.post("/v1/matches", BODY)
    assert given.status_code == 201
    answer = given.json()
    assert [plan["family"] for plan in answer["plans"]] == ["GUARANTEE", "FIRST_LOAN"]
    assert house.sme.get(f"/v1/matches/{answer['id']}").json() == answer
    assert stored(house) == [answer["id"]]


def test_the_answer_is_told_as_a_fact_without_the_party(house: House) -> None:
    answer = house.sme.post("/v1/matches", BODY).json()
    (told,) = emitted(house.database)
    fact = told.decode(events.RecommendationGiven)
    assert (told.subject, fact.match_id, fact.plans) == (answer["id"], answer["id"], 2)
    assert list(fact.families) == [pb.FAMILY_FIRST_LOAN, pb.FAMILY_GUARANTEE]
    assert PARTY.encode() not in told.data


def test_a_repeated_key_gets_the_first_answer_and_says_so(house: House) -> None:
    key = new_id("key")
    first, again = house.sme.post("/v1/matches", BODY, key), house.sme.post("/v1/matches", BODY, key)
    assert again.json() == first.json()
    assert (first.headers.get("Idempotency-Replayed"), again.headers["Idempotency-Replayed"]) == (
        None,
        "true",
    )
    assert len(stored(house)) == len(emitted(house.database)) == 1


def test_a_key_with_another_body_is_refused(house: House) -> None:
    key = new_id("key")
    house.sme.post("/v1/matches", BODY, key)
    refused = house.sme.post("/v1/matches", BODY | {"term_months": 6}, key)
    assert (refused.status_code, refused.json()["field"]) == (422, "Idempotency-Key")


def test_a_request_without_a_key_is_refused(house: House) -> None:
    refused = house.sme.post("/v1/matches", BODY, None)
    assert (refused.status_code, refused.json()["field"]) == (422, "Idempotency-Key")


def test_one_key_sent_at_once_by_many_is_answered_once(house: House) -> None:
    key, start = new_id("key"), threading.Barrier(6)

    def send(_: int) -> str:
        start.wait()
        return house.sme.post("/v1/matches", BODY, key).json()["id"]

    with ThreadPoolExecutor(6) as senders:
        ids = set(senders.map(send, range(6)))
    assert (len(ids), len(stored(house))) == (1, 1)


@pytest.mark.parametrize(
    ("role", "organisation", "status"),
    [
        (Role.SME, "uscc:91640100MA77XXXX11", 403),
        (Role.BANK_OFFICER, "org_east", 403),
        (Role.GUARANTOR_MANAGER, "org_cover", 403),
        (Role.REGULATOR, "org_regulator", 403),
        (Role.SERVICE_CENTRE, "org_centre", 201),
    ],
)
def test_only_the_firm_and_the_service_centre_ask(
    house: House, role: Role, organisation: str, status: int
) -> None:
    assert house.client(role, organisation).post("/v1/matches", BODY).status_code == status


@pytest.mark.parametrize(
    ("role", "organisation", "status"),
    [
        (Role.SME, "uscc:91640100MA77XXXX11", 404),
        (Role.BANK_MANAGER, "org_east", 403),
        (Role.SERVICE_CENTRE, "org_centre", 200),
    ],
)
def test_another_firm_cannot_tell_that_an_answer_exists(
    house: House, role: Role, organisation: str, status: int
) -> None:
    match_id = house.sme.post("/v1/matches", BODY).json()["id"]
    assert house.client(role, organisation).get(f"/v1/matches/{match_id}").status_code == status


def test_a_service_centre_asks_and_reads_only_in_its_territory(house: House) -> None:
    """Elsewhere it cannot tell whether a firm is known at all, nor whether it was answered."""
    own, other = (
        Client(house.sme.http, Principal("acc_c", Role.SERVICE_CENTRE, "org_centre", territory))
        for territory in ("6401", "6402")
    )
    path = f"/v1/matches/{own.post('/v1/matches', BODY).json()['id']}"
    refused = other.post("/v1/matches", BODY)
    unknown = other.post("/v1/matches", BODY | {"party": "uscc:91640100MA77XXXX11"})
    assert (own.get(path).status_code, other.get(path).status_code) == (200, 404)
    assert other.get(f"{path}/replay").status_code == 404
    assert (refused.status_code, unknown.status_code) == (404, 404)
    assert refused.json()["detail"].replace(PARTY, "") == unknown.json()["detail"].replace(
        "uscc:91640100MA77XXXX11", ""
    )


def test_a_service_centre_is_shown_the_rule_and_not_what_the_firm_has(house: House) -> None:
    strict = product("strict", criteria=[rule("score", "GE", "700", says="信用分不低于700")])
    house.show(topics.LENDING_PRODUCT, strict.id, strict)
    centre, key = house.client(Role.SERVICE_CENTRE, "org_centre"), new_id("key")
    given = centre.post("/v1/matches", BODY, key).json()
    path = f"/v1/matches/{given['id']}"
    told = [
        texts(answer)
        for answer in (given, centre.post("/v1/matches", BODY, key).json(), centre.get(path).json())
    ]
    assert told == [("信用分不低于700", "credit score: at least 700 points")] * 3
    shown = texts(house.sme.get(path).json())
    assert all(rule in text and "640" in text for rule, text in zip(told[0], shown, strict=True))


def texts(answer: dict[str, Any]) -> tuple[str, str]:
    (miss,) = (one for one in answer["near_misses"] if one["product_id"] == "prd_strict")
    (reason,) = miss["reasons"]
    return reason["text"], reason["text_en"]


@pytest.mark.parametrize(
    ("change", "field"),
    [({"amount_fen": 0}, "amount_fen"), ({"term_months": 601}, "term_months"), ({"colour": 1}, "/colour")],
)
def test_a_request_that_cannot_be_names_its_field(house: House, change: dict[str, int], field: str) -> None:
    refused = house.sme.post("/v1/matches", BODY | change)
    assert refused.status_code == 422
    assert refused.json()["field"].strip("/").endswith(field.strip("/"))


def test_an_unknown_party_is_not_found(house: House) -> None:
    stranger = "uscc:91640100MA77XXXX11"
    refused = house.client(Role.SME, stranger).post("/v1/matches", BODY | {"party": stranger})
    assert (refused.status_code, refused.json()["field"]) == (404, "party")


def test_a_party_that_credit_took_in_a_moment_ago_is_waited_for(house: House) -> None:
    newcomer = "uscc:91640100MA77XXXX11"
    patient = House(house.database, Desk(house.database, house.desk.catalogue, POLICIES, new_id, looks=600))
    arrival = threading.Timer(0.4, lambda: house.tell(house.summary(party=newcomer)))
    arrival.start()
    answer = patient.client(Role.SME, newcomer).post("/v1/matches", BODY | {"party": newcomer})
    arrival.join()
    patient.desk.close()
    assert answer.status_code == 201


def test_grpc_gives_the_same_answer_under_the_same_key(
    house: House, stub: matching_pb2_grpc.MatchingStub
) -> None:
    request, key = pb.MatchRequest(**BODY), new_id("key")
    first = stub.Match(request, metadata=by(COORDINATION, key))
    again = stub.Match(request, metadata=by(COORDINATION, key))
    assert first == again == stub.GetMatch(pb.MatchId(match_id=first.id), metadata=by(SME))
    assert [plan.family for plan in first.plans] == [pb.FAMILY_GUARANTEE, pb.FAMILY_FIRST_LOAN]
    assert stored(house) == [first.id]


def test_grpc_refuses_a_bank(stub: matching_pb2_grpc.MatchingStub) -> None:
    bank = Principal("acc_b", Role.BANK_OFFICER, "org_east", "64")
    with pytest.raises(grpc.RpcError) as refused:
        stub.Match(pb.MatchRequest(**BODY), metadata=by(bank, new_id("key")))
    assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED  # type: ignore[attr-defined]
