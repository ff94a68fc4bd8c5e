"""What credit does from time to time."""

from collections.abc import Callable, Sequence

from libs.chassis.database import Database
from libs.chassis.principal import service
from libs.chassis.service import Job
from services.credit.archive import Archive
from services.credit.operations import deliveries, stops, summaries

_ITSELF = service("credit")


def tell_due_summaries(database: Database) -> int:
    """Tell what is due, each party in a transaction of its own; returns how many."""
    with database.read() as tx:
        due = summaries.due_parties(tx, _ITSELF)
    _each(due, lambda party: database.transact(lambda tx: summaries.tell_summary(tx, _ITSELF, party)))
    return len(due)


def _each(parties: Sequence[str], work: Callable[[str], object]) -> None:
    """One that fails keeps no other from being told that a consent ended. All failures are raised at the end, for the
    log of jobs and for the alarm."""
    failures: list[Exception] = []
    for party in parties:
        try:
            work(party)
        except Exception as error:  # noqa: BLE001 whatever it is, the next party is told
            failures.append(error)
    if failures:
        raise ExceptionGroup(f"{len(failures)} of {len(parties)} parties", failures)


def stop_overdue_records(database: Database) -> int:
    """Stop every record whose longest time is over, a party in a transaction of its own; returns how many."""
    stopped, after = 0, ""
    while True:
        with database.read() as tx:
            parties = stops.overdue_parties(tx, _ITSELF, after)
        for party in parties:
            stopped += database.transact(lambda tx, party=party: stops.stop_overdue(tx, _ITSELF, party))
        if len(parties) < stops.BATCH:
            return stopped
        after = parties[-1]


def jobs(database: Database) -> Sequence[Job]:
    return (
        Job("due summaries", 1.0, lambda: tell_due_summaries(database), wakes=True),
        Job("records over their longest time", 300.0, lambda: stop_overdue_records(database)),
        Job("broken deliveries", 300.0, lambda: deliveries.give_up_broken(database, _ITSELF)),
    )


def document_jobs(archive: Archive) -> Sequence[Job]:
    return (
        Job("documents to scan", 30.0, archive.scan_waiting, wakes=True),
        Job("documents kept long enough", 3_600.0, archive.expire),
        Job("abandoned uploads", 600.0, archive.give_up_abandoned),
        Job("content to destroy", 60.0, archive.destroy_doomed, wakes=True),
    )
