"""The compliance check of batch business: the bank has underwritten, the guarantor looks whether a line may enter."""

from dataclasses import dataclass

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from services.guarantee.domain.guarantee import GuaranteeStatus
from services.guarantee.domain.procedure import Check


@dataclass(frozen=True, slots=True, kw_only=True)
class Compliance(Shape):
    """The guarantor's word on a listed loan. `loan_id` may be left out where there is one loan."""

    passed: bool
    checks: tuple[Check, ...]
    reason: str = ""
    loan_id: str | None = None

    def __post_init__(self) -> None:
        if not self.checks:
            raise Violation("checks", "Nothing was looked at.", "Name each check and its outcome.")
        failed = [one.item for one in self.checks if not one.done]
        if self.passed and failed:
            raise Violation("passed", f"{failed[0]} failed.", "A line passes when every check does.")
        if not self.passed and not self.reason.strip():
            raise Violation("reason", "A line that fails without a reason helps nobody.", "Say why.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplianceItem(Shape):
    guarantee_id: str
    check: Compliance


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplianceList(Shape):
    items: tuple[ComplianceItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplianceOutcome(Shape):
    """What became of one item: the guarantee's new state, or what is wrong with it."""

    guarantee_id: str
    ok: bool
    status: GuaranteeStatus | None = None
    field: str | None = None
    message: str | None = None
    mend: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplianceReport(Shape):
    items: tuple[ComplianceOutcome, ...]
