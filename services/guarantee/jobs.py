"""What guarantee does from time to time.

Each job looks first and writes only when there is something to do: a commit wakes the jobs that wake.
"""

from collections.abc import Sequence
from datetime import timedelta

from libs.chassis.database import Database
from libs.chassis.principal import service
from libs.chassis.service import Job
from services.guarantee.domain.programme import Rulebook
from services.guarantee.operations import audit, compliance, filings, guarantees, red_lines, rules
from services.guarantee.store import drawdowns as drawdown_store
from services.guarantee.store import filings as filing_store
from services.guarantee.store import guarantees as guarantee_store
from services.guarantee.store import ledger as ledger_store
from services.guarantee.store import rules as rule_store

_BATCH = 500

_SELF = service("guarantee")


def publish_programmes(database: Database, rulebook: Rulebook) -> None:
    """Load the rules and say the programmes when the policy set changed, or a version begins today."""
    with database.read() as tx:
        if rules.are_loaded(tx, rulebook):
            return
    database.transact(lambda tx: rules.load(tx, _SELF, rulebook))


def publish_headroom(database: Database) -> None:
    with database.read() as tx:
        if rules.is_headroom_said(tx):
            return
    database.transact(lambda tx: rules.publish_headroom(tx, _SELF))


def expire_reservations(database: Database) -> int:
    """End the reservations that ran out, each by itself, so that few limits are locked at a time."""
    with database.read() as tx:
        used = rule_store.rulebook_if_any(tx)
        if used is None:
            return 0
        waits = timedelta(days=used.red_lines_on(tx.today).report_days)
        late = guarantee_store.run_out(tx, tx.today - waits, _BATCH)
    for guarantee_id in late:
        database.transact(lambda tx, guarantee_id=guarantee_id: guarantees.expire(tx, _SELF, guarantee_id))
    return len(late)


def expire_filings(database: Database) -> int:
    """End the filings that nobody made or mended in time: the direct guarantor then stands alone."""
    with database.read() as tx:
        late = filing_store.run_out(tx, tx.today, _BATCH)
    for loan_id in late:
        database.transact(lambda tx, loan_id=loan_id: filings.expire(tx, _SELF, loan_id))
    return len(late)


def mark_overdue_checks(database: Database) -> int:
    """Say which listed loans wait for their check for too long. Waiting never passes one."""
    with database.read() as tx:
        late = drawdown_store.unchecked(tx, _BATCH)
        overdue = [loan_id for loan_id in late if compliance.is_overdue(tx, loan_id)]
    for loan_id in overdue:
        database.transact(lambda tx, loan_id=loan_id: compliance.mark_overdue(tx, _SELF, loan_id))
    return len(overdue)


def say_red_lines(database: Database) -> None:
    with database.read() as tx:
        if red_lines.are_said(tx):
            return
    database.transact(lambda tx: red_lines.say(tx, _SELF))


def close_day(database: Database) -> None:
    """Put the books of yesterday under one root, once."""
    with database.read() as tx:
        last = ledger_store.last_root(tx)
        if last is not None and last.day >= tx.today - timedelta(days=1):
            return
    database.transact(lambda tx: audit.close_day(tx, _SELF))


def jobs(database: Database, rulebook: Rulebook) -> Sequence[Job]:
    return (
        Job("publish programmes", 60, lambda: publish_programmes(database, rulebook)),
        Job("publish headroom", 5, lambda: publish_headroom(database), wakes=True),
        Job("expire reservations", 30, lambda: expire_reservations(database)),
        Job("expire filings", 30, lambda: expire_filings(database)),
        Job("mark overdue checks", 60, lambda: mark_overdue_checks(database)),
        Job("say red lines", 30, lambda: say_red_lines(database)),
        Job("close the day", 3600, lambda: close_day(database)),
    )
