"""Policy benefits that a product brings, as the policy states them; what it leaves open is never guessed."""

from collections.abc import Mapping
from dataclasses import dataclass

from libs.finance.cost import Subsidy

_LOWERS_COST = ("INTEREST_SUBSIDY", "FEE_SUBSIDY")


@dataclass(frozen=True, slots=True, kw_only=True)
class Benefit:
    """A record of policies/benefits. `gap` names what only the implementing rules say."""

    id: str
    name: str
    kind: str
    amount_fen: int = 0
    rate_ppm: int = 0
    gap: str = ""
    source: str


def benefit_of(benefit_id: str, record: Mapping[str, object], source: str) -> Benefit:
    return Benefit(
        id=benefit_id,
        name=str(record["name"]),
        kind=str(record["kind"]),
        amount_fen=_whole(record.get("amount_fen")),
        rate_ppm=_whole(record.get("rate_ppm")),
        gap=str(record.get("gap", "")),
        source=source,
    )


def subsidy(benefit: Benefit) -> Subsidy | None:
    """Money towards the cost of this loan, only where the policy states the number and leaves nothing of it open."""
    if benefit.kind not in _LOWERS_COST or benefit.gap or not (benefit.amount_fen or benefit.rate_ppm):
        return None
    amount = 0 if benefit.rate_ppm else benefit.amount_fen
    return Subsidy(name=benefit.name, payer=benefit.source, rate_ppm=benefit.rate_ppm, amount_fen=amount)


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0
