"""Losses: how a claim is split among the parties, and what each of them then owes.

What a party has booked of a claim so far is the balance of its CLAIMS account and what it recovered. So whatever is
still to be owed is a difference, and doing it twice does it once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from libs.chassis.database import ReadTx, WriteTx
from services.guarantee.domain import cap as cap_rules
from services.guarantee.domain import claim as rules
from services.guarantee.domain.claim import Claim, ClaimStatus, Part
from services.guarantee.domain.drawdown import Drawdown
from services.guarantee.domain.due import UNPAID, Due, DueKind
from services.guarantee.domain.filing import Filing
from services.guarantee.domain.guarantee import Guarantee
from services.guarantee.domain.ledger import Account, Kind, Movement, Posting, transfer
from services.guarantee.domain.programme import Programme
from services.guarantee.domain.terms import BANK, LOCAL, CapTiming
from services.guarantee.operations import versions
from services.guarantee.store import caps as cap_store
from services.guarantee.store import dues as due_store
from services.guarantee.store import ledger as ledger_store


def contract(tx: ReadTx, guarantee: Guarantee, drawdown: Drawdown) -> Programme:
    """The version of the programme that a drawdown was filed under."""
    return versions.of(tx, guarantee, drawdown.programme_effective)


def divide(
    tx: WriteTx, claim: Claim, guarantee: Guarantee, drawdown: Drawdown, filings: Sequence[Filing]
) -> Claim:
    """The claim with what each party bears: what is left of its cap is measured here, and locked."""
    governing = versions.of(tx, guarantee, claim.noticed_on)
    bucket = cap_store.lock(tx, cap_rules.bucket_of(governing, claim.bank, claim.noticed_on))
    earlier_fen = cap_store.used(tx, bucket.key, before=(claim.noticed_at, claim.id))
    room_fen = cap_rules.money(bucket, governing) - earlier_fen
    filed = [filing.layer for filing in filings if filing.covers(drawdown.due_on)]
    found = rules.borne(claim.claimed_fen, drawdown.shares, filed, governing.cap, room_fen)
    waits = governing.cap.timing is CapTiming.PERIOD_END and bucket.settled_on is None
    whose = _organisations(claim, filings)
    return replace(
        claim,
        status=ClaimStatus.ACCEPTED,
        parts=tuple(
            Part(party=party, organisation=whose[party], bears_fen=part)
            for party, part in found.parts.items()
        ),
        payer=claim.payer if _bears(found.parts, whose, claim.payer) else claim.guarantor,
        cap_use_fen=found.cap_use_fen,
        cut_fen=0 if waits else found.cut_fen,
        pending_fen=found.cut_fen if waits else 0,
    )


def owe_the_bank(tx: WriteTx, claim: Claim, kind: DueKind, on: date) -> list[Movement]:
    """Let the payer owe the bank what the system bears and it has not booked yet; the entries that it makes."""
    system_fen = sum(part.bears_fen for part in claim.parts if part.party != BANK)
    amount_fen = system_fen - sum(booked(tx, claim, part) for part in claim.parts if part.party != BANK)
    if amount_fen <= 0:
        return []
    due = _due(tx, claim, kind, claim.payer, claim.bank, amount_fen, on, claim.pay_by or on)
    due_store.insert(tx, [due])
    lines = transfer((Account.CLAIMS, claim.id), (Account.PAYABLE, claim.bank), amount_fen)
    return [_movement(claim, claim.payer, Kind.CLAIM_OWED, due.id, on, lines)]


def owe_the_payer(tx: WriteTx, claim: Claim, days: int, on: date) -> list[Movement]:
    """Let every other party of the system owe the payer its part; the entries that it makes."""
    movements: list[Movement] = []
    for part in claim.parts:
        if part.party == BANK or part.organisation == claim.payer:
            continue
        amount_fen = part.bears_fen - booked(tx, claim, part)
        if amount_fen > 0:
            movements += _refund(tx, claim, part, amount_fen, on, on + timedelta(days=days))
    return movements


def as_it_stands(tx: ReadTx, claim: Claim) -> Claim:
    """The claim in the state that its open dues give it: the bank waits, the payer waits, or nobody does."""
    waiting = {due.kind for due in due_store.of_reference(tx, claim.id) if due.status in UNPAID}
    if waiting & {DueKind.CLAIM, DueKind.TOP_UP}:
        return replace(claim, status=ClaimStatus.ACCEPTED)
    return replace(claim, status=ClaimStatus.PAID if waiting else ClaimStatus.SETTLED)


def booked(tx: ReadTx, claim: Claim, part: Part) -> int:
    """What a party has booked of a claim, whether or not it came back since, in fen."""
    return ledger_store.balance(tx, part.organisation, Account.CLAIMS, claim.id) + part.received_fen


def _refund(tx: WriteTx, claim: Claim, part: Part, amount_fen: int, on: date, due_by: date) -> list[Movement]:
    tier, payer = part.organisation, claim.payer
    due = _due(tx, claim, DueKind.REIMBURSEMENT, tier, payer, amount_fen, on, due_by)
    due_store.insert(tx, [due])
    mine = transfer((Account.RECEIVABLE, tier), (Account.CLAIMS, claim.id), amount_fen)
    theirs = transfer((Account.CLAIMS, claim.id), (Account.PAYABLE, payer), amount_fen)
    return [
        _movement(claim, payer, Kind.REIMBURSEMENT_OWED, due.id, on, mine),
        _movement(claim, tier, Kind.REIMBURSEMENT_OWED, due.id, on, theirs),
    ]


def _due(
    tx: WriteTx, claim: Claim, kind: DueKind, debtor: str, creditor: str, amount_fen: int, on: date, by: date
) -> Due:
    return Due(
        id=tx.new_id("due"),
        kind=kind,
        debtor=debtor,
        creditor=creditor,
        amount_fen=amount_fen,
        guarantor=claim.guarantor,
        loan_id=claim.loan_id,
        reference=claim.id,
        arisen_on=on,
        due_by=by,
    )


def _movement(
    claim: Claim, book: str, kind: Kind, reference: str, on: date, lines: tuple[Posting, ...]
) -> Movement:
    return Movement(book=book, kind=kind, on=on, reference=reference, postings=lines, loan_id=claim.loan_id)


def _organisations(claim: Claim, filings: Sequence[Filing]) -> dict[str, str]:
    return {BANK: claim.bank, LOCAL: claim.guarantor} | {one.layer: one.organisation for one in filings}


def _bears(parts: Mapping[str, int], whose: Mapping[str, str], organisation: str) -> bool:
    return any(whose[party] == organisation for party, part in parts.items() if part)
