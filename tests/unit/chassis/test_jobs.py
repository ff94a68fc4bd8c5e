"""Jobs run again and again, whatever one of their runs does."""

import threading

from libs.chassis.database import Database, leading
from libs.chassis.jobs import Scheduler
from libs.chassis.service import Job
from tests.support import patience
from tests.unit.chassis import jars
from tests.unit.chassis.conftest import officer
from tests.unit.chassis.jars import NewJar


def until(enough: threading.Event) -> bool:
    return enough.wait(patience.SECONDS)


def test_a_run_that_fails_is_not_the_last(sqlite: Database) -> None:
    runs, enough = [], threading.Event()

    def fail() -> None:
        runs.append("ran")
        if len(runs) == 3:
            enough.set()
        raise KeyError("a bug")

    scheduler = Scheduler("test", sqlite, [Job("failing", 0.01, fail)])
    scheduler.start()

    assert until(enough)
    scheduler.stop(patience.SECONDS)


def test_a_job_that_wakes_runs_right_after_a_commit(sqlite: Database) -> None:
    runs, first, second = [], threading.Event(), threading.Event()

    def note() -> None:
        (first if not runs else second).set()
        runs.append("ran")

    scheduler = Scheduler("test", sqlite, [Job("waking", 3_600, note, wakes=True)])
    scheduler.start()
    assert until(first)
    sqlite.transact(lambda tx: jars.make(tx, officer(), NewJar(held_fen=1)))

    assert until(second)
    scheduler.stop(patience.SECONDS)


def test_a_stopped_scheduler_runs_nothing_more(sqlite: Database) -> None:
    scheduler = Scheduler("test", sqlite, [Job("counting", 0.001, lambda: None)])
    scheduler.start()
    before = names_of_threads()
    scheduler.stop(patience.SECONDS)

    assert "test: counting" in before
    assert "test: counting" not in names_of_threads()  # nobody is there to run it


def names_of_threads() -> set[str]:
    return {thread.name for thread in threading.enumerate()}


def test_one_replica_at_a_time_leads(database: Database) -> None:
    with leading(database, "job lending intents") as first:
        with leading(database, "job lending intents") as second:
            together = (first, second)
        with leading(database, "job lending another") as other:
            assert other

    # SQLite has one process, which is therefore always the leader.
    assert together == ((True, True) if database.dialect == "sqlite" else (True, False))
