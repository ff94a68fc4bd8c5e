"""Documents of a party's file: of which kind, in which versions, and who may open them.

A later upload of the same kind and title is the next version of the same document. A consent names documents, so it
opens their later versions too. What is destroyed (taken back, infected, kept long enough) leaves its row behind.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from services.credit.domain.consent import Consent, Purpose, standing
from services.credit.domain.content import ENDINGS, ContentFormat

LONGEST_TITLE = 100
LONGEST_NAME = 120


class DocumentKind(StrEnum):
    BUSINESS_LICENCE = "BUSINESS_LICENCE"
    ARTICLES_OF_ASSOCIATION = "ARTICLES_OF_ASSOCIATION"
    REPRESENTATIVE_ID = "REPRESENTATIVE_ID"
    FINANCIAL_STATEMENTS = "FINANCIAL_STATEMENTS"
    ANNUAL_REPORT = "ANNUAL_REPORT"
    TAX_CERTIFICATE = "TAX_CERTIFICATE"
    INVOICE_LIST = "INVOICE_LIST"
    BANK_STATEMENT = "BANK_STATEMENT"
    SOCIAL_INSURANCE_CERTIFICATE = "SOCIAL_INSURANCE_CERTIFICATE"
    CUSTOMS_DECLARATIONS = "CUSTOMS_DECLARATIONS"
    UTILITY_BILLS = "UTILITY_BILLS"
    CONTRACT = "CONTRACT"
    QUALIFICATION_CERTIFICATE = "QUALIFICATION_CERTIFICATE"
    IP_CERTIFICATE = "IP_CERTIFICATE"
    PROPERTY_CERTIFICATE = "PROPERTY_CERTIFICATE"
    CREDIT_REPORT = "CREDIT_REPORT"
    COURT_RECORD = "COURT_RECORD"
    PENALTY_OR_REPAIR_RECORD = "PENALTY_OR_REPAIR_RECORD"
    OTHER = "OTHER"


class DocumentState(StrEnum):
    AWAITING_SCAN = "AWAITING_SCAN"
    UNSCANNED = "UNSCANNED"  # the operator has no scanner, and says so
    CLEAN = "CLEAN"
    INFECTED = "INFECTED"
    EXPIRED = "EXPIRED"
    WITHDRAWN = "WITHDRAWN"


KEPT = frozenset(
    (DocumentState.AWAITING_SCAN, DocumentState.UNSCANNED, DocumentState.CLEAN)
)  # has its content
SHOWN = frozenset((DocumentState.UNSCANNED, DocumentState.CLEAN))  # to whom a consent opens it


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDocument(Shape):
    """`title` tells documents of one kind apart; `covers_…`: the period it speaks of; `issued_on`: its own date."""

    kind: DocumentKind
    title: str = ""
    file_name: str = ""
    covers_from: date | None = None
    covers_until: date | None = None
    issued_on: date | None = None

    def __post_init__(self) -> None:
        if len(self.title) > LONGEST_TITLE or not self.title.isprintable():
            raise Violation(
                "title",
                "The title is too long, or no line of text.",
                f"Give {LONGEST_TITLE} characters at most.",
            )
        if self.covers_from and self.covers_until and self.covers_from > self.covers_until:
            raise Violation("covers_until", "The period ends before it begins.", "Mend one of the two dates.")


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentVersion(Shape):
    """`sha256`: of the content as it came. `kept_until`: its last day. `finding`: what the scanner found."""

    version: int
    state: DocumentState
    format: ContentFormat
    file_name: str
    size: int
    sha256: str
    uploaded_at: datetime
    kept_until: date
    covers_from: date | None = None
    covers_until: date | None = None
    issued_on: date | None = None
    finding: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document(Shape):
    """The newest version first."""

    id: str
    party: str
    kind: DocumentKind
    title: str
    versions: tuple[DocumentVersion, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentList(Shape):
    items: tuple[Document, ...]


class UploadState(StrEnum):
    RECORDED = "RECORDED"
    KNOWN = "KNOWN"  # these very bytes are kept already


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploaded(Shape):
    state: UploadState
    version: int
    document: Document


@dataclass(frozen=True, slots=True, kw_only=True)
class KindRule(Shape):
    """`scope` of the consent vocabulary: a mandate to it lets somebody fill this in; none: only the firm itself."""

    kind: DocumentKind
    days: int  # for which content is kept
    zh: str
    en: str
    scope: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits(Shape):
    """How much one party may keep."""

    file_bytes: int
    party_bytes: int
    party_versions: int


def check_dates(new: NewDocument, today: date) -> None:
    if new.issued_on is not None and new.issued_on > today:
        raise Violation("issued_on", f"{new.issued_on} is still to come.", "Mend the date.")


def check_size(size: int, limit: int) -> None:
    if size > limit:
        raise Violation(
            "file",
            f"The file is larger than {limit >> 20} MiB.",
            "Scan it in black and white or at 200 dpi, or split it.",
        )


def check_room(limits: Limits, held_bytes: int, held_versions: int, size: int) -> None:
    if held_bytes + size > limits.party_bytes or held_versions >= limits.party_versions:
        raise Violation(
            "file",
            f"The file holds {held_versions} documents of {held_bytes >> 20} MiB; there is no room for more.",
            "Withdraw documents that are not needed any more.",
        )


def title_of(title: str) -> str:
    """Written alike, it is the same title."""
    return unicodedata.normalize("NFKC", title).strip()


def file_name_of(name: str, kind: ContentFormat) -> str:
    """A name that leads nowhere, breaks no header and ends as its content says; `name` is whatever a browser sent."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    safe = "".join(sign for sign in last if sign.isprintable() and sign not in '"<>:|?*;').strip(". ")
    endings = ENDINGS[kind]
    stem = safe[: -len(endings[0])] if safe.lower().endswith(endings[0]) else safe
    if safe.lower().endswith(endings):
        stem = safe[: safe.rindex(".")]
    return f"{stem[:LONGEST_NAME] or 'document'}{endings[0]}"


def kept_until(uploaded_on: date, days: int) -> date:
    return uploaded_on + timedelta(days=days)


def opened_documents(consents: Iterable[Consent], recipient: str, today: date) -> Mapping[str, Consent]:
    """Of the documents that stand in a consent which names this recipient now: which consent opens each."""
    opened: dict[str, Consent] = {}
    for consent in standing(consents, recipient, Purpose.CREDIT_DECISION, today):
        for document in consent.documents:
            opened.setdefault(document, consent)
    return opened


def readable(
    versions: Sequence[DocumentVersion], states: frozenset[DocumentState]
) -> tuple[DocumentVersion, ...]:
    return tuple(version for version in versions if version.state in states)
