"""Numbers as people write them, with their unit: 300万元, 3.85 %, 85bp, 12个月. What is not clear is refused.

A number without a unit is in the unit that its field is kept in, and whole: fen, millionths, basis points, months.
Full-width digits and signs count as the ordinary ones; thousands are separated in threes or not at all.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from services.lending.domain.intake.mistakes import Rule, wrong

_NUMBER = re.compile(
    r"(?P<currency>¥|RMB|CNY)?\s*(?P<number>[+-]?(?:\d{1,3}(?:,\d{3})+|\d{1,24})(?:\.\d{1,24})?)\s*(?P<unit>\D*)",
    re.IGNORECASE,
)
LEAST_PPM = 100  # nobody means 0.004 % a year; 4 without a unit is 4 %, or a slip


@dataclass(frozen=True, slots=True)
class Measure:
    """What a field counts: the unit that it is kept in, and by what each unit is to be multiplied."""

    kept: str
    units: Mapping[str, Decimal]
    examples: str


def _units(*groups: tuple[int, str]) -> Mapping[str, Decimal]:
    """`(100, "元 yuan")` reads: both are 100 of the kept unit."""
    return {unit: Decimal(times) for times, units in groups for unit in units.split()}


_WAN = 10**6  # fen in 1 万元
FEN = Measure(
    "fen",
    _units(
        (1, "fen 分"),
        (100, "元 圆 yuan cny rmb 元人民币"),
        (_WAN // 10, "千元"),
        (_WAN, "万 万元 万元人民币"),
        (_WAN * 100, "百万 百万元"),
        (_WAN * 1_000, "千万 千万元"),
        (_WAN * 10_000, "亿 亿元 亿元人民币"),
    ),
    "300万元, 3,000,000元 or 300000000 (fen)",
)
PPM = Measure(
    "ppm",
    _units((1, "ppm"), (100, "bp bps 个基点 基点"), (1_000, "‰"), (10_000, "% percent")),
    "3.85%, 85bp or 38500ppm",
)
BP = Measure("bp", _units((1, "bp bps 个基点 基点"), (100, "% percent")), "30% or 3000bp")
MONTHS = Measure(
    "months", _units((1, "m month months 个月 月"), (12, "y year years 年")), "12, 12个月 or 1年"
)
DAYS = Measure("days", _units((1, "day days 天 日 个工作日 工作日 workingday workingdays")), "5 or 5个工作日")
COUNT = Measure("", {}, "plain digits")

_BY_ENDING = {"fen": FEN, "ppm": PPM, "bp": BP, "months": MONTHS, "days": DAYS}


def measure_of(field: str) -> Measure:
    """What a field counts, which the end of its name says."""
    return _BY_ENDING.get(field.rpartition("_")[2], COUNT)


def whole(text: str, measure: Measure) -> int:
    """The number in the unit that is kept; Wrong where it is none, has no clear unit, or is not whole."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if plain.isascii() and plain.lstrip("+-").isdecimal() and len(plain) <= 24:
        return _bare(Decimal(plain), text, measure)
    found = _NUMBER.fullmatch(plain)
    if found is None:
        raise wrong(Rule.UNREADABLE, f"'{text:.60}' is no number.", f"Write {measure.examples}.")
    number = Decimal(found["number"].replace(",", ""))
    unit = "".join(found["unit"].split()).lower() or ("元" if found["currency"] else "")
    if not unit:
        return _bare(number, text, measure)
    if unit not in measure.units or (found["currency"] and measure is not FEN):
        raise wrong(
            Rule.UNREADABLE, f"'{text:.60}' has a unit that does not fit here.", f"Write {measure.examples}."
        )
    return _exact(number * measure.units[unit], text, measure)


def _bare(number: Decimal, text: str, measure: Measure) -> int:
    fraction = number != number.to_integral_value()
    if fraction or (measure is PPM and 0 < abs(number) < LEAST_PPM):
        raise wrong(Rule.AMBIGUOUS, f"'{text:.60}' does not say its unit.", f"Write {measure.examples}.")
    return int(number)


def _exact(number: Decimal, text: str, measure: Measure) -> int:
    if number != number.to_integral_value():
        what = f"'{text:.60}' is no whole number of {measure.kept}."
        raise wrong(Rule.NOT_EXACT, what, f"Round it yourself, to whole {measure.kept}.")
    return int(number)
