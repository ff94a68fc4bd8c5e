"""The rules of guarantee, on the programmes of policies/guarantee, by names that a reviewer of cases reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

from libs.chassis import codec
from libs.finance.split import Share
from libs.policy import load
from libs.registry.dimensions import Dimensions, OwnerKind
from libs.registry.loan_terms import ProductKind
from libs.registry.size import Size
from services.guarantee.domain import measures
from services.guarantee.domain.admission import AdmissionDecision, decided
from services.guarantee.domain.effects import Portfolio
from services.guarantee.domain.exposure import Exposure, Usage, stranger, weigh
from services.guarantee.domain.guarantor import Guarantor
from services.guarantee.domain.headroom import headroom
from services.guarantee.domain.limits import (
    Chain,
    Hold,
    Rule,
    concentration_key,
    hold_after,
    leverage_key,
    needs,
)
from services.guarantee.domain.programme import Programme, Rulebook
from services.guarantee.domain.proposal import Proposal
from services.guarantee.domain.quote import Position, structure, without_room
from services.guarantee.domain.red_lines import WeightKind
from services.guarantee.domain.terms import BorrowerScope
from services.guarantee.operations.rulebook import read

TIERS = ("national", "provincial", "government", "pool")
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
    product_kind: str | None = None,
    guarantor: dict[str, Any] | None = None,
    held: dict[str, int] | None = None,
    returned: dict[str, int] | None = None,
    exposure: dict[str, Any] | None = None,
    groups: Sequence[str] = (),
    admission: dict[str, Any] | None = None,
    tiers: Sequence[str] = TIERS,
    figures: dict[str, Any] | None = None,
) -> dict[str, object]:
    """One structure; `figures` are hypothetical ones in place of the programme's.

    `held` and `returned`: what limits hold by key, and what of it comes from returns; `exposure`: what the guarantor
    stands for of the borrower already.
    """
    chain = replace(_chain(programme, on, guarantor or {}, figures or {}, admission), tiers=tuple(tiers))
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
        product_kind=None if product_kind is None else ProductKind(product_kind),
    )
    found = structure(chain, wanted, _position(chain, firm, held, returned, exposure, groups))
    return {
        "shares": {share.party: share.amount_fen for share in found.shares},
        "fee_fen": found.fee_fen,
        "reguarantee_fees": {fee.payee: fee.amount_fen for fee in found.reguarantee_fees},
        "needed": {room.limit: room.needed_fen for room in found.rooms},
        "effects": {
            effect.ratio.value: [effect.before_ppm, effect.after_ppm, effect.limit_ppm]
            for effect in found.effects
        },
        "breaches": [breach.rule for breach in found.breaches],
        "in_words": list(found.breaches),
    }


def _position(
    chain: Chain,
    firm: Dimensions,
    held: dict[str, int] | None,
    returned: dict[str, int] | None,
    exposure: dict[str, Any] | None,
    groups: Sequence[str],
) -> Position:
    """What stands; what counts of the borrower's own exposure stands in the limits that count it."""
    new = stranger(chain.guarantor.id, PARTY, firm)
    known = replace(new.exposure, **(exposure or {}))
    weighs = weigh(known, chain.lines)
    keys = (leverage_key(chain.guarantor.id), concentration_key(chain.guarantor.id, PARTY))
    used = {key: weighs for key in keys if weighs.held_fen}
    used |= {key: Usage(fen, (returned or {}).get(key, 0)) for key, fen in (held or {}).items()}
    borrower = replace(new, exposure=known, groups=tuple(groups))
    return Position(borrower=borrower, used=used, portfolio=Portfolio())


def reservations(
    programme: str,
    amounts_fen: Sequence[int],
    figures: dict[str, Any],
    guarantor: dict[str, Any] | None = None,
) -> dict[str, object]:
    """Loans of as many firms, one after the other: which are taken, and what each limit holds at the end."""
    chain = _chain(programme, DAY, guarantor or {}, figures)
    firm = Dimensions(county=COUNTY, size=Size.SMALL, owner_kind=OwnerKind.ENTERPRISE, firm_key="k")
    used: dict[str, Usage] = {}
    taken: list[bool] = []
    for number, amount_fen in enumerate(amounts_fen, 1):
        needed = needs(chain, stranger(chain.guarantor.id, f"uscc:{number}", firm), amount_fen)
        taken.append(not without_room(needed, used))
        if taken[-1]:
            used |= {
                need.limit.key: Usage(used.get(need.limit.key, Usage()).held_fen + need.amount_fen)
                for need in needed
            }
    return {"taken": taken, "held": {key: usage.held_fen for key, usage in used.items()}}


def room(programme: str, guarantor: dict[str, Any], held: dict[str, int], on: str = DAY) -> dict[str, int]:
    """What a guarantor can still take in a programme, and of one borrower."""
    chain = _chain(programme, on, guarantor, {})
    used = {key: Usage(fen) for key, fen in held.items()}
    found = headroom(chain.guarantor, chain.lines, [chain], used)
    return {"room_fen": found.programmes[0].room_fen, "borrower_limit_fen": found.borrower_limit_fen}


def held_after(programme: str, rule: str, held_fen: int, outstanding_fen: int, annual: bool = False) -> int:
    """What a guarantee still holds of a limit when so much is left of its loan."""
    chain = _chain(programme, DAY, {}, {})
    hold = Hold(key="k", rule=Rule(rule), amount_fen=held_fen)
    shares = chain.programme.shares
    return hold_after(hold, outstanding_fen, shares, chain.lines, annual=annual).amount_fen


def counts(kind: str, platform_fen: int, returned_fen: int = 0) -> dict[str, int]:
    """What counts of a borrower's balance with one guarantor, and what of that comes from returns."""
    lines = _rulebook().red_lines_on(date.fromisoformat(DAY))
    known = Exposure(
        guarantor="helan",
        party=PARTY,
        kind=WeightKind(kind),
        platform_fen=platform_fen,
        returned_fen=returned_fen,
    )
    return weigh(known, lines)._asdict()


def level(measure: str, value: int, whole: int) -> str:
    """How a ratio stands before its red line: a part of counted net assets, or of the book."""
    lines = _rulebook().red_lines_on(date.fromisoformat(DAY))
    guarantor = _guarantor({"net_assets_fen": whole})
    usage = Usage(value)
    found = {
        "LEVERAGE": lambda: measures.leverage(guarantor, lines, usage),
        "CONCENTRATION": lambda: measures.concentration(guarantor, lines, usage, of_group=False),
        "GROUP": lambda: measures.concentration(guarantor, lines, usage, of_group=True),
        "SMALL_SHARE": lambda: measures.composition(lines, Portfolio(small_fen=value, total_fen=whole))[0],
    }
    return found[measure]().level.value


def _chain(
    id: str,
    on: str,
    guarantor: dict[str, Any],
    figures: dict[str, Any],
    admission: dict[str, Any] | None = None,
) -> Chain:
    day = date.fromisoformat(on)
    hypothetical = dict(figures)
    if "shares" in figures:
        hypothetical["shares"] = tuple(Share(**share) for share in figures["shares"])
    if "borrower_scope" in figures:
        hypothetical["borrower_scope"] = BorrowerScope(figures["borrower_scope"])
    if "product_kinds" in figures:
        hypothetical["product_kinds"] = tuple(ProductKind(kind) for kind in figures["product_kinds"])
    admitted = {"credit_line_fen": 10**15} | (admission or {})
    return Chain(
        programme=replace(programme(id, on), **hypothetical),
        guarantor=_guarantor(guarantor),
        lines=_rulebook().red_lines_on(day),
        day=day,
        admission=decided("helan", codec.load(AdmissionDecision, admitted), "acc", day),
        tiers=TIERS,
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
    "guarantee.counts": counts,
    "guarantee.level": level,
}
