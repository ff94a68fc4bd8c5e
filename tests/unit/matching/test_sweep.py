"""A sweep over many firms finds of each what a request of its own finds."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.finance.money import PPM
from libs.registry.dimensions import Dimensions
from libs.registry.loan_terms import IpRightKind
from rongqiao.lending.v1 import lending_pb2 as pb
from services.matching.domain.firm import Firm, IpRight
from services.matching.domain.pledge import pledge
from services.matching.index.index import Index
from services.matching.index.layout import COLLATERAL
from services.matching.index.population import Need, Population, population_of
from services.matching.index.population_security import Guarantees
from services.matching.index.query import Query
from services.matching.index.settings import Fees, PledgeRule
from services.matching.index.sweep import Conditions, Market, sweep
from tests.unit.matching.strategies import RANKING, Change, changes, crowds, fee, market, queries

TODAY = date(2026, 11, 22)
RIGHTS = tuple(IpRightKind)[:3]
FEES = Fees(fee)


@st.composite
def rights(draw: st.DrawFn) -> tuple[IpRight, ...]:
    return tuple(
        IpRight(
            id=f"ZL{number}",
            kind=draw(st.sampled_from(RIGHTS)),
            expires_on=TODAY + timedelta(days=draw(st.integers(0, 1_500))),
            appraised_fen=draw(st.none() | st.integers(0, 90_000_000)),
            encumbered=draw(st.booleans()),
        )
        for number in range(draw(st.integers(0, 3)))
    )


def firm_of(query: Query, number: int, held: tuple[IpRight, ...]) -> Firm:
    return Firm(
        party=f"uscc:{number}",
        dimensions=Dimensions(
            county=query.county, size=query.size, owner_kind=query.owner_kind, firm_key="key"
        ),
        industry=query.industry,
        facts=query.facts,
        rights=held,
    )


def guaranteed(firm: Firm, amount_fen: int, term_months: int) -> Fees | None:
    """There is a guarantor in the city of Yinchuan, for loans of two years."""
    return FEES if firm.dimensions.county.startswith("6401") and term_months <= 24 else None


def request_of(firm: Firm, query: Query) -> Query:
    """What a request of this firm would be."""

    def reaches(rule: PledgeRule) -> bool:
        caps, margin = rule
        carried = pledge(dict(caps), firm.rights, TODAY, query.term_months + margin)
        return carried.lends_fen >= query.amount_fen

    fees = guaranteed(firm, query.amount_fen, query.term_months)
    return replace(query, reaches=reaches if firm.rights else None, fees=fees)


def conditions(query: Query) -> Conditions:
    return Conditions(
        today=TODAY,
        base_ppm=query.base_ppm,
        model=query.model,
        ranking=query.ranking,
        guarantees=Guarantees(fees=guaranteed),
        kinds=query.kinds,
    )


def population(firms: list[Firm], asked: list[Query]) -> Population:
    return population_of(
        (firm, Need(amount_fen=query.amount_fen, term_months=query.term_months), number)
        for number, (firm, query) in enumerate(zip(firms, asked, strict=True))
    )


def offered_in(steps: list[Change]) -> list[pb.Product]:
    return list(market(steps).values())


def filled(offered: list[pb.Product]) -> Index:
    index = Index()
    for product in offered:
        index.put(product)
    return index


@settings(deadline=None, max_examples=30)
@given(
    changes() | crowds(),
    st.lists(queries(), min_size=1, max_size=8),
    st.data(),
    st.integers(1, 25),
)
def test_eligible_products_and_the_best_of_them_are_those_of_the_index(
    steps: list[Change], asked: list[Query], data: st.DataObject, top: int
) -> None:
    offered = offered_in(steps)
    asked = [replace(one, model=asked[0].model, kinds=asked[0].kinds, waived={}) for one in asked]
    firms = [firm_of(query, number, data.draw(rights())) for number, query in enumerate(asked)]
    index = filled(offered)
    swept = sweep(
        population(firms, asked), Market(products=offered, conditions=conditions(asked[0])), top, threads=1
    )
    for place, (firm, query) in enumerate(zip(firms, asked, strict=True)):
        found = index.search(request_of(firm, query), top)
        assert swept.eligible[place] == found.eligible
        best = [offered[number].id for number in swept.best[place] if number >= 0]
        assert best == [hit.entry.product_id for hit in found.best]
        if best:
            hit, first = found.best[0], offered[swept.best[place, 0]]
            missing = hit.unknown.bit_count() + (1 if swept.mode[place] == COLLATERAL else 0)
            likelihood, cost = int(swept.likelihood_ppm[place]), int(swept.cost_ppm[place])
            worth = likelihood * (RANKING.reference_ppm - cost) // PPM
            worth -= first.terms.decision_days * RANKING.day_ppm + missing * RANKING.missing_ppm
            assert worth + query.model.explore(first.id) == hit.value


@settings(deadline=None, max_examples=15)
@given(changes() | crowds(), st.lists(queries(), min_size=2, max_size=8))
def test_a_hash_tells_whether_the_same_products_fit(steps: list[Change], asked: list[Query]) -> None:
    offered = offered_in(steps)
    asked = [replace(one, model=asked[0].model, kinds=(), waived={}) for one in asked]
    asked = [replace(one, facts={**one.facts, "score": 10}) for one in asked]  # one group
    firms = [firm_of(query, number, ()) for number, query in enumerate(asked)]
    swept = sweep(population(firms, asked), Market(products=offered, conditions=conditions(asked[0])), 700)
    fitting = [frozenset(row[row >= 0].tolist()) for row in swept.best]
    for one in range(len(firms)):
        for other in range(one):
            assert (fitting[one] == fitting[other]) == (swept.sets[one] == swept.sets[other])


@settings(deadline=None, max_examples=15)
@given(changes() | crowds(), st.lists(queries(), min_size=1, max_size=8))
def test_a_second_market_in_the_same_order_finds_what_it_finds_in_its_own(
    steps: list[Change], asked: list[Query]
) -> None:
    offered = offered_in(steps)
    firms = population([firm_of(query, number, ()) for number, query in enumerate(asked)], asked)
    first = sweep(firms, Market(products=offered, conditions=conditions(asked[0])))
    cheaper = list(offered)
    if offered:
        cheaper[0] = pb.Product.FromString(offered[0].SerializeToString())
        cheaper[0].terms.rate.max_ppm = cheaper[0].terms.rate.min_ppm
    own = Market(products=cheaper, conditions=conditions(asked[0]))
    alone, beside = sweep(firms, own), sweep(firms, replace(own, layout=first.layout))
    assert np.array_equal(alone.best, beside.best)
    assert np.array_equal(first.sets, beside.sets), "a rate decides no eligibility"


@settings(deadline=None, max_examples=5)
@given(queries())
def test_nobody_and_nothing_are_swept_too(query: Query) -> None:
    nothing = Market(products=[], conditions=conditions(query))
    assert len(sweep(population([], []), nothing).eligible) == 0
    one = sweep(population([firm_of(query, 0, ())], [query]), nothing)
    assert one.eligible.tolist() == [0] and (one.best == -1).all()
