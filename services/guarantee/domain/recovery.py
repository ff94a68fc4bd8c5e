"""Recoveries: what comes back goes first to its costs, then to those who bore the loss."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation


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
