"""What was answered, called and published is kept for a week; what is still open, until it is not."""

from datetime import timedelta

import sqlalchemy as sa
from google.protobuf.wrappers_pb2 import StringValue

from libs.chassis.database import Database
from libs.chassis.housekeeping import KEPT, forget_old
from libs.chassis.intents import Runner, intend, run_due
from libs.chassis.tables import idempotency_keys, intents
from libs.eventing import topics
from libs.eventing.outbox import emit
from libs.eventing.tables import outbox
from tests.unit.chassis import jars
from tests.unit.chassis.conftest import call_of, officer
from tests.unit.chassis.jars import NewJar

TABLES = (idempotency_keys, intents, outbox)


def left(database: Database) -> list[int]:
    with database.read() as tx:
        return [tx.scalar(sa.select(sa.func.count()).select_from(table)) for table in TABLES]


def test_after_a_week_what_is_over_is_forgotten(database: Database) -> None:
    call_of(database, officer(), "key-1").write(jars.make, NewJar(held_fen=1))
    with database.write() as tx:
        intend(tx, "fill", "jar_1", {})
        emit(tx, topics.LENDING_PRODUCT, "prd_1", StringValue())
        tx.execute(sa.update(outbox).values(published_at=tx.now))
    run_due(database, {"fill": Runner(lambda intent: None, lambda tx, intent, outcome: None)})

    database.clock.instant += KEPT
    within_the_week = database.transact(forget_old)
    database.clock.instant += timedelta(seconds=1)
    after_it = database.transact(forget_old)

    assert (within_the_week, after_it) == (0, 3)
    assert left(database) == [0, 0, 0]


def test_what_is_not_over_is_kept_however_old(database: Database) -> None:
    with database.write() as tx:
        intend(tx, "fill", "jar_1", {})
        emit(tx, topics.LENDING_PRODUCT, "prd_1", StringValue())

    database.clock.instant += 100 * KEPT
    database.transact(forget_old)

    assert left(database) == [0, 1, 1]
