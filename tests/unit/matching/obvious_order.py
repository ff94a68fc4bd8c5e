"""What a search has to find, made from the verdicts of the loop: sorted lists of everything, cut to length."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from libs.registry.loan_terms import GuaranteeMode
from rongqiao.lending.v1 import lending_pb2 as pb
from services.matching.domain.answer import NAMED, Family
from services.matching.domain.offer import COLLATERAL as COLLATERAL_MODES
from services.matching.index.found import Entry, Found, Hit, Miss
from services.matching.index.layout import COLLATERAL, FACT_BIT, GUARANTEE, IP_PLEDGE, UNSECURED, Bit
from services.matching.index.query import MOST_NEAR, MOST_OF_FAMILY, Query
from services.matching.index.terms import tie_of
from tests.unit.matching import obvious

_MODE = {
    GuaranteeMode.UNSECURED: UNSECURED,
    GuaranteeMode.IP_PLEDGE: IP_PLEDGE,
    GuaranteeMode.FINANCING_GUARANTEE: GUARANTEE,
    **dict.fromkeys(COLLATERAL_MODES, COLLATERAL),
}
_LIVES_ON = {
    Family.IP_PLEDGE: (GuaranteeMode.IP_PLEDGE, "IP_PLEDGE"),
    Family.GUARANTEE: (GuaranteeMode.FINANCING_GUARANTEE, "GUARANTEE"),
}


@dataclass(frozen=True)
class Judged:
    """A product with all that the loop says of it."""

    entry: Entry
    verdict: obvious.Verdict
    values: Mapping[GuaranteeMode, int]
    floor: int
    first: bool
    tie: int

    @property
    def fits(self) -> bool:
        return not self.verdict.fail


def found(products: Iterable[pb.Product], query: Query, most: int) -> Found:
    """The whole answer of `Index.search`."""
    judged = [_judged(product, query) for product in products]
    fitting = [one for one in judged if one.fits]
    by_family = {family: _family(family, fitting) for family in NAMED}
    return Found(
        considered=len(judged),
        eligible=len(fitting),
        best=_hits(fitting, _best_way, most),
        by_family=by_family,
        near=_near(judged),
        nearest={family: _nearest(family, judged) for family in NAMED if not by_family[family]},
    )


def mask(names: Iterable[str]) -> int:
    return sum(1 << FACT_BIT[name] if name in FACT_BIT else 1 << Bit[name] for name in names)


def _judged(product: pb.Product, query: Query) -> Judged:
    entry = Entry(product.SerializeToString())
    verdict = obvious.judge(entry.offer, query)
    return Judged(
        entry=entry,
        verdict=verdict,
        values=obvious.values(entry.offer, verdict, query),
        floor=obvious.floor_ppm(entry.offer, query),
        first=query.first_time and entry.first_loan,
        tie=tie_of(product.id),
    )


def _family(family: Family, fitting: list[Judged]) -> tuple[Hit, ...]:
    """In the families of a pledge or a guarantee, first loans stand behind all others."""
    if family is Family.FIRST_LOAN:
        first = [one for one in fitting if one.first]
        return _hits(first, _best_way, MOST_OF_FAMILY)
    mode, _ = _LIVES_ON[family]
    standing = [one for one in fitting if mode in one.values]
    own, others = ([one for one in standing if one.first is first] for first in (False, True))
    ordered = (*_hits(own, lambda _: mode, len(own)), *_hits(others, lambda _: mode, len(others)))
    return ordered[:MOST_OF_FAMILY]


def _best_way(one: Judged) -> GuaranteeMode:
    """Of ways worth the same the first in the order of their bits."""
    return min(one.values, key=lambda mode: (-one.values[mode], _MODE[mode]))


def _hits(standing: list[Judged], way: Callable[[Judged], GuaranteeMode], most: int) -> tuple[Hit, ...]:
    ordered = sorted(standing, key=lambda one: (-one.values[way(one)], one.tie))[:most]
    return tuple(_hit(one, way(one)) for one in ordered)


def _hit(one: Judged, way: GuaranteeMode) -> Hit:
    verdict = one.verdict
    unknown, soft, waived = mask(verdict.unknown), mask(verdict.soft), mask(verdict.waived)
    return Hit(one.entry, one.values[way], unknown, soft, waived, _MODE[way], int(one.first))


def _near(judged: list[Judged]) -> tuple[Miss, ...]:
    close = [one for one in judged if 1 <= len(one.verdict.fail) <= 2 and "KIND" not in one.verdict.fail]
    ordered = sorted(close, key=lambda one: (len(one.verdict.fail), one.floor, one.tie))
    return tuple(_miss(one, one.verdict.fail) for one in ordered[:MOST_NEAR])


def _nearest(family: Family, judged: list[Judged]) -> Miss | None:
    members = [(one, _lacking(family, one)) for one in judged if _of_family(family, one)]
    ordered = sorted(members, key=lambda held: (len(held[1]), held[0].floor, held[0].tie))
    return _miss(*ordered[0]) if ordered else None


def _of_family(family: Family, one: Judged) -> bool:
    if family is Family.FIRST_LOAN:
        return one.entry.first_loan
    return _LIVES_ON[family][0] in one.entry.offer.terms.guarantee_modes


def _lacking(family: Family, one: Judged) -> frozenset[str]:
    """What it fails as a member of the family: what the family lives on, too."""
    if family is Family.FIRST_LOAN or _LIVES_ON[family][0] in one.verdict.modes:
        return one.verdict.fail
    return one.verdict.fail | {_LIVES_ON[family][1]}


def _miss(one: Judged, fail: frozenset[str]) -> Miss:
    return Miss(one.entry, mask(fail), mask(one.verdict.unknown))
