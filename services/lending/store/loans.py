"""Loans and what was repaid of them: rows in, domain values out."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import sqlalchemy as sa

from libs.chassis.columns import Document
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.problems import Conflict, NotFound
from libs.chassis.rows import from_row, page, to_row
from services.lending.domain.loan import OPEN, Inclusive, Loan, LoanClass, LoanPage, LoanStatus
from services.lending.domain.repayment import RecordedRepayment, RepaymentPage
from services.lending.store.metadata import metadata

# Columns without NOT NULL that a loan always has came after the first loans, and were filled in for them.
loans = sa.Table(
    "loans",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("application_id", sa.String(40), sa.ForeignKey("applications.id"), nullable=False),
    sa.Column("request_id", sa.String(40)),
    sa.Column("bank", sa.String(80), nullable=False),
    sa.Column("branch", sa.String(40)),
    sa.Column("party", sa.String(80), nullable=False),
    sa.Column("amount_fen", sa.BigInteger, nullable=False),
    sa.Column("rate_ppm", sa.BigInteger, nullable=False),
    sa.Column("rate_base", sa.String(20), nullable=False, server_default="FIXED"),
    sa.Column("spread_bp", sa.Integer),
    sa.Column("priced_on", sa.Date),
    sa.Column("reprices_on", sa.Date),
    sa.Column("term_months", sa.Integer, nullable=False),
    sa.Column("repayment_method", sa.String(40)),
    sa.Column("disbursed_on", sa.Date, nullable=False),
    sa.Column("matures_on", sa.Date),
    sa.Column("extended_from", sa.Date),
    sa.Column("outstanding_fen", sa.BigInteger, nullable=False),
    sa.Column("interest_paid_fen", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("claim_paid_fen", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("written_off_fen", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("recovered_fen", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("status", sa.String(20), nullable=False, server_default="ACTIVE"),
    sa.Column("loan_class", sa.String(20), nullable=False, server_default="NORMAL"),
    sa.Column("next_due_on", sa.Date),
    sa.Column("past_due_since", sa.Date),
    sa.Column("renews", sa.String(40)),
    sa.Column("renewed_by", sa.String(40)),
    sa.Column("first_loan", sa.String(20)),
    sa.Column("inclusive", Document(Inclusive)),
    sa.Column("guarantee_id", sa.String(40)),
    sa.Column("external_id", sa.String(64), nullable=False),
    sa.Column("sandbox", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.CheckConstraint("outstanding_fen >= 0 AND outstanding_fen <= amount_fen", name="owed"),
    sa.CheckConstraint("outstanding_fen + claim_paid_fen + written_off_fen <= amount_fen", name="summed"),
    sa.UniqueConstraint("bank", "external_id"),
    sa.Index("ix_loans_application_id", "application_id"),
    sa.Index("ix_loans_bank_id", "bank", "id"),
    sa.Index("ix_loans_party_id", "party", "id"),
    sa.Index("ix_loans_next_due_on", "status", "next_due_on"),
    sa.Index("ix_loans_reprices_on", "reprices_on"),
)


repayments = sa.Table(
    "repayments",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("loan_id", sa.String(40), sa.ForeignKey("loans.id"), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False, server_default="INSTALMENT"),
    sa.Column("principal_fen", sa.BigInteger, nullable=False),
    sa.Column("interest_fen", sa.BigInteger, nullable=False),
    sa.Column("fee_fen", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("paid_on", sa.Date, nullable=False),
    sa.Column("external_id", sa.String(64), nullable=False),
    sa.Column("expected_interest_fen", sa.BigInteger),
    sa.Column("expected_fee_fen", sa.BigInteger),
    sa.UniqueConstraint("loan_id", "external_id"),
)


def page_of(
    tx: ReadTx,
    bank: str | None,
    party: str | None,
    branches: Sequence[str] | None,
    application_id: str | None,
    status: LoanStatus | None,
    cursor: str | None,
    limit: int,
) -> LoanPage:
    query = sa.select(loans)
    for column, wanted in (
        (loans.c.bank, bank),
        (loans.c.party, party),
        (loans.c.application_id, application_id),
        (loans.c.status, status),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    if branches is not None:
        query = query.where(loans.c.branch.in_(branches))
    items, following = page(tx, query, loans.c.id, Loan, cursor, limit)
    return LoanPage(items=items, next_cursor=following)


def if_any(tx: ReadTx, loan_id: str) -> Loan | None:
    row = tx.row(sa.select(loans).where(loans.c.id == loan_id))
    return None if row is None else from_row(Loan, row)


def get(tx: ReadTx, loan_id: str) -> Loan:
    loan = if_any(tx, loan_id)
    if loan is None:
        raise _unknown(loan_id)
    return loan


def to_change(tx: WriteTx, loan_id: str) -> Loan:
    rows = tx.lock_rows(sa.select(loans).where(loans.c.id == loan_id))
    if not rows:
        raise _unknown(loan_id)
    return from_row(Loan, rows[0])


def of_application(tx: ReadTx, application_id: str) -> Sequence[Loan]:
    query = sa.select(loans).where(loans.c.application_id == application_id).order_by(loans.c.id)
    return [from_row(Loan, row) for row in tx.rows(query)]


def expect_new(tx: ReadTx, bank: str, external_id: str) -> None:
    """Conflict for a number that the bank gave to a loan before."""
    known = tx.scalar(sa.select(loans.c.id).where(loans.c.bank == bank, loans.c.external_id == external_id))
    if known is not None:
        raise Conflict(
            f"Loan {known} has this number already.",
            field="external_id",
            mend="Use the bank's number of this loan.",
        )


def insert(tx: WriteTx, loan: Loan) -> None:
    expect_new(tx, loan.bank, loan.external_id)
    tx.execute(sa.insert(loans).values(to_row(loan)))


def update(tx: WriteTx, loan: Loan) -> None:
    tx.execute(sa.update(loans).where(loans.c.id == loan.id).values(to_row(loan)))


def to_review(tx: ReadTx, today: date, floors: Mapping[LoanClass, int], limit: int) -> Sequence[str]:
    """Loans that fell past due unnoticed, or whose class is better than their days past due allow."""
    late = (loans.c.status == LoanStatus.ACTIVE) & (
        (loans.c.next_due_on < today) | loans.c.next_due_on.is_(None)
    )
    order = list(LoanClass)
    flattered = [
        (loans.c.past_due_since < today - timedelta(days=over))
        & loans.c.loan_class.in_(order[: order.index(found)])
        for found, over in floors.items()
    ]
    wanted = sa.or_(late, loans.c.status.in_((*OPEN, LoanStatus.CLAIMED)) & sa.or_(*flattered))
    return _ids(tx, wanted, limit)


def to_reprice(tx: ReadTx, today: date, limit: int) -> Sequence[str]:
    return _ids(tx, loans.c.status.in_(OPEN) & (loans.c.reprices_on <= today), limit)


def _ids(tx: ReadTx, which: sa.ColumnElement[bool], limit: int) -> Sequence[str]:
    query = sa.select(loans.c.id).where(which).order_by(loans.c.id).limit(limit)
    return [row.id for row in tx.rows(query)]


def record_repayment(tx: WriteTx, repayment: RecordedRepayment) -> None:
    """Conflict for a number that is known."""
    this = (repayments.c.loan_id == repayment.loan_id) & (repayments.c.external_id == repayment.external_id)
    if tx.row(sa.select(repayments.c.id).where(this)) is not None:
        raise Conflict(
            "A payment with this number is known.",
            field="external_id",
            mend="Give each payment its own number.",
        )
    tx.execute(sa.insert(repayments).values(to_row(repayment)))


def repayments_of(tx: ReadTx, loan_id: str, cursor: str | None, limit: int) -> RepaymentPage:
    query = sa.select(repayments).where(repayments.c.loan_id == loan_id)
    items, following = page(tx, query, repayments.c.id, RecordedRepayment, cursor, limit)
    return RepaymentPage(items=items, next_cursor=following)


def _unknown(loan_id: str) -> NotFound:
    return NotFound(f"There is no loan {loan_id}.", field="loan_id")
