"""Answers of a card in words: of facts of the vocabulary by their units, of other columns by the dictionary."""

from itertools import pairwise

from libs.criteria.vocabulary import FACTS, Kind, Unit
from services.credit.domain.card import Scale
from services.credit.training.binning import Table
from services.credit.training.dictionary import Column, Words

_MOST_CODES = 6
_YUAN, _WAN = 100, 1_000_000


def label(column: Column) -> Words:
    if column.name in FACTS:
        words = FACTS[column.name].label
        return Words(zh=words.zh, en=words.en)
    return Words(zh=column.zh or column.name, en=column.en or column.name)


def bin_words(table: Table) -> tuple[Words, ...]:
    """Of the bins, in order."""
    if table.column.scale is Scale.CODE:
        return tuple(_codes(table.column, group) for group in table.groups)
    edges = (None, *table.bounds, None)
    return tuple(_between(table.column, low, high) for low, high in pairwise(edges))


def special_words(column: Column, value: str) -> Words:
    name, told = label(column), column.special[value]
    return Words(zh=f"{name.zh}：{told.zh}", en=f"{name.en}: {told.en}")


def missing_words(column: Column) -> Words:
    name = label(column)
    return Words(zh=f"{name.zh}未知或未授权", en=f"{name.en} not known, or no consent")


def other_words(column: Column) -> Words:
    name = label(column)
    return Words(zh=f"{name.zh}：训练中未见的取值", en=f"{name.en}: a value that training did not see")


def _between(column: Column, low: float | None, high: float | None) -> Words:
    name = label(column)
    if low is None and high is None:
        return Words(zh=f"{name.zh}：任何数值", en=f"{name.en}: any number")
    if low is None:
        end = amount(column, high or 0.0)
        return Words(zh=f"{name.zh}低于{end.zh}", en=f"{name.en} under {end.en}")
    start = amount(column, low)
    if high is None:
        return Words(zh=f"{name.zh}{start.zh}及以上", en=f"{name.en} {start.en} or more")
    end = amount(column, high)
    return Words(zh=f"{name.zh}{start.zh}至{end.zh}", en=f"{name.en} {start.en} to {end.en}")


def amount(column: Column, number: float) -> Words:
    """A bound with its unit: yuan instead of fen, per cent instead of basis points."""
    kind = FACTS.get(column.name)
    unit = kind.unit if kind and kind.kind is Kind.INTEGER else None
    if unit is Unit.FEN:
        zh = f"{number / _WAN:,.6g}万元" if abs(number) >= _WAN else f"{number / _YUAN:,.6g}元"
        return Words(zh=zh, en=f"CNY {number / _YUAN:,.0f}")
    if unit is Unit.BP:
        return Words(zh=f"{number / 100:.6g}%", en=f"{number / 100:.6g} %")
    if unit is Unit.MONTHS:
        return Words(zh=f"{number:g}个月", en=f"{number:g} months")
    plain = f"{number:,.0f}" if float(number).is_integer() else f"{number:.6g}"
    return Words(zh=plain, en=plain)


def _codes(column: Column, group: tuple[str, ...]) -> Words:
    name = label(column)
    known = {**_of_vocabulary(column), **column.codes}
    told = [known.get(code, Words(zh=code, en=code)) for code in group[:_MOST_CODES]]
    more = len(group) - len(told)
    zh, en = "、".join(one.zh for one in told), ", ".join(one.en for one in told)
    return Words(
        zh=f"{name.zh}：{zh}" + (f"等{len(group)}项" if more else ""),
        en=f"{name.en}: {en}" + (f" and {more} more" if more else ""),
    )


def _of_vocabulary(column: Column) -> dict[str, Words]:
    kind = FACTS.get(column.name)
    if kind is None or kind.kind is Kind.INTEGER:
        return {}
    if kind.kind is Kind.BOOLEAN:
        return {"true": Words(zh="是", en="yes"), "false": Words(zh="否", en="no")}
    return {
        code: Words(zh=told.zh, en=told.en) for code, told in zip(kind.codes, kind.code_words, strict=True)
    }
