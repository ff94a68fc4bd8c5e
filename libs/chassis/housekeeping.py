"""Forgets what nobody will ask for again: answers under old keys, calls long made, events long published."""

from datetime import timedelta

import sqlalchemy as sa

from libs.chassis.database import Database, WriteTx
from libs.chassis.service import Job
from libs.chassis.tables import idempotency_keys, intents
from libs.eventing import outbox

KEPT = timedelta(days=7)
_EVERY = 3_600.0  # seconds


def forget_old(tx: WriteTx) -> int:
    """How many rows went. A key that comes back later than KEPT acts anew; the log keeps every event."""
    before = tx.now - KEPT
    keys = tx.execute(sa.delete(idempotency_keys).where(idempotency_keys.c.answered_at < before)).rowcount
    calls = tx.execute(sa.delete(intents).where(intents.c.done_at < before)).rowcount
    return keys + calls + outbox.purge(tx, before)


def housekeeping(database: Database) -> Job:
    return Job("housekeeping", _EVERY, lambda: database.transact(forget_old))
