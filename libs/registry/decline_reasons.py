"""The reasons for which a bank declines, and what a service centre can do about each (2021 opinions, paragraph 10)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache

from libs.criteria.violation import Violation
from libs.registry.tables import rows

DOCUMENT = "2021 opinions, paragraph 10"


@dataclass(frozen=True, slots=True)
class DeclineReason:
    """`next_zh`, `next_en`: the next step of the service centre. `firm_can_mend`: whether it lies with the firm."""

    code: str
    zh: str
    en: str
    firm_can_mend: bool
    next_zh: str
    next_en: str


@cache
def decline_reasons() -> dict[str, DeclineReason]:
    """All of them by their codes, in the order in which a bank reads them."""
    return {row["code"]: _reason(row) for row in rows("decline_reasons")}


def check_codes(codes: Iterable[str]) -> None:
    """Violation for the first code that is none, with those that are near."""
    known = decline_reasons()
    for place, code in enumerate(codes):
        if code not in known:
            near = get_close_matches(code.upper(), known, cutoff=0.5)
            hint = f"Near ones: {', '.join(near)}." if near else f"One of: {', '.join(known)}."
            raise Violation(f"reason_codes/{place}", "There is no such reason code.", hint, DOCUMENT)


def _reason(row: dict[str, str]) -> DeclineReason:
    words = {name: row[name] for name in ("code", "zh", "en", "next_zh", "next_en")}
    return DeclineReason(**words, firm_can_mend=row["firm_can_mend"] == "YES")
