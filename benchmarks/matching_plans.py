"""Whole answers at 10,000 products, what to change where nothing fits, and the index under change."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from random import Random
from time import perf_counter

from benchmarks import market
from benchmarks.measure import fastest, interleaved, p50, p99
from libs import policy
from libs.registry.dimensions import Dimensions, OwnerKind
from libs.registry.loan_terms import IpRightKind
from libs.registry.regions import counties
from libs.registry.size import Size
from services.matching.catalogue import Catalogue
from services.matching.domain.answer import MatchRequest
from services.matching.domain.firm import Firm, IpRight
from services.matching.domain.guarantee import Headroom, Programme, ProgrammeRoom, ProgrammeShare, TierRoom
from services.matching.index.engine import Kernels
from services.matching.index.index import Index
from services.matching.operations.changes import counterfactuals
from services.matching.operations.recommend import recommend
from services.matching.operations.rulebook import Rulebook, rulebook

SECONDS = 6.0
TODAY = date(2026, 11, 22)
ASKED = 100
STRANGERS = 2_000
_ROOM_FEN = 500_000_000_00
_PROGRAMMES = {"batch": 8_000, "ordinary": 12_000}

Asked = tuple[Firm, MatchRequest]


def measure(kernels: Kernels, size: int, figures: dict[str, object]) -> None:
    """Ten plans with cost to the fen, guarantee, pledge, benefits, reasons, families, near misses."""
    catalogue, rules, random = _catalogue(size, kernels), rulebook(policy.load(), TODAY), Random(3)
    firms = [_firm(random, number) for number in range(ASKED)]

    def answer(asked: Asked) -> object:
        return recommend(catalogue, rules, *asked, "mat_bench")

    matches = [recommend(catalogue, rules, *asked, "mat_bench") for asked in firms]
    plans = [plan for match in matches for plan in match.plans]
    figures["plan_10k_guaranteed_share"] = _share(plans, lambda plan: plan.guarantee is not None)
    figures["plan_10k_pledged_share"] = _share(plans, lambda plan: plan.pledge is not None)
    figures["plan_10k_plans_mean"] = round(len(plans) / len(matches), 1)
    _tell("plan_10k", interleaved({"plan": answer}, firms, SECONDS)["plan"], figures)
    _tell(
        "plan_10k_stranger",
        _once_each(answer, [_firm(random, ASKED + at) for at in range(STRANGERS)]),
        figures,
    )
    _what_to_change(catalogue, rules, firms, figures)


def _once_each(answer: Callable[[Asked], object], firms: Sequence[Asked]) -> list[float]:
    """Microseconds for firms that nobody asked for before: no price of theirs was worked out yet."""
    taken: list[float] = []
    for asked in firms:
        began = perf_counter()
        answer(asked)
        taken.append((perf_counter() - began) * 1e6)
    return taken


def _what_to_change(
    catalogue: Catalogue, rules: Rulebook, firms: Sequence[Asked], figures: dict[str, object]
) -> None:
    """For the same firms in arrears of taxes, which fit nothing."""
    poor = [(_in_arrears(firm), request) for firm, request in firms]

    def ways(asked: Asked) -> object:
        return counterfactuals.changes(catalogue, rules, *asked)

    for asked in poor:
        assert recommend(catalogue, rules, *asked, "mat_bench").products_eligible == 0, "something fits"
    found = [counterfactuals.changes(catalogue, rules, *asked) for asked in poor]
    figures["whatif_10k_answered_share"] = _share(found, lambda changes: bool(changes.ways))
    _tell("whatif_10k", interleaved({"ways": ways}, poor, SECONDS)["ways"], figures)


def measure_updates(index: Index, figures: dict[str, object]) -> None:
    """A product replaced by a new version, with every plane in use patched."""
    newer = [product.SerializeToString() for product in market.products(2_000, seed=11)]

    def update(message: bytes) -> None:
        index.take(message)
        index.settle()

    times = interleaved({"update": update}, newer, SECONDS / 2)["update"]
    figures["index_update_us"], figures["index_update_p99_us"] = p50(times), p99(times)
    figures["planes_in_use"] = index._planes._next


def _catalogue(size: int, kernels: Kernels) -> Catalogue:
    """Products, and for each county a guarantor with room under two programmes, in every tier."""
    catalogue = Catalogue()
    for product in market.products(size):
        catalogue.put_product(product)
    for programme in programmes():
        catalogue.put_programme(programme)
    for county in counties():
        catalogue.put_headroom(headroom(county.code))
    catalogue.index.use(kernels)
    return catalogue


def programmes() -> list[Programme]:
    return [_programme(name, fee_ppm) for name, fee_ppm in _PROGRAMMES.items()]


def _programme(name: str, fee_ppm: int) -> Programme:
    parties = {"bank": 2_000, "national": 2_000, "provincial": 2_000, "local": 4_000}
    shares = tuple(ProgrammeShare(party=party, bp=bp) for party, bp in parties.items())
    return Programme(id=name, name=name, effective=TODAY, shares=shares, fee_rate_ppm=fee_ppm)


def headroom(county: str) -> Headroom:
    tiers = tuple(
        TierRoom(party=party, rule="limit", room_fen=_ROOM_FEN * part)
        for part, party in enumerate(("local", "provincial", "national"), start=1)
    )
    rooms = (ProgrammeRoom(programme=name, room_fen=_ROOM_FEN, tiers=tiers) for name in _PROGRAMMES)
    return Headroom(guarantor=f"org_{county}", name=county, counties=(county,), programmes=tuple(rooms))


def _firm(random: Random, number: int) -> Asked:
    """One firm in three has an invention that it may pledge."""
    query = market.query(random)
    dimensions = Dimensions(
        county=query.county,
        industry_division=query.industry[:2],
        size=query.size or Size.SMALL,
        owner_kind=OwnerKind.ENTERPRISE,
        firm_key=str(number),
        first_time_borrower=query.first_time,
    )
    right = IpRight(
        id="ipr_1",
        kind=IpRightKind.INVENTION,
        expires_on=TODAY.replace(year=2036),
        appraised_fen=500_000_000,
    )
    firm = Firm(
        party=f"uscc:{number}",
        dimensions=dimensions,
        industry=query.industry,
        facts=query.facts,
        rights=(right,) if number % 3 == 0 else (),
    )
    return firm, MatchRequest(party=firm.party, amount_fen=query.amount_fen, term_months=query.term_months)


def _in_arrears(firm: Firm) -> Firm:
    return replace(firm, facts={**firm.facts, "tax_arrears": 1, "past_due_now": 1})


def _share(items: Sequence[object], holds: Callable[[object], bool]) -> float:
    return round(sum(map(holds, items)) / len(items), 3)


def _tell(name: str, times: list[float], figures: dict[str, object]) -> None:
    figures[f"{name}_p50_us"], figures[f"{name}_p99_us"] = p50(times), p99(times)
    figures[f"{name}_best_us"] = fastest(times)
