"""Numbers, dates and codes as people read them, in the language of the page."""

import re
import unicodedata
from datetime import datetime

from libs.chassis.clock import SHANGHAI
from libs.criteria.violation import Violation
from libs.criteria.vocabulary import FACTS
from libs.criteria.wording import value_words
from libs.finance.money import PPM, half_up, percent_text, yuan_text
from libs.registry import industries, regions

_TEN_THOUSAND = 10_000
_FEN_PER_WAN = 100 * _TEN_THOUSAND
_FEN_PER_YI = _FEN_PER_WAN * _TEN_THOUSAND
_RATE = re.compile(r"[0-9]{1,2}(\.[0-9]{1,4})?")
_AMOUNT = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?")
_WHOLE = re.compile(r"[0-9]{1,9}")


def yuan(fen: int, language: str) -> str:
    """12345600 is 「123,456元」 or CNY 123,456; fen are shown only where there are some."""
    text = yuan_text(fen).removesuffix(".00")
    return f"{text}元" if language == "zh" else f"CNY {text}"


def wan(fen: int, language: str) -> str:
    """150000000 is 「150万元」, 30000000000 「3亿元」; English readers get whole yuan."""
    if language != "zh" or abs(fen) < _FEN_PER_WAN or fen % (_FEN_PER_WAN // 100):
        return yuan(fen, language)
    if abs(fen) >= _FEN_PER_YI and fen % (_FEN_PER_YI // 100) == 0:
        return f"{_short(yuan_text(fen // (_FEN_PER_YI // 100)))}亿元"
    return f"{_short(yuan_text(fen // (_FEN_PER_WAN // 100)))}万元"


def in_wan(fen: int) -> str:
    """The number of 万元 alone and exact, as a form field holds it: 150000000 is 150."""
    return _short(f"{fen // _FEN_PER_WAN}.{fen % _FEN_PER_WAN:06}")


def wan_number(fen: int) -> str:
    """The number of 万元 in a table, to two places, half-up: 123456789000 is 123,456.79."""
    return _short(yuan_text(half_up(fen, _TEN_THOUSAND)))


def percent(ppm: int, places: int = 2) -> str:
    return percent_text(ppm, places)


def in_percent(ppm: int) -> str:
    """The number alone, as a form field holds it: 43500 is 4.35."""
    return _short(percent_text(ppm, 4).removesuffix("%"))


def share(bp: int) -> str:
    """2000 is 20%; 2050 is 20.5%."""
    return _short(yuan_text(bp)) + "%"


def kilobytes(size: int) -> str:
    return f"{max(1, -(-size // 1024)):,} KB"


def instant(text: str) -> str:
    """An instant as a Chinese clock shows it, to the minute."""
    return datetime.fromisoformat(text).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M") if text else ""


def region_name(code: str) -> str:
    """The name of a region or of the region that a prefix stands for; the code itself where there is none."""
    full = code.ljust(6, "0")
    return regions.region(full).name if regions.is_region(full) else code


def industry_name(code: str) -> str:
    return industries.industry(code).name if industries.is_industry(code) else code


def fact_label(fact: str, language: str) -> str:
    kind = FACTS.get(fact)
    return fact if kind is None else getattr(kind.label, language)


def fact_value(fact: str, value: str, language: str) -> str:
    """A fact's value with its unit; as it stands where the vocabulary does not know it."""
    try:
        return getattr(value_words(fact, value), language)
    except Violation:
        return value


def fen_of_wan(text: str, field: str) -> int:
    """Fen of an amount that a form gives in 万元, exactly; Violation when it is no such number."""
    plain = _digits(text)
    if not _AMOUNT.fullmatch(plain):
        raise Violation(
            field, f"{text!r} is not an amount in units of CNY 10,000.", 'Write digits, like "150".'
        )
    whole_part, _, places = plain.partition(".")
    return int(whole_part) * _FEN_PER_WAN + int(places.ljust(6, "0"))


def ppm_of_percent(text: str, field: str) -> int:
    """Millionths of a rate that a form gives in percent, exactly; Violation when it is not such a number."""
    plain = _digits(text)
    if not _RATE.fullmatch(plain):
        raise Violation(field, f"{text!r} is not a rate in percent.", 'Write digits, like "4.35".')
    whole_part, _, places = plain.partition(".")
    return int(whole_part) * (PPM // 100) + int(places.ljust(4, "0"))


def whole(text: str, field: str) -> int:
    """A whole number from a form; Violation when it is none."""
    plain = _digits(text)
    if not _WHOLE.fullmatch(plain):
        raise Violation(field, f"{text!r} is not a whole number.", 'Write digits, like "12".')
    return int(plain)


def _digits(text: str) -> str:
    """A number as it was meant: Chinese keyboards also write １２ and thousands are set apart."""
    return unicodedata.normalize("NFKC", text).strip().replace(",", "")


def _short(decimal: str) -> str:
    """A decimal with places, without the zeros at its end."""
    return decimal.rstrip("0").rstrip(".")
