"""A rule that was corrected afterwards lists the answers that it touches, and says what it would have changed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from libs.chassis.ids import new_id
from libs.chassis.principal import Principal, Role
from libs.policy import Entry, PolicySet
from rongqiao.credit.v1 import credit_pb2 as credit
from rongqiao.matching.v1 import matching_pb2 as pb
from rongqiao.matching.v1 import matching_pb2_grpc
from services.matching.desk import Desk
from services.matching.domain.replay.correction import Effect, effect
from services.matching.rpc.matches import MatchingServicer
from tests.support.rpc import door_of, serving, token_of
from tests.support.services import house_policies
from tests.unit.matching.house import BODY, House
from tests.unit.matching.world import FIRST_LOAN, GUARANTEED, IP_LOAN, PARTY, POLICIES, catalogue
from tests.unit.matching.world import ask as ask_market

OPERATOR = Principal("acc_o", Role.OPERATOR, "platform")


def corrected(parameter: str, **changed: int) -> PolicySet:
    """The policies with one more record of a parameter: for the same days, known a month later."""
    held = POLICIES.parameter(parameter)
    last = held.values[-1]
    assert isinstance(last.value, dict)
    entry = Entry(
        value=last.value | changed,
        effective=last.effective,
        recorded=date(2026, 12, 20),
        source=last.source,
        confidence=last.confidence,
    )
    newer = replace(held, values=(*held.values, entry))
    others = (POLICIES.parameter(name) for name in POLICIES.ids() if name != parameter)
    return PolicySet((*others, newer))


@contextmanager
def knowing(house: House, policies: PolicySet) -> Iterator[House]:
    """The same database, as a process sees it that was started with other policies."""
    desk = Desk(house.database, house.desk.catalogue, policies, new_id, looks=1)
    house.database.policies = policies
    try:
        yield House(house.database, desk)
    finally:
        house.database.policies = house_policies()
        desk.close()


def listed(house: House) -> Any:
    return house.client(Role.OPERATOR, "platform").get("/v1/policy-corrections").json()["items"]


def touched(house: House, rulebook: str, **params: Any) -> Any:
    path = f"/v1/policy-corrections/{rulebook}/answers"
    return house.client(Role.REGULATOR, "org_r").get(path, **params).json()


def ask(house: House) -> str:
    return house.sme.post("/v1/matches", BODY).json()["id"]


def test_without_a_correction_nothing_is_listed(house: House) -> None:
    ask(house)
    assert listed(house) == []


def test_a_correction_names_the_parameter_the_day_and_how_many_answers(house: House) -> None:
    ask(house), ask(house)
    with knowing(house, corrected("matching.ranking", day_ppm=900)) as later:
        (found,) = listed(later)
    assert (found["day"], found["parameters"], found["answers"]) == ("2026-11-22", ["matching.ranking"], 2)


@pytest.mark.parametrize(
    ("parameter", "change", "effect"),
    [
        ("matching.ranking", {"reference_ppm": 1}, "FIRST_PLAN"),
        ("matching.likelihood", {"guaranteed": 8_000}, "FIGURES"),
        ("matching.likelihood", {"ip_pledged": 160}, "NONE"),
    ],
)
def test_each_answer_says_what_the_correction_would_have_changed(
    house: House, parameter: str, change: dict[str, int], effect: str
) -> None:
    match_id = ask(house)
    with knowing(house, corrected(parameter, **change)) as later:
        (found,) = listed(later)
        page = touched(later, found["rulebook"])
    (item,) = page["items"]
    assert (item["match_id"], item["day"], item["county"]) == (match_id, "2026-11-22", "640104")
    assert item["effect"] == effect
    assert PARTY not in str(page)


def test_another_second_plan_is_another_order() -> None:
    given = ask_market(catalogue(FIRST_LOAN, IP_LOAN, GUARANTEED))
    assert effect(given, replace(given, plans=given.plans[:1])) is Effect.ORDER
    assert effect(given, replace(given, plans=given.plans[1:])) is Effect.FIRST_PLAN


def test_answers_given_after_the_correction_are_not_touched(house: House) -> None:
    ask(house)
    with knowing(house, corrected("matching.ranking", day_ppm=900)) as later:
        ask(later)
        (found,) = listed(later)
    assert found["answers"] == 1


def test_a_benefit_that_was_corrected_is_named_by_its_own_id(house: House) -> None:
    ask(house)
    name = next(one for one in POLICIES.ids("benefits.") if in_force(one))
    held = POLICIES.record_on(name, date(2026, 11, 22))
    field = next(field for field, value in held.items() if isinstance(value, int))
    with knowing(house, corrected(name, **{field: int(str(held[field])) + 1})) as later:
        (found,) = listed(later)
    assert found["parameters"] == [name]


def in_force(name: str) -> bool:
    entries = [one for one in POLICIES.parameter(name).values if one.effective <= date(2026, 11, 22)]
    value = entries[-1].value if entries else None
    return isinstance(value, dict) and any(type(part) is int for part in value.values())


def test_of_a_party_that_left_nobody_can_say_what_would_change(house: House) -> None:
    ask(house)
    house.tell(credit.PartySummary(party=PARTY, status=credit.PARTY_STATUS_WITHDRAWN))
    with knowing(house, corrected("matching.ranking", day_ppm=900)) as later:
        (found,) = listed(later)
        assert [one["effect"] for one in touched(later, found["rulebook"])["items"]] == ["UNKNOWN"]


def test_touched_answers_come_in_pages_and_only_since_a_day(house: House) -> None:
    asked = {ask(house) for _ in range(3)}
    with knowing(house, corrected("matching.ranking", day_ppm=900)) as later:
        (found,) = listed(later)
        first = touched(later, found["rulebook"], limit=2)
        rest = touched(later, found["rulebook"], limit=2, cursor=first["next_cursor"])
        operator = later.client(Role.OPERATOR, "platform")
        assert operator.get("/v1/policy-corrections", since="2026-11-23").json()["items"] == []
    assert {one["match_id"] for one in (*first["items"], *rest["items"])} == asked
    assert (len(first["items"]), rest["next_cursor"]) == (2, None)


@pytest.mark.parametrize("role", [Role.SME, Role.SERVICE_CENTRE, Role.BANK_MANAGER])
def test_only_operators_and_supervision_see_corrections(house: House, role: Role) -> None:
    own = house.client(role, PARTY if role is Role.SME else "org_other")
    assert own.get("/v1/policy-corrections").status_code == 403
    assert own.get("/v1/policy-corrections/abc/answers").status_code == 403


def test_a_rulebook_that_answered_nothing_is_not_found(house: House) -> None:
    refused = house.client(Role.OPERATOR, "platform").get("/v1/policy-corrections/abc/answers")
    assert (refused.status_code, refused.json()["field"]) == (404, "rulebook")


def test_grpc_lists_them_too(house: House) -> None:
    match_id, metadata = ask(house), [("authorization", f"Bearer {token_of(OPERATOR)}")]
    with knowing(house, corrected("matching.ranking", day_ppm=900)) as later:
        servicer = MatchingServicer(door_of(later.database), later.desk)
        with serving(
            lambda server: matching_pb2_grpc.add_MatchingServicer_to_server(servicer, server)
        ) as channel:
            stub = matching_pb2_grpc.MatchingStub(channel)
            (found,) = stub.ListPolicyCorrections(
                pb.ListPolicyCorrectionsRequest(since="2026-11-22"), metadata=metadata
            ).items
            page = stub.ListTouchedAnswers(
                pb.ListTouchedAnswersRequest(rulebook=found.rulebook), metadata=metadata
            )
    assert [(one.match_id, one.day) for one in page.items] == [(match_id, "2026-11-22")]
