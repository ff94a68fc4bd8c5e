"""Disputes of facts: which word is wrong, what stands instead, and who is told."""

import pytest

from libs.chassis.principal import Principal, Role
from libs.chassis.problems import NotFound
from libs.criteria.violation import Violation
from services.credit.domain.dispute import DisputeStatus, FactAt, Statement, Verdict
from services.credit.domain.facts import Source
from services.credit.domain.notices import NoticeCause
from services.credit.operations import disputes, reading
from tests.unit.credit.repairing import (
    RIGHT,
    TAX,
    WRONG,
    dispute_fact,
    graded,
    item,
    judge,
    notices,
    state,
)
from tests.unit.credit.world import FIRM, World, fact, firm, told, values


def test_a_disputed_fact_is_marked_only_to_whom_it_is_open(small_world: World) -> None:
    graded(small_world)
    small_world.grant("tax")

    dispute_fact(small_world)

    assert item(small_world, "tax_grade").disputed
    closed = item(small_world, "tax_grade", Principal("acc_9", Role.BANK_OFFICER, "org_other"))
    assert (closed.state, closed.disputed, closed.statement) == ("NOT_AUTHORISED", False, None)


def test_every_saying_of_a_fact_shows_whether_it_is_disputed(small_world: World) -> None:
    graded(small_world)

    dispute_fact(small_world)

    history = small_world.write(reading.get_fact, firm(), FIRM, "tax_grade")
    assert [(saying.value, saying.disputed) for saying in history.sayings] == [("D", True), ("B", False)]


def test_a_corrected_fact_has_its_right_value_by_the_same_source_and_day(world: World) -> None:
    graded(world)
    world.grant("tax", recipient="platform")
    before = told(world.summary())["tax_grade"]

    judge(world, dispute_fact(world), Verdict(corrected=True, reason="税务局已更正", value="A"))

    right = item(world, "tax_grade", firm())
    assert (right.value, right.source, right.observed_on) == ("A", Source.TAX, TAX.observed_on)
    assert not right.disputed
    assert (before, told(world.summary())["tax_grade"]) == ("D", "A")


def test_a_wrong_word_without_another_value_makes_room_for_the_one_before(small_world: World) -> None:
    graded(small_world)

    judge(small_world, dispute_fact(small_world), WRONG)

    assert values(small_world.look(firm()))["tax_grade"] == "B"


def test_a_wrong_word_that_is_said_again_changes_nothing_and_says_why(small_world: World) -> None:
    graded(small_world)
    judge(small_world, dispute_fact(small_world), WRONG)

    again = small_world.say(fact("tax_grade", "D", "2026-04-30", Source.TAX))

    (row,) = again.rows
    assert (row.state, "stopped" in str(row.message)) == ("KNOWN", True)
    assert values(small_world.look(firm()))["tax_grade"] == "B"


def test_what_was_called_wrong_may_turn_out_right(world: World) -> None:
    graded(world)
    judge(world, dispute_fact(world), Verdict(corrected=True, reason="更正", value="C"))

    judge(world, dispute_fact(world), Verdict(corrected=True, reason="再次核实", value="D"))

    assert values(world.look(firm()))["tax_grade"] == "D"


def test_readers_of_a_wrong_fact_are_told_its_name_and_not_its_value(small_world: World) -> None:
    graded(small_world)
    small_world.grant("tax")
    small_world.look()
    small_world.look(Principal("acc_9", Role.BANK_OFFICER, "org_other"))

    judge(small_world, dispute_fact(small_world), WRONG)

    (notice,) = notices(small_world)
    assert (notice.item, notice.cause) == ("tax_grade", NoticeCause.CORRECTED)
    assert notices(small_world, Principal("acc_9", Role.BANK_OFFICER, "org_other")) == ()


def test_a_statement_stays_beside_the_item_after_the_decision(small_world: World) -> None:
    graded(small_world)
    found = dispute_fact(small_world)
    judge(small_world, found, RIGHT)

    small_world.write(disputes.add_statement, firm(), found.id, Statement(text="已就该评级申请行政复议"))

    shown = item(small_world, "tax_grade", firm())
    assert (shown.disputed, shown.statement) == (False, "已就该评级申请行政复议")
    small_world.write(disputes.add_statement, firm(), found.id, Statement(text=""))
    assert item(small_world, "tax_grade", firm()).statement is None


def test_nobody_disputes_what_nobody_said(small_world: World) -> None:
    graded(small_world)

    with pytest.raises(NotFound):
        dispute_fact(small_world, FactAt(fact="tax_grade", source=Source.COURT, observed_on=TAX.observed_on))


@pytest.mark.parametrize(
    ("value", "field"), [("Z", "value"), ("D", "value")], ids=["no such grade", "the same grade"]
)
def test_a_correction_gives_another_value_that_the_fact_can_have(
    small_world: World, value: str, field: str
) -> None:
    graded(small_world)
    found = dispute_fact(small_world)

    with pytest.raises(Violation) as refusal:
        judge(small_world, found, Verdict(corrected=True, reason="更正", value=value))

    assert refusal.value.field == field
    assert state(small_world, found).status is DisputeStatus.OPEN
