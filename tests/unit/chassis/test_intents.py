"""A call that was decided happens once in effect, whatever fails in between."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from libs.chassis.database import Database, WriteTx
from libs.chassis.intents import Intent, Runner, intend, run, run_due, run_subject
from libs.chassis.problems import (
    Conflict,
    InFlight,
    Problem,
    TooMany,
    Unauthenticated,
    Unavailable,
)
from libs.chassis.tables import intents
from libs.criteria.violation import Violation
from tests.unit.chassis import jars
from tests.unit.chassis.conftest import officer
from tests.unit.chassis.jars import NewJar


@dataclass
class OtherSide:
    """Another service as a runner meets it: it answers, or fails as told, and keeps the keys that came."""

    fails: list[Exception] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    applied: list[Any] = field(default_factory=list)
    when_applying: Callable[[], None] = lambda: None

    def call(self, intent: Intent) -> str:
        self.keys.append(intent.id)
        if self.fails:
            raise self.fails.pop(0)
        return f"done for {intent.payload['jar']}"

    def apply(self, tx: WriteTx, intent: Intent, outcome: Any) -> None:
        jars.put_in(tx, officer(), intent.payload["jar"], 1)
        self.when_applying()
        tx.after_commit(lambda: self.applied.append(outcome))

    @property
    def runners(self) -> dict[str, Runner]:
        return {"fill": Runner(self.call, self.apply)}


def decided(database: Database) -> str:
    """A jar that is to be filled; its id."""

    def decide(tx: WriteTx) -> str:
        jar = jars.make(tx, officer(), NewJar(held_fen=0)).id
        intend(tx, "fill", jar, {"jar": jar})
        return jar

    return database.transact(decide)


def later(database: Database, by: timedelta) -> None:
    database.clock.instant += by  # type: ignore[attr-defined]


def row(database: Database) -> sa.Row[Any]:
    with database.read() as tx:
        return tx.rows(sa.select(intents))[0]


def test_what_was_decided_is_carried_out_once(database: Database) -> None:
    other, jar = OtherSide(), decided(database)

    ended = [run_due(database, other.runners), run_due(database, other.runners)]

    assert ended == [1, 0]
    assert other.applied == [f"done for {jar}"]
    assert jars.held(database, jar) == 1


def test_an_operation_that_fails_intends_nothing(database: Database) -> None:
    with pytest.raises(LookupError), database.write() as tx:
        intend(tx, "fill", "jar_1", {"jar": "jar_1"})
        raise LookupError("the rule said no")

    assert run_due(database, {}) == 0


def test_of_two_workers_on_one_intent_one_applies(database: Database) -> None:
    other, jar = OtherSide(), decided(database)
    with database.read() as tx:
        intent = Intent(tx.rows(sa.select(intents))[0].id, "fill", jar, {"jar": jar}, 0)

    ended = [run(database, other.runners, intent), run(database, other.runners, intent)]

    assert ended == [True, False]
    assert jars.held(database, jar) == 1


def test_after_a_crash_between_call_and_effect_the_same_key_is_used_again(database: Database) -> None:
    def crash() -> None:
        raise SystemExit("the machine is gone")

    other, jar = OtherSide(when_applying=crash), decided(database)
    with pytest.raises(SystemExit):
        run_due(database, other.runners)

    other.when_applying = lambda: None
    run_due(database, other.runners)

    assert len(set(other.keys)) == 1
    assert len(other.keys) == 2
    assert jars.held(database, jar) == 1


@pytest.mark.parametrize("kind", [Unavailable, InFlight, TooMany, Unauthenticated])
def test_what_may_pass_is_put_off(sqlite: Database, kind: type[Problem]) -> None:
    other, jar = OtherSide(fails=[kind("not now")]), decided(sqlite)

    at_once = run_due(sqlite, other.runners)
    too_early = run_due(sqlite, other.runners)
    later(sqlite, timedelta(seconds=1))
    in_time = run_due(sqlite, other.runners)

    assert (at_once, too_early, in_time) == (0, 0, 1)
    assert jars.held(sqlite, jar) == 1


def test_each_failure_waits_twice_as_long_up_to_five_minutes(database: Database) -> None:
    other = OtherSide(fails=[Unavailable("away")] * 12)
    decided(database)
    waits: list[float] = []
    for _ in range(12):
        run_due(database, other.runners)
        waits.append((row(database).due_at - database.clock.now()).total_seconds())
        later(database, timedelta(minutes=5))

    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]
    assert row(database).error == "away"


def test_a_refusal_is_the_outcome(database: Database) -> None:
    refusal = Conflict("no room left")
    other, jar = OtherSide(fails=[refusal]), decided(database)

    assert run_due(database, other.runners) == 1
    later(database, timedelta(days=1))

    assert run_due(database, other.runners) == 0
    assert other.applied == [refusal]
    assert jars.held(database, jar) == 1


def test_a_refusal_may_also_be_returned(database: Database) -> None:
    refusal, other = Conflict("no room left"), OtherSide()
    decided(database)
    runner = Runner(lambda intent: refusal, other.apply)

    assert run_due(database, {"fill": runner}) == 1
    assert other.applied == [refusal]


@pytest.mark.parametrize("failure", [Violation("held_fen", "Too full.", "Take some."), KeyError("fill")])
def test_an_intent_that_cannot_be_applied_stops_no_other(database: Database, failure: Exception) -> None:
    stuck, fine = decided(database), decided(database)
    other = OtherSide()

    def apply(tx: WriteTx, intent: Intent, outcome: Any) -> None:
        other.apply(tx, intent, outcome)
        if intent.subject == stuck:
            raise failure

    ended = run_due(database, {"fill": Runner(other.call, apply)})

    assert ended == 1
    assert (jars.held(database, stuck), jars.held(database, fine)) == (0, 1)
    assert row(database).attempts == 1


def test_an_intent_of_an_unknown_kind_stops_no_other(sqlite: Database) -> None:
    with sqlite.write() as tx:
        intend(tx, "of an older release", "jar_1", {})
    other, jar = OtherSide(), decided(sqlite)

    assert run_due(sqlite, other.runners) == 1
    assert jars.held(sqlite, jar) == 1


def test_what_was_just_decided_need_not_wait_for_the_job(sqlite: Database) -> None:
    other, jar, bystander = OtherSide(), decided(sqlite), decided(sqlite)

    run_subject(sqlite, other.runners, jar)

    assert (jars.held(sqlite, jar), jars.held(sqlite, bystander)) == (1, 0)
