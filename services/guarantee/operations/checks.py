"""The compliance checks that need no eye: a line that misses one never enters cover."""

from libs.chassis.database import ReadTx
from libs.finance.money import yuan_text
from services.guarantee.domain.eligibility import ineligible
from services.guarantee.domain.guarantee import Disbursement, Guarantee
from services.guarantee.domain.limits import Chain
from services.guarantee.domain.programme import Programme
from services.guarantee.domain.proposal import Proposal, RuleBreach
from services.guarantee.operations import recognitions
from services.guarantee.store import guarantors as guarantor_store
from services.guarantee.store import rules as rule_store


def at_once(tx: ReadTx, guarantee: Guarantee, loan: Disbursement, programme: Programme) -> str | None:
    """Why a listed loan fails by itself, in words; None where it is the guarantor's to check.

    `programme`: the version of the day of disbursement. What only blocks new business, like a guarantor's suspension,
    does not count against a loan that was reserved before.
    """
    if loan.amount_fen > guarantee.undrawn_fen:
        figures = f"{yuan_text(loan.amount_fen)} yuan lent, {yuan_text(guarantee.undrawn_fen)} reserved"
        return f"Compliance: the loan is larger than its reservation: {figures}."
    late_days = (tx.today - loan.disbursed_on).days - programme.filing_days
    if late_days > 0:
        rule = programme.source_of("filing_days")
        return f"Compliance: listed {late_days} days after {rule.parameter} allows ({rule.source})."
    missed = [one for one in _missed(tx, guarantee, loan, programme) if one.rule.startswith("guarantee.")]
    return f"Compliance: {'; '.join(map(str, missed))}." if missed else None


def _missed(
    tx: ReadTx, guarantee: Guarantee, loan: Disbursement, programme: Programme
) -> tuple[RuleBreach, ...]:
    proposal = Proposal(
        party=guarantee.party,
        bank=guarantee.bank,
        amount_fen=loan.amount_fen,
        term_months=loan.term_months,
        dimensions=guarantee.dimensions,
    )
    chain = Chain(
        programme=programme,
        guarantor=guarantor_store.get(tx, guarantee.guarantor),
        lines=rule_store.rulebook(tx).red_lines_on(loan.disbursed_on),
        day=loan.disbursed_on,
    )
    return ineligible(chain, recognitions.on_record(tx, proposal))
