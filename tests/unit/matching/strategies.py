"""Arbitrary products, firms and requests for hypothesis, narrow enough that they meet."""

from hypothesis import strategies as st

from libs.criteria.evaluate import FITTING, Operator
from libs.criteria.vocabulary import FACTS, FactType, Kind
from libs.registry.dimensions import OwnerKind
from libs.registry.loan_terms import ProductKind, RateBase
from libs.registry.size import Size
from rongqiao.common.v1 import common_pb2 as common
from rongqiao.lending.v1 import lending_pb2 as pb
from services.matching.domain.likelihood import Coefficients
from services.matching.domain.ranking import Ranking
from services.matching.index.query import Query
from services.matching.index.settings import Fees, GuaranteeRule, PledgeRule

RULED = [
    kind
    for kind in FACTS.values()
    if kind.name
    in ("score", "lending_banks", "debt_ratio_bp", "tax_grade", "environment_grade", "srdi", "tax_arrears")
]
COUNTIES = ("640104", "640105", "640221", "640400", "")
INDUSTRIES = ("1351", "13", "C", "6513", "7010", "")
SCOPES = ("C", "13", "1351", "J", "701", "65")
PREFIXES = ("64", "6401", "640104", "640221", "640402")

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
        return st.integers(-3, 23).map(str)
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


def some(items: tuple[object, ...] | list[int]) -> st.SearchStrategy[list[object]]:
    return st.lists(st.sampled_from(items), max_size=2, unique=True)


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
    low, term = draw(st.integers(1, 9)), draw(st.integers(1, 9))
    high, longest = low + draw(st.integers(0, 9)), term + draw(st.integers(0, 30))
    spread = draw(st.integers(-5_000, 9_000))
    return pb.ProductTerms(
        name="贷款",
        kind=draw(st.integers(1, 9)),
        flags=draw(some([pb.PRODUCT_FLAG_FIRST_LOAN, pb.PRODUCT_FLAG_GREEN])),
        amount_min_fen=low * 1_000_000,
        amount_max_fen=high * 1_000_000,
        amount_tiers=draw(st.just([]) | tiers(high)),
        term_min_months=term,
        term_max_months=longest,
        drawdown_term_max_months=draw(st.none() | st.integers(term, longest)),
        rate=pb.Rate(
            base=draw(st.integers(1, 2)), min_ppm=spread, max_ppm=spread + draw(st.integers(0, 9_000))
        ),
        fees=draw(st.lists(fees(), max_size=2)),
        repayment_methods=[draw(st.integers(1, 6))],
        guarantee_modes=draw(st.lists(st.integers(1, 7), min_size=1, max_size=3, unique=True)),
        programmes=draw(some(("batch", "ordinary"))),
        ip_pledge_caps=[
            pb.IpPledgeCap(right=draw(st.integers(1, 2)), cap_bp=draw(st.sampled_from((1_000, 3_000))))
        ],
        ip_margin_months=draw(st.sampled_from((0, 12))),
        regions=draw(some(PREFIXES)),
        industries=draw(some(SCOPES)),
        industries_excluded=draw(some(SCOPES)),
        sizes=draw(some(common.Size.values()[1:])),
        owner_kinds=draw(some(common.OwnerKind.values()[1:])),
        criteria=draw(st.lists(criteria(), max_size=5)),
        decision_days=draw(st.integers(1, 20)),
    )


@st.composite
def products(draw: st.DrawFn) -> pb.Product:
    return pb.Product(
        id=f"prd_{draw(st.integers(0, 30))}",
        version=1,
        bank=draw(st.sampled_from(("org_a", "org_b"))),
        terms=draw(terms()),
    )


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
def queries(draw: st.DrawFn) -> Query:
    known = draw(st.lists(st.sampled_from(RULED), unique=True))
    return Query(
        facts={kind.name: _number(kind, draw(values(kind))) for kind in known},
        county=draw(st.sampled_from(COUNTIES)),
        industry=draw(st.sampled_from(INDUSTRIES)),
        owner_kind=draw(st.sampled_from(OwnerKind)),
        size=draw(st.sampled_from((None, *Size))),
        first_time=draw(st.booleans()),
        amount_fen=draw(st.integers(1, 12)) * 1_000_000 + draw(st.integers(0, 1)),
        term_months=draw(st.integers(1, 30)),
        kinds=tuple(draw(some(tuple(ProductKind)))),  # type: ignore[arg-type]
        base_ppm={RateBase.LPR_1Y: 30_000, RateBase.LPR_5Y: 35_000, RateBase.FIXED: 0},
        coefficients=COEFFICIENTS,
        ranking=RANKING,
        reaches=draw(st.sampled_from((None, reaches))),
        fees=draw(st.sampled_from((None, fee))) and Fees(fee),
    )


def _number(kind: FactType, text: str) -> int:
    if kind.kind is Kind.INTEGER:
        return int(text)
    return ("false", "true").index(text) if kind.kind is Kind.BOOLEAN else kind.codes.index(text)
