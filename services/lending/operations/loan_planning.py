"""Plans of loans as they stand, and what they make of a loan on a day."""

from dataclasses import replace
from datetime import date

from libs.chassis.database import ReadTx, WriteTx
from libs.criteria.violation import Violation
from libs.finance.daycount import add_months
from libs.finance.schedule import RepaymentMethod
from services.lending.domain import loan_plan as plans
from services.lending.domain.loan import OPEN, Loan, LoanStatus
from services.lending.domain.loan_plan import Change, Form, Plan, PlanReason, Replan, months_until
from services.lending.domain.product import Product
from services.lending.domain.repayment import Repayment
from services.lending.operations import loan_rules
from services.lending.store import applications as application_store
from services.lending.store import loan_plans as plan_store
from services.lending.store import products as product_store


def product_of(tx: ReadTx, loan: Loan) -> Product:
    """The version of the product that the loan is bound to."""
    application = application_store.get(tx, loan.application_id)
    return product_store.get(tx, application.product_id, application.product_version)


def form_of(loan: Loan, product: Product) -> Form:
    return Form(
        amount_fen=loan.amount_fen,
        starts=loan.disbursed_on,
        method=loan.repayment_method,
        interest_months=product.terms.interest_months,
    )


def current(tx: ReadTx, loan: Loan, form: Form) -> Plan:
    """The plan in force; of a loan from before plans were kept, what it was paid out for."""
    return plan_store.newest(tx, loan.id) or plans.opening(form, loan.rate_ppm, loan.term_months)


def renew(tx: WriteTx, loan: Loan, before: Plan, form: Form, reason: PlanReason, on: date) -> Plan:
    """The next version, stored: the loan as it is now, planned until it falls due."""
    change = Change(
        reason=reason,
        on=on,
        repaid_fen=loan.repaid_fen,
        rate_ppm=loan.rate_ppm,
        months=months_until(loan.disbursed_on, loan.matures_on),
    )
    known = plan_store.versions(tx, loan.id)
    plan = plans.replanned(before, form, change, known[1:])
    if not known:
        plan_store.insert(tx, loan.id, before)
    plan_store.insert(tx, loan.id, plan)
    return plan


def after_payment(
    tx: WriteTx, loan: Loan, plan: Plan, form: Form, told: Repayment, early_fen: int
) -> tuple[Loan, Plan]:
    """The loan and its plan once a payment is booked: anew where the bank says how, or interest runs by days."""
    if loan.status not in OPEN or (told.replan is None and not _by_days(loan, plan, told, early_fen)):
        return loan, plan
    if not early_fen:
        mend = "Leave replan out, or report the principal that came early."
        raise Violation("replan", "No principal came before it was due.", mend)
    if told.replan is Replan.SHORTER_TERM:
        months = plans.fewest_months(plan, form, told.paid_on, loan.outstanding_fen)
        loan = replace(loan, matures_on=add_months(loan.disbursed_on, months))
    return loan, renew(tx, loan, plan, form, PlanReason.EARLY_REPAYMENT, told.paid_on)


def _by_days(loan: Loan, plan: Plan, told: Repayment, early_fen: int) -> bool:
    on_demand = loan.repayment_method is RepaymentMethod.ON_DEMAND
    return on_demand and early_fen > 0 and told.paid_on < plan.ends_on


def standing(tx: ReadTx, loan: Loan, plan: Plan) -> Loan:
    """The loan as its plan and payments make it today: past due since its oldest instalment that is not paid."""
    if loan.status not in OPEN:
        return loan
    tolerance_bp = loan_rules.interest_tolerance(tx.policies, tx.today)
    due_on = plans.oldest_unpaid(plan, loan.repaid_fen, loan.interest_paid_fen, tolerance_bp)
    late = due_on is not None and due_on < tx.today
    status = LoanStatus.PAST_DUE if late else LoanStatus.ACTIVE
    return replace(loan, status=status, next_due_on=due_on, past_due_since=due_on if late else None)
