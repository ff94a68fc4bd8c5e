"""The database law, held on both engines."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from functools import partial

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from libs.chassis.clock import SettableClock
from libs.chassis.database import Database, WriteTx
from libs.chassis.principal import Role
from libs.chassis.problems import Forbidden
from tests.support import patience
from tests.support.services import opened
from tests.unit.chassis import jars
from tests.unit.chassis.conftest import officer
from tests.unit.chassis.jars import NewJar


def a_jar(database: Database, held_fen: int = 0) -> str:
    return database.transact(lambda tx: jars.make(tx, officer(), NewJar(held_fen=held_fen))).id


def test_no_update_of_many_at_once_is_lost(database: Database) -> None:
    jar = a_jar(database)

    def put_in(_turn: int) -> None:
        database.transact(lambda tx: jars.put_in(tx, officer(), jar))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(put_in, range(200)))

    assert jars.held(database, jar) == 200


def test_nobody_else_decides_on_locked_rows_before_the_end(database: Database) -> None:
    jar = a_jar(database)
    second = threading.Thread(target=lambda: database.transact(lambda tx: jars.put_in(tx, officer(), jar, 5)))

    with database.write() as tx:
        jars.put_in(tx, officer(), jar, 1)
        second.start()
        second.join(0.2)
        waiting = second.is_alive()
    second.join(patience.SECONDS)

    assert waiting
    assert jars.held(database, jar) == 6


def test_a_failed_write_leaves_nothing(database: Database) -> None:
    jar = a_jar(database)

    with pytest.raises(LookupError), database.write() as tx:
        jars.put_in(tx, officer(), jar)
        raise LookupError("the rule said no")

    assert jars.held(database, jar) == 0


def test_whoever_reads_sees_one_moment(database: Database) -> None:
    jar = a_jar(database)
    held = sa.select(jars.jars.c.held_fen).where(jars.jars.c.id == jar)

    with database.read() as tx:
        before = tx.scalar(held)
        database.transact(lambda writing: jars.put_in(writing, officer(), jar))
        after = tx.scalar(held)

    assert (before, after) == (0, 0)
    assert jars.held(database, jar) == 1


def test_whoever_reads_cannot_write(database: Database) -> None:
    jar = a_jar(database)

    with pytest.raises(DBAPIError), database.read() as tx:
        tx.execute(sa.update(jars.jars).values(held_fen=9))

    assert jars.held(database, jar) == 0
    database.transact(lambda tx: jars.put_in(tx, officer(), jar))
    assert jars.held(database, jar) == 1


def test_what_comes_after_the_commit_sees_it(database: Database) -> None:
    seen: list[int] = []

    def make(tx: WriteTx) -> str:
        jar = jars.make(tx, officer(), NewJar(held_fen=3)).id
        tx.after_commit(lambda: seen.append(jars.held(database, jar)))
        assert seen == []
        return jar

    database.transact(make)

    assert seen == [3]


def test_what_comes_after_the_commit_does_not_come_after_a_failure(database: Database) -> None:
    seen: list[str] = []
    database.on_commit.append(lambda: seen.append("woken"))

    with pytest.raises(LookupError), database.write() as tx:
        tx.after_commit(lambda: seen.append("committed"))
        raise LookupError("the rule said no")

    assert seen == []


def test_a_transaction_that_changes_nothing_wakes_nobody(database: Database) -> None:
    jar = database.transact(lambda tx: jars.make(tx, officer(), NewJar(held_fen=3))).id
    woken: list[str] = []
    database.on_commit.append(lambda: woken.append("woken"))
    nowhere = sa.update(jars.jars).where(jars.jars.c.id == "nowhere").values(held_fen=1)
    there = sa.update(jars.jars).where(jars.jars.c.id == jar).values(held_fen=4)

    database.transact(lambda tx: tx.lock_rows(sa.select(jars.jars).order_by(jars.jars.c.id)))
    database.transact(lambda tx: tx.execute(nowhere))
    assert woken == []

    database.transact(lambda tx: tx.execute(there))
    assert woken == ["woken"]


def test_a_write_within_a_write_is_refused_at_once(database: Database) -> None:
    with database.write(), pytest.raises(RuntimeError, match="within"), database.write():
        pass


def test_a_deadlock_is_tried_again(postgres_url: str) -> None:
    both_hold_one = threading.Barrier(2, timeout=patience.SECONDS)

    def cross(database: Database, first: str, second: str) -> None:
        tries: list[str] = []

        def work(tx: WriteTx) -> None:
            jars.put_in(tx, officer(), first)
            if not tries:
                tries.append(first)
                both_hold_one.wait()
            jars.put_in(tx, officer(), second)

        database.transact(work)

    with opened(postgres_url, jars.metadata) as database, ThreadPoolExecutor(2) as pool:
        one, other = a_jar(database), a_jar(database)
        list(pool.map(partial(cross, database), (one, other), (other, one)))
        held = jars.held(database, one), jars.held(database, other)

    assert held == (2, 2)


def test_a_failed_statement_tells_no_parameters(database: Database) -> None:
    jar = a_jar(database)
    row = {"id": jar, "owner": "张三", "held_fen": 1}

    with pytest.raises(DBAPIError) as failure:
        database.transact(lambda tx: tx.execute(sa.insert(jars.jars).values(row)))

    assert "张三" not in str(failure.value)


def test_the_business_date_is_that_of_shanghai(sqlite: Database) -> None:
    sqlite.clock = SettableClock(datetime(2026, 11, 22, 16, 0, tzinfo=UTC))

    with sqlite.read() as tx:
        today = tx.today

    assert today == date(2026, 11, 23)


def test_roles_are_refused_by_name() -> None:
    with pytest.raises(Forbidden, match="BANK_MANAGER.*yours is SME"):
        officer(role=Role.SME).require(Role.BANK_MANAGER)
