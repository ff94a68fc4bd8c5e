"""What somebody says is wrong with a product's record, and the bank's answer."""

from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from services.lending.domain.product import ProductTerms

LONGEST_TEXT = 1_000
FIELDS = frozenset(part.name for part in fields(ProductTerms))


class ReportStatus(StrEnum):
    OPEN = "OPEN"
    MENDED = "MENDED"
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProductReport(Shape):
    """`field`: the field of the terms that is wrong (`rate`, `fees/0/amount_fen`), empty for the product as a whole."""

    field: str = ""
    what: str

    def __post_init__(self) -> None:
        first = self.field.removeprefix("terms/").partition("/")[0]
        if self.field and (first not in FIELDS or len(self.field) > 100):
            raise Violation(
                "field", f"The terms have no field {first:.60}.", "Name a field of the terms, or none."
            )
        _check_text("what", self.what, "Say what is wrong and what is right")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportAnswer(Shape):
    """`status`: MENDED (a new version is registered, or will be) or REFUSED."""

    status: ReportStatus
    answer: str

    def __post_init__(self) -> None:
        if self.status is ReportStatus.OPEN:
            raise Violation("status", "An answer leaves nothing open.", "Give MENDED or REFUSED.")
        _check_text("answer", self.answer, "Say what was done, or why nothing is wrong")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductReport(Shape):
    """`version`: the one that the reporter saw. Who reported it is not told; his role is."""

    id: str
    product_id: str
    version: int
    bank: str
    field: str
    what: str
    reporter_role: str
    reported_at: datetime
    status: ReportStatus
    answer: str | None = None
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductReportPage(Shape):
    items: tuple[ProductReport, ...]
    next_cursor: str | None = None


def answered(report: ProductReport, answer: ReportAnswer, at: datetime) -> ProductReport:
    """The report with the bank's answer; Violation where it has one."""
    if report.status is not ReportStatus.OPEN:
        raise Violation("status", f"The report was answered: {report.status}.", "Nothing is left to do.")
    return replace(report, status=answer.status, answer=answer.answer, answered_at=at)


def _check_text(field: str, text: str, wanted: str) -> None:
    if not text.strip() or len(text) > LONGEST_TEXT:
        raise Violation(
            field, "The text is empty or too long.", f"{wanted}, in up to {LONGEST_TEXT} characters."
        )
