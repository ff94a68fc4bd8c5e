"""The example of the templates: a product as a bank would register it."""

from libs.criteria.evaluate import Criterion, Disclosure, Operator
from libs.finance.fees import Fee, FeeBasis, FeePayee
from libs.finance.schedule import RepaymentMethod
from libs.registry.dimensions import OwnerKind
from libs.registry.loan_terms import GuaranteeMode, ProductKind, RateBase
from libs.registry.size import Size
from services.lending.domain.product import NewProduct, ProductFlag, ProductTerms, Rate

EXAMPLE = NewProduct(
    external_id="SHOUHU-01",
    terms=ProductTerms(
        name="首户贷(示例, 请删除本行)",
        summary="面向首次贷款的小微企业, 线上申请。",
        kind=ProductKind.WORKING_CAPITAL,
        flags=(ProductFlag.FIRST_LOAN, ProductFlag.UNSECURED),
        amount_min_fen=10_000_000,
        amount_max_fen=300_000_000,
        term_min_months=6,
        term_max_months=12,
        rate=Rate(base=RateBase.LPR_1Y, min_ppm=8_500, max_ppm=16_000),
        fees=(Fee(name="评估费", payee=FeePayee.APPRAISER, basis=FeeBasis.PRINCIPAL, rate_ppm=1_500),),
        repayment_methods=(RepaymentMethod.INTEREST_FIRST, RepaymentMethod.EQUAL_INSTALMENT),
        guarantee_modes=(GuaranteeMode.UNSECURED,),
        regions=("640104", "640106"),
        sizes=(Size.SMALL, Size.MICRO),
        owner_kinds=(OwnerKind.ENTERPRISE, OwnerKind.INDIVIDUAL_BUSINESS),
        criteria=(
            Criterion(
                fact="tax_grade", operator=Operator.IN, values=("A", "B", "M"), message="纳税信用A、B或M级"
            ),
            Criterion(
                fact="months_since_registration",
                operator=Operator.GE,
                values=("24",),
                hard=False,
                message="成立满两年优先",
                disclosure=Disclosure.REASON_CODE,
            ),
        ),
        materials=("营业执照", "近一年财务报表"),
        decision_days=3,
    ),
)
