"""Codes and what is not known: more industries than a byte counts, and facts that are missing exclude nobody."""

from dataclasses import replace
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from libs.registry import industries
from rongqiao.lending.v1 import lending_pb2 as pb
from services.matching.index.engine import load_kernels
from services.matching.index.index import Index
from services.matching.index.layout import Bit
from services.matching.index.query import Query
from tests.unit.matching import strategies
from tests.unit.matching.seeded import terms
from tests.unit.matching.strategies import CODES, Change, changes, product, queries
from tests.unit.matching.test_index import apply, by_the_loop, shown

CLASSES = tuple(code for code in CODES if len(code) == 4)


TERMS = pb.ProductTerms(
    name="贷款",
    kind=pb.PRODUCT_KIND_WORKING_CAPITAL,
    amount_max_fen=2**40,
    term_max_months=36,
    rate=pb.Rate(base=pb.RATE_BASE_LPR_1Y, min_ppm=0, max_ppm=9_000),
    repayment_methods=[pb.REPAYMENT_METHOD_INTEREST_FIRST],
    guarantee_modes=[pb.GUARANTEE_MODE_UNSECURED],
    decision_days=5,
)


def one_industry_each(count: int, seed: Random) -> list[Change]:
    """Product n is for class n only; the last but one for every class by name, the last for all but those."""
    made = [product(number, terms(seed)) for number in range(count)]
    for one, code in zip(made, CLASSES, strict=False):
        one.terms.industries.append(code)
    made[-2].terms.industries[:] = CLASSES
    del made[-1].terms.industries[:]
    made[-1].terms.industries_excluded[:] = CLASSES
    return list(made)


@settings(max_examples=4, suppress_health_check=[HealthCheck.too_slow])
@given(st.randoms(use_true_random=False), queries(), st.sampled_from(CODES))
def test_hundreds_of_industries_are_told_apart(seed: Random, query: Query, code: str) -> None:
    assert len(CLASSES) > 1_000
    steps, index = one_industry_each(300, seed), Index()
    index.use(load_kernels())
    apply(index, steps)
    for industry in (CLASSES[250], code, ""):
        asked = replace(query, industry=industry)
        assert shown(index.search(asked)) == by_the_loop(steps, asked)


def test_a_product_for_every_class_takes_any_and_one_without_them_none() -> None:
    index, asked = Index(), strategies.ASKED
    everywhere, nowhere = product(1, TERMS), product(2, TERMS)
    everywhere.terms.industries[:] = CLASSES
    nowhere.terms.industries_excluded[:] = CLASSES
    apply(index, [everywhere, nowhere])
    for code in CLASSES[::97]:
        masks = index.judge(replace(asked, industry=code))
        assert masks == {"prd_1": (0, 0), "prd_2": (1 << Bit.INDUSTRY, 0)}
    division = industries.division_of(CLASSES[0])
    assert division is not None
    open_bit = 1 << Bit.INDUSTRY
    assert index.judge(replace(asked, industry=division.code)) == {
        "prd_1": (0, open_bit),
        "prd_2": (0, open_bit),
    }


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(changes(), queries(), st.sets(st.integers(0, 6)), st.booleans())
def test_what_is_not_known_excludes_nobody(
    steps: list[Change], query: Query, hidden: set[int], everything: bool
) -> None:
    index = Index()
    apply(index, steps)
    left = {fact: value for at, (fact, value) in enumerate(query.facts.items()) if at not in hidden}
    less = replace(query, facts=left)
    if everything:
        less = replace(query, facts={}, size=None, county="", industry="")
    known, unknown = index.judge(query), index.judge(less)
    assert known.keys() == unknown.keys()
    for name, (fail, open_) in known.items():
        assert unknown[name][0] & ~fail == 0
        assert open_ & ~unknown[name][1] == 0
