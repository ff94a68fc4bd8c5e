"""What coordination reads in matching's answer: the plan that a firm chooses, and why there is none."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.finance.schedule import RepaymentMethod


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan(Shape):
    """What an application needs to know of a plan."""

    number: int
    product_id: str
    product_version: int
    product_name: str
    bank: str
    amount_fen: int
    term_months: int
    repayment_method: RepaymentMethod
    programme: str | None = None
    guarantor: str | None = None
    ip_rights: tuple[str, ...] = ()


def plan_of(match: Mapping[str, Any] | None, number: int) -> Plan:
    """The plan with this number. Violation naming those that there are."""
    plans: dict[int, Mapping[str, Any]] = {plan["number"]: plan for plan in (match or {}).get("plans", ())}
    if number not in plans:
        numbers = ", ".join(map(str, plans)) or "none"
        raise Violation("plan", f"The request has no plan {number}.", f"Choose one of its plans: {numbers}.")
    return _plan(plans[number])


def _plan(plan: Mapping[str, Any]) -> Plan:
    guarantee: Mapping[str, Any] = plan.get("guarantee") or {}
    pledge: Mapping[str, Any] = plan.get("pledge") or {}
    return Plan(
        number=plan["number"],
        product_id=plan["product_id"],
        product_version=plan["product_version"],
        product_name=plan["product_name"],
        bank=plan["bank"],
        amount_fen=plan["amount_fen"],
        term_months=plan["term_months"],
        repayment_method=RepaymentMethod(plan["repayment_method"]),
        programme=guarantee.get("programme"),
        guarantor=guarantee.get("guarantor"),
        ip_rights=tuple(pledge.get("rights", ())),
    )


def reasons_for_none(match: Mapping[str, Any]) -> tuple[str, ...]:
    """The codes of all reasons for which no family of plans fits, each once, in the order given."""
    codes = (reason["code"] for family in match.get("families", ()) for reason in family.get("why_none", ()))
    return tuple(dict.fromkeys(codes))
