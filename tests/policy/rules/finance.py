"""The rules of libs/finance, by names that a reviewer of cases reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from libs.finance.cost import CostSheet, Subsidy, cost_sheet
from libs.finance.daycount import add_years, days_between, interest_for_days
from libs.finance.fees import Fee, FeeBasis, FeePayee, FeeTiming
from libs.finance.irr import xirr_ppm
from libs.finance.money import nearest_multiple
from libs.finance.rates import linked_rate_ppm
from libs.finance.schedule import RepaymentMethod, schedule
from libs.finance.split import (
    Share,
    annual_fee,
    capped,
    capped_layer,
    claim_cap,
    claim_reserve_due,
    net_recovery,
    recover,
    split,
    unearned_fee_reserve,
)
from libs.finance.tiers import (
    CapDefinition,
    FeeBand,
    FeeBase,
    FeeTerm,
    cap_money,
    claim_ratio_ppm,
    reguarantee_fee,
)


def plan(principal_fen: int, rate_ppm: int, months: int, method: str) -> dict[str, object]:
    found = schedule(principal_fen, rate_ppm, months, RepaymentMethod(method))
    return {
        "payments_fen": [instalment.payment_fen for instalment in found],
        "first": found[0],
        "last": found[-1],
        "interest_fen": sum(instalment.interest_fen for instalment in found),
    }


def cost(
    principal_fen: int,
    rate_ppm: int,
    months: int,
    method: str,
    fees: Sequence[dict[str, Any]] = (),
    subsidies: Sequence[dict[str, Any]] = (),
) -> CostSheet:
    return cost_sheet(
        principal_fen,
        rate_ppm,
        months,
        RepaymentMethod(method),
        [_fee(**fee) for fee in fees],
        [Subsidy(**subsidy) for subsidy in subsidies],
    )


def lump_sum(principal_fen: int, rate_ppm: int, start: str, end: str) -> dict[str, int]:
    first, last = date.fromisoformat(start), date.fromisoformat(end)
    days = days_between(first, last)
    interest_fen = interest_for_days(principal_fen, rate_ppm, days)
    flows = [(first, principal_fen), (last, -principal_fen - interest_fen)]
    return {"days": days, "interest_fen": interest_fen, "effective_ppm": xirr_ppm(flows)}


def shared(amount_fen: int, shares: dict[str, int]) -> dict[str, int]:
    return split(amount_fen, _shares(shares))


def shared_under_cap(amount_fen: int, shares: dict[str, int], paid_fen: int, cap_fen: int) -> dict[str, int]:
    return capped(amount_fen, _shares(shares), paid_fen, cap_fen)


def shared_under_layer_cap(
    amount_fen: int, shares: dict[str, int], layer: list[str], room_fen: int, to: str
) -> dict[str, int]:
    return capped_layer(split(amount_fen, _shares(shares)), layer, room_fen, to)


def recovered(
    borne: dict[str, int], gross_fen: int, ties: list[str], costs_fen: int = 0, carried_fen: int = 0
) -> dict[str, object]:
    net_fen, carry_fen = net_recovery(gross_fen, costs_fen + carried_fen)
    found = recover(net_fen, borne, ties)
    return {
        "net_fen": net_fen,
        "carried_fen": carry_fen,
        "parts": found.parts,
        "surplus_fen": found.surplus_fen,
    }


def cap(released: list[list[int]], cap_bp: int, share_bp: int) -> int:
    return claim_cap(_pairs(released), cap_bp, share_bp)


def cap_by_definition(
    released: list[list[int]], cap_bp: int, shares: dict[str, int], balance_fen: int = 0
) -> dict[str, int]:
    """The money of every definition on the same releases."""
    pairs = _pairs(released)
    return {one: cap_money(one, pairs, cap_bp, _shares(shares), balance_fen) for one in CapDefinition}


def ratio_by_definition(
    paid_fen: int, released: list[list[int]], shares: dict[str, int], balance_fen: int = 0
) -> dict[str, int | None]:
    """The ratio of every definition on the same payments and releases, in millionths."""
    pairs = _pairs(released)
    return {one: claim_ratio_ppm(one, paid_fen, pairs, _shares(shares), balance_fen) for one in CapDefinition}


def layered_fee(base: str, bands: Sequence[dict[str, int]], amount_fen: int, share_bp: int, days: int) -> int:
    term = FeeTerm(payee="national", base=FeeBase(base), bands=tuple(FeeBand(**band) for band in bands))
    return reguarantee_fee(term, amount_fen, share_bp, days)


def _pairs(released: list[list[int]]) -> list[tuple[int, int]]:
    return [(principal_fen, days) for principal_fen, days in released]


def fee_by_days(amount_fen: int, rate_ppm: int, days: int, share_bp: int = 10_000) -> int:
    return annual_fee(amount_fen, rate_ppm, days, share_bp=share_bp)


def period_end(start: str, years: int) -> date:
    return add_years(date.fromisoformat(start), years)


def _fee(name: str, payee: str, basis: str, timing: str = "UPFRONT", **amounts: int) -> Fee:
    return Fee(name=name, payee=FeePayee(payee), basis=FeeBasis(basis), timing=FeeTiming(timing), **amounts)


def _shares(shares: dict[str, int]) -> list[Share]:
    return [Share(party, bp) for party, bp in shares.items()]


RULES: dict[str, Callable[..., object]] = {
    "finance.plan": plan,
    "finance.cost": cost,
    "finance.lump_sum": lump_sum,
    "finance.linked_rate": linked_rate_ppm,
    "finance.split": shared,
    "finance.split_under_cap": shared_under_cap,
    "finance.recovery": recovered,
    "finance.split_under_layer_cap": shared_under_layer_cap,
    "finance.claim_cap": cap,
    "finance.cap_by_definition": cap_by_definition,
    "finance.ratio_by_definition": ratio_by_definition,
    "finance.reguarantee_fee": layered_fee,
    "finance.fee_by_days": fee_by_days,
    "finance.unearned_fee_reserve": unearned_fee_reserve,
    "finance.claim_reserve_due": claim_reserve_due,
    "finance.period_end": period_end,
    "finance.published_count": nearest_multiple,
}
