"""Numbers, dates and codes as people read them, in the language of the page."""

import re
from datetime import datetime

from libs.chassis.clock import SHANGHAI
from libs.criteria.violation import Violation
from libs.criteria.vocabulary import FACTS
from libs.criteria.wording import value_words
from libs.finance.money import PPM, fen_of_yuan, half_up, percent_text, yuan_text
from libs.registry import industries, regions

_TEN_THOUSAND = 10_000
_WHOLE_RATE = re.compile(r"\d{1,2}(\.\d{1,4})?")


def yuan(fen: int, language: str) -> str:
    """12345600 is 「123,456 元」 or CNY 123,456; fen are shown only where there are some."""
    text = yuan_text(fen).removesuffix(".00")
    return f"{text} 元" if language == "zh" else f"CNY {text}"


def wan(fen: int, language: str) -> str:
    """150000000 is 「150 万元」; English readers get whole yuan."""
    if language != "zh" or abs(fen) < 100 * _TEN_THOUSAND or fen % _TEN_THOUSAND:
        return yuan(fen, language)
    return f"{in_wan(fen)} 万元"


def in_wan(fen: int) -> str:
    """The number of 万元 alone, as a form field holds it: 150000000 is 150."""
    text = yuan_text(half_up(fen, _TEN_THOUSAND)).replace(",", "")
    return text.rstrip("0").rstrip(".")


def percent(ppm: int, places: int = 2) -> str:
    return percent_text(ppm, places)


def in_percent(ppm: int) -> str:
    """The number alone, as a form field holds it: 43500 is 4.35."""
    return percent_text(ppm, 4).removesuffix("%").rstrip("0").rstrip(".")


def share(bp: int) -> str:
    """2000 is 20%; 2050 is 20.5%."""
    text = yuan_text(bp)
    return text.rstrip("0").rstrip(".") + "%"


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
    """Fen of an amount that a form gives in 万元; Violation when it is not a number, or not a whole number of fen."""
    return fen_of_yuan(text, field) * _TEN_THOUSAND


def ppm_of_percent(text: str, field: str) -> int:
    """Millionths of a rate that a form gives in percent, exactly; Violation when it is not such a number."""
    if not _WHOLE_RATE.fullmatch(text):
        raise Violation(field, f"{text!r} is not a rate in percent.", 'Write digits, like "4.35".')
    whole, _, places = text.partition(".")
    return int(whole) * (PPM // 100) + int(places.ljust(4, "0"))


def whole(text: str, field: str) -> int:
    """A whole number from a form; Violation when it is none."""
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise Violation(field, f"{text!r} is not a whole number.", 'Write digits, like "12".')
    return int(text)
