"""Loans and what was repaid of them: rows in, domain values out."""

import sqlalchemy as sa

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.problems import Conflict, NotFound
from libs.chassis.rows import from_row, page, to_row
from services.lending.domain.loan import Loan, LoanPage, Repayment
from services.lending.store.metadata import metadata

loans = sa.Table(
    "loans",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("application_id", sa.String(40), sa.ForeignKey("applications.id"), nullable=False, unique=True),
    sa.Column("bank", sa.String(80), nullable=False),
    sa.Column("party", sa.String(80), nullable=False),
    sa.Column("amount_fen", sa.BigInteger, nullable=False),
    sa.Column("rate_ppm", sa.BigInteger, nullable=False),
    sa.Column("term_months", sa.Integer, nullable=False),
    sa.Column("disbursed_on", sa.Date, nullable=False),
    sa.Column("outstanding_fen", sa.BigInteger, nullable=False),
    sa.Column("guarantee_id", sa.String(40)),
    sa.Column("external_id", sa.String(64), nullable=False),
    sa.CheckConstraint("outstanding_fen >= 0 AND outstanding_fen <= amount_fen", name="owed"),
    sa.UniqueConstraint("bank", "external_id"),
)


repayments = sa.Table(
    "repayments",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("loan_id", sa.String(40), sa.ForeignKey("loans.id"), nullable=False),
    sa.Column("principal_fen", sa.BigInteger, nullable=False),
    sa.Column("interest_fen", sa.BigInteger, nullable=False),
    sa.Column("paid_on", sa.Date, nullable=False),
    sa.Column("external_id", sa.String(64), nullable=False),
    sa.UniqueConstraint("loan_id", "external_id"),
)


def page_of(
    tx: ReadTx,
    bank: str | None,
    party: str | None,
    application_id: str | None,
    cursor: str | None,
    limit: int,
) -> LoanPage:
    query = sa.select(loans)
    for column, wanted in (
        (loans.c.bank, bank),
        (loans.c.party, party),
        (loans.c.application_id, application_id),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    items, following = page(tx, query, loans.c.id, Loan, cursor, limit)
    return LoanPage(items=items, next_cursor=following)


def to_change(tx: WriteTx, loan_id: str) -> Loan:
    rows = tx.lock_rows(sa.select(loans).where(loans.c.id == loan_id))
    if not rows:
        raise NotFound(f"There is no loan {loan_id}.", field="loan_id")
    return from_row(Loan, rows[0])


def insert(tx: WriteTx, loan: Loan) -> None:
    known = tx.scalar(
        sa.select(loans.c.id).where(loans.c.bank == loan.bank, loans.c.external_id == loan.external_id)
    )
    if known is not None:
        raise Conflict(
            f"Loan {known} has this number already.",
            field="external_id",
            mend="Use the bank's number of this loan.",
        )
    tx.execute(sa.insert(loans).values(to_row(loan)))


def record_repayment(tx: WriteTx, repayment_id: str, loan: Loan, repayment: Repayment) -> None:
    """The payment, and the loan as it stands after it."""
    tx.execute(sa.insert(repayments).values(to_row(repayment) | {"id": repayment_id, "loan_id": loan.id}))
    tx.execute(sa.update(loans).where(loans.c.id == loan.id).values(outstanding_fen=loan.outstanding_fen))


def repayment_known(tx: ReadTx, loan_id: str, external_id: str) -> bool:
    this = (repayments.c.loan_id == loan_id) & (repayments.c.external_id == external_id)
    return tx.row(sa.select(repayments.c.id).where(this)) is not None
