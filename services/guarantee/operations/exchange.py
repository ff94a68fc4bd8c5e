"""Filings as files: what a tier is to decide of a month, and its decisions row by row (逐月报备)."""

import csv
import io
from calendar import monthrange
from dataclasses import replace
from datetime import date

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Problem
from libs.criteria import table_text
from libs.criteria.table_text import Row, cell
from libs.criteria.violation import Violation
from services.guarantee.domain.drawdown import Drawdown, part
from services.guarantee.domain.exchange import (
    COLUMNS,
    REQUIRED,
    Decision,
    DecisionReport,
    DecisionRow,
    FilingDecisions,
)
from services.guarantee.domain.filing import Acceptance, Filing
from services.guarantee.domain.guarantee import Guarantee, Rejection
from services.guarantee.domain.ledger import Movement
from services.guarantee.operations import filings, ledger
from services.guarantee.operations.rows import attempted
from services.guarantee.store import filings as filing_store


def export_filings(tx: ReadTx, by: Principal, month: str, layer: str | None = None) -> str:
    """The caller's filings that were submitted in a month (2026-11), as CSV that `decide_filings` reads."""
    first = _month(month)
    last = first.replace(day=monthrange(first.year, first.month)[1])
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(
        _line(*one) for one in filing_store.submitted_between(tx, filings.side(by), layer, first, last)
    )
    return out.getvalue()


def decide_filings(tx: WriteTx, by: Principal, asked: FilingDecisions) -> DecisionReport:
    """Decide as the rows say, each by itself. The same decision again changes nothing.

    With `dry_run`, or with `all_or_nothing` where a row is wrong, nothing is kept and each row says what it would be.
    """
    by.require(Role.REGUARANTOR)
    rows = list(table_text.read(asked.csv, REQUIRED, COLUMNS))
    savepoint = tx.connection.begin_nested()
    moved: list[Movement] = []
    outcomes = tuple(_decided(tx, by, row, moved) for row in rows)
    wrong = asked.all_or_nothing and not all(one.ok for one in outcomes)
    if asked.dry_run or wrong:
        savepoint.rollback()
    else:
        ledger.post(tx, moved)
        savepoint.commit()
    return DecisionReport(kept=not (asked.dry_run or wrong), rows=outcomes)


def _decided(tx: WriteTx, by: Principal, row: Row, moved: list[Movement]) -> DecisionRow:
    """The row's outcome; its entries join those that are written at the end, all at once."""
    found = attempted(tx, lambda: _decide(tx, by, row))
    told = DecisionRow(row=row.number, loan_id=row.cells["loan_id"], layer=row.cells["layer"], ok=False)
    if isinstance(found, tuple):
        filing, movements = found
        moved += movements
        return replace(told, ok=True, status=filing.status)
    message = found.detail if isinstance(found, Problem) else found.message
    return replace(told, field=found.field, message=message, mend=found.mend)


def _decide(tx: WriteTx, by: Principal, row: Row) -> tuple[Filing, list[Movement]]:
    loan_id, layer, decision = (cell(row, name) for name in ("loan_id", "layer", "decision"))
    if decision == Decision.ACCEPT:
        return filings.accepted(tx, by, loan_id, layer, Acceptance(number=cell(row, "number")))
    if decision == Decision.REJECT:
        return filings.reject_filing(tx, by, loan_id, layer, Rejection(reason=cell(row, "reason"))), []
    raise Violation("decision", f"{decision!r} is no decision.", f"Use one of: {', '.join(Decision)}.")


def _line(filing: Filing, drawdown: Drawdown, guarantee: Guarantee) -> tuple[object, ...]:
    share_bp = sum(share.bp for share in drawdown.shares if share.party == filing.layer)
    return (
        filing.loan_id,
        filing.layer,
        "",
        filing.number or "",
        filing.reason or "",
        filing.status,
        filing.submitted_on,
        filing.due_by,
        guarantee.id,
        guarantee.programme,
        guarantee.guarantor,
        guarantee.bank,
        guarantee.party,
        drawdown.amount_fen,
        share_bp,
        part(drawdown, filing.layer),
        drawdown.drawn_on,
        drawdown.due_on,
    )


def _month(text: str) -> date:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise Violation("month", f"{text!r} is no month.", "Give it as 2026-11.") from error
