"""What follows a guarantee (fees, claims, caps, recoveries, reserves) by the programmes and red lines of policies/."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from libs.chassis import codec
from libs.finance.daycount import add_months
from libs.finance.split import annual_fee, claim_reserve_due, unearned_fee_reserve
from libs.finance.tiers import reguarantee_fee
from libs.policy import load
from services.guarantee.domain import cap as caps
from services.guarantee.domain.claim import Claim, ClaimStatus, Notice, Part, borne, in_scope, last_day
from services.guarantee.domain.programme import Programme, Rulebook
from services.guarantee.domain.recovery import NewRecovery, distributed, recovered
from services.guarantee.operations.rulebook import read

DAY = "2026-11-23"
ENOUGH = 10**15
EVERY_TIER = ("national", "provincial", "government", "pool")


@cache
def _rulebook() -> Rulebook:
    return read(load())


def terms(id: str, on: str = DAY, figures: dict[str, Any] | None = None) -> Programme:
    """The version that a guarantee given before a day goes by; `figures` are hypothetical ones in place of its own."""
    found = _rulebook().last_version(id, date.fromisoformat(on))
    assert found is not None, f"no programme {id}"
    plain = codec.dump(found) | (figures or {})
    if figures and "cap" in figures:
        plain["cap"] = codec.dump(found.cap) | figures["cap"]
    return codec.load(Programme, plain)


def fees(
    programme: str, amount_fen: int, days: int, on: str = DAY, figures: dict[str, Any] | None = None
) -> dict[str, int]:
    """What the firm pays the guarantor, and what this pays each tier above."""
    found = terms(programme, on, figures)
    tiers = {
        term.payee: reguarantee_fee(term, amount_fen, found.share_bp(term.payee), days)
        for term in found.reguarantee_fees
    }
    return {"guarantee": annual_fee(amount_fen, found.fee_rate_ppm, days)} | tiers


def claim(
    programme: str,
    principal_fen: int,
    interest_fen: int = 0,
    penalty_fen: int = 0,
    room_fen: int = ENOUGH,
    filed: Sequence[str] = EVERY_TIER,
    on: str = DAY,
    figures: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Who bears what in the end of a bank's claim, and what the payer hands to the bank at first."""
    found = terms(programme, on, figures)
    notice = Notice(
        loan_id="loan",
        notice_number="1",
        noticed_on=date.fromisoformat(on),
        principal_fen=principal_fen,
        interest_fen=interest_fen,
        excluded_fen=penalty_fen,
    )
    claimed_fen = in_scope(notice, found.claim_scope)
    outcome = borne(claimed_fen, found.shares, filed, found.cap, room_fen)
    return asdict(outcome) | {
        "claimed_fen": claimed_fen,
        "payer": found.payer,
        "bank_receives_fen": claimed_fen - outcome.parts["bank"],
    }


def recovery(
    programme: str,
    borne: dict[str, int],
    receipts: Sequence[dict[str, int]],
    figures: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Receipts on one claim, one after the other: what each gives whom, and what is still owed at the end."""
    rank = terms(programme, DAY, figures).recovery_rank
    claim, given = _claim(borne), list[dict[str, Any]]()
    for number, receipt in enumerate(receipts, 1):
        new = NewRecovery(reference=str(number), received_on=date.fromisoformat(DAY), **receipt)
        found = distributed(claim, new, rank, f"rec_{number}", "local")
        claim = recovered(claim, found)
        parts = {part.party: part.amount_fen for part in found.parts}
        given.append(
            {"net_fen": found.net_fen, "carried_fen": found.costs_carried_fen, "parts": parts}
            | {"surplus_fen": found.surplus_fen}
        )
    return {"receipts": given, "remains": {part.party: part.remains_fen for part in claim.parts}}


def cap(
    programme: str,
    released: Sequence[Sequence[int]],
    paid_fen: int,
    bank: str = "org_bank",
    on: str = DAY,
    figures: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """How the bucket of a claim stands after releases, each of (principal in fen, days)."""
    found = terms(programme, on, figures)
    bucket = caps.bucket_of(found, bank, date.fromisoformat(on))
    for principal_fen, days in released:
        bucket = caps.with_release(bucket, principal_fen, days)
    standing = caps.standing(bucket, found, paid_fen)
    return asdict(standing) | {"exhausted": caps.is_exhausted(standing)}


def claim_until(
    programme: str, due_on: str, accelerated_on: str | None = None, figures: dict[str, Any] | None = None
) -> date:
    called = None if accelerated_on is None else date.fromisoformat(accelerated_on)
    period = terms(programme, DAY, figures).guarantee_period_months
    return last_day(date.fromisoformat(due_on), called, period)


def reserves(fee_income_fen: int, liability_fen: int, held_fen: int, on: str = DAY) -> dict[str, int]:
    """What a guarantor puts aside at the end of a year, by the red lines."""
    lines = _rulebook().red_lines_on(date.fromisoformat(on))
    due_fen = claim_reserve_due(
        liability_fen, lines.claim_reserve_bp, lines.claim_reserve_ceiling_bp, held_fen
    )
    return {
        "unearned_fen": unearned_fee_reserve(fee_income_fen, lines.unearned_bp),
        "claim_reserve_fen": due_fen,
    }


def red_lines(on: str = DAY) -> object:
    return _rulebook().red_lines_on(date.fromisoformat(on))


def _claim(borne: dict[str, int]) -> Claim:
    day, total_fen = date.fromisoformat(DAY), sum(borne.values())
    parts = tuple(
        Part(party=party, organisation=f"org_{party}", bears_fen=fen) for party, fen in borne.items()
    )
    return Claim(
        id="clm_1",
        loan_id="loan",
        notice_number="1",
        guarantee_id="gua_1",
        bank="org_bank",
        guarantor="org_local",
        notice=Notice(loan_id="loan", notice_number="1", noticed_on=day, principal_fen=total_fen),
        noticed_at=datetime(2026, 11, 23, tzinfo=UTC),
        noticed_on=day,
        claimed_fen=total_fen,
        covered_fen=total_fen - borne["bank"],
        cap="c",
        cap_use_fen=0,
        status=ClaimStatus.SETTLED,
        payer="local",
        review_by=add_months(day, 1),
        parts=parts,
        policy_set=_rulebook().policy_set,
    )


RULES: dict[str, Callable[..., object]] = {
    "guarantee.terms": terms,
    "guarantee.fees": fees,
    "guarantee.claim": claim,
    "guarantee.recovery": recovery,
    "guarantee.cap": cap,
    "guarantee.claim_until": claim_until,
    "guarantee.reserves": reserves,
    "guarantee.red_lines": red_lines,
}
