"""The legal gate: a lender is given a score only while a recorded legal basis holds.

Order [2021] No. 4 of the People's Bank of China (征信业务管理办法), article 5: a financial institution takes credit
information services only from who is licensed or filed. Without a basis a grade is an input, not a rating.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.criteria.vocabulary import Words

SOURCE = "征信业务管理办法（中国人民银行令〔2021〕第4号）第五条"

CLOSED = Words(
    "平台尚未登记向金融机构提供评分的法律依据：本结果是参考输入，不是信用评级。",
    "No legal basis for giving scores to lenders is on record: this is an input, not a rating.",
)


class BasisKind(StrEnum):
    FILED_CREDIT_REPORTING = "FILED_CREDIT_REPORTING"
    """企业征信机构备案"""
    GOVERNMENT_MANDATE = "GOVERNMENT_MANDATE"
    """政府授权的信用信息共享"""
    LICENSED_PARTNER = "LICENSED_PARTNER"
    """由持牌征信机构提供"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLegalBasis(Shape):
    """`valid_until` is the last day on which it holds."""

    document: str
    number: str
    valid_from: date
    valid_until: date
    note: str = ""

    def __post_init__(self) -> None:
        for field, text, longest in (("document", self.document, 200), ("number", self.number, 100)):
            if not 0 < len(text.strip()) <= longest:
                raise Violation(field, "It is empty or too long.", f"Give 1 to {longest} characters.")
        if len(self.note) > 1000:
            raise Violation("note", "The note is too long.", "Use 1000 characters at most.")
        if self.valid_until < self.valid_from:
            raise Violation("valid_until", "It ends before it begins.", "Mend one of the two days.")


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalBasis(Shape):
    id: str
    kind: BasisKind
    document: str
    number: str
    valid_from: date
    valid_until: date
    note: str
    recorded_by: str
    recorded_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalGate(Shape):
    """`open`: a lender may be given scores today. `items`: all that was ever recorded, the latest first."""

    open: bool
    words: str
    words_en: str
    items: tuple[LegalBasis, ...]


def basis_on(bases: Iterable[LegalBasis], day: date) -> LegalBasis | None:
    """What holds on a day; of several the one that holds longest."""
    holding = [one for one in bases if one.revoked_at is None and one.valid_from <= day <= one.valid_until]
    return max(holding, key=lambda one: (one.valid_until, one.id), default=None)


def words(basis: LegalBasis | None) -> Words:
    if basis is None:
        return CLOSED
    return Words(
        f"依据《{basis.document}》（{basis.number}）提供，有效期至{basis.valid_until}；不是信用评级。",
        f"Given on the basis of {basis.document} ({basis.number}), until {basis.valid_until}; not a rating.",
    )
