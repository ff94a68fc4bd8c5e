"""Drawdowns: what may be paid out under an application, at which rate, and until when."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.finance.daycount import add_months
from libs.finance.rates import PPM_PER_BP, linked_rate_ppm, spread_bp
from libs.finance.schedule import PrincipalPart, RepaymentMethod
from libs.registry.loan_terms import ProductKind, RateBase, RateReset
from libs.registry.lpr import LprTenor, lpr_on
from services.lending.domain.application import Application, check_number
from services.lending.domain.cover import is_in_parts
from services.lending.domain.loan import Loan
from services.lending.domain.loan_plan import months_until
from services.lending.domain.offer import Decision
from services.lending.domain.product import RATE_DISCLOSURE, Product
from services.lending.domain.renewal import RenewalCondition

_RESET_MONTHS = {RateReset.ANNUAL: 12, RateReset.QUARTERLY: 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Disbursement(Shape):
    """One drawdown. What is left out is as the bank decided: all that is left, for the term and at the rate decided.

    `plan` is for a loan repaid as planned. `renewal_conditions`: those that the bank attests of a renewal.
    """

    disbursed_on: date
    external_id: str
    amount_fen: int | None = None
    term_months: int | None = None
    repayment_method: RepaymentMethod | None = None
    plan: tuple[PrincipalPart, ...] = ()
    rate_ppm: int | None = None
    renewal_conditions: tuple[RenewalCondition, ...] = ()

    def __post_init__(self) -> None:
        check_number(self.external_id)


def loan_of(
    application: Application,
    product: Product,
    drawn: Sequence[Loan],
    told: Disbursement,
    loan_id: str,
    today: date,
) -> Loan:
    """The loan that a drawdown makes, beside the loans `drawn` before. Violation where the line does not hold it."""
    decision = application.decision
    assert decision is not None  # only approved applications are drawn
    _check_day(application, decision, product, told.disbursed_on, today)
    amount_fen = _amount(decision, product, drawn, told.amount_fen)
    _check_covered(application, decision, drawn, amount_fen)
    term_months = _term(decision, product, told.term_months)
    rate = _priced(decision, told)
    return Loan(
        id=loan_id,
        application_id=application.id,
        request_id=application.request_id,
        bank=application.bank,
        branch=application.branch,
        party=application.party,
        amount_fen=amount_fen,
        rate_ppm=rate.rate_ppm,
        rate_base=rate.base,
        spread_bp=rate.spread_bp,
        priced_on=told.disbursed_on,
        reprices_on=_first_reset(product, rate.base, told.disbursed_on, term_months),
        term_months=term_months,
        repayment_method=_method(application, product, told),
        disbursed_on=told.disbursed_on,
        matures_on=add_months(told.disbursed_on, term_months),
        outstanding_fen=amount_fen,
        guarantee_id=application.guarantee_id,
        external_id=told.external_id,
        sandbox=application.sandbox,
    )


def room(decision: Decision, product: Product, drawn: Sequence[Loan]) -> int:
    """What can still be drawn: of a revolving line, what is not outstanding or lost; else what was never drawn."""
    if is_revolving(decision, product):
        used = sum(loan.outstanding_fen + loan.claim_paid_fen + loan.written_off_fen for loan in drawn)
    else:
        used = sum(loan.amount_fen for loan in drawn)
    return decision.amount_fen - used


def is_revolving(decision: Decision, product: Product) -> bool:
    """Whether what is repaid can be drawn again."""
    return decision.revolving or product.terms.kind is ProductKind.REVOLVING_LINE


def repriced(loan: Loan, product: Product) -> Loan:
    """The loan at the LPR of the day on which it is reset, never below zero, and when the next reset is."""
    on = loan.reprices_on
    assert on is not None and loan.spread_bp is not None  # only rates over the LPR are reset
    rate_ppm = max(0, _lpr(loan.rate_base, on) + loan.spread_bp * PPM_PER_BP)
    following = _reset_after(product, loan.disbursed_on, on, loan.matures_on)
    return replace(loan, rate_ppm=rate_ppm, priced_on=on, reprices_on=following)


def reset_anew(loan: Loan, product: Product) -> Loan:
    """The loan with the reset that is next now that it runs until another day, or runs again."""
    if loan.rate_base is RateBase.FIXED:
        return loan
    return replace(
        loan, reprices_on=_reset_after(product, loan.disbursed_on, loan.priced_on, loan.matures_on)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Price:
    rate_ppm: int
    base: RateBase
    spread_bp: int | None


def _priced(decision: Decision, told: Disbursement) -> _Price:
    """As decided, a rate over the LPR by that of the day; the bank may lend for less than it decided."""
    base = decision.rate_base or RateBase.FIXED
    if decision.spread_bp is None:
        return _Price(rate_ppm=_told_rate(told, decision.rate_ppm), base=base, spread_bp=None)
    lpr_ppm = _lpr(base, told.disbursed_on)
    rate_ppm = _told_rate(told, linked_rate_ppm(lpr_ppm, decision.spread_bp))
    return _Price(rate_ppm=rate_ppm, base=base, spread_bp=spread_bp(rate_ppm, lpr_ppm))


def _told_rate(told: Disbursement, agreed_ppm: int) -> int:
    if told.rate_ppm is None:
        return agreed_ppm
    if not 0 <= told.rate_ppm <= agreed_ppm:
        mend = f"Give 0 to {agreed_ppm}, or leave it out."
        raise Violation("rate_ppm", f"{told.rate_ppm} is not what the firm agreed to.", mend, RATE_DISCLOSURE)
    return told.rate_ppm


def _lpr(base: RateBase, on: date) -> int:
    return lpr_on(LprTenor(base), on).rate_ppm


def _first_reset(product: Product, base: RateBase, drawn_on: date, term_months: int) -> date | None:
    if base is RateBase.FIXED:
        return None
    return _reset_after(product, drawn_on, drawn_on, add_months(drawn_on, term_months))


def _reset_after(product: Product, drawn_on: date, on: date, matures_on: date) -> date | None:
    """Resets fall on the day of the drawdown, each year or quarter of the loan, as long as it runs."""
    every = _RESET_MONTHS.get(product.terms.rate.reset)
    if every is None:
        return None
    following = add_months(drawn_on, months_until(drawn_on, on) // every * every + every)
    return following if following < matures_on else None


def _check_day(application: Application, decision: Decision, product: Product, on: date, today: date) -> None:
    if on > today:
        raise Violation("disbursed_on", f"{on} is still to come.", "Report it when it is paid out.")
    signed_on = application.contracts.signed_on if application.contracts else None
    if signed_on is None:
        return
    if on < signed_on:
        mend = f"Give {signed_on} or a later day."
        raise Violation("disbursed_on", f"The contract was signed on {signed_on}.", mend)
    ends_on = add_months(signed_on, decision.term_months)
    if is_revolving(decision, product) and on >= ends_on:
        raise Violation("disbursed_on", f"The line ended on {ends_on}.", "Grant a new line first.")


def _amount(decision: Decision, product: Product, drawn: Sequence[Loan], told_fen: int | None) -> int:
    left_fen = room(decision, product, drawn)
    amount_fen = left_fen if told_fen is None else told_fen
    if not 0 < amount_fen <= left_fen:
        problem = f"{amount_fen} fen cannot be drawn: {left_fen} of {decision.amount_fen} fen are left."
        raise Violation("amount_fen", problem, "Draw at most what is left.")
    return amount_fen


def _check_covered(
    application: Application, decision: Decision, drawn: Sequence[Loan], amount_fen: int
) -> None:
    """A guarantee covers one loan, or the parts that were agreed on, and none of them again after its repayment."""
    if application.programme is None or not drawn:
        return
    if not is_in_parts(application):
        mend = "Draw it at once, or agree with the guarantor on parts before."
        raise Violation("amount_fen", "The guarantee of this loan covers one drawdown.", mend)
    left_fen = decision.amount_fen - sum(loan.amount_fen for loan in drawn)
    if amount_fen > left_fen:
        message = f"The guarantee covers {left_fen} fen more; what was repaid is not covered again."
        raise Violation("amount_fen", message, "Draw at most that, or apply for a line without a guarantee.")


def _term(decision: Decision, product: Product, told_months: int | None) -> int:
    limits = (decision.term_months, product.terms.drawdown_term_max_months or decision.term_months)
    months = min(limits) if told_months is None else told_months
    if not 0 < months <= min(limits):
        mend = f"Give 1 to {min(limits)} months."
        raise Violation("term_months", f"A drawdown of {months} months was not agreed.", mend)
    return months


def _method(application: Application, product: Product, told: Disbursement) -> RepaymentMethod:
    method = told.repayment_method or application.repayment_method
    if method not in product.terms.repayment_methods:
        ways = ", ".join(product.terms.repayment_methods)
        raise Violation("repayment_method", f"The product has no {method}.", f"One of: {ways}.")
    return method
