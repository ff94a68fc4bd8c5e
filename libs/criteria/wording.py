"""Facts and rules in words, Chinese and English, for people who read a reason."""

from __future__ import annotations

from libs.criteria.evaluate import Criterion, Operator
from libs.criteria.vocabulary import FactType, Kind, Unit, Words, encode, fact_type

_TRUTH = (Words("否", "no"), Words("是", "yes"))
_RELATIONS = {
    Operator.GE: Words("不低于{}", "at least {}"),
    Operator.LE: Words("不高于{}", "at most {}"),
    Operator.EQ: Words("{}", "{}"),
    Operator.NE: Words("不是{}", "not {}"),
    Operator.IN: Words("{}", "{}"),
    Operator.NOT_IN: Words("不是{}", "not {}"),
}


def value_words(fact: str, text: str) -> Words:
    """A fact's value with its unit: `5000000` of tax_paid_12m_fen is 5万元, CNY 50,000.00."""
    kind = fact_type(fact)
    number = encode(fact, text)
    if kind.kind is Kind.INTEGER:
        return _quantity(kind, number)
    return _TRUTH[number] if kind.kind is Kind.BOOLEAN else kind.code_words[number]


def requirement(criterion: Criterion) -> Words:
    """A rule in words made from the vocabulary, for rules without a message and for readers of English.

    成立月数：不低于24个月 / months since registration: at least 24 months.
    """
    label = fact_type(criterion.fact).label
    values = [value_words(criterion.fact, text) for text in criterion.values]
    relation = _RELATIONS[criterion.operator]
    zh = relation.zh.format("或".join(value.zh for value in values))
    en = relation.en.format(" or ".join(value.en for value in values))
    return Words(f"{label.zh}：{zh}", f"{label.en}: {en}")


def _quantity(kind: FactType, number: int) -> Words:
    match kind.unit:
        case Unit.FEN:
            return Words(_yuan(number), f"CNY {_hundredths(number)}")
        case Unit.BP:
            return Words(f"{_percent(number)}%", f"{_percent(number)} %")
        case Unit.MONTHS:
            return Words(f"{number}个月", f"{number} month" if number == 1 else f"{number} months")
        case Unit.POINTS:
            return Words(f"{number}分", f"{number} points")
        case _:
            return Words(str(number), str(number))


def _yuan(fen: int) -> str:
    """In 万元 where that is exact to two places, as Chinese readers expect; else in 元."""
    if abs(fen) >= 1_000_000 and fen % 10_000 == 0:
        return f"{_percent(fen // 10_000)}万元"
    return f"{_hundredths(fen)}元"


def _hundredths(number: int) -> str:
    return f"{'-' if number < 0 else ''}{abs(number) // 100:,}.{abs(number) % 100:02d}"


def _percent(hundredths: int) -> str:
    text = _hundredths(hundredths)
    return text.rstrip("0").rstrip(".")
