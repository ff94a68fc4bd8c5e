"""The settlement of a cap at the end of its period: as if the whole period had been known at each claim.

Claims come in the order of their notices, each with what the earlier ones left. What waited is paid as far as the cap
goes; what was paid meanwhile beyond it is given back. So a small denominator early in the year starves nobody.
"""

from dataclasses import replace
from datetime import timedelta

from libs.chassis.database import WriteTx
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Conflict, NotFound
from services.guarantee.domain import claim as rules
from services.guarantee.domain.cap import Bucket, CapStanding
from services.guarantee.domain.claim import Claim, ClaimStatus, Outcome
from services.guarantee.domain.due import DueKind
from services.guarantee.domain.ledger import Movement
from services.guarantee.domain.programme import Programme
from services.guarantee.domain.terms import BANK, CapTiming
from services.guarantee.operations import caps, claims, ledger, losses
from services.guarantee.store import caps as cap_store
from services.guarantee.store import claims as claim_store
from services.guarantee.store import drawdowns as drawdown_store
from services.guarantee.store import filings as filing_store
from services.guarantee.store import rules as rule_store


def settle(tx: WriteTx, by: Principal, key: str) -> CapStanding:
    """Settle the bucket of a period that has ended. Once settled it stays so; the same again changes nothing."""
    by.require(Role.REGUARANTOR)
    bucket = cap_store.to_settle(tx, key)
    governing = caps.in_period(rule_store.rulebook(tx), bucket, tx.today)
    if governing is None:
        raise NotFound(f"The rules know no programme {bucket.programme}.", field="key")
    if bucket.settled_on is None:
        _require_ripe(tx, bucket, governing)
        _settle_claims(tx, bucket, governing)
        bucket = replace(bucket, settled_on=tx.today)
        cap_store.mark_settled(tx, key, tx.today)
    return caps.standing_of(tx, bucket, governing)


def _require_ripe(tx: WriteTx, bucket: Bucket, governing: Programme) -> None:
    if governing.cap.timing is CapTiming.AS_CLAIMED or bucket.period >= tx.today.year:
        raise Conflict(
            f"The cap of {bucket.key} is measured {governing.cap.timing}; its period is {bucket.period}.",
            field="key",
            mend="Only a cap that is measured at the end of its period is settled, once that has ended.",
        )
    undecided = [one.id for one in claim_store.of_cap(tx, bucket.key) if one.status is ClaimStatus.NOTIFIED]
    if undecided:
        raise Conflict(
            f"Claims are not decided yet: {', '.join(undecided)}.",
            field="claims",
            mend="Let the guarantor accept or refuse them first: each takes of the cap before the later ones.",
        )


def _settle_claims(tx: WriteTx, bucket: Bucket, governing: Programme) -> None:
    left_fen, movements = caps.room(tx, bucket, governing), list[Movement]()
    for claim in claim_store.of_cap(tx, bucket.key):
        settled = claim
        if claim.status is not ClaimStatus.REFUSED and _is_to_settle(claim, governing, left_fen):
            settled, moved = _settle_claim(tx, claim, governing, left_fen)
            movements += moved
        left_fen -= settled.cap_use_fen
    ledger.post(tx, movements)


def _is_to_settle(claim: Claim, governing: Programme, left_fen: int) -> bool:
    """Something waits, or more was paid meanwhile than the cap leaves."""
    beyond = governing.cap.timing is CapTiming.PERIOD_END and claim.cap_use_fen > max(0, left_fen)
    return bool(claim.pending_fen) or beyond


def _settle_claim(
    tx: WriteTx, claim: Claim, governing: Programme, left_fen: int
) -> tuple[Claim, list[Movement]]:
    """The bank first; the tiers once the bank was paid, or at once where only they are concerned."""
    topped_up = _topped_up(tx, claim, governing, left_fen)
    movements = losses.owe_the_bank(tx, topped_up, DueKind.TOP_UP, tx.today)
    if not movements and claim.released_on is not None:
        movements = losses.owe_the_payer(tx, topped_up, governing.reimbursement_days, tx.today)
    settled = losses.as_it_stands(tx, topped_up)
    if settled.status is ClaimStatus.SETTLED:
        settled, released = claims.leave_cover(tx, settled, tx.today)
        movements += released
    claims.keep(tx, settled, tx.today)
    return settled, movements


def _topped_up(tx: WriteTx, claim: Claim, governing: Programme, left_fen: int) -> Claim:
    """The claim split anew by what is left of the cap. What somebody has received already, it goes on bearing."""
    if claim.pending_fen:
        bears = next(part for part in claim.parts if part.party == governing.cap.excess)
        more_fen = min(claim.pending_fen, max(0, left_fen - claim.cap_use_fen), bears.remains_fen)
    else:
        more_fen = max(left_fen, _least_use(claim)) - claim.cap_use_fen
    found = _divided(tx, claim, governing, more_fen)
    return replace(
        claim,
        parts=tuple(replace(part, bears_fen=found.parts[part.party]) for part in claim.parts),
        cap_use_fen=found.cap_use_fen,
        cut_fen=found.cut_fen,
        pending_fen=0,
        pay_by=tx.today + timedelta(days=governing.payment_days),
    )


def _divided(tx: WriteTx, claim: Claim, governing: Programme, more_fen: int) -> Outcome:
    """With so much more of the cap. Rounding can lower a part by a fen: not below what was received of it already."""
    drawdown = drawdown_store.get(tx, claim.loan_id)
    filed = losses.taking_part(claim, drawdown, filing_store.of_loan(tx, claim.loan_id))
    found = rules.borne(
        claim.claimed_fen, drawdown.shares, filed, governing.cap, claim.cap_use_fen + more_fen
    )
    if more_fen and any(found.parts[part.party] < part.received_fen for part in claim.parts):
        return _divided(tx, claim, governing, more_fen - 1 if more_fen > 0 else more_fen + 1)
    return found


def _least_use(claim: Claim) -> int:
    """What a claim takes of its cap at least, as parties were given back of it by what they bear now."""
    return max(
        -(-part.received_fen * claim.cap_use_fen // part.bears_fen) if part.received_fen else 0
        for part in claim.parts
        if part.party != BANK
    )
