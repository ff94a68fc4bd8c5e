"""The rules of libs/registry, by names that a reviewer of cases reads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from libs.finance.money import fen_of_yuan
from libs.registry import workdays
from libs.registry.lpr import LprRate, LprTenor, lpr_on
from libs.registry.regions import Region, county_of
from libs.registry.size import Size, size_of
from libs.registry.uscc import parse


def code(text: str) -> dict[str, object]:
    found = parse(text)
    return {
        "code": found.code,
        "owner_kind": found.owner_kind,
        "organisation_agrees": found.organisation_code_agrees,
    }


def prime_rate(tenor: str, on: str) -> LprRate:
    return lpr_on(LprTenor(tenor), date.fromisoformat(on))


def size(
    industry: str,
    employees: int | None = None,
    revenue_10k_yuan: str | None = None,
    assets_10k_yuan: str | None = None,
) -> Size | None:
    return size_of(industry, employees, _fen(revenue_10k_yuan), _fen(assets_10k_yuan))


def county(code: str) -> Region:
    return county_of(code)


def workday(after: str, count: int) -> dict[str, object]:
    start = date.fromisoformat(after)
    day = workdays.after(start, count)
    return {"day": day, "known": workdays.is_known(start, day)}


def _fen(ten_thousands: str | None) -> int | None:
    return None if ten_thousands is None else fen_of_yuan(ten_thousands) * 10_000


RULES: dict[str, Callable[..., object]] = {
    "registry.uscc": code,
    "registry.lpr": prime_rate,
    "registry.size": size,
    "registry.county": county,
    "registry.workday": workday,
}
