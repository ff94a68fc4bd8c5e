"""Loan products, applications and loans for tests: sound ones by hand, and strategies that search for others."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from hypothesis import strategies as st

from libs.criteria.evaluate import Criterion, Disclosure, Operator
from libs.finance.fees import Fee, FeeBasis, FeePayee, FeeTiming
from libs.finance.schedule import RepaymentMethod
from libs.registry.dimensions import Dimensions, OwnerKind
from libs.registry.loan_terms import GuaranteeMode, IpRightKind, ProductKind, RateBase
from libs.registry.size import Size
from services.lending.domain.application import (
    Application,
    ApplicationStatus,
    Contracts,
    Cover,
    InformationRequest,
    NewApplication,
    Renewal,
    Step,
)
from services.lending.domain.loan import FirstLoanState, Inclusive, Loan, LoanClass, LoanStatus
from services.lending.domain.offer import Decision
from services.lending.domain.product import (
    MOST_FEN,
    IpPledgeCap,
    NewProduct,
    Product,
    ProductFlag,
    ProductStatus,
    ProductTerms,
    Rate,
)

FIRM = "uscc:91640100MA76GQ0X1R"
OTHER_FIRM = "uscc:91640100MA75WX4T32"

TERMS = ProductTerms(
    name="首户贷",
    kind=ProductKind.WORKING_CAPITAL,
    flags=(ProductFlag.FIRST_LOAN,),
    amount_min_fen=10_000_000,
    amount_max_fen=300_000_000,
    term_min_months=6,
    term_max_months=24,
    rate=Rate(base=RateBase.LPR_1Y, min_ppm=4_000, max_ppm=14_000),
    repayment_methods=(RepaymentMethod.INTEREST_FIRST, RepaymentMethod.EQUAL_INSTALMENT),
    guarantee_modes=(GuaranteeMode.UNSECURED, GuaranteeMode.FINANCING_GUARANTEE),
    programmes=("ordinary",),
)

DIMENSIONS = Dimensions(
    county="640104",
    industry_division="14",
    size=Size.SMALL,
    owner_kind=OwnerKind.ENTERPRISE,
    firm_key="mvxw4ltjrhqkhdk5d5n2t7zlya",
    first_time_borrower=True,
)


def terms(**changes: Any) -> ProductTerms:
    return replace(TERMS, **changes)


def new_product(external_id: str = "P-1", **changes: Any) -> NewProduct:
    return NewProduct(external_id=external_id, terms=terms(**changes))


def new_application(product: Product, **changes: Any) -> NewApplication:
    sound = NewApplication(
        request_id="req_1",
        product_id=product.id,
        product_version=product.version,
        party=FIRM,
        amount_fen=80_000_000,
        term_months=12,
        repayment_method=RepaymentMethod.INTEREST_FIRST,
        dimensions=DIMENSIONS,
    )
    return replace(sound, **changes)


GUARANTEED = {"programme": "prog_ordinary", "guarantor": "org_guarantor"}

texts = st.text(max_size=30)
names = st.text(min_size=1, max_size=30).filter(str.strip)
fen = st.integers(0, MOST_FEN)
instants = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - a bound
days = st.dates(date(2000, 1, 1), date(2100, 1, 1))


def several(part: st.SearchStrategy[Any], at_least: int = 0) -> st.SearchStrategy[Any]:
    return st.lists(part, min_size=at_least, max_size=3).map(tuple)


def members(kind: Any, at_least: int = 0) -> st.SearchStrategy[Any]:
    return several(st.sampled_from(list(kind)), at_least)


def spans(most: int) -> st.SearchStrategy[tuple[int, int]]:
    return st.tuples(st.integers(1, most), st.integers(1, most)).map(lambda two: (min(two), max(two)))


@st.composite
def rates(draw: st.DrawFn) -> Rate:
    base = draw(st.sampled_from(RateBase))
    low, high = draw(spans(1_000_000))
    return Rate(base=base, min_ppm=low - (base is not RateBase.FIXED) * 500_000, max_ppm=high)


@st.composite
def fees(draw: st.DrawFn) -> Fee:
    basis = draw(
        st.sampled_from([FeeBasis.PRINCIPAL, FeeBasis.FIXED])
    )  # nothing is appraised without a pledge
    amount = (
        {"amount_fen": draw(fen)} if basis is FeeBasis.FIXED else {"rate_ppm": draw(st.integers(0, 10**6))}
    )
    payee, timing = draw(st.sampled_from(FeePayee)), draw(st.sampled_from(FeeTiming))
    return Fee(name=draw(names), payee=payee, basis=basis, timing=timing, **amount)


criteria = st.one_of(
    st.builds(
        Criterion,
        fact=st.just("months_since_registration"),
        operator=st.sampled_from([Operator.GE, Operator.LE, Operator.EQ]),
        values=st.integers(0, 1_200).map(lambda months: (str(months),)),
        hard=st.booleans(),
        message=texts,
        disclosure=st.sampled_from(Disclosure),
    ),
    st.builds(
        Criterion,
        fact=st.just("tax_grade"),
        operator=st.sampled_from([Operator.IN, Operator.NOT_IN]),
        values=st.just(("A", "B")),
        message=texts,
    ),
)

caps = st.builds(IpPledgeCap, right=st.sampled_from(IpRightKind), cap_bp=st.integers(1, 10_000))


@st.composite
def some_terms(draw: st.DrawFn) -> ProductTerms:
    amount_min, amount_max = draw(spans(MOST_FEN))
    term_min, term_max = draw(spans(600))
    return ProductTerms(
        name=draw(names),
        summary=draw(texts),
        kind=draw(st.sampled_from(ProductKind)),
        flags=draw(several(st.sampled_from([ProductFlag.GREEN, ProductFlag.SRDI, ProductFlag.BANK_TAX]))),
        amount_min_fen=amount_min,
        amount_max_fen=amount_max,
        term_min_months=term_min,
        term_max_months=term_max,
        rate=draw(rates()),
        fees=draw(st.lists(fees(), max_size=3, unique_by=lambda fee: fee.name).map(tuple)),
        repayment_methods=draw(members(RepaymentMethod, 1)),
        guarantee_modes=draw(members(set(GuaranteeMode) - {GuaranteeMode.IP_PLEDGE}, 1)),
        ip_pledge_caps=draw(several(caps)),
        ip_margin_months=draw(st.integers(0, 600)),
        regions=draw(several(texts)),
        sizes=draw(members(Size)),
        owner_kinds=draw(members(OwnerKind)),
        criteria=draw(several(criteria)),
        materials=draw(several(texts)),
        decision_days=draw(st.integers(1, 366)),
    )


def optional(part: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | part


some_products = st.builds(
    Product,
    id=texts,
    version=st.integers(1, 2**31 - 1),
    bank=texts,
    external_id=texts,
    status=st.sampled_from(ProductStatus),
    terms=some_terms(),
    created_by=texts,
    published_by=optional(texts),
    published_at=optional(instants),
)

some_dimensions = st.builds(
    Dimensions,
    county=texts,
    industry_division=texts,
    size=optional(st.sampled_from(Size)),
    owner_kind=st.sampled_from(OwnerKind),
    firm_key=texts,
    first_time_borrower=st.booleans(),
)

some_decisions = st.builds(
    Decision,
    approved=st.booleans(),
    amount_fen=fen,
    rate_ppm=st.integers(0, 10**6),
    term_months=st.integers(0, 600),
    reason_codes=several(texts),
    conditions=several(texts),
    decided_by=texts,
    decided_at=instants,
    rate_base=optional(st.sampled_from(RateBase)),
    spread_bp=optional(st.integers(-10_000, 10_000)),
    borrower_line_fen=optional(fen),
    revolving=st.booleans(),
    in_parts=st.booleans(),
)

numbers = st.text(min_size=1, max_size=30)
some_contracts = st.builds(
    Contracts,
    loan_contract=numbers,
    guarantee_contract=optional(numbers),
    pledge_contract=optional(numbers),
    signed_on=days,
)
some_information = st.builds(
    InformationRequest,
    question=texts,
    asked_at=instants,
    answer=optional(texts),
    answered_at=optional(instants),
)
some_steps = st.builds(
    Step,
    status=st.sampled_from(ApplicationStatus),
    at=instants,
    due_on=optional(days),
    estimated=st.booleans(),
)

some_applications = st.builds(
    Application,
    id=texts,
    request_id=texts,
    product_id=texts,
    product_version=st.integers(1, 2**31 - 1),
    product_name=texts,
    product_kind=st.sampled_from(ProductKind),
    bank=texts,
    party=texts,
    amount_fen=fen,
    term_months=st.integers(1, 600),
    repayment_method=st.sampled_from(RepaymentMethod),
    programme=optional(texts),
    guarantor=optional(texts),
    ip_rights=several(texts),
    dimensions=some_dimensions,
    status=st.sampled_from(ApplicationStatus),
    cover=st.sampled_from(Cover),
    guarantee_id=optional(texts),
    decision=optional(some_decisions),
    submitted_at=instants,
    cover_note=optional(texts),
    branch=optional(texts),
    manager=optional(texts),
    decision_due_on=optional(days),
    overdue=st.booleans(),
    offer_valid_until=optional(days),
    information=optional(some_information),
    contracts=optional(some_contracts),
    renewal=optional(st.builds(Renewal, loan_id=texts, without_repayment=st.booleans())),
    similar=st.booleans(),
    query_count=optional(st.integers(0, 100)),
    drawn_fen=fen,
    sandbox=st.booleans(),
    timeline=several(some_steps),
)

some_loans = st.builds(
    Loan,
    id=texts,
    application_id=texts,
    request_id=texts,
    bank=texts,
    branch=optional(texts),
    party=texts,
    amount_fen=fen,
    rate_ppm=st.integers(0, 10**6),
    rate_base=st.sampled_from(RateBase),
    spread_bp=optional(st.integers(-10_000, 10_000)),
    priced_on=days,
    reprices_on=optional(days),
    term_months=st.integers(1, 600),
    repayment_method=st.sampled_from(RepaymentMethod),
    disbursed_on=days,
    matures_on=days,
    extended_from=optional(days),
    outstanding_fen=fen,
    interest_paid_fen=fen,
    claim_paid_fen=fen,
    written_off_fen=fen,
    recovered_fen=fen,
    status=st.sampled_from(LoanStatus),
    loan_class=st.sampled_from(LoanClass),
    next_due_on=optional(days),
    past_due_since=optional(days),
    renews=optional(texts),
    renewed_by=optional(texts),
    first_loan=optional(st.sampled_from(FirstLoanState)),
    inclusive=optional(st.builds(Inclusive, nfra=st.booleans(), pbc=st.booleans())),
    guarantee_id=optional(texts),
    external_id=texts,
    sandbox=st.booleans(),
)
