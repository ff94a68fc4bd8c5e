"""Claims: a bank's notice, and the guarantor's decision on it.

From the notice on each step is one transaction, and what is owed stands until it is paid: a process that dies between
two steps loses neither.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import BANK, GUARANTOR, Principal, Role
from libs.chassis.problems import Conflict, Invalid, NotFound
from libs.eventing import topics
from libs.eventing.outbox import emit
from libs.finance.money import yuan_text
from services.guarantee import messages
from services.guarantee.domain import cap as cap_rules
from services.guarantee.domain import claim as rules
from services.guarantee.domain.claim import Claim, ClaimPage, ClaimStatus, Notice, Refusal
from services.guarantee.domain.drawdown import Drawdown, DrawdownStatus
from services.guarantee.domain.due import DueKind
from services.guarantee.domain.filing import Filing, FilingStatus
from services.guarantee.domain.guarantee import Guarantee
from services.guarantee.domain.ledger import Movement
from services.guarantee.domain.programme import Programme
from services.guarantee.operations import guarantees, ledger, losses, versions
from services.guarantee.store import claims as claim_store
from services.guarantee.store import drawdowns as drawdown_store
from services.guarantee.store import filings as filing_store
from services.guarantee.store import guarantees as guarantee_store
from services.guarantee.store import rules as rule_store

_SIDES = dict.fromkeys(GUARANTOR, "guarantor") | dict.fromkeys(BANK, "bank")
_OUTSTANDING = "guarantee rules §4.4: the statement of what is owed"
_WATCHERS = (Role.REGUARANTOR, Role.SERVICE)


def notify(tx: WriteTx, by: Principal, notice: Notice) -> Claim:
    """The bank calls on the guarantee of a loan. The same notice again is the same claim."""
    by.require(*BANK)
    guarantee = guarantee_store.to_change(tx, drawdown_store.get(tx, notice.loan_id).guarantee_id)
    if guarantee.bank != by.organisation:
        raise NotFound(f"No guarantee covers a loan {notice.loan_id}.", field="loan_id")
    earlier = claim_store.of_loan(tx, notice.loan_id)
    known = next((claim for claim in earlier if claim.notice_number == notice.notice_number), None)
    if known is not None:
        return _same(known, notice)
    drawdown = drawdown_store.to_change(tx, notice.loan_id)
    terms = losses.contract(tx, guarantee, drawdown)
    _check(notice, drawdown, earlier, terms, tx.today)
    claim = _noticed(tx, notice, guarantee, drawdown, terms)
    claim_store.insert(tx, claim)
    tell(tx, claim, notice.noticed_on)
    return claim


def accept(tx: WriteTx, by: Principal, claim_id: str) -> Claim:
    """The guarantor will pay: the loss is split by contract, filings and cap, and the payer owes the bank."""
    by.require(Role.GUARANTOR_MANAGER)
    claim, guarantee = _to_decide(tx, by, claim_id)
    drawdown, filings = drawdown_store.get(tx, claim.loan_id), filing_store.of_loan(tx, claim.loan_id)
    terms = losses.contract(tx, guarantee, drawdown)
    _require_documents(claim, terms)
    _require_decided(filings, rules.fell_due(drawdown.due_on, claim.notice.accelerated_on))
    _require_outstanding(claim, drawdown, claim_store.of_loan(tx, claim.loan_id))
    pay_by = tx.today + timedelta(days=terms.payment_days)
    decided = replace(claim, decided_by=by.subject, pay_by=pay_by)
    claim = losses.divide(tx, decided, guarantee, drawdown, filings)
    movements = losses.owe_the_bank(tx, claim, DueKind.CLAIM, tx.today)
    if not movements:
        claim = replace(claim, status=ClaimStatus.SETTLED)
    if not movements and not claim.pending_fen:
        claim, movements = leave_cover(tx, claim, tx.today)
    ledger.post(tx, movements)
    return keep(tx, claim, tx.today)


def refuse(tx: WriteTx, by: Principal, claim_id: str, refusal: Refusal) -> Claim:
    """The guarantor will not pay, on grounds that the bank can answer. The room it kept of the cap is free again."""
    by.require(Role.GUARANTOR_MANAGER)
    claim, _ = _to_decide(tx, by, claim_id)
    refused = replace(
        claim,
        status=ClaimStatus.REFUSED,
        decided_by=by.subject,
        grounds=refusal.grounds,
        reason=refusal.reason,
        cap_use_fen=0,
    )
    return keep(tx, refused, tx.today)


def get_claim(tx: ReadTx, by: Principal, claim_id: str) -> Claim:
    """For its bank and its guarantor; the tiers above see every claim. Nobody else learns that it exists."""
    by.require(*_SIDES, *_WATCHERS)
    claim = claim_store.get(tx, claim_id)
    if by.role in _SIDES and getattr(claim, _SIDES[by.role]) != by.organisation:
        raise NotFound(f"There is no claim {claim_id}.", field="claim_id", mend="See GET /v1/claims.")
    return claim


def list_claims(
    tx: ReadTx,
    by: Principal,
    status: ClaimStatus | None = None,
    overdue: bool = False,
    cursor: str | None = None,
    limit: int = 0,
) -> ClaimPage:
    """The caller's own claims, newest first; all of them for the tiers above. `overdue`: past their deadline."""
    by.require(*_SIDES, *_WATCHERS)
    side = (_SIDES[by.role], by.organisation) if by.role in _SIDES else None
    return claim_store.page_of(tx, side, status, tx.today if overdue else None, cursor, limit)


def leave_cover(tx: WriteTx, claim: Claim, on: date) -> tuple[Claim, list[Movement]]:
    """The claimed principal leaves cover: the bank was paid, or nothing is owed to it and nothing waits.

    Of what was repaid since the notice nothing is left to leave.
    """
    if claim.released_on is not None:
        return claim, []
    left_fen = drawdown_store.get(tx, claim.loan_id).outstanding_fen
    principal_fen = min(claim.notice.principal_fen, left_fen)
    released = guarantees.released(tx, claim.loan_id, principal_fen, on, by_claim=True)
    return replace(claim, released_on=on), released


def keep(tx: WriteTx, claim: Claim, on: date) -> Claim:
    """Store what a claim has become, and say it."""
    claim_store.update(tx, claim)
    tell(tx, claim, on)
    return claim


def tell(tx: WriteTx, claim: Claim, on: date) -> None:
    guarantee = guarantee_store.get(tx, claim.guarantee_id)
    emit(tx, topics.GUARANTEE_CLAIM, claim.id, messages.claim_changed(claim, guarantee, on))


def _same(known: Claim, notice: Notice) -> Claim:
    if known.notice != notice:
        raise Conflict(
            f"Notice {notice.notice_number} of loan {notice.loan_id} is claim {known.id} with other content.",
            field="notice_number",
            mend="Send the first notice unchanged, or a new one under another number.",
            source="guarantee rules §10.18: a claim is keyed by loan and notice number",
        )
    return known


def _check(
    notice: Notice, drawdown: Drawdown, earlier: Sequence[Claim], terms: Programme, today: date
) -> None:
    _check_cover(notice, drawdown)
    _check_days(notice, drawdown, terms, today)
    left_fen = _left(drawdown, [one for one in earlier if one.status is not ClaimStatus.REFUSED])
    if notice.principal_fen > left_fen:
        raise Invalid(
            f"{yuan_text(notice.principal_fen)} yuan of principal are claimed, {yuan_text(left_fen)} are outstanding "
            "under cover and not claimed yet.",
            field="principal_fen",
            mend="Claim at most what is outstanding; report missing repayments first.",
            source=_OUTSTANDING,
        )


def _left(drawdown: Drawdown, others: Sequence[Claim]) -> int:
    """What is outstanding and not claimed by others, in fen."""
    waiting = (one.notice.principal_fen for one in others if one.released_on is None)
    return drawdown.outstanding_fen - sum(waiting)


def _check_cover(notice: Notice, drawdown: Drawdown) -> None:
    if drawdown.status is not DrawdownStatus.EFFECTIVE:
        raise Conflict(
            f"Loan {notice.loan_id} is {drawdown.status} and not under cover. {drawdown.note or ''}".rstrip(),
            field="loan_id",
            mend="Only a loan that entered cover and is not repaid can be claimed.",
            source="guarantee rules §4.2, §4.6",
        )


def _check_days(notice: Notice, drawdown: Drawdown, terms: Programme, today: date) -> None:
    called_on = notice.accelerated_on
    if called_on is not None and not drawdown.drawn_on <= called_on <= notice.noticed_on:
        raise Invalid(
            f"The loan was drawn on {drawdown.drawn_on}, called on {called_on}, the notice is of {notice.noticed_on}.",
            field="accelerated_on",
            mend="Give the day on which the bank called the loan, or leave it out.",
        )
    if not drawdown.drawn_on <= notice.noticed_on <= today:
        raise Invalid(
            f"The notice is of {notice.noticed_on}; the loan was drawn on {drawdown.drawn_on}, today is {today}.",
            field="noticed_on",
            mend="Give the day on which the notice was served.",
        )
    last = rules.last_day(drawdown.due_on, notice.accelerated_on, terms.guarantee_period_months)
    if notice.noticed_on > last:
        source = terms.source_of("guarantee_period_months")
        raise Invalid(
            f"The guarantee period ended on {last}; the notice is of {notice.noticed_on}.",
            field="noticed_on",
            mend="A claim after the guarantee period is not owed.",
            source=f"{source.parameter}: {source.source}",
        )


def _noticed(
    tx: WriteTx, notice: Notice, guarantee: Guarantee, drawdown: Drawdown, terms: Programme
) -> Claim:
    claimed_fen = rules.in_scope(notice, terms.claim_scope)
    governing = versions.of(tx, guarantee, notice.noticed_on)
    covered = rules.borne(claimed_fen, drawdown.shares, drawdown.layers, governing.cap, claimed_fen)
    payer = {one.layer: one.organisation for one in filing_store.of_loan(tx, drawdown.loan_id)}
    return Claim(
        id=tx.new_id("clm"),
        loan_id=notice.loan_id,
        notice_number=notice.notice_number,
        guarantee_id=guarantee.id,
        bank=guarantee.bank,
        guarantor=guarantee.guarantor,
        notice=notice,
        noticed_at=tx.now,
        noticed_on=notice.noticed_on,
        claimed_fen=claimed_fen,
        covered_fen=claimed_fen - covered.parts[drawdown.shares[0].party],
        cap=cap_rules.bucket_of(governing, guarantee.bank, notice.noticed_on).key,
        cap_use_fen=covered.cap_use_fen,
        status=ClaimStatus.NOTIFIED,
        payer=payer.get(terms.payer, guarantee.guarantor),
        review_by=notice.noticed_on + timedelta(days=terms.review_days),
        policy_set=rule_store.policy_set(tx),
    )


def _to_decide(tx: WriteTx, by: Principal, claim_id: str) -> tuple[Claim, Guarantee]:
    known = claim_store.get(tx, claim_id)
    by.require_organisation(known.guarantor)
    guarantee = guarantee_store.to_change(tx, known.guarantee_id)
    claim = claim_store.to_change(tx, claim_id)
    if claim.status is not ClaimStatus.NOTIFIED:
        raise Conflict(
            f"The claim is {claim.status}.", field="status", mend="Only a new claim is accepted or refused."
        )
    return claim, guarantee


def _require_documents(claim: Claim, terms: Programme) -> None:
    missing = [name for name in terms.claim_documents if name not in claim.notice.documents]
    if missing:
        source = terms.source_of("claim_documents")
        raise Conflict(
            f"The claim lacks {', '.join(missing)}.",
            field="documents",
            mend="Let the bank send a complete notice under a new number, and refuse this one (DOCUMENTS_MISSING).",
            source=f"{source.parameter}: {source.source}",
        )


def _require_outstanding(claim: Claim, drawdown: Drawdown, of_loan: Sequence[Claim]) -> None:
    undecided = (ClaimStatus.NOTIFIED, ClaimStatus.REFUSED)
    left_fen = _left(drawdown, [one for one in of_loan if one.status not in undecided])
    if claim.notice.principal_fen > left_fen:
        raise Conflict(
            f"{yuan_text(claim.notice.principal_fen)} yuan of principal are claimed, {yuan_text(left_fen)} are left of "
            "the loan: it was repaid since the notice.",
            field="principal_fen",
            mend="Refuse this claim; let the bank claim what is left under a new number.",
            source=_OUTSTANDING,
        )


def _require_decided(filings: Sequence[Filing], fell_due: date) -> None:
    """Who bears what depends on every filing: one that may still come is decided, or has run out, first."""
    waits = [
        f"{one.layer} {one.status}"
        for one in filings
        if one.status in (FilingStatus.PENDING, FilingStatus.SUBMITTED) and not one.covers(fell_due)
    ]
    if waits:
        raise Conflict(
            f"Filings of loan {filings[0].loan_id} are not decided yet: {', '.join(waits)}.",
            field="filings",
            mend="Submit them, and let the tiers decide; one that is too late decides itself.",
            source="guarantee rules §1: filing is a condition of reimbursement",
        )
