"""Messages as the services send them, to show pages of."""

from rongqiao.common.v1 import common_pb2 as common
from rongqiao.coordination.v1 import coordination_pb2 as coordination
from rongqiao.guarantee.v1 import guarantee_pb2 as guarantee
from rongqiao.lending.v1 import lending_pb2 as lending
from rongqiao.matching.v1 import matching_pb2 as matching

BANK = "org_01STARLAKE"
PARTY = "uscc:91640106DEM0000017"


def share(party: str, bp: int, amount_fen: int) -> guarantee.ShareAmount:
    return guarantee.ShareAmount(party=party, bp=bp, amount_fen=amount_fen)


def reason(outcome: matching.Outcome.ValueType, text: str, text_en: str) -> matching.Reason:
    return matching.Reason(code="TAX_GRADE", fact="tax_grade", outcome=outcome, text=text, text_en=text_en)


PASSED = reason(
    matching.OUTCOME_PASS, "纳税信用A、B或M级：企业为B级", "tax credit grade A, B or M: yours is B"
)
FAILED = reason(
    matching.OUTCOME_FAIL, "成立不少于36个月：企业为26个月", "at least 36 months old: yours is 26 months"
)
UNKNOWN = reason(
    matching.OUTCOME_UNKNOWN, "近12个月用电量不下降：未授权", "electricity use not falling: no consent"
)


def plan(number: int = 1) -> matching.Plan:
    return matching.Plan(
        number=number,
        family=matching.FAMILY_FIRST_LOAN,
        product_id="prd_1",
        product_version=1,
        product_name="首贷通",
        product_kind=lending.PRODUCT_KIND_WORKING_CAPITAL,
        bank=BANK,
        bank_name="星海泽银行",
        amount_fen=150_000_000,
        term_months=24,
        repayment_method=lending.REPAYMENT_METHOD_EQUAL_INSTALMENT,
        rate_ppm=38_500,
        costs=[
            matching.CostItem(name="interest", payee="LENDER", amount_fen=6_123_456),
            matching.CostItem(name="登记费", payee="REGISTRY", amount_fen=8_000, timing="UPFRONT"),
        ],
        total_cost_fen=6_131_456,
        all_in_nominal_ppm=39_100,
        all_in_effective_ppm=39_812,
        after_subsidy_effective_ppm=29_700,
        likelihood_ppm=720_000,
        likelihood_band="high",
        decision_days=3,
        reasons=[PASSED, UNKNOWN],
        missing=["近24个月电费账单"],
        materials=["营业执照", "近12个月增值税发票汇总表"],
    )


def guaranteed_plan(number: int = 2) -> matching.Plan:
    made = plan(number)
    made.family = matching.FAMILY_GUARANTEE
    made.product_name = "再担保增信贷"
    made.likelihood_band = "medium"
    made.all_in_effective_ppm = 46_120
    made.guarantee.CopyFrom(
        matching.PlanGuarantee(
            programme="inclusive_4222",
            programme_name="小微三农再担保（20/20/20/40）",
            guarantor="org_g",
            guarantor_name="凤鸣春融资担保有限公司",
            fee_fen=1_500_000,
            shares=[
                share("bank", 2000, 30_000_000),
                share("national", 2000, 30_000_000),
                share("provincial", 2000, 30_000_000),
                share("local", 4000, 60_000_000),
            ],
            room_fen=800_000_000,
            tiers=[
                matching.PlanTier(party="bank", name="贺兰山银行", bp=2000, amount_fen=30_000_000),
                matching.PlanTier(
                    party="provincial",
                    name="自治区再担保机构",
                    bp=2000,
                    amount_fen=30_000_000,
                    rule="CREDIT_LINE",
                    room_fen=800_000_000,
                    binds=True,
                ),
            ],
        )
    )
    return made


def pledged_plan(number: int = 3) -> matching.Plan:
    made = plan(number)
    made.family = matching.FAMILY_IP_PLEDGE
    made.product_name = "知识产权质押贷"
    made.likelihood_band = "low"
    made.all_in_effective_ppm = 48_900
    made.pledge.CopyFrom(
        matching.PlanPledge(
            rights=["ZL2024100000001"],
            appraised_fen=420_000_000,
            lends_fen=126_000_000,
            items=[
                matching.PledgedRight(
                    id="ZL2024100000001",
                    appraised_fen=420_000_000,
                    cap_bp=3_000,
                    lends_fen=126_000_000,
                    expires_on="2044-01-05",
                    months_left=205,
                )
            ],
        )
    )
    made.conditions.append(
        matching.Condition(
            code="PLEDGE_CONTRACT", text="签订知识产权质押合同", text_en="sign the contract of the pledge"
        )
    )
    made.benefits.append(
        matching.PlanBenefit(id="P10a", name="宁科贷风险补偿", source="自治区实施意见 第（十）项")
    )
    return made


def match() -> matching.Match:
    return matching.Match(
        id="mat_1",
        party=PARTY,
        plans=[plan(1), guaranteed_plan(2), pledged_plan(3)],
        families=[
            matching.FamilyAnswer(family=matching.FAMILY_FIRST_LOAN, plans=[1]),
            matching.FamilyAnswer(family=matching.FAMILY_IP_PLEDGE, why_none=[FAILED]),
            matching.FamilyAnswer(family=matching.FAMILY_GUARANTEE, plans=[2]),
        ],
        near_misses=[
            matching.Refusal(
                product_id="prd_9", product_name="科创贷", bank_name="云杉科创银行", reasons=[FAILED]
            )
        ],
        other_benefits=[
            matching.PolicyBenefit(
                id="benefits.listing_reward",
                name="企业上市分阶段奖励",
                kind="REWARD",
                outcome=matching.OUTCOME_UNKNOWN,
                beneficiary="上市企业",
                amount_fen=1_000_000_000,
                amount_text="每户10,000,000元（各阶段合计）",
                amount_text_en="CNY 10,000,000 a firm",
                departments=["地方金融监管局"],
                document="实施意见",
                paragraph="（十二）",
            )
        ],
        products_considered=105,
        products_eligible=14,
        ranking="all-in-cost/1",
        policy_set="pol_0123456789abcdef",
    )


def request(
    status: coordination.RequestStatus.ValueType = coordination.REQUEST_STATUS_MATCHED,
) -> coordination.FinancingRequest:
    return coordination.FinancingRequest(
        id="req_1",
        party=PARTY,
        amount_fen=150_000_000,
        term_months=24,
        purpose="工业互联网网关产品研发和备货",
        status=status,
        match=match(),
        opened_at="2026-11-22T04:00:00Z",
    )


def referral(
    number: int, status: coordination.ReferralStatus.ValueType, *reasons: str
) -> coordination.Referral:
    return coordination.Referral(
        id=f"ref_{number}",
        plan=number,
        product_id="prd_1",
        product_name="首贷通",
        bank=BANK,
        status=status,
        application_id=f"app_{number}",
        reason_codes=reasons,
    )


def dimensions() -> common.Dimensions:
    return common.Dimensions(
        county="640106",
        industry_division="65",
        size=common.SIZE_SMALL,
        owner_kind=common.OWNER_KIND_ENTERPRISE,
        firm_key="f" * 64,
        first_time_borrower=True,
    )
