"""The limits of the chain: what each allows, and what a guarantee takes of each.

A limit is one row with a key, what it allows and what is held; a hold is what one guarantee takes of it. All red
lines have this one form, so that a reservation is a comparison of rows.

| rule | key | counts |
|---|---|---|
| PROGRAMME_QUOTA | `programme/<programme>/<year>` | loan principal of new business; repayment does not restore it |
| PROVINCIAL_LINE | `province/<year>` | the same, of programmes in which the national fund bears a share |
| LEVERAGE | `guarantor/<guarantor>/liability` | weighted liability |
| CONCENTRATION | `guarantor/<guarantor>/borrower/<party>` | weighted liability |
| BORROWER_LIMIT | `borrower/<party>/<scheme>` | loan principal, across all banks and guarantors |
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.finance.money import BP, floor
from libs.finance.split import Share, covered
from services.guarantee.domain.guarantor import (
    Guarantor,
    Headroom,
    ProgrammeRoom,
    concentration_limit,
    leverage_figure,
    liability_limit,
)
from services.guarantee.domain.programme import FigureSource, Programme, RedLines, Rulebook, Status

NATIONAL = "national"


class Rule(StrEnum):
    PROGRAMME_QUOTA = "PROGRAMME_QUOTA"
    PROVINCIAL_LINE = "PROVINCIAL_LINE"
    LEVERAGE = "LEVERAGE"
    CONCENTRATION = "CONCENTRATION"
    BORROWER_LIMIT = "BORROWER_LIMIT"


_ANNUAL = (Rule.PROGRAMME_QUOTA, Rule.PROVINCIAL_LINE)
_IN_LIABILITY = (Rule.LEVERAGE, Rule.CONCENTRATION)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit(Shape):
    """`owner`: whose figure sets it (a programme and year, a guarantor, a scheme), to find the rows when it changes."""

    key: str
    rule: Rule
    owner: str
    limit_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Need(Shape):
    """What a guarantee would take of a limit, and where the limit is written."""

    limit: Limit
    amount_fen: int
    source: FigureSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold(Shape):
    """What one guarantee takes of one limit."""

    key: str
    rule: Rule
    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """One way to cover a loan: a programme with a local guarantor, by the rules of a day."""

    programme: Programme
    guarantor: Guarantor
    lines: RedLines
    day: date


def liability(amount_fen: int, shares: Sequence[Share], lines: RedLines) -> int:
    """The weighted liability of the local guarantor for a loan amount: the whole part of the system, rounded down.

    The tiers above are not taken off: the bank may claim all of it from the local guarantor.
    """
    return floor(covered(amount_fen, shares) * lines.liability_weight_bp, BP)


def needs(chain: Chain, party: str, amount_fen: int) -> tuple[Need, ...]:
    """What a loan of a firm would take of every limit, in the order of their keys: the order of locking."""
    return tuple(sorted(_needs(chain, party, amount_fen), key=lambda need: need.limit.key))


def _needs(chain: Chain, party: str, amount_fen: int) -> list[Need]:
    programme, guarantor, lines = chain.programme, chain.guarantor, chain.lines
    weighted_fen = liability(amount_fen, programme.shares, lines)
    borrower = Limit(
        key=f"borrower/{party}/{programme.scheme}",
        rule=Rule.BORROWER_LIMIT,
        owner=programme.scheme,
        limit_fen=programme.borrower_limit_fen,
    )
    concentration = Limit(
        key=f"guarantor/{guarantor.id}/borrower/{party}",
        rule=Rule.CONCENTRATION,
        owner=guarantor.id,
        limit_fen=concentration_limit(guarantor, lines),
    )
    found = [
        _need(borrower, amount_fen, programme.source_of("borrower_limit_fen")),
        _need(concentration, weighted_fen, lines.source_of("concentration_bp")),
        _need(leverage(guarantor, lines), weighted_fen, lines.source_of(leverage_figure(guarantor))),
        _need(quota(programme, chain.day), amount_fen, programme.source_of("annual_quota_fen")),
    ]
    if _has_national_share(programme):
        line = provincial_line(lines, chain.day)
        found.append(_need(line, amount_fen, lines.source_of("provincial_line_fen")))
    return found


def opening(guarantor: Guarantor, lines: RedLines) -> Need:
    """What the book from before the platform takes of the leverage limit, even where it is more than there is."""
    source = lines.source_of(leverage_figure(guarantor))
    return _need(leverage(guarantor, lines), guarantor.opening_liability_fen, source)


def leverage(guarantor: Guarantor, lines: RedLines) -> Limit:
    return Limit(
        key=f"guarantor/{guarantor.id}/liability",
        rule=Rule.LEVERAGE,
        owner=guarantor.id,
        limit_fen=liability_limit(guarantor, lines),
    )


def quota(programme: Programme, day: date) -> Limit:
    owner = f"{programme.id}/{day.year}"
    return Limit(
        key=f"programme/{owner}",
        rule=Rule.PROGRAMME_QUOTA,
        owner=owner,
        limit_fen=programme.annual_quota_fen,
    )


def provincial_line(lines: RedLines, day: date) -> Limit:
    return Limit(
        key=f"province/{day.year}",
        rule=Rule.PROVINCIAL_LINE,
        owner=str(day.year),
        limit_fen=lines.provincial_line_fen,
    )


def standing(rulebook: Rulebook, guarantors: Sequence[Guarantor], day: date) -> dict[tuple[Rule, str], int]:
    """What each owner's rows allow by the figures of a day, to bring rows up to date when a figure changed."""
    lines = rulebook.red_lines_on(day)
    programmes = [one for one in rulebook.programmes_on(day) if one.status is Status.ACTIVE]
    limits = [provincial_line(lines, day), *(quota(one, day) for one in programmes)]
    limits += [leverage(one, lines) for one in guarantors]
    return (
        {(limit.rule, limit.owner): limit.limit_fen for limit in limits}
        | {(Rule.CONCENTRATION, one.id): concentration_limit(one, lines) for one in guarantors}
        | {(Rule.BORROWER_LIMIT, one.scheme): one.borrower_limit_fen for one in programmes}
    )


def when_drawn(hold: Hold, amount_fen: int, shares: Sequence[Share], lines: RedLines) -> Hold:
    """The hold once the loan is drawn, for less than was reserved perhaps; never more than it was."""
    count_fen = liability(amount_fen, shares, lines) if hold.rule in _IN_LIABILITY else amount_fen
    return replace(hold, amount_fen=min(hold.amount_fen, count_fen))


def when_repaid(hold: Hold, outstanding_fen: int, shares: Sequence[Share], lines: RedLines) -> Hold:
    """The hold once so much is left of the loan: a year's new business stays new business."""
    return hold if hold.rule in _ANNUAL else when_drawn(hold, outstanding_fen, shares, lines)


def headroom(guarantor: Guarantor, rulebook: Rulebook, held: Mapping[str, int], day: date) -> Headroom:
    """What a local guarantor can take on a day, in each programme in force; `held` by the keys of limits."""
    lines = rulebook.red_lines_on(day)
    programmes = [one for one in rulebook.programmes_on(day) if one.status is Status.ACTIVE]
    chains = [Chain(programme=one, guarantor=guarantor, lines=lines, day=day) for one in programmes]
    rooms = tuple(
        ProgrammeRoom(programme=chain.programme.id, room_fen=_room(chain, held)) for chain in chains
    )
    return Headroom(
        guarantor=guarantor.id,
        name=guarantor.name,
        counties=guarantor.counties,
        banks=guarantor.banks,
        status=guarantor.status,
        programmes=rooms,
        borrower_limit_fen=concentration_limit(guarantor, lines),
    )


def _room(chain: Chain, held: Mapping[str, int]) -> int:
    """The smallest room of the limits that all borrowers share, as loan principal."""
    programme, lines = chain.programme, chain.lines
    rooms = [_left(quota(programme, chain.day), held)]
    if _has_national_share(programme):
        rooms.append(_left(provincial_line(lines, chain.day), held))
    weight = (BP - programme.shares[0].bp) * lines.liability_weight_bp
    rooms.append(floor(_left(leverage(chain.guarantor, lines), held) * BP * BP, weight))
    return min(rooms)


def _left(limit: Limit, held: Mapping[str, int]) -> int:
    return limit.limit_fen - held.get(limit.key, 0)


def _has_national_share(programme: Programme) -> bool:
    return any(share.party == NATIONAL and share.bp for share in programme.shares)


def _need(limit: Limit, amount_fen: int, source: FigureSource) -> Need:
    return Need(limit=limit, amount_fen=amount_fen, source=source)
