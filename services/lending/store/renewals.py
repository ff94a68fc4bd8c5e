"""The loan that an application is to settle, as far as the application needs to know it."""

import sqlalchemy as sa

from libs.chassis.database import ReadTx
from services.lending.domain.application import Application
from services.lending.store.loans import loans


def is_own_loan(tx: ReadTx, loan_id: str, party: str, bank: str) -> bool:
    """Whether it is this firm's loan at this bank."""
    own = (loans.c.id == loan_id) & (loans.c.party == party) & (loans.c.bank == bank)
    return tx.row(sa.select(loans.c.id).where(own)) is not None


def guarantee_to_renew(tx: ReadTx, application: Application) -> str | None:
    """The guarantee under the loan that the application settles, whose room is handed on, where there is one.

    A loan that is repaid before it is renewed gives its room back by that.
    """
    if application.renewal is None or not application.renewal.without_repayment:
        return None
    renewed = loans.c.id == application.renewal.loan_id
    row = tx.row(sa.select(loans.c.guarantee_id).where(renewed))
    return None if row is None else row.guarantee_id
