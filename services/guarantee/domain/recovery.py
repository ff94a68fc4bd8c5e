"""Recoveries: what comes back goes first to its costs, then to those who bore the loss."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.finance.split import net_recovery, recover
from services.guarantee.domain.claim import Claim, Part
from services.guarantee.domain.terms import BANK, GOVERNMENT, LOCAL, NATIONAL, POOL, PROVINCIAL, RecoveryRank

# Who gets a fen that cannot be divided, of equal claims to it (guarantee rules §4.6).
TIES = (LOCAL, BANK, PROVINCIAL, NATIONAL, GOVERNMENT, POOL)


class RecoveryStatus(StrEnum):
    BOOKED = "BOOKED"
    REVERSED = "REVERSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRecovery(Shape):
    """Money that came in on a claim, as the lead reports it, in fen. `reference`: its own number of the receipt."""

    reference: str
    gross_fen: int
    costs_fen: int = 0
    received_on: date

    def __post_init__(self) -> None:
        if not self.reference.strip():
            raise Violation("reference", "A receipt needs a number.", "Give the number of the receipt.")
        if self.gross_fen < 1:
            raise Violation("gross_fen", f"A recovery of {self.gross_fen} fen.", "Give whole fen from 1.")
        if self.costs_fen < 0:
            raise Violation("costs_fen", f"Costs of {self.costs_fen} fen.", "Give whole fen from zero.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Portion(Shape):
    """What one party receives of a recovery."""

    party: str
    organisation: str
    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery(Shape):
    """A recovery, distributed. `costs_carried_fen`: costs that wait for the next; `surplus_fen`: beyond the loss."""

    id: str
    claim_id: str
    reference: str
    gross_fen: int
    costs_fen: int
    net_fen: int
    costs_carried_fen: int
    surplus_fen: int
    parts: tuple[Portion, ...]
    received_on: date
    lead: str
    status: RecoveryStatus = RecoveryStatus.BOOKED
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryList(Shape):
    items: tuple[Recovery, ...]


def distributed(claim: Claim, new: NewRecovery, rank: RecoveryRank, recovery_id: str, lead: str) -> Recovery:
    """The recovery among those who bore the loss: costs first, also those carried from earlier ones; then by what each
    bore and has not got back, to the fen. What is beyond the loss is surplus and nobody's part."""
    net_fen, carried_fen = net_recovery(new.gross_fen, new.costs_fen + claim.costs_carried_fen)
    amounts, surplus_fen = _shared(net_fen, claim.parts, rank)
    parts = tuple(
        Portion(party=part.party, organisation=part.organisation, amount_fen=amounts[part.party])
        for part in claim.parts
    )
    return Recovery(
        id=recovery_id,
        claim_id=claim.id,
        reference=new.reference,
        gross_fen=new.gross_fen,
        costs_fen=new.costs_fen,
        net_fen=net_fen,
        costs_carried_fen=carried_fen,
        surplus_fen=surplus_fen,
        parts=parts,
        received_on=new.received_on,
        lead=lead,
    )


def recovered(claim: Claim, recovery: Recovery) -> Claim:
    """The claim after a recovery."""
    return replace(
        claim,
        parts=_received(claim.parts, {part.party: part.amount_fen for part in recovery.parts}),
        costs_carried_fen=recovery.costs_carried_fen,
        surplus_fen=claim.surplus_fen + recovery.surplus_fen,
    )


def unrecovered(claim: Claim, recovery: Recovery) -> Claim:
    """The claim as it was before its latest recovery. Costs that were carried into it are carried again."""
    return replace(
        claim,
        parts=_received(claim.parts, {part.party: -part.amount_fen for part in recovery.parts}),
        costs_carried_fen=_carried_before(recovery),
        surplus_fen=claim.surplus_fen - recovery.surplus_fen,
    )


def is_same(known: Recovery, new: NewRecovery) -> bool:
    """Whether the receipt that came again says what it said the first time."""
    mine = (known.gross_fen, known.costs_fen, known.received_on)
    return mine == (new.gross_fen, new.costs_fen, new.received_on)


def _shared(net_fen: int, parts: Sequence[Part], rank: RecoveryRank) -> tuple[dict[str, int], int]:
    remaining = {part.party: part.remains_fen for part in parts}
    none = dict.fromkeys(remaining, 0)
    if rank is RecoveryRank.PARI_PASSU:
        found = recover(net_fen, remaining, TIES)
        return found.parts, found.surplus_fen
    system = {party: left for party, left in remaining.items() if party != BANK}
    first_fen = min(net_fen, remaining[BANK]) if rank is RecoveryRank.BANK_FIRST else 0
    found = recover(net_fen - first_fen, system, TIES)
    return none | found.parts | {BANK: first_fen}, found.surplus_fen


def _received(parts: Sequence[Part], amounts: Mapping[str, int]) -> tuple[Part, ...]:
    return tuple(replace(part, received_fen=part.received_fen + amounts[part.party]) for part in parts)


def _carried_before(recovery: Recovery) -> int:
    """What was carried into a recovery: its net is gross less both costs, unless those were more."""
    return recovery.gross_fen - recovery.net_fen - recovery.costs_fen + recovery.costs_carried_fen
