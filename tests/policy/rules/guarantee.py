"""The rules of guarantee, on the programmes of policies/guarantee, by names that a reviewer of cases reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

from libs.finance.split import Share
from libs.policy import load
from libs.registry.dimensions import Dimensions, OwnerKind
from libs.registry.size import Size
from services.guarantee.domain.guarantor import Guarantor
from services.guarantee.domain.limits import Chain, Hold, Rule, headroom, needs, when_repaid
from services.guarantee.domain.programme import Programme, Rulebook
from services.guarantee.domain.quote import Proposal, structure, without_room
from services.guarantee.operations.rulebook import read

DAY = "2026-11-22"
COUNTY = "640122"
PARTY = "uscc:a"
HUNDRED_MILLION_YUAN = 10_000_000_000


@cache
def _rulebook() -> Rulebook:
    return read(load())


def programme(id: str, on: str = DAY) -> Programme:
    return _rulebook().programme(id, date.fromisoformat(on))


def quoted(
    programme: str,
    amount_fen: int,
    months: int = 12,
    on: str = DAY,
    size: str | None = "SMALL",
    owner_kind: str = "ENTERPRISE",
    labels: Sequence[str] = (),
    county: str = COUNTY,
    bank: str = "org_bank",
    guarantor: dict[str, Any] | None = None,
    held: dict[str, int] | None = None,
    figures: dict[str, Any] | None = None,
) -> dict[str, object]:
    """One structure; `figures` are hypothetical ones in place of the programme's, `held` what limits hold by key."""
    chain = _chain(programme, on, guarantor or {}, figures or {})
    firm = Dimensions(
        county=county,
        size=None if size is None else Size(size),
        owner_kind=OwnerKind(owner_kind),
        firm_key="k",
    )
    wanted = Proposal(
        party=PARTY,
        bank=bank,
        amount_fen=amount_fen,
        term_months=months,
        dimensions=firm,
        labels=tuple(labels),
    )
    found = structure(chain, wanted, held or {})
    return {
        "shares": {share.party: share.amount_fen for share in found.shares},
        "fee_fen": found.fee_fen,
        "needed": {room.limit: room.needed_fen for room in found.rooms},
        "breaches": [breach.rule for breach in found.breaches],
        "in_words": list(found.breaches),
    }


def reservations(
    programme: str,
    amounts_fen: Sequence[int],
    figures: dict[str, Any],
    guarantor: dict[str, Any] | None = None,
) -> dict[str, object]:
    """Loans of as many firms, one after the other: which are taken, and what each limit holds at the end."""
    chain = _chain(programme, DAY, guarantor or {}, figures)
    held: dict[str, int] = {}
    taken: list[bool] = []
    for number, amount_fen in enumerate(amounts_fen, 1):
        needed = needs(chain, f"uscc:{number}", amount_fen)
        taken.append(not without_room(needed, held))
        if taken[-1]:
            held |= {need.limit.key: held.get(need.limit.key, 0) + need.amount_fen for need in needed}
    return {"taken": taken, "held": held}


def room(programme: str, guarantor: dict[str, Any], held: dict[str, int], on: str = DAY) -> dict[str, int]:
    """What a guarantor can still take in a programme, and of one borrower."""
    found = headroom(_guarantor(guarantor), _rulebook(), held, date.fromisoformat(on))
    rooms = {one.programme: one.room_fen for one in found.programmes}
    return {"room_fen": rooms[programme], "borrower_limit_fen": found.borrower_limit_fen}


def held_after(programme: str, rule: str, held_fen: int, outstanding_fen: int) -> int:
    """What a guarantee still holds of a limit when so much is left of its loan."""
    chain = _chain(programme, DAY, {}, {})
    hold = Hold(key="k", rule=Rule(rule), amount_fen=held_fen)
    return when_repaid(hold, outstanding_fen, chain.programme.shares, chain.lines).amount_fen


def _chain(id: str, on: str, guarantor: dict[str, Any], figures: dict[str, Any]) -> Chain:
    day = date.fromisoformat(on)
    hypothetical = dict(figures)
    if "shares" in figures:
        hypothetical["shares"] = tuple(Share(**share) for share in figures["shares"])
    return Chain(
        programme=replace(programme(id, on), **hypothetical),
        guarantor=_guarantor(guarantor),
        lines=_rulebook().red_lines_on(day),
        day=day,
    )


def _guarantor(figures: dict[str, Any]) -> Guarantor:
    plain = {"id": "helan", "name": "贺兰担保", "net_assets_fen": HUNDRED_MILLION_YUAN, "counties": (COUNTY,)}
    return Guarantor(**(plain | figures))


RULES: dict[str, Callable[..., object]] = {
    "guarantee.programme": programme,
    "guarantee.quote": quoted,
    "guarantee.reservations": reservations,
    "guarantee.room": room,
    "guarantee.held_after": held_after,
}
