"""Filings: submitted by the direct guarantor, passed up tier by tier, decided by each.

The chain below keeps its duties whatever a tier does: a filing that fails leaves the bank's cover whole and the direct
guarantor alone with that tier's part of a loss.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import BANK, GUARANTOR, Principal, Role
from libs.chassis.problems import Conflict, NotFound
from services.guarantee.domain import drawdown as lines
from services.guarantee.domain import drawing
from services.guarantee.domain import filing as rules
from services.guarantee.domain.drawdown import Drawdown, DrawdownStatus
from services.guarantee.domain.filing import Acceptance, Filing, FilingList, FilingPage, FilingStatus
from services.guarantee.domain.guarantee import Guarantee, Rejection
from services.guarantee.domain.ledger import Movement
from services.guarantee.domain.positions import Moment, movements
from services.guarantee.domain.programme import Programme
from services.guarantee.operations import dues, holding, ledger, standing, versions
from services.guarantee.operations.sides import SIDES, WATCHERS, require_sight
from services.guarantee.operations.telling import keep
from services.guarantee.store import drawdowns as drawdown_store
from services.guarantee.store import filings as filing_store
from services.guarantee.store import guarantees as guarantee_store


@dataclass(frozen=True, slots=True)
class _Case:
    """A loan with its guarantee, which is locked, and its filings."""

    guarantee: Guarantee
    line: Drawdown
    filings: tuple[Filing, ...]


def open_for(tx: WriteTx, line: Drawdown, programme: Programme, on: date) -> tuple[Filing, ...]:
    """The filings of a loan that came under cover, each to be made within the programme's days."""
    organisations = filing_store.organisations(tx)
    opened = rules.opened(line.loan_id, line.layers, organisations, on, programme)
    filing_store.insert(tx, opened)
    return opened


def imply(tx: WriteTx, guarantee: Guarantee, line: Drawdown) -> list[Movement]:
    """Batch business is submitted with the list (逐级批量), unless new filings are stopped just now."""
    case = _Case(guarantee, line, filing_store.of_loan(tx, line.loan_id))
    if not case.filings or _stopped(tx, guarantee) is not None:
        return []
    return _keep(tx, case, _submitted(tx, case))


def submit_filing(tx: WriteTx, by: Principal, loan_id: str) -> FilingList:
    """Submit what waits for the guarantor: first to the lowest tiers. From that day on the loan's shares are fixed.

    Too late, it is EXPIRED, and the guarantor alone. Conflict while a cap is used up: that stops new filings.
    """
    by.require(*GUARANTOR)
    case = _locked(tx, loan_id)
    by.require_organisation(case.guarantee.guarantor)
    if case.line.status is not DrawdownStatus.EFFECTIVE:
        raise Conflict(
            f"Loan {loan_id} is {case.line.status}.", field="loan_id", mend="File loans under cover."
        )
    stopped = _stopped(tx, case.guarantee)
    if stopped is not None:
        raise stopped
    after = _submitted(tx, case)
    ledger.post(tx, _keep(tx, case, after))
    return FilingList(items=after.filings)


def accept_filing(tx: WriteTx, by: Principal, loan_id: str, layer: str, acceptance: Acceptance) -> Filing:
    """A tier's yes: it takes its part of the liability and charges its fee. The same yes again changes nothing."""
    filed, moved = accepted(tx, by, loan_id, layer, acceptance)
    ledger.post(tx, moved)
    return filed


def accepted(
    tx: WriteTx, by: Principal, loan_id: str, layer: str, acceptance: Acceptance
) -> tuple[Filing, list[Movement]]:
    """The same, for whoever accepts more at once: the filing, and the entries that are still to be written."""
    case, mine = _to_decide(tx, by, loan_id, layer)
    if mine.status is FilingStatus.FILED and mine.number == acceptance.number:
        return mine, []
    filed = rules.accepted(mine, acceptance.number, by.subject, tx.today, case.line.due_on)
    after = _with(tx, case, filed)
    moved = _keep(tx, case, after)
    if mine.covers_until is None:
        programme = versions.of(tx, case.guarantee, case.line.drawn_on)
        moved += dues.fees(tx, case.guarantee, case.line, programme, layer, mine.organisation, tx.today)
    return filed, moved


def reject_filing(tx: WriteTx, by: Principal, loan_id: str, layer: str, rejection: Rejection) -> Filing:
    """A tier's no, with its reason; the guarantor may mend it in the programme's days."""
    case, mine = _to_decide(tx, by, loan_id, layer)
    if mine.status is FilingStatus.REJECTED and mine.reason == rejection.reason:
        return mine
    programme = versions.of(tx, case.guarantee, tx.today)
    sent_back = rules.rejected(mine, rejection.reason, by.subject, tx.today, programme)
    _keep(tx, case, _with(tx, case, sent_back))
    return sent_back


def expire(tx: WriteTx, by: Principal, loan_id: str) -> None:
    """End what was not filed in time, unless it was filed meanwhile."""
    by.require(Role.SERVICE)
    case = _locked(tx, loan_id)
    left = rules.run_out(case.filings, tx.today, case.line.due_on)
    if left != case.filings:
        ledger.post(tx, _keep(tx, case, replace(case, filings=left)))


def reopen(tx: WriteTx, guarantee: Guarantee, before: Drawdown, line: Drawdown) -> None:
    """A loan was extended: every tier is to file it anew, and stands for the old term until it has."""
    programme = versions.of(tx, guarantee, tx.today)
    case = _Case(guarantee, before, filing_store.of_loan(tx, line.loan_id))
    again = tuple(rules.reopened(one, tx.today, programme) for one in case.filings)
    _keep(tx, case, replace(case, line=line, filings=again))


def list_filings(
    tx: ReadTx, by: Principal, status: FilingStatus | None = None, cursor: str | None = None, limit: int = 0
) -> FilingPage:
    """What lies before the caller's tier; of a guarantor or bank, its own loans' filings."""
    return filing_store.page_of(tx, side(by), status, cursor, limit)


def get_filings(tx: ReadTx, by: Principal, loan_id: str) -> FilingList:
    """A loan before each of its tiers: for its sides and those who watch over all."""
    by.require(*SIDES, *WATCHERS)
    guarantee = guarantee_store.get(tx, drawdown_store.guarantee_of(tx, loan_id))
    require_sight(by, guarantee)
    return FilingList(items=filing_store.of_loan(tx, loan_id))


def side(by: Principal) -> tuple[str, str]:
    """The column and value that make a filing the caller's own."""
    by.require(*GUARANTOR, *BANK, Role.REGUARANTOR)
    return SIDES.get(by.role, "organisation"), by.organisation


def _locked(tx: WriteTx, loan_id: str) -> _Case:
    guarantee = guarantee_store.to_change(tx, drawdown_store.guarantee_of(tx, loan_id))
    return _Case(guarantee, drawdown_store.get(tx, loan_id), filing_store.of_loan(tx, loan_id))


def _to_decide(tx: WriteTx, by: Principal, loan_id: str, layer: str) -> tuple[_Case, Filing]:
    by.require(Role.REGUARANTOR)
    case = _locked(tx, loan_id)
    mine = next((one for one in case.filings if one.layer == layer), None)
    if mine is None:
        raise NotFound(f"Loan {loan_id} has no filing with a {layer} tier.", field="layer")
    by.require_organisation(mine.organisation)
    return case, mine


def _stopped(tx: WriteTx, guarantee: Guarantee) -> Conflict | None:
    """Why new filings are refused just now: claims have used up the cap of the programme."""
    breach = standing.cap_breach(tx, versions.of(tx, guarantee, tx.today), guarantee.bank)
    if breach is None:
        return None
    return Conflict(
        f"No new filings: {breach}.",
        field=breach.rule,
        mend="File once there is room again.",
        source=breach.source,
    )


def _submitted(tx: WriteTx, case: _Case) -> _Case:
    """With the shares of today, where this is the first filing and not too late."""
    handed_in = rules.handed_in(case.filings, tx.today)
    if all(one.status is not FilingStatus.SUBMITTED for one in handed_in):
        return replace(case, filings=handed_in)
    line = lines.filed(case.line, versions.of(tx, case.guarantee, tx.today), tx.today)
    if line.layers != case.line.layers:
        handed_in = rules.handed_in(_of_layers(tx, case, line), tx.today)
    return _Case(drawing.filed(case.guarantee, line), line, handed_in)


def _of_layers(tx: WriteTx, case: _Case, line: Drawdown) -> Sequence[Filing]:
    """The filings as the shares of another version ask for them."""
    filing_store.delete(tx, case.filings)
    return open_for(tx, line, versions.of(tx, case.guarantee, tx.today), line.drawn_on)


def _with(tx: WriteTx, case: _Case, decided: Filing) -> _Case:
    changed = [decided if one.layer == decided.layer else one for one in case.filings]
    return replace(case, filings=rules.settled(changed, tx.today))


def _keep(tx: WriteTx, before: _Case, after: _Case) -> list[Movement]:
    """The case as it is now, told with what failed in words; the movements from before to now."""
    note = rules.alone(after.filings, after.guarantee.guarantor)
    line = after.line if note is None and before.line.note is None else replace(after.line, note=note)
    for one in after.filings:
        if one not in before.filings:
            filing_store.update(tx, one)
    if line != before.line:
        drawdown_store.update(tx, line)
    if after.guarantee.shares != before.guarantee.shares:
        holding.restore(tx, after.guarantee)
    keep(tx, after.guarantee, tx.today, after.filings, note)
    earlier = Moment(drawdown=before.line, filings=before.filings)
    return movements(after.guarantee, earlier, Moment(drawdown=line, filings=after.filings), tx.today)
