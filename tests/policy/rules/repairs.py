"""Credit repair, disputes and the classes of supervision, by names that a reviewer of cases reads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from libs import policy
from libs.chassis import codec
from services.credit.domain import dispute, repair, risk_class
from services.credit.domain.records import RecordKind, Severity
from services.credit.domain.repair import NewRepair, RepairRule
from services.credit.domain.risk_class import ClassRule, RiskClass
from services.credit.operations.stops import rule_on

ON = date(2026, 11, 22)


def repair_days(
    kind: str, severity: str, made_on: str, applied_on: str, special: bool = False
) -> dict[str, date | None] | None:
    """From which day an item may be repaired, and on which it stops, by the rule of a day; None: by no rule."""
    rule = _rule(kind, applied_on)
    if rule is None:
        return None
    made, grave = date.fromisoformat(made_on), Severity(severity)
    return {
        "earliest": repair.earliest_day(rule, grave, made, special),
        "stops": repair.stop_day(rule, grave, made, special),
    }


def apply_for_repair(
    kind: str, severity: str, made_on: str, corrected_on: str, applied_on: str
) -> dict[str, date]:
    rule = _rule(kind, applied_on)
    assert rule is not None
    new = NewRepair(
        record_id="rec_1",
        evidence=("doc_1",),
        commitment_hash="0" * 64,
        corrected_on=date.fromisoformat(corrected_on),
    )
    today = date.fromisoformat(applied_on)
    repair.check_application(rule, new, Severity(severity), date.fromisoformat(made_on), today)
    return {"decide_by": repair.decide_by(rule, today, new.corrected_on)}


def dispute_days(opened_on: str) -> date:
    day = date.fromisoformat(opened_on)
    return dispute.decide_by(day, policy.load().integer_on("credit.dispute_days", day))


def class_of(facts: dict[str, int]) -> RiskClass:
    rule = codec.load(ClassRule, policy.load().record_on("credit.class_rule", ON))
    return risk_class.class_by(rule, facts)


def draw_sizes(firms: dict[str, int]) -> dict[str, int]:
    shares = codec.load(dict[RiskClass, int], policy.load().record_on("credit.inspection_shares", ON))
    return {name: risk_class.sample_size(count, shares[RiskClass(name)]) for name, count in firms.items()}


def class_counts(firms: dict[str, int]) -> dict[str, int | None]:
    least = policy.load().integer_on("oversight.min_firms", ON)
    cells = {("640106", RiskClass(name)): count for name, count in firms.items()}
    return {count.risk_class: count.firms for count in risk_class.counted(cells, ["640106"], least)}


def _rule(kind: str, day: str) -> RepairRule | None:
    return rule_on(policy.load(), RecordKind(kind), date.fromisoformat(day))


RULES: dict[str, Callable[..., object]] = {
    "credit.repair_days": repair_days,
    "credit.apply_for_repair": apply_for_repair,
    "credit.dispute_days": dispute_days,
    "credit.risk_class": class_of,
    "credit.draw_sizes": draw_sizes,
    "credit.class_counts": class_counts,
}
