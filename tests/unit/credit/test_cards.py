"""The register: what was stored never changes, and two people bring a card into force."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest

from libs.chassis.principal import Role
from libs.chassis.problems import Conflict, Forbidden, Invalid, NotFound
from libs.criteria.violation import Violation
from libs.registry.promotion import NewVersionProposal, VersionAction, VersionState, VersionVerdict
from services.credit.cardfile import LARGEST, card_sha256, write_card
from services.credit.domain.card import Card, CardKind, Need, Scale, Variable
from services.credit.domain.registry import Scorecard
from services.credit.operations import cards, scores
from services.credit.store.scores import scores as given_scores
from tests.support.services import token_of
from tests.unit.credit.card_shop import LEARNED, SECOND, answer, promote, today, upload, version
from tests.unit.credit.doors import client
from tests.unit.credit.world import FIRM, OFFICER, OPERATOR, TODAY, World, fact, firm, told

YES, NO = VersionVerdict(approve=True), VersionVerdict(approve=False)


def proposal(action: VersionAction = VersionAction.PROMOTE, on: date = TODAY) -> NewVersionProposal:
    return NewVersionProposal(action=action, effective_on=on, reason="在未见过的数据上更好")


def propose(world: World, number: int = 1, **terms: object) -> str:
    new = proposal(**terms)  # pyright: ignore[reportArgumentType]
    card: Scorecard = world.write(cards.propose, OPERATOR, LEARNED.id, number, new)
    return card.proposals[-1].id


def decide(world: World, by: object, number: str, verdict: VersionVerdict, of: int = 1) -> Scorecard:
    return world.write(cards.decide, by, LEARNED.id, of, number, verdict)


def states(world: World) -> dict[str, VersionState]:
    with world.database.read() as tx:
        return {f"{one.id}/{one.version}": one.state for one in cards.list_cards(tx, OPERATOR).items}


def card_of_score(world: World) -> str:
    return world.write(scores.get_score, firm(), FIRM).scorecard


def selling(world: World) -> World:
    world.put()
    world.say(fact("invoiced_12m_fen", "60000000"))
    return world


def test_the_expert_card_of_the_policies_is_always_there(world: World) -> None:
    assert states(world) == {"expert_first_loan/1": VersionState.ACTIVE}


def test_a_version_that_is_stored_is_never_changed(world: World) -> None:
    first = upload(world)

    assert (first.state, first.sha256) == (VersionState.CANDIDATE, card_sha256(LEARNED))
    assert upload(world) == first
    with pytest.raises(Conflict, match="other content"):
        upload(world, replace(LEARNED, zh="改过的说明"))
    with world.database.read() as tx:
        assert cards.get_card_file(tx, OPERATOR, LEARNED.id, 1).content == write_card(LEARNED).decode()


def test_a_card_is_brought_into_force_by_a_second_person_and_serves_the_firms_that_it_speaks_of(
    world: World,
) -> None:
    selling(world)
    upload(world)
    number = propose(world)
    with pytest.raises(Forbidden, match="Who proposed"):
        decide(world, OPERATOR, number, YES)
    assert card_of_score(world) == "expert_first_loan/1"

    decided = decide(world, SECOND, number, YES)

    assert decided.state is VersionState.ACTIVE
    assert (decided.proposals[0].proposed_by, decided.proposals[0].decided_by) == (
        OPERATOR.subject,
        SECOND.subject,
    )
    assert card_of_score(world) == "sales_card/1"
    world.put(party := "uscc:91640181MA7ADEM16Q", by=OPERATOR)
    assert world.write(scores.get_score, firm(party), party).scorecard == "expert_first_loan/1"


def test_the_card_comes_into_force_on_its_day_and_matching_is_told_then(world: World) -> None:
    selling(world)
    world.grant("score", "invoices", recipient="platform")
    before = told(world.summary())["score"]
    promote(world, on=TODAY + timedelta(days=3))
    assert told(world.summary())["score"] == before

    world.pass_days(3)

    assert states(world)["sales_card/1"] is VersionState.ACTIVE
    assert told(world.summary())["score"] != before


def test_a_card_that_comes_into_force_today_is_told_at_once(world: World) -> None:
    selling(world)
    world.grant("score", "invoices", recipient="platform")
    before = told(world.summary())["score"]

    promote(world)

    assert told(world.summary())["score"] != before


def test_going_back_is_bringing_the_earlier_version_into_force_again(world: World) -> None:
    selling(world)
    promote(world)
    promote(world, version(2))
    assert states(world)["sales_card/1"] is VersionState.RETIRED
    assert card_of_score(world) == "sales_card/2"

    decide(world, SECOND, propose(world, 1), YES, of=1)

    assert card_of_score(world) == "sales_card/1"
    assert states(world)["sales_card/2"] is VersionState.RETIRED


def test_retiring_the_card_in_force_takes_two_and_leaves_the_expert_card(world: World) -> None:
    selling(world)
    promote(world)
    with pytest.raises(Conflict, match="Propose to retire it"):
        world.write(cards.retire_card, OPERATOR, LEARNED.id, 1)

    decide(world, SECOND, propose(world, action=VersionAction.RETIRE), YES)

    assert card_of_score(world) == "expert_first_loan/1"


def test_a_proposal_is_decided_once_and_can_be_rejected_by_who_made_it(world: World) -> None:
    upload(world)
    number = propose(world)
    with pytest.raises(Conflict, match="open"):
        propose(world)

    assert decide(world, OPERATOR, number, NO).state is VersionState.CANDIDATE
    with pytest.raises(Conflict, match="already"):
        decide(world, SECOND, number, YES)
    with pytest.raises(NotFound):
        decide(world, SECOND, "prp_none", YES)


def test_a_proposal_whose_day_is_over_is_not_approved(world: World) -> None:
    upload(world)
    number = propose(world)
    world.pass_days(1)

    with pytest.raises(Invalid, match="is over"):
        decide(world, SECOND, number, YES)
    with pytest.raises(Invalid, match="is over"):
        promote(world, version(2), on=today(world) - timedelta(days=1))


def test_a_card_in_the_shadow_is_computed_and_shown_to_nobody(world: World) -> None:
    selling(world)
    upload(world)

    assert world.write(cards.put_in_shadow, OPERATOR, LEARNED.id, 1).state is VersionState.SHADOW
    assert card_of_score(world) == "expert_first_loan/1"

    with world.database.read() as tx:
        rows = tx.rows(given_scores.select())
        assert {(row.role, row.card) for row in rows} == {
            ("GIVEN", "expert_first_loan/1"),
            ("SHADOW", "sales_card/1"),
        }
        shown = scores.list_scores(tx, firm(), FIRM).items
    assert [one.card for one in shown] == ["expert_first_loan/1"]
    assert world.write(cards.retire_card, OPERATOR, LEARNED.id, 1).state is VersionState.RETIRED


def test_one_person_does_not_retire_what_is_proposed_or_agreed(small_world: World) -> None:
    upload(small_world)
    propose(small_world)
    with pytest.raises(Conflict, match="A proposal is open"):
        small_world.write(cards.retire_card, OPERATOR, LEARNED.id, 1)
    promote(small_world, version(2), today(small_world) + timedelta(days=3))
    with pytest.raises(Conflict, match="comes into force"):
        small_world.write(cards.retire_card, OPERATOR, LEARNED.id, 2)


def _with(variable: Variable) -> Card:
    return replace(LEARNED, variables=(*LEARNED.variables, variable))


def _number(name: str) -> Variable:
    return Variable(fact=name, scale=Scale.NUMBER, bins=(answer(1, 0.1),), missing=answer(0, 0.0))


def _code(name: str, *codes: str) -> Variable:
    return Variable(fact=name, scale=Scale.CODE, bins=(answer(1, 0.1, None, *codes),), missing=answer(0, 0.0))


@pytest.mark.parametrize(
    ("card", "field"),
    [
        (_with(_number("colour_of_the_door")), "card/variables/colour_of_the_door"),
        (_with(_number("score")), "card/variables/score"),
        (_with(_number("environment_grade")), "card/variables/environment_grade"),
        (_with(_code("employees", "1")), "card/variables/employees"),
        (_with(_code("environment_grade", "GREEN", "PURPLE")), "card/variables/environment_grade"),
        (_with(_code("srdi", "yes")), "card/variables/srdi"),
        (replace(LEARNED, needs=()), "card/needs"),
        (replace(LEARNED, needs=(Need(fact="nothing"),)), "card/needs/0"),
        (replace(LEARNED, needs=(Need(fact="srdi", at_least=1.0),)), "card/needs/0"),
    ],
)
def test_a_card_of_facts_that_the_platform_does_not_hold_is_kept_and_not_served(
    small_world: World, card: Card, field: str
) -> None:
    upload(small_world, card)

    with pytest.raises(Violation) as refused:
        propose(small_world)
    assert refused.value.field == field
    with pytest.raises(Violation):
        small_world.write(cards.put_in_shadow, OPERATOR, LEARNED.id, 1)


def test_expert_cards_come_with_the_policies_alone(small_world: World) -> None:
    named = replace(LEARNED, id="expert_first_loan")

    with pytest.raises(Invalid, match="policies"):
        upload(small_world, named)
    with small_world.database.read() as tx:
        expert = cards.expert_on(tx.policies, tx.today).compiled.card
        assert cards.get_card(tx, OPERATOR, expert.id, expert.version).kind is CardKind.EXPERT
    with pytest.raises(Invalid, match="policies"):
        upload(small_world, replace(expert, id="my_own"))


def test_only_operators_change_the_register(small_world: World) -> None:
    upload(small_world)
    for by in (OFFICER, firm()):
        with pytest.raises(Forbidden):
            small_world.write(cards.register_card, by, LEARNED)
        with pytest.raises(Forbidden):
            small_world.write(cards.put_in_shadow, by, LEARNED.id, 1)
        with pytest.raises(Forbidden):
            small_world.write(cards.propose, by, LEARNED.id, 1, proposal())
        with small_world.database.read() as tx, pytest.raises(Forbidden):
            cards.list_cards(tx, by)


def test_the_door_takes_the_file_itself_and_gives_it_back(world: World) -> None:
    operator = client(world, Role.OPERATOR, "org_platform")
    bank = client(world, Role.BANK_OFFICER, "org_bank")
    file = json.loads(write_card(LEARNED))

    assert bank.post("/v1/scorecards", file).status_code == 403
    stored = operator.post("/v1/scorecards", file)
    assert (stored.status_code, stored.json()["state"]) == (201, "CANDIDATE")
    assert operator.get("/v1/scorecards/sales_card/1/file").content == write_card(LEARNED)
    tampered = operator.post("/v1/scorecards", {**file, "sha256": "0" * 64})
    assert (tampered.status_code, tampered.json()["field"]) == (422, "card/sha256")
    assert operator.get("/v1/scorecards/sales_card/9").status_code == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"\x80\x04\x95\x1a\x00cposix\nsystem\n", 422), (b"{}" * LARGEST, 422), (b"[" * 50_000, 422)],
    ids=["pickle", "huge", "deep"],
)
def test_the_door_refuses_what_is_no_card_and_keeps_nothing(
    small_world: World, body: bytes, status: int
) -> None:
    operator = client(small_world, Role.OPERATOR, "org_platform")
    headers = {"Authorization": f"Bearer {token_of(operator.principal)}", "Idempotency-Key": "k"}

    answer = operator.http.post("/v1/scorecards", content=body, headers=headers)

    assert answer.status_code == status
    assert answer.json()["mend"]
    assert set(states(small_world)) == {"expert_first_loan/1"}
