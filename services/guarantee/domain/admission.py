"""Whom the re-guarantor takes on: its list of guarantors, each with a line of credit."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation


class AdmissionStatus(StrEnum):
    ADMITTED = "ADMITTED"
    SUSPENDED = "SUSPENDED"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmissionDecision(Shape):
    """What the re-guarantor decides on a guarantor: `credit_line_fen` of loan principal at a time."""

    credit_line_fen: int
    status: AdmissionStatus = AdmissionStatus.ADMITTED
    reason: str | None = None

    def __post_init__(self) -> None:
        if self.credit_line_fen < 0:
            message = f"credit_line_fen is {self.credit_line_fen}."
            raise Violation("credit_line_fen", message, "Give fen from zero.")
        if self.status is AdmissionStatus.SUSPENDED and not (self.reason or "").strip():
            raise Violation("reason", "A suspension without a reason helps nobody.", "Say why.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission(Shape):
    """The decision in force. Suspension stops the new and cancels nothing."""

    guarantor: str
    credit_line_fen: int
    status: AdmissionStatus
    reason: str | None
    decided_by: str
    decided_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmissionList(Shape):
    items: tuple[Admission, ...]


def decided(guarantor_id: str, decision: AdmissionDecision, by: str, on: date) -> Admission:
    return Admission(
        guarantor=guarantor_id,
        credit_line_fen=decision.credit_line_fen,
        status=decision.status,
        reason=decision.reason,
        decided_by=by,
        decided_on=on,
    )
