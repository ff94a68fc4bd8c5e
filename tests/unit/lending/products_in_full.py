"""Products with something in every field, and strategies that search over all of them."""

from typing import Any

from hypothesis import strategies as st

from libs.criteria.evaluate import Criterion, Disclosure, Operator
from libs.criteria.vocabulary import Unit
from libs.finance.fees import Fee, FeeBasis, FeePayee, FeePayer, FeeTiming
from libs.finance.schedule import RepaymentMethod
from libs.registry.dimensions import OwnerKind
from libs.registry.loan_terms import (
    Channel,
    CollateralKind,
    GuaranteeMode,
    IpRightKind,
    ProductKind,
    RateBase,
    RateBasis,
    RateReset,
)
from libs.registry.size import Size
from services.lending.domain.product import (
    MOST_FEN,
    AmountTier,
    IpPledgeCap,
    NewProduct,
    Paper,
    ProductFlag,
    ProductTerms,
    Rate,
    RiskPool,
    StatedRate,
)

FULL = NewProduct(
    external_id="P-全",
    terms=ProductTerms(
        name="科创知识产权贷",
        summary="一行|两段:三=四\n下一行",
        kind=ProductKind.REVOLVING_LINE,
        flags=(ProductFlag.IP_PLEDGE, ProductFlag.TECHNOLOGY),
        amount_min_fen=10_000_000,
        amount_max_fen=500_000_000,
        amount_tiers=(
            AmountTier(fact="months_since_registration", up_to=24, amount_max_fen=100_000_000),
            AmountTier(fact="months_since_registration", amount_max_fen=500_000_000),
        ),
        term_min_months=3,
        term_max_months=36,
        drawdown_term_max_months=12,
        rate=Rate(base=RateBase.LPR_1Y, min_ppm=-50, max_ppm=15_000, reset=RateReset.ANNUAL),
        stated_rate=StatedRate(min_ppm=32_000, max_ppm=43_000, basis=RateBasis.NOMINAL),
        fees=(
            Fee(
                name="评估费: 按次", payee=FeePayee.APPRAISER, basis=FeeBasis.APPRAISED_VALUE, rate_ppm=1_500
            ),
            Fee(
                name="登记费|=",
                payee=FeePayee.REGISTRY,
                basis=FeeBasis.FIXED,
                amount_fen=8_000,
                timing=FeeTiming.ANNUAL,
                payer=FeePayer.LENDER,
                mandatory=False,
            ),
        ),
        repayment_methods=(RepaymentMethod.INTEREST_FIRST, RepaymentMethod.ON_DEMAND),
        interest_months=3,
        guarantee_modes=(GuaranteeMode.IP_PLEDGE, GuaranteeMode.PLEDGE, GuaranteeMode.FINANCING_GUARANTEE),
        collateral_kinds=(CollateralKind.RECEIVABLES,),
        programmes=("technology",),
        guarantee_cover_bp=8_000,
        ip_pledge_caps=(IpPledgeCap(right=IpRightKind.INVENTION, cap_bp=3_000),),
        ip_margin_months=6,
        receivables_cap_bp=7_000,
        regions=("6401", "640106"),
        branches=("NX001",),
        industries=("C", "0111"),
        industries_excluded=("7010",),
        sizes=(Size.SMALL, Size.MICRO),
        owner_kinds=(OwnerKind.ENTERPRISE,),
        purposes_excluded=("购房",),
        criteria=(
            Criterion(
                fact="months_since_registration",
                operator=Operator.GE,
                values=("24",),
                hard=False,
                message='成立满两年; "可放宽"',
                disclosure=Disclosure.REASON_CODE,
                unit=Unit.MONTHS,
            ),
        ),
        materials=("营业执照",),
        papers=(Paper(name="专利证书"), Paper(name="纳税证明", mandatory=False, from_shared_data=True)),
        decision_days=3,
        funding_days=2,
        channel=Channel.BOTH,
        contact="科创金融部 0951-0000000",
        quota_fen=10_000_000_000,
        pool=RiskPool(name="知识产权风险补偿资金", share_bp=5_000, cap_fen=1_000_000_000),
        benefits=("interest_subsidy",),
    ),
)

texts = st.text(max_size=30)
lists = st.lists(texts, max_size=3).map(tuple)
names = st.text(min_size=1, max_size=20).filter(str.strip)
numbers = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=20)
bp = st.integers(1, 10_000)


def codes(kind: Any, at_least: int = 0) -> st.SearchStrategy[Any]:
    return st.lists(st.sampled_from(kind), min_size=at_least, max_size=3).map(tuple)


def named(part: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(part, max_size=3, unique_by=lambda one: one.name).map(tuple)


@st.composite
def fees(draw: st.DrawFn) -> Fee:
    basis = draw(st.sampled_from([FeeBasis.PRINCIPAL, FeeBasis.FIXED]))
    fixed = basis is FeeBasis.FIXED
    return Fee(
        name=draw(names),
        payee=draw(st.sampled_from(FeePayee)),
        basis=basis,
        rate_ppm=0 if fixed else draw(st.integers(0, 10**6)),
        amount_fen=draw(st.integers(0, MOST_FEN)) if fixed else 0,
        timing=draw(st.sampled_from(FeeTiming)),
        payer=draw(st.sampled_from(FeePayer)),
        mandatory=draw(st.booleans()),
    )


criteria = st.builds(
    Criterion,
    fact=st.just("tax_grade"),
    operator=st.sampled_from([Operator.IN, Operator.NOT_IN]),
    values=st.just(("A", "B")),
    hard=st.booleans(),
    message=texts,
    disclosure=st.sampled_from(Disclosure),
)


@st.composite
def rates(draw: st.DrawFn) -> Rate:
    base = draw(st.sampled_from(RateBase))
    fixed = base is RateBase.FIXED
    low, high = sorted(draw(st.tuples(*[st.integers(0 if fixed else -(10**6), 10**6)] * 2)))
    return Rate(
        base=base,
        min_ppm=low,
        max_ppm=high,
        reset=RateReset.NONE if fixed else draw(st.sampled_from(RateReset)),
    )


@st.composite
def any_terms(draw: st.DrawFn) -> ProductTerms:
    low, high = sorted(draw(st.tuples(*[st.integers(1, MOST_FEN)] * 2)))
    short, long = sorted(draw(st.tuples(*[st.integers(1, 600)] * 2)))
    optional = lambda part: draw(st.none() | part)  # noqa: E731 - short for what follows
    return ProductTerms(
        name=draw(names),
        summary=draw(texts),
        kind=draw(st.sampled_from(ProductKind)),
        flags=draw(codes([ProductFlag.GREEN, ProductFlag.SRDI])),
        amount_min_fen=low,
        amount_max_fen=high,
        amount_tiers=draw(
            codes([AmountTier(fact="months_since_registration", up_to=None, amount_max_fen=high)])
        )[:1],
        term_min_months=short,
        term_max_months=long,
        drawdown_term_max_months=optional(st.integers(short, long)),
        rate=draw(rates()),
        fees=draw(named(fees())),
        repayment_methods=draw(codes(RepaymentMethod, 1)),
        interest_months=draw(st.sampled_from([1, 3])),
        guarantee_modes=(GuaranteeMode.COMBINED,),
        collateral_kinds=draw(codes(CollateralKind)),
        programmes=draw(lists),
        guarantee_cover_bp=optional(bp),
        ip_pledge_caps=draw(
            st.lists(
                st.builds(IpPledgeCap, right=st.sampled_from(IpRightKind), cap_bp=bp),
                max_size=3,
                unique_by=lambda cap: cap.right,
            ).map(tuple)
        ),
        ip_margin_months=draw(st.integers(0, 600)),
        receivables_cap_bp=optional(bp),
        regions=draw(lists),
        branches=draw(st.lists(names, max_size=3, unique=True).map(tuple)),
        industries=draw(lists),
        industries_excluded=draw(lists),
        sizes=draw(codes(Size)),
        owner_kinds=draw(codes(OwnerKind)),
        purposes_excluded=draw(st.lists(names, max_size=3, unique=True).map(tuple)),
        criteria=draw(st.lists(criteria, max_size=3).map(tuple)),
        materials=draw(lists),
        papers=draw(
            named(st.builds(Paper, name=names, mandatory=st.booleans(), from_shared_data=st.booleans()))
        ),
        decision_days=draw(st.integers(1, 366)),
        funding_days=optional(st.integers(0, 366)),
        channel=optional(st.sampled_from(Channel)),
        contact=draw(texts),
        quota_fen=optional(st.integers(low, MOST_FEN)),
        pool=optional(
            st.builds(RiskPool, name=names, share_bp=bp, cap_fen=st.none() | st.integers(1, MOST_FEN))
        ),
        benefits=draw(lists),
    )


any_products = st.builds(NewProduct, external_id=numbers, terms=any_terms())
