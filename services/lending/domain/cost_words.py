"""The words of the cost sheet, in Chinese and English: no figure is shown without its own."""

from libs.criteria.vocabulary import Words
from libs.finance.cost import CostItem, SubsidyStatus
from libs.finance.fees import FeeBasis, FeePayee, FeePayer, FeeTiming

FIGURES = {
    "lender": Words(
        "贷款年化利率（含贷款人收取的费用）", "annual rate of the loan, with the lender's own fees"
    ),
    "lender/nominal_ppm": Words("年化利率（单利折年，月利率×12）", "nominal annual rate (monthly rate x 12)"),
    "lender/effective_ppm": Words("年化利率（复利，内部收益率）", "effective annual rate (compound, IRR)"),
    "all_in": Words(
        "年化综合融资成本（含第三方费用）", "annual all-in financing cost, with fees of third parties"
    ),
    "simple_ppm": Words(
        "年化综合融资成本（单利法，总成本÷占用本金和年数）",
        "simple annual cost (total cost over principal in use and years): simple method",
    ),
    "after_subsidy": Words(
        "扣除预计补贴后的年化成本（补贴须经审批，事后拨付）",
        "annual cost after expected subsidies (subject to approval, paid later)",
    ),
    "total_fen": Words("综合融资成本合计", "all-in cost, total"),
    "total_after_subsidy_fen": Words("扣除预计补贴后的成本合计", "cost after expected subsidies, total"),
    "private_lending_cap_ppm": Words(
        "四倍一年期LPR（民间借贷司法保护上限，仅供参考，不适用于持牌金融机构）",
        "four times the one-year LPR (cap of private lending, for reference only; does not bind licensed lenders)",
    ),
}
STATUS = {
    SubsidyStatus.EXPECTED: Words("预计", "expected"),
    SubsidyStatus.APPROVED: Words("已批", "approved"),
    SubsidyStatus.PAID: Words("已拨", "paid"),
}
PAYEES = {
    FeePayee.LENDER: Words("贷款银行", "the lender"),
    FeePayee.GUARANTOR: Words("担保机构", "the guarantor"),
    FeePayee.APPRAISER: Words("评估机构", "the appraiser"),
    FeePayee.REGISTRY: Words("登记机构", "the registry"),
    FeePayee.INSURER: Words("保险公司", "the insurer"),
    FeePayee.OTHER: Words("其他机构", "others"),
}
PAYERS = {
    FeePayer.BORROWER: Words("借款人", "the borrower"),
    FeePayer.LENDER: Words("贷款银行", "the lender"),
    FeePayer.GOVERNMENT: Words("财政", "the government"),
    FeePayer.OTHER: Words("其他方", "others"),
}
_BASES = {
    FeeBasis.PRINCIPAL: Words("按本金", "on the principal"),
    FeeBasis.FIXED: Words("定额", "a fixed sum"),
    FeeBasis.APPRAISED_VALUE: Words("按评估值", "on the appraised value"),
}
_TIMINGS = {
    FeeTiming.UPFRONT: Words("放款时一次收取", "once at drawdown"),
    FeeTiming.ANNUAL: Words("每年年初收取", "at the start of every year"),
    FeeTiming.AT_END: Words("到期时一次收取", "once at maturity"),
    FeeTiming.EARLY_REPAYMENT: Words("提前还款时收取", "on early repayment"),
}


def of_item(item: CostItem) -> Words:
    """Who pays what to whom, how and when."""
    payer, payee = PAYERS[item.payer], PAYEES[item.payee]
    if item.basis is None or item.timing is None:
        return Words(
            f"{payer.zh}向{payee.zh}支付，按占用本金和约定利率，分{item.times}次",
            f"{payer.en} to {payee.en}, on the principal in use, in {item.times} payments",
        )
    basis, timing = _BASES[item.basis], _TIMINGS[item.timing]
    choice = Words("", "") if item.mandatory else Words("，可选", ", optional")
    return Words(
        f"{payer.zh}向{payee.zh}支付，{basis.zh}，{timing.zh}{choice.zh}",
        f"{payer.en} to {payee.en}, {basis.en}, {timing.en}{choice.en}",
    )
