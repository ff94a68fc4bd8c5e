"""The rules of pledges, on the numbers of policies/lending, by names that a reviewer of cases reads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import cache
from typing import Any

from libs import policy
from libs.chassis import codec
from libs.finance.daycount import add_months
from services.lending.domain import pledge_rules
from services.lending.domain.pledge import IpTerms, NewPledge, RightKind, lendable, right_key

DAY = "2025-06-03"
_SOUND: dict[str, Any] = {
    "application_id": "app_1",
    "kind": "INVENTION",
    "number": "ZL201510102030.4",
    "owner": "uscc:91640100MA76GQ0X1R",
    "valuation": {
        "amount_fen": 600_000_000,
        "valued_on": "2025-05-20",
        "method": "INCOME",
        "valuer": "某评估公司",
    },
}


@cache
def _policies() -> policy.PolicySet:
    return policy.load()


def lends(value_fen: int, cap_bp: int) -> int:
    """What is lent on a right of this value."""
    return lendable(value_fen, cap_bp)


def life(kind: str, runs_from: str, renewed_until: str | None = None) -> date:
    """The last day of a right."""
    ip = codec.load(IpTerms, {"runs_from": runs_from, "renewed_until": renewed_until})
    years = _policies().integer_on(f"lending.ip_term.{kind.lower()}", ip.runs_from)
    return pledge_rules.life_ends(RightKind(kind), ip, years)


def outlives(kind: str, runs_from: str, lent_on: str, months: int, margin_months: int = 0) -> bool:
    """Whether a right outlives a loan of so many months, by the margin of the product."""
    matures_on = add_months(date.fromisoformat(lent_on), months)
    return pledge_rules.outlived(life(kind, runs_from), matures_on, margin_months)


def refusals(months: int, on: str = DAY, margin_months: int = 0, **changes: Any) -> list[dict[str, Any]]:
    """All that stands against a pledge for a loan of so many months from a day, with the sources."""
    new = codec.load(NewPledge, _SOUND | changes)
    today = date.fromisoformat(on)
    ends_on = None if new.ip is None else life(new.kind, new.ip.runs_from.isoformat())
    found = pledge_rules.refusals(new, ends_on, add_months(today, months), margin_months, today)
    return [{"field": one.field, "source": one.source} for one in found]


def same_right(kind: str, number: str, other_kind: str, other_number: str) -> bool:
    """Whether two spellings name one right of the same owner."""
    one, other = (
        right_key(RightKind(of), written, "uscc:a")
        for of, written in ((kind, number), (other_kind, other_number))
    )
    return one == other


RULES: dict[str, Callable[..., object]] = {
    "pledges.lends": lends,
    "pledges.life": life,
    "pledges.outlives": outlives,
    "pledges.refusals": refusals,
    "pledges.same_right": same_right,
}
