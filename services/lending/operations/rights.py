"""Who of a bank may touch what. An account that the house has given no place sees and does all of its bank's."""

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import BANK, Principal
from libs.chassis.problems import Forbidden
from services.lending.domain.application import Application
from services.lending.domain.house import Right, reaches
from services.lending.domain.loan import Loan
from services.lending.store import applications as application_store
from services.lending.store import house as house_store
from services.lending.store import loans as loan_store


def branches_of(tx: ReadTx, by: Principal) -> tuple[str, ...] | None:
    """The branches whose affairs a bank's account sees; None: all, and what belongs to no branch."""
    place = house_store.staff_of(tx, by.organisation, by.subject) if by.role in BANK else None
    return place.branches if place and place.branches else None


def may_see(tx: ReadTx, by: Principal, bank: str, branch: str | None) -> None:
    """Forbidden unless it is the caller's bank and a branch in which it has a place; None: the head office."""
    _check(tx, by, bank, branch, Right.SEE)


def may_act(tx: ReadTx, by: Principal, bank: str, branch: str | None) -> None:
    """The same for changing it: some places are only to look."""
    _check(tx, by, bank, branch, Right.ACT)


def own_application(tx: WriteTx, by: Principal, application_id: str) -> Application:
    """The application, locked; Forbidden unless it is one of the caller's."""
    application = application_store.to_change(tx, application_id)
    may_act(tx, by, application.bank, getattr(application, "branch", None))
    return application


def own_loan(tx: WriteTx, by: Principal, loan_id: str) -> Loan:
    """The same for a loan."""
    loan = loan_store.to_change(tx, loan_id)
    may_act(tx, by, loan.bank, loan.branch)
    return loan


def _check(tx: ReadTx, by: Principal, bank: str, branch: str | None, right: Right) -> None:
    by.require_organisation(bank)
    place = house_store.staff_of(tx, bank, by.subject) if by.role in BANK else None
    if not reaches(place, branch):
        raise Forbidden(
            f"This belongs to {branch or 'the head office'}.", mend="Ask it, or your head office for a place."
        )
    if place is not None and right not in place.rights:
        raise Forbidden(f"Your place does not have the right {right}.", mend="Ask your head office for it.")
