"""The limits of a product in words, so that "no limit" is said and not guessed from an empty list."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from libs.criteria.shape import Shape
from libs.criteria.vocabulary import Words, fact_type
from libs.criteria.wording import requirement, value_words
from libs.finance.money import yuan_text
from libs.registry import industries, regions
from libs.registry.loan_terms import CollateralKind
from services.lending.domain.product.terms import ProductTerms

NO_LIMIT = Words("不限", "no limit")
COLLATERAL = {
    CollateralKind.REAL_ESTATE: Words("房产", "real estate"),
    CollateralKind.LAND: Words("土地", "land"),
    CollateralKind.EQUIPMENT: Words("设备", "equipment"),
    CollateralKind.FOREST_RIGHT: Words("林权", "forest rights"),
    CollateralKind.RURAL_LAND_RIGHT: Words("农村承包土地经营权", "rights to farm rural land"),
    CollateralKind.LIVESTOCK: Words("活体畜禽", "livestock"),
    CollateralKind.DEPOSIT: Words("存单", "deposits"),
    CollateralKind.WAREHOUSE_RECEIPT: Words("仓单", "warehouse receipts"),
    CollateralKind.RECEIVABLES: Words("应收账款", "receivables"),
    CollateralKind.EQUITY: Words("股权", "equity"),
    CollateralKind.INSURANCE_POLICY: Words("保单", "insurance policies"),
}
_Describe = Callable[[ProductTerms], Words | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit(Shape):
    """One field of the terms. `limited` False: everything is taken, and the words say so."""

    field: str
    limited: bool
    text_zh: str
    text_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductLimits(Shape):
    product_id: str
    version: int
    items: tuple[Limit, ...]


def limits_of(terms: ProductTerms) -> tuple[Limit, ...]:
    """Every field that could limit, in the order of the record."""
    return tuple(_limit(field, words(terms)) for field, words in _WORDS.items())


def _limit(field: str, words: Words | None) -> Limit:
    said = words or NO_LIMIT
    return Limit(field=field, limited=words is not None, text_zh=said.zh, text_en=said.en)


def _range(low: int, high: int) -> Words:
    return Words(f"{yuan_text(low)}元至{yuan_text(high)}元", f"CNY {yuan_text(low)} to {yuan_text(high)}")


def _tiers(terms: ProductTerms) -> Words | None:
    parts = [_tier(tier.fact, tier.up_to, tier.amount_max_fen) for tier in terms.amount_tiers]
    return _joined(parts, "；", "; ")


def _tier(fact: str, up_to: int | None, amount_fen: int) -> Words:
    label, lent = fact_type(fact).label, yuan_text(amount_fen)
    if up_to is None:
        return Words(f"{label.zh}更高：最高{lent}元", f"{label.en} above that: up to CNY {lent}")
    bound = value_words(fact, str(up_to))
    return Words(
        f"{label.zh}不超过{bound.zh}：最高{lent}元", f"{label.en} at most {bound.en}: up to CNY {lent}"
    )


def _months(terms: ProductTerms) -> Words:
    low, high = terms.term_min_months, terms.term_max_months
    return Words(f"{low}至{high}个月", f"{low} to {high} months")


def _use(terms: ProductTerms) -> Words | None:
    most = terms.drawdown_term_max_months
    return None if most is None else Words(f"单笔最长{most}个月", f"one use at most {most} months")


def _listed(field: str, name: Callable[[str], Words] | None = None) -> _Describe:
    name = name or _plain
    return lambda terms: _joined([name(text) for text in getattr(terms, field)], "、", ", ")


def _plain(text: str) -> Words:
    return Words(text, text)


def _without(field: str, name: Callable[[str], Words] = _plain) -> _Describe:
    listed = _listed(field, name)

    def describe(terms: ProductTerms) -> Words | None:
        found = listed(terms)
        return None if found is None else Words(f"不包括：{found.zh}", f"not: {found.en}")

    return describe


def _joined(parts: Iterable[Words], zh: str, en: str) -> Words | None:
    found = list(parts)
    return Words(zh.join(one.zh for one in found), en.join(one.en for one in found)) if found else None


def _region(prefix: str) -> Words:
    code = prefix.ljust(6, "0")
    return Words(regions.region(code).name if regions.is_region(code) else prefix, prefix)


def _industry(code: str) -> Words:
    return Words(industries.industry(code).name if industries.is_industry(code) else code, code)


def _coded(fact: str) -> Callable[[str], Words]:
    return lambda text: value_words(fact, text)


def _quota(terms: ProductTerms) -> Words | None:
    if terms.quota_fen is None:
        return None
    return Words(f"全部贷款合计{yuan_text(terms.quota_fen)}元", f"CNY {yuan_text(terms.quota_fen)} in all")


def _rules(terms: ProductTerms) -> Words | None:
    said = [requirement(rule) for rule in terms.criteria]
    zh = [Words(rule.message or words.zh, words.en) for rule, words in zip(terms.criteria, said, strict=True)]
    return _joined(zh, "；", "; ")


_WORDS: dict[str, _Describe] = {
    "amount": lambda terms: _range(terms.amount_min_fen, terms.amount_max_fen),
    "amount_tiers": _tiers,
    "term": _months,
    "drawdown_term_max_months": _use,
    "collateral_kinds": _listed("collateral_kinds", lambda kind: COLLATERAL[CollateralKind(kind)]),
    "programmes": _listed("programmes"),
    "regions": _listed("regions", _region),
    "branches": _listed("branches"),
    "industries": _listed("industries", _industry),
    "industries_excluded": _without("industries_excluded", _industry),
    "sizes": _listed("sizes", _coded("size")),
    "owner_kinds": _listed("owner_kinds", _coded("owner_kind")),
    "purposes_excluded": _without("purposes_excluded"),
    "criteria": _rules,
    "quota_fen": _quota,
}
