"""Items that stop by themselves: once, on their day, whoever else is at work; and minor ones."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from libs.chassis.problems import Conflict
from rongqiao.credit.v1 import repairs_pb2 as pb
from services.credit.domain.records import RecordKind, RecordState, Severity
from services.credit.domain.repair import Decision, RepairStatus
from services.credit.operations import repairs
from tests.unit.credit.repairing import (
    NO,
    RIGHT,
    WRONG,
    YES,
    apply,
    decide,
    deliver,
    dispute,
    item,
    judge,
    notices,
    penalised,
    penalty,
    record_of,
    shown,
    stop_overdue,
    stopped,
)
from tests.unit.credit.world import (
    OFFICER,
    OPERATOR,
    World,
    fact,
    firm,
    told,
    values,
)


@pytest.mark.parametrize(
    ("severity", "made", "stops"),
    [
        (Severity.GENERAL, "2025-11-24", date(2026, 11, 24)),
        (Severity.SERIOUS, "2023-11-24", date(2026, 11, 24)),
        (Severity.MINOR, "2026-08-24", date(2026, 11, 24)),
    ],
)
def test_an_item_stops_by_itself_once_on_the_right_day(
    world: World, severity: Severity, made: str, stops: date
) -> None:
    penalised(world, made=made, severity=severity)
    happened: dict[date, int] = {}

    for _ in range(4):
        with world.database.read() as tx:
            today = tx.today
        happened[today] = stop_overdue(world) + stop_overdue(world)
        world.pass_days(1)

    assert {day: count for day, count in happened.items() if count} == {stops: 1}
    assert [fact.cause for fact in stopped(world)] == [pb.NOTICE_CAUSE_EXPIRED]
    assert record_of(world).state is RecordState.STOPPED


def test_an_item_that_is_over_when_it_is_delivered_is_never_shown(small_world: World) -> None:
    small_world.put()

    deliver(small_world, penalty(made="2024-01-10"))

    assert shown(small_world, firm()) == []
    assert record_of(small_world).state is RecordState.STOPPED


def test_an_item_is_out_of_use_at_midnight_whenever_the_job_comes(world: World) -> None:
    penalised(world, made="2025-11-24")
    world.say(fact("penalties_24m", "1", "2026-01-31"))
    world.grant("tax", recipient="platform")
    before = told(world.summary())["penalties_24m"]

    world.pass_days(2)

    assert (before, told(world.summary())["penalties_24m"]) == ("1", "0")
    assert values(world.look())["penalties_24m"] == "0"
    assert shown(world, firm()) == shown(world, OFFICER) == []
    assert record_of(world).state is RecordState.IN_USE


def test_an_older_total_does_not_bring_a_stopped_item_back(small_world: World) -> None:
    small_world.put()
    small_world.say(fact("penalties_24m", "1", "2026-10-31"))
    deliver(small_world, penalty())

    decide(small_world, apply(small_world, record_of(small_world)))

    assert values(small_world.look())["penalties_24m"] == "0"


def test_a_stop_ends_what_was_applied_for(small_world: World) -> None:
    record = penalised(small_world, made="2025-11-24")
    repair = apply(small_world, record)
    small_world.pass_days(2)

    stop_overdue(small_world)

    with small_world.database.read() as tx:
        assert repairs.get_repair(tx, firm(), repair.id).status is RepairStatus.OBSOLETE


def test_a_list_of_abnormal_operations_never_ends_by_itself(small_world: World) -> None:
    penalised(small_world, made="2019-01-10", kind=RecordKind.ABNORMAL_LISTING, severity=None)

    assert stop_overdue(small_world) == 0
    assert values(small_world.look())["abnormal_list"] == "true"


def test_a_minor_item_is_known_to_the_firm_alone(small_world: World) -> None:
    penalised(small_world, made="2026-11-01", severity=Severity.MINOR)

    assert shown(small_world, OFFICER) == shown(small_world, OPERATOR) == []
    assert len(shown(small_world, firm())) == 1
    assert values(small_world.look()).get("penalties_24m", "0") == "0"


def test_two_who_decide_at_once_decide_once(world: World) -> None:
    record = penalised(world)
    repair = apply(world, record)

    def outcome(decision: Decision) -> str:
        try:
            return decide(world, repair, decision).status
        except Conflict:
            return "CONFLICT"

    with ThreadPoolExecutor(4) as pool:
        found = sorted(pool.map(outcome, [YES, NO, YES, NO]))

    assert found.count("CONFLICT") == 3
    assert len(stopped(world)) == found.count("ACCEPTED")
    assert (record_of(world).state is RecordState.STOPPED) is ("ACCEPTED" in found)


def test_a_decision_and_the_job_at_once_stop_an_item_once(world: World) -> None:
    record = penalised(world, made="2025-11-24")
    repair = apply(world, record)
    world.pass_days(2)

    def outcome(what: int) -> str | int:
        try:
            return decide(world, repair).status if what % 2 else stop_overdue(world)
        except Conflict:
            return "CONFLICT"

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(outcome, range(4)))

    assert len(stopped(world)) == 1
    assert found.count("ACCEPTED") + found.count(1) == 1


def test_who_could_not_see_a_minor_item_is_not_told_that_there_was_one(world: World) -> None:
    record = penalised(world, made="2026-11-01", severity=Severity.MINOR)
    world.look(OFFICER)

    judge(world, dispute(world, record), RIGHT)
    judge(world, dispute(world, record), WRONG)

    assert not notices(world)


def test_who_first_looked_after_its_longest_time_is_not_told(world: World) -> None:
    penalised(world)
    world.pass_days(2_000)
    world.look(OFFICER)

    assert stop_overdue(world) == 1

    assert not notices(world)


def test_that_a_minor_item_is_disputed_marks_nothing_that_others_see(world: World) -> None:
    record = penalised(world, made="2026-11-01", severity=Severity.MINOR)
    deliver(world, penalty("宁金罚〔2026〕2号"))

    dispute(world, record)

    assert not item(world, "penalties_24m").disputed
