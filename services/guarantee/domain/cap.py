"""Caps on claims (代偿率上限): what may be paid in a period, and how much of it is left.

A bucket holds what was released in it; what was paid is the sum of its claims. Claims take of a bucket in the order of
their notices: one that was noticed earlier and is not yet decided keeps its room.
"""

from dataclasses import dataclass, replace
from datetime import date

from libs.criteria.shape import Shape
from libs.finance.daycount import DayBase
from libs.finance.money import BP
from libs.finance.tiers import CapDefinition, cap_money, claim_ratio_ppm
from services.guarantee.domain.programme import Programme
from services.guarantee.domain.terms import CapLevel

_ANNUALISED = (CapDefinition.ANNUALISED, CapDefinition.ANNUALISED_SYSTEM)
EVERY_BANK = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket(Shape):
    """One statistics period (a calendar year) of a programme, of one bank or of all, by the programme's level.

    `released_fen_days` is principal by the days that it was guaranteed. `settled_on`: all that waited is settled.
    """

    key: str
    programme: str
    bank: str | None
    period: int
    released_fen: int = 0
    released_fen_days: int = 0
    settled_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CapStanding(Shape):
    """How a bucket stands, under the definition that is named; no ratio before anything was released."""

    key: str
    programme: str
    bank: str | None
    period: int
    definition: CapDefinition
    cap_bp: int
    cap_fen: int
    used_fen: int
    ratio_ppm: int | None
    settled_on: date | None
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CapStandings(Shape):
    items: tuple[CapStanding, ...]


def bucket_of(programme: Programme, bank: str, on: date) -> Bucket:
    """The empty bucket in which a release or claim of a day counts. A pool's money is one bucket for all years."""
    whose = bank if programme.cap.level is CapLevel.BANK else None
    period = 0 if programme.cap.definition is CapDefinition.BALANCE else on.year
    key = f"{programme.id}/{whose or EVERY_BANK}/{period}"
    return Bucket(key=key, programme=programme.id, bank=whose, period=period)


def with_release(bucket: Bucket, principal_fen: int, days: int) -> Bucket:
    return replace(
        bucket,
        released_fen=bucket.released_fen + principal_fen,
        released_fen_days=bucket.released_fen_days + principal_fen * days,
    )


def money(bucket: Bucket, programme: Programme) -> int:
    """The most that may be paid in the bucket, in fen, by what was released so far."""
    definition = programme.cap.definition
    return cap_money(
        definition,
        _released(bucket, definition),
        programme.claim_cap_bp,
        programme.shares,
        programme.pool_fen,
    )


def standing(bucket: Bucket, programme: Programme, used_fen: int) -> CapStanding:
    definition = programme.cap.definition
    released = _released(bucket, definition)
    return CapStanding(
        key=bucket.key,
        programme=bucket.programme,
        bank=bucket.bank,
        period=bucket.period,
        definition=definition,
        cap_bp=BP if definition is CapDefinition.BALANCE else programme.claim_cap_bp,
        cap_fen=money(bucket, programme),
        used_fen=used_fen,
        ratio_ppm=claim_ratio_ppm(definition, used_fen, released, programme.shares, programme.pool_fen),
        settled_on=bucket.settled_on,
        source=programme.source_of("claim_cap_bp").source,
    )


def is_exhausted(found: CapStanding) -> bool:
    """Whether claims reached the cap. Before any release there is nothing to measure by, and nothing is blocked."""
    return found.ratio_ppm is not None and found.used_fen >= found.cap_fen


def _released(bucket: Bucket, definition: CapDefinition) -> tuple[tuple[int, int], ...]:
    """The sums as one release: principal-days for one day, or principal for a year."""
    if definition in _ANNUALISED:
        return ((bucket.released_fen_days, 1),)
    return ((bucket.released_fen, int(DayBase.ACT_365)),)
