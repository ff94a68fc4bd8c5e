"""The end of a bank's day: shown, compared with the bank's own file, signed off by a second person."""

from datetime import date

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import BANK, Principal, Role
from libs.criteria.violation import Violation
from services.lending.domain import day_end as rules
from services.lending.domain.day_end import (
    DayEnd,
    DayRow,
    Reconciliation,
    ReconciliationList,
    SignDay,
    SignOff,
)
from services.lending.operations import rights
from services.lending.store import day_ends as store


def get_day_end(tx: ReadTx, by: Principal, day: date) -> DayEnd:
    """All that the platform has of the bank's day, under the bank's own numbers."""
    _bank(tx, by, day)
    rows = store.rows_of(tx, by.organisation, day)
    digest = rules.digest_of(rows)
    return DayEnd(
        date=day,
        complete=day < tx.today,
        applications=store.states_of(tx, by.organisation, day),
        totals=rules.totals_of(rows),
        rows=rows,
        digest=digest,
        signed_off=_sign_off(store.of_day(tx, by.organisation, day), digest),
    )


def day_end_rows(tx: ReadTx, by: Principal, day: date) -> tuple[DayRow, ...]:
    """The rows alone, for the file."""
    _bank(tx, by, day)
    return store.rows_of(tx, by.organisation, day)


def reconcile(tx: WriteTx, by: Principal, day: date, file: str) -> Reconciliation:
    """Compare the day with the bank's file. The report is kept, with differences or without."""
    _bank(tx, by, day, acts=True)
    here, there = store.rows_of(tx, by.organisation, day), rules.from_csv(file)
    differences = rules.compared(here, there)
    kept = Reconciliation(
        id=tx.new_id("rec"),
        date=day,
        rows_here=len(here),
        rows_there=len(there),
        difference_count=len(differences),
        differences=differences[: rules.SHOWN],
        digest=rules.digest_of(here),
        by=by.subject,
        at=tx.now,
    )
    store.insert(tx, by.organisation, kept)
    return kept


def list_reconciliations(tx: ReadTx, by: Principal, day: date) -> ReconciliationList:
    _bank(tx, by, day)
    return ReconciliationList(items=store.of_day(tx, by.organisation, day))


def sign_day_off(tx: WriteTx, by: Principal, day: date, order: SignDay) -> Reconciliation:
    """A manager who did not compare it himself says that the day is good."""
    by.require(Role.BANK_MANAGER)
    _bank(tx, by, day, acts=True)
    kept = store.to_change(tx, by.organisation, day, order.reconciliation_id)
    if day >= tx.today:
        raise Violation("date", f"{day} is not over.", "Sign it tomorrow.")
    signed = rules.signed(kept, order, by.subject, tx.now)
    store.update(tx, signed)
    return signed


def _bank(tx: ReadTx, by: Principal, day: date, *, acts: bool = False) -> None:
    by.require(*BANK)
    (rights.may_act if acts else rights.may_see)(tx, by, by.organisation, None)
    if day > tx.today:
        raise Violation("date", f"{day} is still to come.", f"Ask for a day up to {tx.today}.")


def _sign_off(kept: tuple[Reconciliation, ...], digest: str) -> SignOff | None:
    """The last one that was signed."""
    for one in reversed(kept):
        if one.signed_by and one.signed_at:
            return SignOff(
                reconciliation_id=one.id,
                by=one.signed_by,
                at=one.signed_at,
                note=one.note,
                still_true=one.digest == digest,
            )
    return None
