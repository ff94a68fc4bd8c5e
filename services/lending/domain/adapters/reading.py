"""Careful ways into JSON of any shape: what is not there, or of another kind, is nothing."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, cast

from libs.finance.money import PPM

_SIGNS = re.compile(r"[\s,$£€]|AUD|GBP|USD", re.IGNORECASE)
_MOST = Decimal(10) ** 15
_UNSECURED = re.compile(r"\bunsecured\b|\bno (?:security|collateral)\b", re.IGNORECASE)
_MORTGAGE = re.compile(
    r"\b(?:residential|commercial|property|real estate|mortgage|equipment|vehicle)\b", re.IGNORECASE
)
_SECURED = re.compile(r"\b(?:secured|security|collateral|mortgage)\b", re.IGNORECASE)
_YEARS = re.compile(r"\b(?:up to|to|maximum of|over|-)\s*(\d{1,2})[\s-]*years?\b", re.IGNORECASE)
_UP_TO = re.compile(
    r"\b(?:up to|maximum of|to)\s*(?:AUD|GBP)?\s*[$£]\s*(\d[\d,]*(?:\.\d+)?)\s*(k|m|million|thousand)?\b",
    re.IGNORECASE,
)
_TIMES = {"k": 10**3, "thousand": 10**3, "m": 10**6, "million": 10**6}
_PERIOD = re.compile(r"P(?:(\d{1,3})Y)?(?:(\d{1,3})M)?")


def at(plain: Any, *names: str) -> Any:
    """What stands below these names; None where the way ends."""
    for name in names:
        if not isinstance(plain, Mapping):
            return None
        plain = cast("Mapping[str, Any]", plain).get(name)
    return plain


def listed(plain: Any) -> list[Any]:
    return cast("list[Any]", plain) if isinstance(plain, list) else []


def records(plain: Any) -> list[Mapping[str, Any]]:
    """The objects of a list; one alone counts as a list of it."""
    if isinstance(plain, Mapping):
        return [cast("Mapping[str, Any]", plain)]
    return [one for one in listed(plain) if isinstance(one, Mapping)]


def below(plain: Any, *names: str) -> Iterator[Mapping[str, Any]]:
    """All objects that the names lead to, through lists on the way."""
    if not names:
        yield from records(plain)
        return
    for one in records(plain):
        yield from below(one.get(names[0]), *names[1:])


def text(plain: Any, *names: str) -> str:
    """The text there, in one line; empty for anything else."""
    found = at(plain, *names)
    return " ".join(found.encode(errors="ignore").decode().split()) if isinstance(found, str) else ""


def number(plain: Any) -> Decimal | None:
    """An amount or rate: 20000, "20000.00", "200,000", "$20,000"."""
    if isinstance(plain, bool) or not isinstance(plain, int | float | Decimal | str):
        return None
    try:
        found = Decimal(_SIGNS.sub("", str(plain)))
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found) < _MOST else None


def rate_ppm(plain: Any, whole: int) -> int | None:
    """A rate in millionths; `whole` is what the format writes for all of it: 1 (0.075) or 100 (7.5)."""
    found = number(plain)
    return None if found is None else _rounded(found * PPM / whole)


def fen(plain: Any, fen_per_unit: Decimal) -> int | None:
    """An amount of another currency in fen, half up."""
    found = number(plain)
    return None if found is None else _rounded(found * fen_per_unit)


def _rounded(value: Decimal) -> int:
    return int((value + Decimal("0.5")).to_integral_value(rounding="ROUND_FLOOR"))


def period_months(plain: Any) -> int | None:
    """An ISO 8601 period of years and months: P1Y, P36M."""
    found = _PERIOD.fullmatch(plain) if isinstance(plain, str) else None
    months = int(found[1] or 0) * 12 + int(found[2] or 0) if found else 0
    return months or None


def securities(words: str) -> list[str]:
    """How a loan is secured, as far as its words say: for formats that have no field for it."""
    found = ["UNSECURED"] if _UNSECURED.search(words) else []
    return [*found, "MORTGAGE"] if _MORTGAGE.search(words) and _SECURED.search(words) else found


def longest_months(words: str) -> int | None:
    """`up to 7 years`: the longest that the words name."""
    return max((int(years) * 12 for years in _YEARS.findall(words) if int(years)), default=None)


def largest(words: str) -> Decimal | None:
    """`up to $500,000`, `up to £25k`: the largest that the words name."""
    told = [
        Decimal(sum_.replace(",", "")) * _TIMES.get(unit.lower(), 1) for sum_, unit in _UP_TO.findall(words)
    ]
    return max((one for one in told if 0 < one < _MOST), default=None)
