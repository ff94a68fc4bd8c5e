"""The rules of party files in services/credit, by names that a reviewer of cases reads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from libs.finance.money import fen_of_yuan
from libs.registry.dimensions import OwnerKind
from services.credit.domain import series
from services.credit.domain.counts import counted_from_records
from services.credit.domain.facts import Fact, judged, told
from services.credit.domain.party import Registration
from services.credit.domain.records import Record, RecordKind, RecordState
from services.credit.domain.series import Figure, SeriesKind
from services.credit.domain.sources import Source

_SAID_AT = datetime(2026, 11, 1, tzinfo=UTC)
_STATEMENTS = {"employees": "employees", "revenue_10k_yuan": "revenue_year_fen"}
_STATEMENTS |= {"assets_10k_yuan": "assets_total_fen"}


def why(fact: str, records: list[dict[str, str]], as_of: str) -> dict[str, object]:
    """Which of several sayings of one fact counts, and in one word why."""
    said = [
        _fact(fact, record["value"], record["observed_on"], Source(record["source"]), place)
        for place, record in enumerate(records)
    ]
    found = told(fact, said, date.fromisoformat(as_of))
    return {"counts": found.sayings[0].value, "because": found.because}


def size_on(
    industry: str,
    as_of: str = "2026-11-22",
    established_on: str = "2020-01-01",
    observed_on: str = "2025-12-31",
    kind: str = "ENTERPRISE",
    **statements: Any,
) -> dict[str, object]:
    """The size of a firm by its statements, or why it cannot be judged. Money in ten thousand yuan."""
    registration = Registration(
        kind=OwnerKind(kind),
        name="甲",
        county="640106",
        industry=industry,
        established_on=date.fromisoformat(established_on),
    )
    held = {
        fact: _fact(fact, _value(name, statements[name]), observed_on)
        for name, fact in _STATEMENTS.items()
        if name in statements
    }
    found = judged(registration, held, date.fromisoformat(as_of))
    basis = found.basis
    return {
        "size": found.size,
        "gap": basis.gap,
        "missing": list(basis.missing),
        "year": basis.year,
        "provisional": basis.provisional,
    }


def counted_records(records: list[dict[str, Any]], as_of: str) -> dict[str, int | bool]:
    """What dated records come to on a day."""
    held = [_record(place, record) for place, record in enumerate(records)]
    return {one.fact: one.value for one in counted_from_records(held, {}, date.fromisoformat(as_of))}


def counted_months(kind: str, last: str, values: list[int], as_of: str) -> dict[str, int | bool]:
    """What a series of months, of which `last` is the newest, comes to on a day."""
    end = series.month_number(last)
    months = range(end - len(values) + 1, end + 1)
    said = [
        Figure(
            series=SeriesKind(kind),
            month=series.month_name(month),
            value=value,
            source=Source.TAX,
            recorded_at=_SAID_AT,
        )
        for month, value in zip(months, values, strict=True)
    ]
    found = series.counted_from_series(series.lines(said, date.fromisoformat(as_of)))
    return {one.fact: one.value for one in found}


def _record(place: int, record: dict[str, Any]) -> Record:
    ended = record.get("ended_on")
    return Record(
        id=f"rec_{place}",
        party="uscc:91640100MA7ADEM08K",
        kind=RecordKind(record["kind"]),
        reference=str(place),
        dated_on=date.fromisoformat(record["dated_on"]),
        ended_on=date.fromisoformat(ended) if ended else None,
        source=Source.COURT,
        observed_on=date.fromisoformat(record["dated_on"]),
        recorded_at=_SAID_AT,
        state=RecordState.IN_USE,
    )


def _fact(
    fact: str, value: str, observed_on: str, source: Source = Source.SELF_DECLARED, place: int = 0
) -> Fact:
    return Fact(
        fact=fact,
        value=value,
        source=source,
        observed_on=date.fromisoformat(observed_on),
        recorded_at=_SAID_AT.replace(minute=place),
    )


def _value(name: str, told: Any) -> str:
    return str(told) if name == "employees" else str(fen_of_yuan(str(told)) * 10_000)


RULES: dict[str, Callable[..., object]] = {
    "credit.why": why,
    "credit.size": size_on,
    "credit.counted_records": counted_records,
    "credit.counted_months": counted_months,
}
