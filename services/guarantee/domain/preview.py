"""What accepting a case would do to a guarantor, before it commits itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from libs.criteria.shape import Shape
from services.guarantee.domain.cap import CapStanding
from services.guarantee.domain.effects import Portfolio
from services.guarantee.domain.exposure import Borrower, Usage
from services.guarantee.domain.limits import Need
from services.guarantee.domain.quote import Structure
from services.guarantee.domain.red_lines import RedLines


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimEffect(Shape):
    """The claim payment ratio's red line: a new case claims nothing; `if_claimed_fen` is what would count if all of it
    were claimed this year. `cap_fen` 0: nothing was released yet to measure by."""

    programme: str
    bank: str | None
    used_fen: int
    cap_fen: int
    ratio_ppm: int | None
    if_claimed_fen: int
    crosses_if_claimed: bool
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectPreview(Shape):
    """The case as if it were not there yet, and with it: rooms of every tier, ratios, what stands against it.

    `crossed`: the policy parameters of the red lines that would be crossed by it and are not now.
    """

    guarantee_id: str
    guarantor: str
    party: str
    amount_fen: int
    day: date
    structure: Structure
    claims: ClaimEffect
    crossed: tuple[str, ...]


def claim_effect(found: CapStanding, liability_fen: int) -> ClaimEffect:
    after = found.used_fen + liability_fen
    return ClaimEffect(
        programme=found.programme,
        bank=found.bank,
        used_fen=found.used_fen,
        cap_fen=found.cap_fen,
        ratio_ppm=found.ratio_ppm,
        if_claimed_fen=after,
        crosses_if_claimed=found.used_fen < found.cap_fen <= after,
        source=found.source,
    )


def without(borrower: Borrower, liability_fen: int) -> Borrower:
    """The borrower before the liability that is reserved for it."""
    known = borrower.exposure
    return replace(borrower, exposure=replace(known, platform_fen=known.platform_fen - liability_fen))


def usage_without(used: Mapping[str, Usage], needed: Sequence[Need]) -> dict[str, Usage]:
    """What limits held before that which the case took of them."""
    taken = {need.limit.key: need.amount_fen for need in needed}
    return {key: Usage(usage.held_fen - taken.get(key, 0), usage.returned_fen) for key, usage in used.items()}


def book_without(book: Portfolio, now: Borrower, before: Borrower, lines: RedLines) -> Portfolio:
    return book.with_change(now.exposure, before.exposure, lines)
