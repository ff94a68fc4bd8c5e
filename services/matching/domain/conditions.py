"""What must be done or decided before the money of a plan is drawn, each in words of its own."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from libs.registry.loan_terms import GuaranteeMode, IpRightKind
from services.matching.domain.answer import Condition, PlanPledge

CREDIT_REPORT = Condition(
    code="CREDIT_REPORT",
    text="授权银行查询企业信用报告",
    text_en="authorise the bank to query the firm's credit report",
)
FIRST_LOAN = Condition(
    code="FIRST_LOAN",
    text="放款前由银行按信用报告核实首贷户身份",
    text_en="before the first drawdown the bank confirms from the credit report that this is a first loan",
)
GUARANTEE_REVIEW = Condition(
    code="GUARANTEE_REVIEW",
    text="担保机构完成自己的评审并同意担保；额度以申请时确认的为准，本推荐不占用额度",
    text_en="the guarantor's own review and consent; its room is confirmed at the application, this plan reserves none",
)
GUARANTEE_COMPLIANCE = Condition(
    code="GUARANTEE_COMPLIANCE",
    text="批量业务：银行审批，担保机构只作合规性审核；额度以备案时为准，本推荐不占用额度",
    text_en="batch business: the bank decides, the guarantor checks compliance only; this plan reserves no room",
)
GUARANTEE_CONTRACTS = Condition(
    code="GUARANTEE_CONTRACTS",
    text="签订委托担保合同、保证合同并缴纳担保费，落实担保机构要求的反担保",
    text_en="sign the guarantee agreement and contract, pay the fee, give the counter-guarantee that is asked for",
)
PLEDGE_CONTRACT = Condition(
    code="PLEDGE_CONTRACT",
    text="签订知识产权质押合同",
    text_en="sign the contract of the pledge of intellectual property",
)
OPEN_RULES = Condition(
    code="OPEN_RULES",
    text="提供所缺材料，确认尚不能判断的条件",
    text_en="settle with the missing documents what cannot be judged yet",
)
SOFT_RULES = Condition(
    code="SOFT_RULES",
    text="银行的优先条件未全部满足，由银行审批时权衡",
    text_en="the bank weighs that some wish of its own is not met",
)
_REGISTERS = {
    "PATENT_PLEDGE_REGISTRATION": Condition(
        code="PATENT_PLEDGE_REGISTRATION",
        text="向国家知识产权局办理专利权质押登记（质权自登记时设立）",
        text_en="register the patent pledge with the patent office (CNIPA); it arises with its registration",
    ),
    "TRADEMARK_PLEDGE_REGISTRATION": Condition(
        code="TRADEMARK_PLEDGE_REGISTRATION",
        text="向国家知识产权局办理注册商标专用权质押登记（质权自登记时设立）",
        text_en="register the trademark pledge with CNIPA; it arises with its registration",
    ),
    "COPYRIGHT_PLEDGE_REGISTRATION": Condition(
        code="COPYRIGHT_PLEDGE_REGISTRATION",
        text="办理著作权质权登记（质权自登记时设立）",
        text_en="register the copyright pledge; it arises with its registration",
    ),
}
_REGISTER_OF = {
    IpRightKind.INVENTION: "PATENT_PLEDGE_REGISTRATION",
    IpRightKind.UTILITY_MODEL: "PATENT_PLEDGE_REGISTRATION",
    IpRightKind.DESIGN: "PATENT_PLEDGE_REGISTRATION",
    IpRightKind.TRADEMARK: "TRADEMARK_PLEDGE_REGISTRATION",
    IpRightKind.COPYRIGHT: "COPYRIGHT_PLEDGE_REGISTRATION",
}
_COLLATERAL = {
    GuaranteeMode.MORTGAGE: Condition(
        code="MORTGAGE",
        text="提供抵押物，签订抵押合同并办理抵押登记",
        text_en="give a mortgage: sign its contract and register it",
    ),
    GuaranteeMode.PLEDGE: Condition(
        code="PLEDGE",
        text="提供质押物，签订质押合同并交付或办理出质登记",
        text_en="give a pledge: sign its contract, and hand the thing over or register it",
    ),
    GuaranteeMode.THIRD_PARTY: Condition(
        code="SURETY",
        text="提供银行认可的保证人并签订保证合同",
        text_en="bring a third-party guarantor whom the bank accepts, who signs the guarantee contract",
    ),
    GuaranteeMode.COMBINED: Condition(
        code="COMBINED_SECURITY",
        text="按银行要求落实组合担保（抵押、质押或保证）",
        text_en="give the security that the bank combines: mortgage, pledge or third-party guarantee",
    ),
}


def before_drawing(
    *,
    security: GuaranteeMode,
    batch: bool,
    pledge: PlanPledge | None,
    first_loan: bool,
    soft: bool,
    unknown: bool,
    waived_until: Sequence[str],
) -> tuple[Condition, ...]:
    """`soft`: some wish of the bank is not met; `unknown`: some rule cannot be judged yet (how many might tell of
    rules that the bank keeps to itself); `waived_until`: last days of the waivers on which the plan stands."""
    registers = () if pledge is None else tuple(_REGISTER_OF[item.kind] for item in pledge.items)
    return _joined(security, batch, registers, first_loan, soft, unknown, tuple(waived_until))


@lru_cache(maxsize=10_000)
def _joined(
    security: GuaranteeMode,
    batch: bool,
    registers: tuple[str, ...],
    first_loan: bool,
    soft: bool,
    unknown: bool,
    waived_until: tuple[str, ...],
) -> tuple[Condition, ...]:
    secured = _of_security(security, batch, registers)
    first = (FIRST_LOAN,) if first_loan else ()
    return (
        CREDIT_REPORT,
        *first,
        *secured,
        *_of_rules(soft=soft, unknown=unknown),
        *map(_waived, waived_until),
    )


def _of_security(security: GuaranteeMode, batch: bool, registers: Iterable[str]) -> list[Condition]:
    if security is GuaranteeMode.FINANCING_GUARANTEE:
        return [GUARANTEE_COMPLIANCE if batch else GUARANTEE_REVIEW, GUARANTEE_CONTRACTS]
    if security is GuaranteeMode.IP_PLEDGE:
        return [PLEDGE_CONTRACT, *(_REGISTERS[name] for name in dict.fromkeys(registers))]
    return [_COLLATERAL[security]] if security in _COLLATERAL else []


def _of_rules(*, soft: bool, unknown: bool) -> list[Condition]:
    return [one for one, holds in ((OPEN_RULES, unknown), (SOFT_RULES, soft)) if holds]


def _waived(until: str) -> Condition:
    zh, en = (
        f"银行豁免须在审批时仍然有效（至{until}）",
        f"the bank's waiver still stands at its decision (until {until})",
    )
    return Condition(code="WAIVER", text=zh, text_en=en)
