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
from services.guarantee.domain import ledger as ledger_rules
from services.guarantee.domain.cap import Bucket
from services.guarantee.domain.claim import Claim, ClaimStatus, Part
from services.guarantee.domain.drawdown import Drawdown
from services.guarantee.domain.due import UNPAID, Due, DueKind, DueStatus
from services.guarantee.domain.filing import Filing
from services.guarantee.domain.guarantee import Guarantee
from services.guarantee.domain.ledger import Account, Kind, Movement, Posting, transfer
from services.guarantee.domain.programme import Programme
from services.guarantee.domain.terms import BANK, LOCAL, CapTiming
from services.guarantee.operations import caps, versions
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
    room_fen = _room(tx, claim, governing, bucket)
    filed = taking_part(claim, drawdown, filings)
    found = rules.borne(claim.claimed_fen, drawdown.shares, filed, governing.cap, room_fen)
    waits = governing.cap.timing is CapTiming.PENDING and bucket.settled_on is None
    whole = rules.borne(claim.claimed_fen, drawdown.shares, filed, governing.cap, claim.claimed_fen)
    whose = _organisations(claim, filings)
    return replace(
        claim,
        status=ClaimStatus.ACCEPTED,
        parts=tuple(
            Part(party=party, organisation=whose[party], bears_fen=part)
            for party, part in found.parts.items()
        ),
        payer=_payer(claim, whole.parts if waits else found.parts, whose),
        cap_use_fen=found.cap_use_fen,
        cut_fen=0 if waits else found.cut_fen,
        pending_fen=found.cut_fen if waits else 0,
    )


def _room(tx: WriteTx, claim: Claim, governing: Programme, bucket: Bucket) -> int:
    """What is left of the cap for a claim: all of it, while the cap is only measured at the end of its period."""
    if governing.cap.timing is CapTiming.PERIOD_END and bucket.settled_on is None:
        return claim.claimed_fen
    earlier_fen = cap_store.used(tx, bucket.key, before=(claim.noticed_at, claim.id))
    return caps.room(tx, bucket, governing) - earlier_fen


def taking_part(claim: Claim, drawdown: Drawdown, filings: Sequence[Filing]) -> list[str]:
    """The tiers that stood for the loan on the day on which it was to be repaid."""
    day = rules.fell_due(drawdown.due_on, claim.notice.accelerated_on)
    return [filing.layer for filing in filings if filing.covers(day)]


def owe_the_bank(tx: WriteTx, claim: Claim, kind: DueKind, on: date) -> list[Movement]:
    """Let the payer owe the bank what the system bears and it has not booked yet; the entries that it makes.

    Where the system bears less than it has booked, the bank owes the payer.
    """
    system_fen = sum(part.bears_fen for part in claim.parts if part.party != BANK)
    amount_fen = system_fen - sum(booked(tx, claim, part) for part in claim.parts if part.party != BANK)
    if not amount_fen:
        return []
    back, by = amount_fen < 0, claim.pay_by or on
    sides = (claim.bank, claim.payer) if back else (claim.payer, claim.bank)
    due = _due(tx, claim, DueKind.CAP_RETURN if back else kind, *sides, abs(amount_fen), on, by)
    due_store.insert(tx, [due])
    account = Account.RECEIVABLE if back else Account.PAYABLE
    lines = transfer((Account.CLAIMS, claim.id), (account, claim.bank), amount_fen)
    return [_movement(claim, claim.payer, Kind.CLAIM_OWED, due.id, on, lines)]


def owe_the_payer(tx: WriteTx, claim: Claim, days: int, on: date) -> list[Movement]:
    """Let every other party of the system owe the payer its part; the entries that it makes.

    A part that became smaller, as the cap was measured or by a fen as more was paid, is owed the other way.
    """
    movements, payer = list[Movement](), claim.payer
    for part in claim.parts:
        if part.party == BANK or part.organisation == payer:
            continue
        amount_fen = part.bears_fen - booked(tx, claim, part)
        sides = (part.organisation, payer) if amount_fen > 0 else (payer, part.organisation)
        if amount_fen:
            due = _due(
                tx, claim, DueKind.REIMBURSEMENT, *sides, abs(amount_fen), on, on + timedelta(days=days)
            )
            due_store.insert(tx, [due])
            movements += _refund(claim, due, on)
    return movements


def give_up_refund(tx: WriteTx, claim: Claim, due: Due, on: date) -> list[Movement]:
    """A refund that is not owed any more, whatever it was lowered to; the entries that it makes."""
    due_store.update(tx, replace(due, status=DueStatus.CANCELLED))
    return [ledger_rules.opposite(movement, on, movement.reference) for movement in _refund(claim, due, on)]


def as_it_stands(tx: ReadTx, claim: Claim) -> Claim:
    """The claim in the state that its open dues give it: the bank waits, the payer waits, or nobody does."""
    waiting = {due.kind for due in due_store.of_reference(tx, claim.id) if due.status in UNPAID}
    if waiting & {DueKind.CLAIM, DueKind.TOP_UP}:
        return replace(claim, status=ClaimStatus.ACCEPTED)
    return replace(claim, status=ClaimStatus.PAID if waiting else ClaimStatus.SETTLED)


def booked(tx: ReadTx, claim: Claim, part: Part) -> int:
    """What a party has booked of a claim, whether or not it came back since, in fen."""
    return ledger_store.balance(tx, part.organisation, Account.CLAIMS, claim.id) + part.received_fen


def _refund(claim: Claim, due: Due, on: date) -> list[Movement]:
    mine = transfer((Account.RECEIVABLE, due.debtor), (Account.CLAIMS, claim.id), due.amount_fen)
    theirs = transfer((Account.CLAIMS, claim.id), (Account.PAYABLE, due.creditor), due.amount_fen)
    return [
        _movement(claim, due.creditor, Kind.REIMBURSEMENT_OWED, due.id, on, mine),
        _movement(claim, due.debtor, Kind.REIMBURSEMENT_OWED, due.id, on, theirs),
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


def _payer(claim: Claim, parts: Mapping[str, int], whose: Mapping[str, str]) -> str:
    """Whoever is to pay first by the programme, if it bears anything; else the direct guarantor."""
    bears = any(whose[party] == claim.payer for party, part in parts.items() if part)
    return claim.payer if bears else claim.guarantor
