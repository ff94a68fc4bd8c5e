"""What credit does from time to time."""

from collections.abc import Sequence

from libs.chassis.database import Database
from libs.chassis.principal import service
from libs.chassis.service import Job
from libs.policy import PolicySet
from services.credit.operations import invoices, summaries

_ITSELF = service("credit")


def tell_due_summaries(database: Database, policies: PolicySet) -> int:
    """Tell what is due, each party in a transaction of its own; returns how many."""
    with database.read() as tx:
        due = summaries.due_parties(tx, _ITSELF)
    for party in due:
        database.transact(lambda tx, party=party: summaries.tell_summary(tx, _ITSELF, policies, party))
    return len(due)


def give_up_broken_deliveries(database: Database) -> int:
    with database.read() as tx:
        broken = invoices.broken_deliveries(tx, _ITSELF)
    for delivery, party in broken:
        database.transact(
            lambda tx, delivery=delivery, party=party: invoices.give_up_delivery(tx, _ITSELF, delivery, party)
        )
    return len(broken)


def jobs(database: Database, policies: PolicySet) -> Sequence[Job]:
    return (
        Job("due summaries", 1.0, lambda: tell_due_summaries(database, policies), wakes=True),
        Job("broken deliveries", 300.0, lambda: give_up_broken_deliveries(database)),
    )
