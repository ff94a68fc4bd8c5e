"""Who bears what of a guaranteed loan: exact splits, caps, recoveries and annual fees, in whole fen.

Shares stand in the order of the contract: first the lender, last the direct guarantor, between them the layers
above (fund, re-guarantor, government). A share is always of the loan, never of the payout. The lender's part is
rounded up and every upper layer's down, so that "the bank bears at least 20 %" holds to the fen and no upper layer is
ever billed too much; the direct guarantor bears what rounding leaves (guarantee rules §2, reference algorithm §10).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.finance.daycount import DayBase
from libs.finance.money import BP, PPM, floor, half_up


@dataclass(frozen=True, slots=True)
class Share(Shape):
    """A party's share of the loan in basis points."""

    party: str
    bp: int


@dataclass(frozen=True, slots=True)
class Recovery:
    """A distributed recovery; `surplus_fen` is what no party had borne, and belongs to a surplus account."""

    parts: dict[str, int]
    surplus_fen: int


def check_shares(shares: Sequence[Share]) -> None:
    """Raises Violation unless there are two parties or more, each once, with shares from zero that sum to 10,000."""
    if len(shares) < 2 or len({share.party for share in shares}) != len(shares):
        raise Violation("shares", "Risk is shared by two or more different parties.", "Name each party once.")
    for share in shares:
        if share.bp < 0:
            raise Violation(
                "shares", f"The share of {share.party} is negative.", "Give basis points from zero."
            )
    total = sum(share.bp for share in shares)
    if total != BP:
        raise Violation("shares", f"The shares sum to {total} basis points.", f"Make them sum to {BP:,}.")


def covered(amount_fen: int, shares: Sequence[Share]) -> int:
    """The part of an amount that the guarantee system stands for: all but the lender's share, rounded down."""
    _check_amount(amount_fen)
    check_shares(shares)
    return floor(amount_fen * (BP - shares[0].bp), BP)


def split(amount_fen: int, shares: Sequence[Share]) -> dict[str, int]:
    """Each party's part of an amount, in the order of the shares; the parts sum to the amount."""
    cover_fen = covered(amount_fen, shares)
    upper = {share.party: floor(amount_fen * share.bp, BP) for share in shares[1:-1]}
    return _complete(amount_fen, cover_fen, shares, upper)


def capped(amount_fen: int, shares: Sequence[Share], paid_fen: int, cap_fen: int) -> dict[str, int]:
    """`split`, where the system has already paid `paid_fen` of at most `cap_fen`: the lender bears the excess.

    A claim that crosses the cap is paid in part, never all or nothing.
    """
    cover_fen = covered(amount_fen, shares)
    payable_fen = min(cover_fen, max(0, cap_fen - paid_fen))
    if payable_fen == cover_fen:
        return split(amount_fen, shares)
    system_bp = BP - shares[0].bp
    upper = {share.party: floor(payable_fen * share.bp, system_bp) for share in shares[1:-1]}
    return _complete(amount_fen, payable_fen, shares, upper)


def capped_layer(parts: Mapping[str, int], layer: Sequence[str], room_fen: int, to: str) -> dict[str, int]:
    """The parts where the parties in `layer` together pay at most `room_fen`; `to` bears what they do not.

    A cap on what the upper tiers refund, while the direct guarantor still owes the lender. Each of them pays
    `room_fen` by its part, rounded down, so that the cap holds to the fen. Enough room changes nothing; room below
    zero counts as none. `to` is one of the parts and stands outside the layer. Where the cap is on the whole system's
    payment, `capped` is the rule.
    """
    inside = {party: parts[party] for party in layer if party in parts}
    if to not in parts or to in inside:
        raise Violation("excess", f"{to} cannot bear what {', '.join(layer)} do not.", "Name another party.")
    total_fen, room_fen = sum(inside.values()), max(0, room_fen)
    if total_fen <= room_fen:
        return dict(parts)
    paid = {party: floor(room_fen * part, total_fen) for party, part in inside.items()}
    return {**parts, **paid, to: parts[to] + total_fen - sum(paid.values())}


def recover(amount_fen: int, remaining: Mapping[str, int], ties: Sequence[str]) -> Recovery:
    """Distributes a recovery by what each party bore and has not yet received (largest remainder).

    Leftover fen go to the largest fractions, equal fractions in the order of `ties`, which names every party (and may
    name more). Over any series of instalments nobody receives more than borne, and a full recovery is exact.
    """
    _check_amount(amount_fen)
    _check_ties(remaining, ties)
    total_fen = sum(remaining.values())
    shared_fen = min(amount_fen, total_fen)
    if not total_fen:
        return Recovery(dict.fromkeys(remaining, 0), amount_fen)
    parts = {party: floor(shared_fen * left, total_fen) for party, left in remaining.items()}
    served = [party for party in ties if party in remaining]
    by_fraction = sorted(served, key=lambda party: -(shared_fen * remaining[party] % total_fen))
    for party in by_fraction[: shared_fen - sum(parts.values())]:
        parts[party] += 1
    return Recovery(parts, amount_fen - shared_fen)


def net_recovery(gross_fen: int, costs_fen: int) -> tuple[int, int]:
    """What is left to distribute after costs, and the costs still to be carried to the next recovery."""
    return max(0, gross_fen - costs_fen), max(0, costs_fen - gross_fen)


def annual_fee(
    amount_fen: int, rate_ppm: int, days: int, base: DayBase = DayBase.ACT_365, share_bp: int = BP
) -> int:
    """A fee by days, half-up once: of the whole amount, or of `share_bp` of it. 365 days also in leap years."""
    return half_up(amount_fen * share_bp * rate_ppm * days, BP * PPM * base)


def claim_cap(released: Iterable[tuple[int, int]], cap_bp: int, share_bp: int = BP) -> int:
    """The most that may be paid: `cap_bp` of `share_bp` of the released principal, annualised, rounded down once.

    `released` holds (principal in fen, days guaranteed); the base is 365 days.
    """
    principal_days = sum(principal_fen * days for principal_fen, days in released)
    return floor(principal_days * cap_bp * share_bp, DayBase.ACT_365 * BP * BP)


def unearned_fee_reserve(fee_income_fen: int, reserve_bp: int) -> int:
    """The reserve for fees not yet earned (未到期责任准备金), half-up: 50 % of the year's fee income as a rule."""
    return half_up(fee_income_fen * reserve_bp, BP)


def claim_reserve_due(liability_fen: int, rate_bp: int, ceiling_bp: int, held_fen: int) -> int:
    """This year's addition to the claim reserve (担保赔偿准备金): a rate of year-end liability, up to the ceiling."""
    room_fen = max(0, half_up(liability_fen * ceiling_bp, BP) - held_fen)
    return min(half_up(liability_fen * rate_bp, BP), room_fen)


def _complete(
    amount_fen: int, paid_fen: int, shares: Sequence[Share], upper: Mapping[str, int]
) -> dict[str, int]:
    lender, direct = shares[0].party, shares[-1].party
    return {lender: amount_fen - paid_fen, **upper, direct: paid_fen - sum(upper.values())}


def _check_amount(amount_fen: int) -> None:
    if amount_fen < 0:
        raise Violation("amount_fen", "The amount is negative.", "Give fen from zero.")


def _check_ties(remaining: Mapping[str, int], ties: Sequence[str]) -> None:
    if len(set(ties)) != len(ties) or not set(remaining) <= set(ties):
        raise Violation(
            "ties", "The tie order does not name each party once.", f"Order {', '.join(remaining)}."
        )
    for party, left in remaining.items():
        if left < 0:
            raise Violation(
                "remaining", f"{party} has received more than it bore.", "Give what is still owed."
            )
