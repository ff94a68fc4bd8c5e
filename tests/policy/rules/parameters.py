"""Look-ups in the policies of the house."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import cache

from libs.policy import PolicySet, load
from libs.registry.lpr import LprTenor, lpr_on


@cache
def _policies() -> PolicySet:
    return load()


def value(id: str, on: str) -> dict[str, object]:
    entry = _policies().entry_on(id, date.fromisoformat(on))
    return {"value": entry.value, "paragraph": entry.source.paragraph}


def benefits_per_person(ids: list[str], on: str) -> int:
    records = [_policies().record_on(id, date.fromisoformat(on)) for id in ids]
    return sum(int(str(record["amount_fen"])) * int(str(record.get("times", 1))) for record in records)


def private_lending_cap(on: str) -> int:
    day = date.fromisoformat(on)
    return _policies().integer_on("finance.private_lending_cap", day) * lpr_on(LprTenor.LPR_1Y, day).rate_ppm


RULES: dict[str, Callable[..., object]] = {
    "policy.value": value,
    "policy.benefits_per_person": benefits_per_person,
    "policy.private_lending_cap": private_lending_cap,
}
