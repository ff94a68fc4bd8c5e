"""Rules in words, each as far as its bank lets it be seen."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from libs.criteria.evaluate import Criterion, Disclosure, Outcome, evaluate
from libs.criteria.vocabulary import Kind, Words, decode, fact_type
from libs.criteria.wording import requirement, value_words
from libs.finance.money import yuan_text
from libs.registry import industries, regions
from services.matching.domain.answer import MatchRequest, Reason
from services.matching.domain.firm import Firm
from services.matching.domain.offer import AmountTier, Terms
from services.matching.domain.pledge import unvalued

CONFIDENTIAL = "BANK_RULE"
WAIVER = "WAIVER"


class Case(NamedTuple):
    """What words about a product's own fields are made from."""

    terms: Terms
    firm: Firm
    request: MatchRequest

    def held(self, fact: str) -> int | None:
        """The firm's value as this product judges it: of an imagined firm the real one, where it hides a rule on it."""
        real = self.firm.real
        return (
            self.firm.facts.get(fact) if real is None or fact not in unshown(self.terms) else real.get(fact)
        )


def unshown(terms: Terms) -> frozenset[str]:
    """The facts on which the product has a rule that is not public."""
    return frozenset(one.fact for one in terms.criteria if one.disclosure is not Disclosure.PUBLIC)


@dataclass(frozen=True, slots=True)
class Field:
    """A rule that a product states in a field of its own: its code, its words, and what would settle it."""

    code: str
    words: Callable[[Case], Words]
    document: str = ""


def _amount(case: Case) -> Words:
    terms, asked = case.terms, case.request.amount_fen
    low, high, now = (yuan_text(fen) for fen in (terms.amount_min_fen, terms.amount_max_fen, asked))
    return Words(
        f"金额在{low}元至{high}元之间（申请：{now}元）",
        f"amount from CNY {low} to CNY {high} (asked: CNY {now})",
    )


def _tier(case: Case) -> Words:
    tiers, now = case.terms.amount_tiers, yuan_text(case.request.amount_fen)
    label = fact_type(tiers[0].fact).label
    parts = [_tier_words(tier) for tier in tiers]
    return Words(
        f"按{label.zh}分档：{'；'.join(part.zh for part in parts)}（申请：{now}元）",
        f"by {label.en}: {'; '.join(part.en for part in parts)} (asked: CNY {now})",
    )


def _tier_words(tier: AmountTier) -> Words:
    lent = yuan_text(tier.amount_max_fen)
    if tier.up_to is None:
        return Words(f"以上最高{lent}元", f"above that up to CNY {lent}")
    bound = value_words(tier.fact, str(tier.up_to))
    return Words(f"不超过{bound.zh}的最高{lent}元", f"at most {bound.en}: up to CNY {lent}")


def _term(case: Case) -> Words:
    low, high, now = case.terms.term_min_months, case.terms.longest_months, case.request.term_months
    return Words(
        f"期限在{low}至{high}个月之间（申请：{now}个月）",
        f"term from {low} to {high} months (asked: {now} months)",
    )


def _region(case: Case) -> Words:
    named = [_region_name(prefix) for prefix in case.terms.regions]
    return Words(f"企业所在地属于：{'、'.join(named)}", f"the firm is in {', '.join(named)}")


def _region_name(prefix: str) -> str:
    code = prefix.ljust(6, "0")
    return regions.region(code).name if regions.is_region(code) else prefix


def _industry(case: Case) -> Words:
    inside, outside = case.terms.industries, case.terms.industries_excluded
    zh = [f"行业属于：{'、'.join(map(_industry_name, inside))}"] if inside else []
    zh += [f"行业不属于：{'、'.join(map(_industry_name, outside))}"] if outside else []
    en = [f"industry within {', '.join(inside)}"] if inside else []
    en += [f"industry not within {', '.join(outside)}"] if outside else []
    return Words("；".join(zh), "; ".join(en))


def _industry_name(code: str) -> str:
    return industries.industry(code).name if industries.is_industry(code) else code


def _coded(fact: str, values: Iterable[str]) -> Words:
    kind, words = fact_type(fact), [value_words(fact, value) for value in values]
    zh, en = "或".join(word.zh for word in words), " or ".join(word.en for word in words)
    return Words(f"{kind.label.zh}：{zh}", f"{kind.label.en}: {en}")


def _always(zh: str, en: str) -> Callable[[Case], Words]:
    words = Words(zh, en)
    return lambda case: words


_CARRIED = Words(
    "未质押且有效期足够的知识产权按质押率可贷到申请金额",
    "unencumbered rights that outlive the loan carry the amount at the bank's caps",
)
_UNVALUED = Words(
    "知识产权的评估价值未授权（属于财务和用工申报），暂不能计算质押额度",
    "what the rights are worth is not opened (it is among the statements), so that no pledge can be counted",
)

FIELDS = {
    "AMOUNT": Field("AMOUNT", _amount),
    "AMOUNT_TIER": Field("AMOUNT_TIER", _tier),
    "TERM": Field("TERM", _term),
    "REGION": Field("REGION", _region, "营业执照（住所）"),
    "INDUSTRY": Field("INDUSTRY", _industry, "营业执照（行业代码）"),
    "OWNER_KIND": Field("OWNER_KIND", lambda case: _coded("owner_kind", case.terms.owner_kinds)),
    "SIZE": Field("SIZE", lambda case: _coded("size", case.terms.sizes), fact_type("size").document.zh),
    "KIND": Field("PRODUCT_KIND", _always("属于所申请的贷款种类", "of a kind that was asked for")),
    "IP_PLEDGE": Field(
        "IP_PLEDGE",
        lambda case: _UNVALUED if unvalued(case.firm.rights) else _CARRIED,
    ),
    "GUARANTEE": Field(
        "GUARANTEE",
        _always(
            "所在县（区）有与该银行合作且额度足够的融资担保机构",
            "a guarantor of the county that is the bank's partner has room for the loan",
        ),
    ),
    "COLLATERAL": Field(
        "COLLATERAL",
        _always("能够提供抵押、质押或保证", "a mortgage, pledge or surety can be given"),
        "抵（质）押物权属证明或保证人资料",
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


def of_field(name: str, case: Case, outcome: Outcome) -> Reason:
    field = FIELDS[name]
    words = field.words(case)
    return Reason(code=field.code, outcome=outcome, text=words.zh, text_en=words.en)


# The same for every firm, while what a firm holds is its own.
_rule_words = lru_cache(maxsize=50_000)(requirement)


@lru_cache(maxsize=50_000)
def of_criterion(criterion: Criterion, held: int | None, outcome: Outcome) -> Reason:
    """A bank's rule as its disclosure allows; `held`: the firm's value, shown where a public rule fails."""
    if criterion.disclosure is Disclosure.CONFIDENTIAL:
        return Reason(code=CONFIDENTIAL, outcome=outcome)
    kind = fact_type(criterion.fact)
    if criterion.disclosure is Disclosure.REASON_CODE:
        return Reason(code=kind.reason_code, outcome=outcome)
    rule = _rule_words(criterion)
    zh, en = criterion.message or rule.zh, rule.en
    if outcome is Outcome.FAIL and held is not None:
        now, before = value_words(criterion.fact, decode(criterion.fact, held)), _before_value(criterion.fact)
        zh, en = f"{zh}{before.zh}{now.zh}）", f"{en}{before.en}{now.en})"
    return Reason(code=kind.reason_code, fact=criterion.fact, outcome=outcome, text=zh, text_en=en)


@lru_cache(maxsize=10_000)
def of_waiver(criterion: Criterion, until: date) -> Reason:
    """A hard rule that fails and that the bank set aside for the firm; it is named where the bank shows it to all."""
    if criterion.disclosure is not Disclosure.PUBLIC:
        text, text_en = f"经银行豁免（至{until}）", f"waived by the bank (until {until})"
        return Reason(code=WAIVER, outcome=Outcome.FAIL, text=text, text_en=text_en)
    rule = _rule_words(criterion)
    zh = f"经银行豁免（{criterion.message or rule.zh}，至{until}）"
    en = f"waived by the bank ({rule.en}, until {until})"
    return Reason(code=WAIVER, fact=criterion.fact, outcome=Outcome.FAIL, text=zh, text_en=en)


def without_value(reason: Reason) -> Reason:
    """The rule alone, for who is shown that it fails and not what the firm has."""
    if reason.outcome is not Outcome.FAIL or not reason.fact:
        return reason
    before = _before_value(reason.fact)
    return replace(reason, text=_until(reason.text, before.zh), text_en=_until(reason.text_en, before.en))


def _before_value(fact: str) -> Words:
    """A bare yes or no beside a rule that may be a negative would be read the wrong way round: it gets its name."""
    kind = fact_type(fact)
    what = kind.label if kind.kind is Kind.BOOLEAN else Words("目前", "now")
    return Words(f"（{what.zh}：", f" ({what.en}: ")


def _until(text: str, mark: str) -> str:
    return text.rpartition(mark)[0] or text


@lru_cache(maxsize=50_000)
def fails(criterion: Criterion, held: int) -> bool:
    return evaluate(criterion, decode(criterion.fact, held)) is Outcome.FAIL


def document_of(criterion: Criterion) -> str | None:
    """What would settle it; None where naming that would tell a confidential rule."""
    return None if criterion.disclosure is Disclosure.CONFIDENTIAL else fact_type(criterion.fact).document.zh


def document_of_field(name: str, terms: Terms) -> str:
    """What would settle a rule that a product states in a field of its own; empty where nothing is needed."""
    if name == "AMOUNT_TIER":
        return fact_type(terms.amount_tiers[0].fact).document.zh
    return FIELDS[name].document


def once(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """Each reason once: two confidential rules look alike."""
    return tuple(dict.fromkeys(reasons))
