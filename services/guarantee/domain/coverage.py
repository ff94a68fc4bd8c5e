"""Coverage: which counties of the province have a direct guarantor, and how near it is."""

from collections.abc import Sequence
from dataclasses import dataclass

from libs.criteria.shape import Shape
from libs.registry.regions import Region
from services.guarantee.domain.guarantor import Guarantor, Tier
from services.guarantee.domain.programme import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class CountyCoverage(Shape):
    """The direct guarantors of a county by their ids: seated there, with a branch, or doing business there."""

    county: str
    name: str
    seats: tuple[str, ...]
    branches: tuple[str, ...]
    business: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageMap(Shape):
    """Every county by its code. `uncovered`: those that no direct guarantor reaches in any way."""

    counties: tuple[CountyCoverage, ...]
    uncovered: tuple[str, ...]


def coverage_map(counties: Sequence[Region], guarantors: Sequence[Guarantor]) -> CoverageMap:
    direct = [one for one in guarantors if one.tier is Tier.LOCAL and one.status is Status.ACTIVE]
    found = tuple(_of_county(county, direct) for county in counties)
    return CoverageMap(
        counties=found,
        uncovered=tuple(one.county for one in found if not (one.seats or one.branches or one.business)),
    )


def _of_county(county: Region, direct: Sequence[Guarantor]) -> CountyCoverage:
    return CountyCoverage(
        county=county.code,
        name=county.name,
        seats=tuple(one.id for one in direct if one.seat == county.code),
        branches=tuple(one.id for one in direct if county.code in one.branches),
        business=tuple(one.id for one in direct if county.code in one.counties),
    )
