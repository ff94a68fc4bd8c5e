"""Arbitrary products, firms and requests for hypothesis, narrow enough that they meet."""

from collections.abc import Iterator, Sequence
from random import Random
from typing import TypeVar

from hypothesis import strategies as st

from libs.criteria.evaluate import FITTING, Operator
from libs.criteria.vocabulary import FACTS, FactType, Kind
from libs.registry import industries
from libs.registry.dimensions import OwnerKind
from libs.registry.loan_terms import ProductKind, RateBase
from libs.registry.size import Size
from rongqiao.common.v1 import common_pb2 as common
from rongqiao.lending.v1 import lending_pb2 as pb
from services.matching.domain.likelihood import Coefficients, LikelihoodModel, Weight
from services.matching.domain.ranking import Ranking
from services.matching.index.query import Query
from services.matching.index.settings import Fees, GuaranteeRule, PledgeRule
from tests.unit.matching import seeded

Change = pb.Product | str  # put, or withdraw by id


def _industries() -> Iterator[str]:
    """Every code of the table, sections first."""
    waiting = [found.code for found in industries.sections()]
    while waiting:
        code = waiting.pop(0)
        yield code
        waiting += [found.code for found in industries.children(code)]


RULED = [
    kind
    for kind in FACTS.values()
    if kind.name
    in ("score", "lending_banks", "debt_ratio_bp", "tax_grade", "environment_grade", "srdi", "tax_arrears")
]
COUNTIES = ("640104", "640105", "640221", "640400", "")
CODES = tuple(_industries())  # all of the table
INDUSTRIES = ("1351", "13", "C", "6513", "7010", "")
SCOPES = ("C", "13", "1351", "J", "701", "65")
EXTREMES = (-(2**63), -(2**62), 2**62, 2**63 - 1)
IDS = 31  # products are prd_0 to prd_30
PREFIXES = ("64", "6401", "640104", "640221", "640402")

T = TypeVar("T")

COEFFICIENTS = Coefficients(
    id="test",
    version=1,
    intercept=300,
    score_centre=10,
    score_point=40,
    score_unknown=-300,
    age_year=60,
    age_years_most=10,
    soft_fail=-500,
    unknown=-180,
    guaranteed=500,
    ip_pledged=150,
    collateral=300,
    high_from_ppm=700_000,
    medium_from_ppm=400_000,
)
RANKING = Ranking(id="test", version=1, reference_ppm=120_000, day_ppm=100, missing_ppm=500)


def values(kind: FactType) -> st.SearchStrategy[str]:
    if kind.kind is Kind.INTEGER:
        usual = st.integers(-3, 23)
        return st.one_of(usual, usual, usual, st.sampled_from(EXTREMES)).map(str)
    return st.sampled_from(("false", "true") if kind.kind is Kind.BOOLEAN else kind.codes)


@st.composite
def criteria(draw: st.DrawFn) -> pb.Criterion:
    kind = draw(st.sampled_from(RULED))
    operator = draw(st.sampled_from(FITTING[kind.kind]))
    many = operator in (Operator.IN, Operator.NOT_IN)
    texts = draw(st.lists(values(kind), min_size=1, max_size=3 if many else 1, unique=True))
    return pb.Criterion(
        fact=kind.name,
        operator=f"OPERATOR_{operator}",
        values=texts,
        hard=draw(st.booleans()),
        disclosure=draw(st.sampled_from(pb.Disclosure.values()[1:])),
    )


def some(items: Sequence[T]) -> st.SearchStrategy[Sequence[T]]:
    return st.lists(st.sampled_from(items), max_size=2, unique=True)


def seldom(limits: st.SearchStrategy[Sequence[T]]) -> st.SearchStrategy[Sequence[T]]:
    """Mostly nothing, so that products are left that fit."""
    return st.one_of(st.just(()), st.just(()), st.just(()), limits)


@st.composite
def fees(draw: st.DrawFn) -> pb.Fee:
    fixed = draw(st.booleans())
    return pb.Fee(
        name="费用",
        payee=pb.FEE_PAYEE_OTHER,
        basis=pb.FEE_BASIS_FIXED
        if fixed
        else draw(st.sampled_from((pb.FEE_BASIS_PRINCIPAL, pb.FEE_BASIS_APPRAISED_VALUE))),
        timing=draw(st.sampled_from(pb.FeeTiming.values()[1:])),
        rate_ppm=0 if fixed else draw(st.integers(0, 9_000)),
        amount_fen=draw(st.integers(0, 90_000)) if fixed else 0,
        payer=draw(st.sampled_from((None, pb.FEE_PAYER_BORROWER, pb.FEE_PAYER_GOVERNMENT))),
        mandatory=draw(st.sampled_from((None, True, False))),
    )


@st.composite
def tiers(draw: st.DrawFn, most: int) -> list[pb.AmountTier]:
    """Up to three by one fact, the last of them open or not."""
    bounds = sorted(draw(st.lists(st.integers(-3, 23), max_size=3, unique=True)))
    fact, open_end = draw(st.sampled_from(("score", "lending_banks"))), draw(st.booleans())
    return [
        pb.AmountTier(
            fact=fact,
            up_to=None if open_end and place == len(bounds) - 1 else bound,
            amount_max_fen=draw(st.integers(1, most)) * 1_000_000,
        )
        for place, bound in enumerate(bounds)
    ]


@st.composite
def terms(draw: st.DrawFn) -> pb.ProductTerms:
    low, term = draw(st.sampled_from((1, 1, 1, 6))), draw(st.sampled_from((1, 1, 1, 9)))
    high, longest = (
        low + draw(st.sampled_from((12, 12, 12, 3))),
        term + draw(st.sampled_from((30, 30, 30, 5))),
    )
    spread = draw(st.sampled_from((-5_000, 3_000, 3_000, 9_000)))
    return pb.ProductTerms(
        name="贷款",
        kind=draw(st.integers(1, 9)),
        flags=draw(some([pb.PRODUCT_FLAG_FIRST_LOAN, pb.PRODUCT_FLAG_GREEN])),
        amount_min_fen=low * 1_000_000,
        amount_max_fen=high * 1_000_000,
        amount_tiers=draw(seldom(tiers(high))),
        term_min_months=term,
        term_max_months=longest,
        drawdown_term_max_months=draw(st.none() | st.integers(term, longest)),
        rate=pb.Rate(
            base=draw(st.integers(1, 2)), min_ppm=spread, max_ppm=spread + draw(st.sampled_from((0, 9_000)))
        ),
        fees=draw(seldom(st.lists(fees(), max_size=2))),
        repayment_methods=[draw(st.integers(1, 6))],
        guarantee_modes=draw(st.lists(st.integers(1, 7), min_size=1, max_size=3, unique=True)),
        programmes=draw(seldom(some(("batch", "ordinary")))),
        ip_pledge_caps=[
            pb.IpPledgeCap(right=draw(st.integers(1, 2)), cap_bp=draw(st.sampled_from((1_000, 3_000))))
        ],
        ip_margin_months=draw(st.sampled_from((0, 12))),
        regions=draw(seldom(some(PREFIXES))),
        industries=draw(seldom(some(SCOPES) | some(CODES) | st.just(CODES))),
        industries_excluded=draw(seldom(some(SCOPES) | some(CODES))),
        sizes=draw(seldom(some(common.Size.values()[1:]))),
        owner_kinds=draw(seldom(some(common.OwnerKind.values()[1:]))),
        criteria=draw(st.lists(criteria(), max_size=draw(st.sampled_from((0, 1, 2, 5))))),
        decision_days=draw(st.sampled_from((1, 1, 5, 20))),
    )


def product(number: int, terms: pb.ProductTerms) -> pb.Product:
    return pb.Product(id=f"prd_{number}", version=1, bank=f"org_{'ab'[number % 2]}", terms=terms)


@st.composite
def changes(draw: st.DrawFn) -> list[Change]:
    """Products come, go and come again; they share few sets of terms, so that many are worth the same."""
    kinds, random = draw(some_terms()), Random(draw(st.integers(0, 2**32)))
    steps: list[Change] = []
    for _ in range(draw(st.sampled_from((30, 45, 10, 1)))):
        made = product(random.randrange(IDS), random.choice(kinds))
        steps.append(made.id if random.random() < 0.2 else made)
    return steps


@st.composite
def crowds(draw: st.DrawFn) -> list[Change]:
    """More products than the columns have room for at first."""
    kinds = draw(some_terms())
    return [product(number, kinds[number * 7 % len(kinds)]) for number in range(draw(st.integers(257, 600)))]


@st.composite
def some_terms(draw: st.DrawFn) -> list[pb.ProductTerms]:
    """A few that are drawn piece by piece, and some from a seed."""
    seed = draw(st.integers(0, 2**32))
    random = Random(seed)
    return [*draw(st.lists(terms(), max_size=3)), *(seeded.terms(random) for _ in range(seed % 6 + 1))]


def market(steps: Sequence[Change]) -> dict[str, pb.Product]:
    """What is left in the end."""
    left: dict[str, pb.Product] = {}
    for step in steps:
        if isinstance(step, str):
            left.pop(step, None)
        else:
            left[step.id] = step
    return left


def reaches(rule: PledgeRule) -> bool:
    """Rights that carry the amount only at a high cap and without a margin."""
    caps, margin = rule
    return margin == 0 and any(cap == 3_000 for _, cap in caps)


def fee(rule: GuaranteeRule) -> int:
    """One guarantor, which works with one bank under one programme, for loans that do not revolve."""
    bank, programmes, kind = rule
    accepted = not programmes or "batch" in programmes
    return 10_000 if bank == "org_a" and accepted and kind is not ProductKind.REVOLVING_LINE else -1


@st.composite
def models(draw: st.DrawFn) -> LikelihoodModel:
    """At a cold start, or with weights of banks and products of which some are on the market."""
    subjects = st.lists(st.integers(0, 35).map(lambda number: f"prd_{number}"), max_size=6, unique=True)
    return LikelihoodModel(
        coefficients=COEFFICIENTS,
        banks=_weights(draw, draw(st.lists(st.sampled_from(("org_a", "org_b", "org_z")), unique=True))),
        products=_weights(draw, draw(subjects)),
        explore_ppm=draw(st.sampled_from((0, 7, 3_000))),
        explore_half=draw(st.sampled_from((1, 20))),
    )


def _weights(draw: st.DrawFn, subjects: list[str]) -> tuple[Weight, ...]:
    return tuple(
        Weight(subject=one, logit=draw(st.integers(-900, 900)), decisions=draw(st.integers(0, 50)))
        for one in sorted(subjects)
    )


ASKED = Query(
    facts={},
    county="640104",
    industry="1351",
    owner_kind=OwnerKind.ENTERPRISE,
    size=Size.SMALL,
    first_time=False,
    amount_fen=5_000_000,
    term_months=12,
    base_ppm={RateBase.LPR_1Y: 30_000, RateBase.LPR_5Y: 35_000, RateBase.FIXED: 0},
    model=LikelihoodModel(coefficients=COEFFICIENTS),
    ranking=RANKING,
    reaches=None,
    fees=None,
)


@st.composite
def queries(draw: st.DrawFn) -> Query:
    known = draw(st.just([]) | st.lists(st.sampled_from(RULED), unique=True))
    drawn = {kind.name: _number(kind, draw(values(kind))) for kind in known}
    return Query(
        facts=drawn or seeded.facts(Random(draw(st.integers(0, 2**32)))),
        county=draw(st.sampled_from(COUNTIES)),
        industry=draw(st.sampled_from(INDUSTRIES) | st.sampled_from(CODES)),
        owner_kind=draw(st.sampled_from(OwnerKind)),
        size=draw(st.sampled_from((None, *Size))),
        first_time=draw(st.booleans()),
        waived=seeded.waivers(Random(draw(st.integers(0, 2**32))), IDS),
        amount_fen=draw(st.sampled_from((5, 5, 5, 6, 2, 12))) * 1_000_000 + draw(st.integers(0, 1)),
        term_months=draw(st.integers(1, 30)),
        kinds=tuple(draw(seldom(some(tuple(ProductKind))))),
        base_ppm=ASKED.base_ppm,
        model=draw(models()),
        ranking=RANKING,
        reaches=draw(st.sampled_from((None, reaches))),
        fees=draw(st.sampled_from((None, fee))) and Fees(fee),
    )


def _number(kind: FactType, text: str) -> int:
    if kind.kind is Kind.INTEGER:
        return int(text)
    return ("false", "true").index(text) if kind.kind is Kind.BOOLEAN else kind.codes.index(text)
