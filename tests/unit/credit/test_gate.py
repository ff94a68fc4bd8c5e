"""The legal gate: closed by default, open while a recorded basis holds, and never closed to the firm."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from libs.chassis.principal import Role
from libs.chassis.problems import Forbidden, LegalGateClosed, NotFound
from libs.criteria.violation import Violation
from services.credit.domain.gate import BasisKind, NewLegalBasis
from services.credit.domain.score import Score
from services.credit.operations import gate, scores
from tests.unit.credit.card_shop import BASIS, open_gate
from tests.unit.credit.doors import client
from tests.unit.credit.world import BANK, FIRM, OFFICER, OPERATOR, TODAY, World, firm, told


def score(world: World, by: object = OFFICER) -> Score:
    return world.write(scores.get_score, by, FIRM)


def test_until_a_basis_is_recorded_a_bank_is_given_no_score_and_told_what_is_missing(world: World) -> None:
    world.put()
    world.grant("score")

    with pytest.raises(LegalGateClosed) as closed:
        score(world)

    assert closed.value.slug == "legal-gate"
    assert closed.value.mend is not None
    assert "legal-bases" in closed.value.mend
    assert closed.value.source is not None
    answer = client(world, Role.BANK_OFFICER, BANK).get(f"/v1/parties/{FIRM}/score")
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:rongqiao:problem:legal-gate")


def test_the_firm_always_sees_its_own_and_reads_that_it_is_no_rating(world: World) -> None:
    world.put()

    shown = score(world, firm())

    assert "不是信用评级" in shown.gate
    assert "not a rating" in shown.gate_en


def test_matching_goes_on_while_the_gate_is_closed(world: World) -> None:
    world.put()
    world.grant("score", recipient="platform")

    assert int(told(world.summary())["score"]) > 0


def test_a_recorded_basis_opens_the_gate_and_stands_on_every_score(world: World) -> None:
    world.put()
    world.grant("score")

    assert open_gate(world).open

    assert "银备〔2026〕1号" in score(world).gate


def test_the_gate_opens_with_the_first_day_and_closes_after_the_last(world: World) -> None:
    world.put()
    world.grant("score")
    days = {"valid_from": TODAY + timedelta(days=1), "valid_until": TODAY + timedelta(days=2)}
    assert not open_gate(world, replace(BASIS, **days)).open

    world.pass_days(2)
    assert score(world).points > 0
    world.pass_days(1)
    with pytest.raises(LegalGateClosed):
        score(world)


def test_a_revoked_basis_closes_the_gate_at_once(world: World) -> None:
    world.put()
    world.grant("score")
    open_gate(world)
    score(world)

    ended = world.write(gate.revoke_basis, OPERATOR, BasisKind.FILED_CREDIT_REPORTING)

    assert not ended.open
    assert ended.items[0].revoked_at is not None
    with pytest.raises(LegalGateClosed):
        score(world)
    with pytest.raises(NotFound):
        world.write(gate.revoke_basis, OPERATOR, BasisKind.FILED_CREDIT_REPORTING)


def test_an_open_gate_does_not_stand_for_a_consent(world: World) -> None:
    world.put()
    open_gate(world)

    with pytest.raises(Forbidden, match="NOT_AUTHORISED"):
        score(world)


def test_a_later_basis_of_its_kind_replaces_the_earlier_and_both_are_kept(world: World) -> None:
    open_gate(world)
    shown = open_gate(world, replace(BASIS, number="银备〔2027〕9号"))

    assert [(one.number, one.revoked_at is None) for one in shown.items] == [
        ("银备〔2027〕9号", True),
        ("银备〔2026〕1号", False),
    ]
    assert "银备〔2027〕9号" in shown.words


def test_everybody_may_read_the_basis_and_only_an_operator_records_one(small_world: World) -> None:
    bank = client(small_world, Role.BANK_OFFICER, BANK)
    body = {"document": "备案证", "number": "1", "valid_from": "2026-11-22", "valid_until": "2027-11-22"}

    assert bank.get("/v1/legal-bases").json()["open"] is False
    assert bank.put("/v1/legal-bases/GOVERNMENT_MANDATE", body).status_code == 403
    operator = client(small_world, Role.OPERATOR, "org_platform")
    assert operator.put("/v1/legal-bases/GOVERNMENT_MANDATE", body).json()["open"] is True
    assert operator.put("/v1/legal-bases/A_FRIEND_SAID_SO", body).status_code == 422
    assert operator.post("/v1/legal-bases/GOVERNMENT_MANDATE/revoke").json()["open"] is False


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"document": " "}, "document"),
        ({"number": "1" * 101}, "number"),
        ({"note": "1" * 1001}, "note"),
        ({"valid_until": date(2026, 1, 1)}, "valid_until"),
    ],
)
def test_a_basis_that_cannot_be_is_refused(changes: dict[str, object], field: str) -> None:
    with pytest.raises(Violation) as refused:
        NewLegalBasis(**({name: getattr(BASIS, name) for name in NewLegalBasis.__slots__} | changes))
    assert refused.value.field == field
