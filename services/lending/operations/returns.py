"""A bank's returns: loaded, reconciled, explained, and accepted by a second person."""

from dataclasses import replace
from datetime import date

from libs.chassis import codec
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import BANK, Principal, Role
from libs.chassis.problems import Conflict
from libs.criteria.violation import Violation
from libs.policy import PolicySet
from services.lending.domain.returns import returned as states
from services.lending.domain.returns import two_increases
from services.lending.domain.returns.differences import Difference, DifferencePage, Explanation
from services.lending.domain.returns.figures import period_of
from services.lending.domain.returns.returned import (
    LoadReport,
    NewReturn,
    Return,
    ReturnPage,
    ReturnRejection,
    ReturnStatus,
)
from services.lending.domain.returns.two_increases import Assessment, IncreaseRules, Measure
from services.lending.operations import return_telling, rights
from services.lending.operations.return_loading import load
from services.lending.store import returns as return_store


def load_return(tx: WriteTx, by: Principal, new: NewReturn) -> LoadReport:
    """Look at every row, and where all are right at all that must agree; then, unless it is a dry run, keep it."""
    by.require(*BANK)
    rights.may_act(tx, by, by.organisation, None)
    period = period_of(new.period)
    if period.last_day > tx.today:
        raise Violation("period", f"{period} is not over yet.", f"Load it after {period.last_day}.")
    return load(tx, by, new, period)


def get_return(tx: ReadTx, by: Principal, return_id: str) -> Return:
    by.require(*BANK)
    return _seen(tx, by, return_id)


def list_returns(
    tx: ReadTx,
    by: Principal,
    period: str | None = None,
    status: ReturnStatus | None = None,
    cursor: str | None = None,
    limit: int = 0,
) -> ReturnPage:
    """The bank's own, all versions, the newest first."""
    by.require(*BANK)
    rights.may_see(tx, by, by.organisation, None)
    return return_store.page_of(tx, by.organisation, period, status, cursor, limit)


def list_differences(
    tx: ReadTx, by: Principal, return_id: str, after: int = 0, limit: int = 0
) -> DifferencePage:
    by.require(*BANK)
    return return_store.differences(tx, _seen(tx, by, return_id).id, after, limit)


def explain_difference(
    tx: WriteTx, by: Principal, return_id: str, number: int, told: Explanation
) -> Difference:
    """Say why it is right as it is. What blocks a return cannot be explained away."""
    by.require(*BANK)
    ours = _own(tx, by, return_id)
    if ours.status is not ReturnStatus.LOADED:
        raise Conflict(f"The return is {ours.status}.", field="return_id", mend="Load a new version.")
    known = return_store.difference(tx, return_id, number)
    if known.blocking:
        raise Violation("number", "This is no matter of words.", known.mend)
    return_store.explain(tx, return_id, number, told.explanation, by.subject)
    if known.explanation is None:
        return_store.update(tx, states.explained(ours))
    return return_store.difference(tx, return_id, number)


def accept_return(tx: WriteTx, by: Principal, return_id: str) -> Return:
    """Let it count, and tell statistics. Never by the one who loaded it."""
    by.require(Role.BANK_MANAGER)
    found = states.accepted(_own(tx, by, return_id), by.subject, tx.now)
    return_store.update(tx, found)
    return_telling.tell_accepted(tx, found)
    return found


def reject_return(tx: WriteTx, by: Principal, return_id: str, rejection: ReturnRejection) -> Return:
    by.require(Role.BANK_MANAGER)
    found = states.rejected(_own(tx, by, return_id), rejection.reason, by.subject, tx.now)
    return_store.update(tx, found)
    return return_telling.note(tx, found)


def assess_return(tx: ReadTx, by: Principal, return_id: str) -> Assessment:
    """Two increases and two controls: this return against the one that the rules of its year name."""
    by.require(*BANK)
    found = _seen(tx, by, return_id)
    period = period_of(found.period)
    rules = increase_rules(tx.policies, period.last_day)
    base = two_increases.base_of(period, rules.base)
    then = return_store.accepted(tx, found.bank, str(base))
    return two_increases.assessed(period, found.figures, then and then.figures, rules)


def increase_rules(policies: PolicySet, on: date) -> IncreaseRules:
    rules = codec.load(IncreaseRules, policies.record_on("lending.two_increases", on))
    if Measure.NPL not in rules.measures:
        return rules
    return replace(rules, npl_margin_bp=policies.integer_on("lending.inclusive_npl_margin", on))


def _seen(tx: ReadTx, by: Principal, return_id: str) -> Return:
    found = return_store.get(tx, return_id)
    rights.may_see(tx, by, found.bank, None)
    return found


def _own(tx: WriteTx, by: Principal, return_id: str) -> Return:
    found = return_store.to_change(tx, return_id)
    rights.may_act(tx, by, found.bank, None)
    return found
