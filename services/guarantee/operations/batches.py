"""Banks' lists of batch business: each row is reserved, where it was not, listed, and refused where a rule suffices."""

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import BANK, GUARANTOR, Principal, Role, service
from libs.chassis.problems import Conflict, NotFound, Problem
from libs.chassis.vault import firm_key
from libs.criteria import table_text
from libs.criteria.table_text import Row
from libs.criteria.violation import Violation
from services.guarantee.domain import batch_list as rules
from services.guarantee.domain.batch_list import BatchList, BatchRow, ListedLoan, NewBatchList
from services.guarantee.domain.drawdown import Drawdown, DrawdownStatus
from services.guarantee.domain.guarantee import Disbursement, Guarantee, Reservation
from services.guarantee.domain.proposal import Proposal
from services.guarantee.operations import drawing, guarantees, ledger
from services.guarantee.operations.rows import attempted
from services.guarantee.store import batch_lists as list_store
from services.guarantee.store import drawdowns as drawdown_store
from services.guarantee.store import guarantees as guarantee_store
from services.guarantee.store import rules as rule_store

_SELF = service("guarantee")


def list_loans(tx: WriteTx, by: Principal, asked: NewBatchList) -> BatchList:
    """List the loans of a bank, each row by itself. The same loan again is the same loan.

    With `dry_run`, or with `all_or_nothing` where a row is wrong, nothing is kept and each row says what it would be.
    """
    by.require(*BANK)
    if not rule_store.rulebook(tx).programme(asked.programme, tx.today).batch:
        raise Violation("programme", f"{asked.programme} is no batch business.", "Let the bank reserve.")
    rows = list(table_text.read(asked.csv, rules.REQUIRED, rules.OPTIONAL))
    savepoint = tx.connection.begin_nested()
    outcomes = tuple(_listed(tx, by, asked, row) for row in rows)
    if asked.dry_run or (asked.all_or_nothing and not all(one.ok for one in outcomes)):
        savepoint.rollback()
        return _report(tx, by, asked, "", outcomes)
    savepoint.commit()
    kept = _report(tx, by, asked, tx.new_id("lst"), outcomes)
    list_store.insert(tx, kept)
    return kept


def get_list(tx: ReadTx, by: Principal, list_id: str) -> BatchList:
    """A list with what became of each row: for its bank and its guarantor."""
    by.require(*BANK, *GUARANTOR, Role.REGUARANTOR)
    found = list_store.get(tx, list_id)
    if by.role is not Role.REGUARANTOR and by.organisation not in (found.bank, found.guarantor):
        raise NotFound(f"There is no list {list_id}.", field="list_id")
    return found


def _report(
    tx: WriteTx, by: Principal, asked: NewBatchList, list_id: str, rows: tuple[BatchRow, ...]
) -> BatchList:
    return BatchList(
        id=list_id,
        bank=by.organisation,
        programme=asked.programme,
        guarantor=asked.guarantor,
        listed_by=by.subject,
        listed_at=tx.now,
        rows=rows,
    )


def _listed(tx: WriteTx, by: Principal, asked: NewBatchList, row: Row) -> BatchRow:
    found = attempted(tx, lambda: _list_one(tx, by, asked, row))
    number = row.cells["loan_number"]
    if isinstance(found, Drawdown):
        ok = found.status is not DrawdownStatus.REFUSED
        said = None if ok else found.note
        return BatchRow(
            row=row.number,
            loan_number=number,
            ok=ok,
            guarantee_id=found.guarantee_id,
            loan_id=found.loan_id,
            message=said,
        )
    return BatchRow(
        row=row.number,
        loan_number=number,
        ok=False,
        field=found.field,
        message=found.detail if isinstance(found, Problem) else found.message,
        mend=found.mend,
        source=found.source,
    )


def _list_one(tx: WriteTx, by: Principal, asked: NewBatchList, row: Row) -> Drawdown:
    loan = rules.listed_loan(row, tx.today)
    loan_id = loan.loan_id(by.organisation)
    known = drawdown_store.if_any(tx, loan_id)
    if known is not None:
        return _same(tx, by, known, loan)
    guarantee = _reservation(tx, by, asked, loan, row)
    drawn = Disbursement(
        loan_id=loan_id,
        application_id=guarantee.application_id,
        amount_fen=loan.amount_fen,
        term_months=loan.term_months,
        disbursed_on=loan.drawn_on,
    )
    ledger.post(tx, drawing.draw(tx, guarantee, drawn))
    return drawdown_store.get(tx, loan_id)


def _same(tx: ReadTx, by: Principal, known: Drawdown, loan: ListedLoan) -> Drawdown:
    """The loan that was listed before, or that lending told of; Conflict where it was told otherwise."""
    guarantee = guarantee_store.get(tx, known.guarantee_id)
    if guarantee.bank != by.organisation:
        raise NotFound(f"There is no loan {loan.number}.", field="loan_number")
    if (known.amount_fen, known.drawn_on) != (loan.amount_fen, loan.drawn_on):
        raise Conflict(
            f"Loan {loan.number} is known with {known.amount_fen} fen, drawn on {known.drawn_on}.",
            field="loan_number",
            mend="Another loan has another number.",
        )
    return known


def _reservation(tx: WriteTx, by: Principal, asked: NewBatchList, loan: ListedLoan, row: Row) -> Guarantee:
    """The reservation that the row names, locked; or a new one, as any loan is reserved for."""
    guarantee_id = loan.guarantee_id or _of_application(tx, loan) or _reserve(tx, by, asked, loan, row)
    guarantee = guarantee_store.to_change(tx, guarantee_id)
    if guarantee.bank != by.organisation:
        raise NotFound(f"There is no guarantee {guarantee_id}.", field="guarantee_id")
    if (guarantee.programme, guarantee.guarantor) != (asked.programme, asked.guarantor):
        told = f"{guarantee_id} is of {guarantee.programme} with {guarantee.guarantor}."
        raise Violation("guarantee_id", told, "List it with its own programme and guarantor.")
    return guarantee


def _of_application(tx: ReadTx, loan: ListedLoan) -> str | None:
    if loan.application_id is None:
        return None
    found = guarantee_store.of_application(tx, loan.application_id)
    if found is None:
        message = f"Application {loan.application_id} has no reservation."
        raise NotFound(message, field="application_id", mend="Name one that has, or the borrower.")
    return found.id


def _reserve(tx: WriteTx, by: Principal, asked: NewBatchList, loan: ListedLoan, row: Row) -> str:
    party = table_text.cell(row, "party")
    wish = Reservation(
        application_id=rules.application_of(by.organisation, loan.number),
        programme=asked.programme,
        guarantor=asked.guarantor,
        proposal=Proposal(
            party=party,
            bank=by.organisation,
            amount_fen=loan.amount_fen,
            term_months=loan.term_months,
            dimensions=rules.dimensions(row, firm_key(party)),
        ),
    )
    return guarantees.reserve(tx, _SELF, wish).id
