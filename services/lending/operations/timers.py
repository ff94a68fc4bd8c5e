"""What time does to applications: offers lapse, and decisions become overdue."""

from dataclasses import replace

from libs.chassis.database import Database, WriteTx
from services.lending.domain import life
from services.lending.operations import endings, telling
from services.lending.store import applications as application_store

_BATCH = 500


def lapse_offers(database: Database) -> int:
    """End the offers that no firm accepted in time, each by itself; how many there were."""
    with database.read() as tx:
        late = application_store.stale_offers(tx, tx.today, _BATCH)
    for application_id in late:
        database.transact(lambda tx, application_id=application_id: lapse(tx, application_id))
    return len(late)


def note_overdue(database: Database) -> int:
    """Tell once of each decision that did not come by the promised day; how many there were."""
    with database.read() as tx:
        late = application_store.overdue(tx, tx.today, life.DECIDABLE, _BATCH)
    for application_id in late:
        database.transact(lambda tx, application_id=application_id: mark_overdue(tx, application_id))
    return len(late)


def lapse(tx: WriteTx, application_id: str) -> None:
    application = application_store.to_change(tx, application_id)
    if life.is_stale(application, tx.today):
        endings.keep(tx, life.lapsed(application, tx.now))


def mark_overdue(tx: WriteTx, application_id: str) -> None:
    application = application_store.to_change(tx, application_id)
    if life.is_overdue(application, tx.today):
        telling.keep(tx, replace(application, overdue=True), telling.OVERDUE)
