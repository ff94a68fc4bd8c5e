"""Rules in words, each as far as its bank lets it be seen."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from libs.criteria.evaluate import Criterion, Disclosure, Outcome, evaluate
from libs.criteria.vocabulary import Words, decode, fact_type
from libs.criteria.wording import requirement, value_words
from services.matching.domain.answer import Reason

CONFIDENTIAL = "BANK_RULE"


@dataclass(frozen=True, slots=True)
class Field:
    """A rule that a product states in a field of its own: its code, what it asks for, and what would settle it."""

    code: str
    rule: Words
    document: str = ""


FIELDS = {
    "AMOUNT": Field("AMOUNT", Words("申请金额在产品额度范围内", "the amount is within the product's limits")),
    "TERM": Field("TERM", Words("申请期限在产品期限范围内", "the term is within the product's limits")),
    "REGION": Field("REGION", Words("在产品服务地区内", "the firm is in the product's region"), "营业执照"),
    "INDUSTRY": Field(
        "INDUSTRY", Words("属于产品支持的行业", "the industry is one that the product serves"), "营业执照（行业代码）"
    ),
    "OWNER_KIND": Field("OWNER_KIND", Words("属于产品支持的主体类型", "the kind of owner is one that the product serves")),
    "SIZE": Field(
        "SIZE",
        Words("属于产品支持的企业规模", "the size of the firm is one that the product serves"),
        fact_type("size").document.zh,
    ),
    "KIND": Field("PRODUCT_KIND", Words("是所申请的贷款种类", "the product is of a kind that was asked for")),
    "IP_PLEDGE": Field(
        "IP_PLEDGE",
        Words(
            "未质押、期限足够的知识产权按质押率计算可达到申请金额",
            "unencumbered rights that outlive the loan carry the amount at the bank's caps",
        ),
        "知识产权权属证书和评估报告",
    ),
    "GUARANTEE": Field(
        "GUARANTEE",
        Words(
            "有服务本县（区）、与银行合作且额度充足的融资担保机构",
            "a guarantor of the county that is the bank's partner has room for the loan",
        ),
    ),
    "COLLATERAL": Field(
        "COLLATERAL", Words("可提供抵押、质押或保证", "a mortgage, pledge or surety can be given"), "抵（质）押物权属证明或保证人资料"
    ),
}
NO_PRODUCT = Reason(
    code="NO_PRODUCT",
    outcome=Outcome.FAIL,
    text="目前没有银行提供此类产品",
    text_en="no bank offers such a product at present",
)
NOT_FIRST = Reason(
    code="LOAN_RECORD",
    fact="bank_loan_record",
    outcome=Outcome.FAIL,
    text="企业已有银行贷款记录，不属于首贷户",
    text_en="the firm has a bank loan record and is no first-time borrower",
)
FIRST_UNKNOWN = Reason(
    code="LOAN_RECORD",
    fact="bank_loan_record",
    outcome=Outcome.UNKNOWN,
    text="尚不能确认是否首贷户，请授权查询企业信用报告",
    text_en="whether this is a first loan is not known: consent to the credit report",
)


def of_field(name: str, outcome: Outcome) -> Reason:
    field = FIELDS[name]
    return Reason(code=field.code, outcome=outcome, text=field.rule.zh, text_en=field.rule.en)


@lru_cache(maxsize=50_000)
def of_criterion(criterion: Criterion, held: int | None, outcome: Outcome) -> Reason:
    """A rule of the bank's as its disclosure allows; `held` is the firm's value, shown where the rule is public and fails."""
    if criterion.disclosure is Disclosure.CONFIDENTIAL:
        return Reason(code=CONFIDENTIAL, outcome=outcome)
    kind = fact_type(criterion.fact)
    if criterion.disclosure is Disclosure.REASON_CODE:
        return Reason(code=kind.reason_code, outcome=outcome)
    rule = requirement(criterion)
    zh, en = criterion.message or rule.zh, rule.en
    if outcome is Outcome.FAIL and held is not None:
        now = value_words(criterion.fact, decode(criterion.fact, held))
        zh, en = f"{zh}（目前：{now.zh}）", f"{en} (now: {now.en})"
    return Reason(code=kind.reason_code, fact=criterion.fact, outcome=outcome, text=zh, text_en=en)


@lru_cache(maxsize=50_000)
def fails(criterion: Criterion, held: int) -> bool:
    return evaluate(criterion, decode(criterion.fact, held)) is Outcome.FAIL


def document_of(criterion: Criterion) -> str | None:
    """What would settle it; None where naming that would tell a confidential rule."""
    return None if criterion.disclosure is Disclosure.CONFIDENTIAL else fact_type(criterion.fact).document.zh


def once(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """Each reason once: two confidential rules look alike."""
    return tuple(dict.fromkeys(reasons))
