"""Measures: how a guarantor stands before each red line, by a definition that is named."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.finance.money import BP, PPM
from libs.finance.split import claim_reserve_due, unearned_fee_reserve
from services.guarantee.domain.cap import CapStanding
from services.guarantee.domain.effects import Portfolio, ratio_ppm
from services.guarantee.domain.exposure import Usage
from services.guarantee.domain.figures import FigureSource
from services.guarantee.domain.guarantor import Guarantor, leverage_figure
from services.guarantee.domain.red_lines import RedLines, SmallShareBase

_PPM_PER_BP = PPM // BP


class Measure(StrEnum):
    LEVERAGE = "LEVERAGE"
    CONCENTRATION = "CONCENTRATION"
    GROUP = "GROUP"
    CREDIT_LINE = "CREDIT_LINE"
    PROVINCIAL_LINE = "PROVINCIAL_LINE"
    CLAIM_RATIO = "CLAIM_RATIO"
    SMALL_SHARE = "SMALL_SHARE"
    UP_TO_500 = "UP_TO_500"
    MAINLY_SMALL_BALANCE = "MAINLY_SMALL_BALANCE"
    MAINLY_SMALL_HOUSEHOLDS = "MAINLY_SMALL_HOUSEHOLDS"
    RESERVES = "RESERVES"


_DEFINITIONS = {
    Measure.LEVERAGE: "weighted liability / (net assets - equity in guarantors)",
    Measure.CONCENTRATION: "weighted liability for the largest borrower / (net assets - equity in guarantors)",
    Measure.GROUP: "weighted liability for the largest group / (net assets - equity in guarantors)",
    Measure.CREDIT_LINE: "outstanding loan principal with a provincial share / the re-guarantor's line",
    Measure.PROVINCIAL_LINE: "new loan principal of the year with a national share / the national fund's line",
    Measure.SMALL_SHARE: "liability for small and micro firms and farmers / liability",
    Measure.UP_TO_500: "of it, liability for borrowers up to the bound / its base",
    Measure.MAINLY_SMALL_BALANCE: "liability for small and micro firms and farmers / liability",
    Measure.MAINLY_SMALL_HOUSEHOLDS: "small and micro firms and farmers / borrowers",
    Measure.CLAIM_RATIO: "claims / cap",
    Measure.RESERVES: "required reserves / reserves held",
}


class Level(StrEnum):
    """UNKNOWN: there is nothing to measure by yet, or the figure was not told."""

    UNKNOWN = "UNKNOWN"
    OK = "OK"
    WARNING = "WARNING"
    BREACH = "BREACH"


@dataclass(frozen=True, slots=True, kw_only=True)
class RedLine(Shape):
    """One measure of a guarantor. No party is named: concentration tells the largest borrower's part.

    `held_fen` is what is measured and `whole_fen` what it is measured by (borrowers where households are counted);
    `limit_ppm` is the most that the ratio may be, or the least where `is_floor`. `platform_fen` and `returned_fen`
    are the parts of `held_fen` by where it is known from. `definition` says how it is reckoned; `rule` is the policy
    parameter of the limit.
    """

    measure: Measure
    definition: str
    programme: str | None = None
    bank: str | None = None
    level: Level
    value_ppm: int | None
    limit_ppm: int
    is_floor: bool = False
    held_fen: int
    whole_fen: int
    platform_fen: int
    returned_fen: int
    rule: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RedLineList(Shape):
    """A guarantor before all red lines, on a day, by a policy set; with one `bank`, only what that bank lent."""

    guarantor: str
    name: str
    bank: str | None = None
    day: date
    policy_set: str
    items: tuple[RedLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RedLineOverview(Shape):
    items: tuple[RedLineList, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserves:
    """Required reserves by §7: of the year's fee income, and of liability up to a ceiling; in fen."""

    unearned_fen: int
    claim_fen: int


def level_of(value: int, limit_ppm: int, whole: int, warn_levels_bp: Sequence[int]) -> Level:
    """The level of `value / whole` against a most, compared in whole numbers; warned of from the first level on."""
    if whole <= 0:
        return Level.BREACH if value > 0 else Level.UNKNOWN
    found, allowed = value * PPM, limit_ppm * whole
    if found > allowed:
        return Level.BREACH
    near = bool(warn_levels_bp) and value > 0 and found * BP >= allowed * warn_levels_bp[0]
    return Level.WARNING if near else Level.OK


def level_of_least(value: int, limit_ppm: int, whole: int, warn_levels_bp: Sequence[int]) -> Level:
    """The level of `value / whole` against a least: warned of while the least is above the last level of the value."""
    if whole <= 0:
        return Level.UNKNOWN
    found, needed = value * PPM, limit_ppm * whole
    if found < needed:
        return Level.BREACH
    near = bool(warn_levels_bp) and needed * BP > found * warn_levels_bp[-1]
    return Level.WARNING if near else Level.OK


def required_reserves(lines: RedLines, fee_income_fen: int, liability_fen: int, held_fen: int) -> Reserves:
    """Unearned premium, and the claim reserve to be added to what is held, until the ceiling is reached (G18)."""
    return Reserves(
        unearned_fen=unearned_fee_reserve(fee_income_fen, lines.unearned_bp),
        claim_fen=claim_reserve_due(
            liability_fen, lines.claim_reserve_bp, lines.claim_reserve_ceiling_bp, held_fen
        ),
    )


def most(
    measure: Measure, usage: Usage, whole_fen: int, limit_ppm: int, lines: RedLines, source: FigureSource
) -> RedLine:
    """A measure with a most: `usage` of `whole_fen`."""
    return RedLine(
        measure=measure,
        definition=_DEFINITIONS[measure],
        level=level_of(usage.held_fen, limit_ppm, whole_fen, lines.warn_levels_bp),
        value_ppm=ratio_ppm(usage.held_fen, whole_fen),
        limit_ppm=limit_ppm,
        held_fen=usage.held_fen,
        whole_fen=whole_fen,
        platform_fen=usage.held_fen - usage.returned_fen,
        returned_fen=usage.returned_fen,
        rule=source.parameter,
        source=source.source,
    )


def least(
    measure: Measure, lines: RedLines, figure: str, part: int, whole: int, returned: int = 0
) -> RedLine:
    """A measure with a least, unweighted, of the whole book; `part` and `whole` in fen or in households."""
    limit_ppm, source = getattr(lines, figure) * _PPM_PER_BP, lines.source_of(figure)
    return RedLine(
        measure=measure,
        definition=_DEFINITIONS[measure],
        level=level_of_least(part, limit_ppm, whole, lines.warn_levels_bp),
        value_ppm=ratio_ppm(part, whole),
        limit_ppm=limit_ppm,
        is_floor=True,
        held_fen=part,
        whole_fen=whole,
        platform_fen=part - returned,
        returned_fen=returned,
        rule=source.parameter,
        source=source.source,
    )


def leverage(guarantor: Guarantor, lines: RedLines, usage: Usage) -> RedLine:
    figure = leverage_figure(guarantor)
    limit_ppm = getattr(lines, figure) * PPM
    whole_fen = guarantor.counted_assets_fen
    return most(Measure.LEVERAGE, usage, whole_fen, limit_ppm, lines, lines.source_of(figure))


def concentration(guarantor: Guarantor, lines: RedLines, largest: Usage, *, of_group: bool) -> RedLine:
    """The largest borrower, or the largest group of related ones."""
    measure = Measure.GROUP if of_group else Measure.CONCENTRATION
    figure = "group_concentration_bp" if of_group else "concentration_bp"
    limit_ppm, whole_fen = getattr(lines, figure) * _PPM_PER_BP, guarantor.counted_assets_fen
    return most(measure, largest, whole_fen, limit_ppm, lines, lines.source_of(figure))


def composition(lines: RedLines, book: Portfolio) -> list[RedLine]:
    """What the book consists of, by what it should consist of."""
    of_small = lines.up_to_500_base is SmallShareBase.SMALL
    little_fen = book.small_up_to_500_fen if of_small else book.up_to_500_fen
    returned_fen = book.returned_small_up_to_500_fen if of_small else book.returned_up_to_500_fen
    base_fen = book.small_fen if of_small else book.total_fen
    small = (book.small_fen, book.total_fen, book.returned_small_fen)
    return [
        least(Measure.SMALL_SHARE, lines, "small_share_min_bp", *small),
        least(Measure.UP_TO_500, lines, "up_to_500_min_bp", little_fen, base_fen, returned_fen),
    ]


def higher_multiple(lines: RedLines, book: Portfolio) -> list[RedLine]:
    """Whether a guarantor with the higher multiple still serves mainly the small."""
    small = (book.small_fen, book.total_fen, book.returned_small_fen)
    households = (book.small_households, book.households)
    return [
        least(Measure.MAINLY_SMALL_BALANCE, lines, "multiple_small_balance_bp", *small),
        least(Measure.MAINLY_SMALL_HOUSEHOLDS, lines, "multiple_small_households_bp", *households),
    ]


def reserves(lines: RedLines, required: Reserves, held_fen: int | None) -> RedLine:
    """What must be set aside of what is: more than all of it is a breach. Unknown until the guarantor tells it."""
    needed_fen = required.unearned_fen + required.claim_fen
    found = most(
        Measure.RESERVES,
        Usage(needed_fen),
        held_fen or 0,
        PPM,
        replace(lines, warn_levels_bp=()),
        lines.source_of("claim_reserve_bp"),
    )
    return found if held_fen is not None else replace(found, level=Level.UNKNOWN)


def claim_ratio(standing: CapStanding, returned_fen: int, lines: RedLines, rule: FigureSource) -> RedLine:
    """Claims under a cap by the programme's own definition; what is measured is claims, by the cap's money."""
    usage = Usage(standing.used_fen, returned_fen)
    measured = standing.ratio_ppm is not None
    found = most(Measure.CLAIM_RATIO, usage, standing.cap_fen if measured else 0, PPM, lines, rule)
    return replace(
        found,
        definition=standing.definition,
        programme=standing.programme,
        bank=standing.bank,
        level=found.level if measured else Level.UNKNOWN,
        value_ppm=standing.ratio_ppm,
        limit_ppm=standing.cap_bp * _PPM_PER_BP,
    )
