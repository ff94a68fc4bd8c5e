"""Effects: each ratio of a guarantor before and after a loan, for a look ahead.

Ratios are in millionths, half-up; before there is anything to measure by there is no ratio.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.finance.money import BP, PPM, half_up
from services.guarantee.domain import exposure as exposures
from services.guarantee.domain.exposure import Borrower, Exposure, Usage
from services.guarantee.domain.guarantor import leverage_figure
from services.guarantee.domain.limits import Chain, Need, Rule
from services.guarantee.domain.red_lines import RedLines, SmallShareBase, WeightKind


class Ratio(StrEnum):
    """What of what. LEVERAGE, CONCENTRATION, GROUP: weighted liability, of the guarantor's counted net assets.
    CREDIT_LINE, PROVINCIAL_LINE: use of the line. SMALL_SHARE: liability for small firms and farmers, of all.
    UP_TO_500: liability for borrowers of at most five million, of that for small firms and farmers (or of all).
    """

    LEVERAGE = "LEVERAGE"
    CONCENTRATION = "CONCENTRATION"
    GROUP = "GROUP"
    CREDIT_LINE = "CREDIT_LINE"
    PROVINCIAL_LINE = "PROVINCIAL_LINE"
    SMALL_SHARE = "SMALL_SHARE"
    UP_TO_500 = "UP_TO_500"


_OF_ASSETS = {
    Rule.LEVERAGE: Ratio.LEVERAGE,
    Rule.CONCENTRATION: Ratio.CONCENTRATION,
    Rule.GROUP: Ratio.GROUP,
}
_OF_LINE = {Rule.CREDIT_LINE: Ratio.CREDIT_LINE, Rule.PROVINCIAL_LINE: Ratio.PROVINCIAL_LINE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect(Shape):
    """One ratio before and after. `limit_ppm` is the most, or the least where `is_floor`; `rule` sets it.

    `crosses`: it keeps to the limit before and does not after, or where there is no ratio before, does not after.
    """

    ratio: Ratio
    before_ppm: int | None
    after_ppm: int | None
    limit_ppm: int
    is_floor: bool = False
    rule: str
    crosses: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Portfolio:
    """Unweighted liability of a guarantor by whom it is for, what of it comes from returns, and households."""

    total_fen: int = 0
    small_fen: int = 0
    up_to_500_fen: int = 0
    small_up_to_500_fen: int = 0
    returned_small_fen: int = 0
    returned_up_to_500_fen: int = 0
    returned_small_up_to_500_fen: int = 0
    households: int = 0
    small_households: int = 0

    def with_change(self, before: Exposure, after: Exposure, lines: RedLines) -> "Portfolio":
        old, new = _alone(before, lines), _alone(after, lines)
        names = [one.name for one in fields(self)]
        return Portfolio(
            **{name: getattr(self, name) - getattr(old, name) + getattr(new, name) for name in names}
        )

    @property
    def small_share_ppm(self) -> int | None:
        return ratio_ppm(self.small_fen, self.total_fen)

    def up_to_500_ppm(self, base: SmallShareBase) -> int | None:
        if base is SmallShareBase.TOTAL:
            return ratio_ppm(self.up_to_500_fen, self.total_fen)
        return ratio_ppm(self.small_up_to_500_fen, self.small_fen)


def ratio_ppm(part: int, whole: int) -> int | None:
    return half_up(part * PPM, whole) if whole > 0 else None


def effects(
    chain: Chain,
    borrower: Borrower,
    amount_fen: int,
    needed: Sequence[Need],
    used: Mapping[str, Usage],
    portfolio: Portfolio,
) -> tuple[Effect, ...]:
    """What the loan does to each ratio, in the order of the limits, the composition of the book last."""
    of_limits = [
        _of_limit(chain, need, used.get(need.limit.key, Usage()).held_fen)
        for need in needed
        if need.limit.rule in _OF_ASSETS or need.limit.rule in _OF_LINE
    ]
    liability_fen = exposures.liability(amount_fen, chain.programme.shares, chain.lines)
    after = portfolio.with_change(borrower.exposure, borrower.with_more(liability_fen), chain.lines)
    return tuple(_marked(one) for one in (*of_limits, *_of_book(chain.lines, portfolio, after)))


def _marked(effect: Effect) -> Effect:
    return replace(
        effect, crosses=_beyond(effect, effect.after_ppm) and not _beyond(effect, effect.before_ppm)
    )


def _beyond(effect: Effect, ratio: int | None) -> bool:
    if ratio is None:
        return False
    return ratio < effect.limit_ppm if effect.is_floor else ratio > effect.limit_ppm


def _of_limit(chain: Chain, need: Need, held_fen: int) -> Effect:
    rule = need.limit.rule
    of_assets = rule in _OF_ASSETS
    whole_fen = chain.guarantor.counted_assets_fen if of_assets else need.limit.limit_fen
    return Effect(
        ratio=_OF_ASSETS[rule] if of_assets else _OF_LINE[rule],
        before_ppm=ratio_ppm(held_fen, whole_fen),
        after_ppm=ratio_ppm(held_fen + need.amount_fen, whole_fen),
        limit_ppm=most_ppm(chain, rule) if of_assets else PPM,
        rule=need.source.parameter,
    )


def most_ppm(chain: Chain, rule: Rule) -> int:
    """What a ratio to net assets may be at most."""
    lines = chain.lines
    if rule is Rule.LEVERAGE:
        return getattr(lines, leverage_figure(chain.guarantor)) * PPM
    figure = lines.concentration_bp if rule is Rule.CONCENTRATION else lines.group_concentration_bp
    return figure * (PPM // BP)


def _of_book(lines: RedLines, before: Portfolio, after: Portfolio) -> tuple[Effect, ...]:
    base = lines.up_to_500_base
    return (
        Effect(
            ratio=Ratio.SMALL_SHARE,
            before_ppm=before.small_share_ppm,
            after_ppm=after.small_share_ppm,
            limit_ppm=lines.small_share_min_bp * (PPM // BP),
            is_floor=True,
            rule=lines.source_of("small_share_min_bp").parameter,
        ),
        Effect(
            ratio=Ratio.UP_TO_500,
            before_ppm=before.up_to_500_ppm(base),
            after_ppm=after.up_to_500_ppm(base),
            limit_ppm=lines.up_to_500_min_bp * (PPM // BP),
            is_floor=True,
            rule=lines.source_of("up_to_500_min_bp").parameter,
        ),
    )


def _alone(exposure: Exposure, lines: RedLines) -> Portfolio:
    total_fen, returned_fen = exposure.total_fen, exposure.returned_fen
    small = exposure.kind is not WeightKind.OTHER
    little = total_fen <= lines.up_to_500_fen
    return Portfolio(
        total_fen=total_fen,
        small_fen=total_fen * small,
        up_to_500_fen=total_fen * little,
        small_up_to_500_fen=total_fen * (small and little),
        returned_small_fen=returned_fen * small,
        returned_up_to_500_fen=returned_fen * little,
        returned_small_up_to_500_fen=returned_fen * (small and little),
        households=int(total_fen > 0),
        small_households=int(total_fen > 0 and small),
    )
