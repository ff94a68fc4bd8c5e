"""The credit report: what one reader may know of a party on one day, put together to be read by people."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.registry.dimensions import OwnerKind
from libs.registry.size import Size, SizeIndicator
from services.credit.domain.consent import Purpose, ReadKind
from services.credit.domain.facts import SizeBasis
from services.credit.domain.features import needed
from services.credit.domain.flows import History
from services.credit.domain.invoices import InvoiceDirection, first_day
from services.credit.domain.party import IpRight, PartyStatus
from services.credit.domain.records import RecordList
from services.credit.domain.relations import Relations
from services.credit.domain.score import Score
from services.credit.domain.sources import ItemState
from services.credit.domain.view import Item


class ReportForm(StrEnum):
    HTML = "HTML"
    PDF = "PDF"


class Language(StrEnum):
    ZH = "ZH"
    EN = "EN"


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderRequest(Shape):
    form: ReportForm
    language: Language


class ScoreState(StrEnum):
    """Whether the report shows the score, and which of the two keys of a lender is missing."""

    SHOWN = "SHOWN"
    NO_CONSENT = "NO_CONSENT"
    NO_LEGAL_BASIS = "NO_LEGAL_BASIS"


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeBound(Shape):
    """One indicator of the official rule for the firm's industry: its lower bounds, and where the firm stands. `value`
    None: nobody said, or it is not opened to the reader. Money in fen."""

    indicator: SizeIndicator
    value: int | None = None
    large: int
    medium: int
    small: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity(Shape):
    """Who the firm is, as its register says. `name` is empty for a reader to whom nothing is opened."""

    name: str
    kind: OwnerKind
    county: str
    industry: str
    established_on: date | None = None
    status: PartyStatus
    size: Size | None = None
    size_basis: SizeBasis
    size_bounds: tuple[SizeBound, ...] = ()
    code_doubtful: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Group(Shape):
    """The facts of one scope. NOT_AUTHORISED: no consent opens it to the reader, and whether there are any stays
    untold. `consent_id`: under which it is shown; none: public, or the firm itself reads."""

    scope: str
    state: ItemState
    consent_id: str | None = None
    items: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceMonth(Shape):
    """Net invoices of a whole month, refunds taken off, void ones left out; `month` as 2026-10. None: of months before
    the first invoice of that direction nobody said anything."""

    month: str
    sales_fen: int | None = None
    purchases_fen: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreSection(Shape):
    state: ScoreState
    score: Score | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportConsent(Shape):
    """A consent without who signed it. `recipient` in words."""

    id: str
    recipient: str
    purpose: Purpose
    scopes: tuple[str, ...]
    valid_from: date
    valid_until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRead(Shape):
    """A look of somebody else; `reader` in words."""

    reader: str
    what: ReadKind
    consents: tuple[str, ...]
    read_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Report(Shape):
    """`consents`: those under which the reader reads; for the firm all that hold. `reads`: for the firm alone."""

    id: str
    party: str
    reader: str
    reader_name: str
    own: bool
    made_at: datetime
    as_of: date
    policy_set: str
    identity: Identity
    score: ScoreSection
    groups: tuple[Group, ...]
    months: tuple[InvoiceMonth, ...] = ()
    ip_rights: tuple[IpRight, ...] = ()
    records: RecordList
    relations: Relations
    consents: tuple[ReportConsent, ...] = ()
    reads: tuple[ReportRead, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedReport(Shape):
    """`sha256`: of the report as canonical JSON (keys sorted, no spaces, UTF-8)."""

    report: Report
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRecord(Shape):
    """That a report was given: what confirms a copy of it. `file_sha256`: of the page or PDF that was handed out; none
    where the report went as JSON."""

    id: str
    party: str
    reader: str
    reader_name: str
    made_at: datetime
    consents: tuple[str, ...]
    sha256: str
    file_sha256: str | None = None


def invoice_months(history: History | None, as_of: date) -> tuple[InvoiceMonth, ...]:
    """The months that were over and delivered, from the first with an invoice on."""
    if history is None or not history.since:
        return ()
    first, last = needed(history.covers_until, as_of)
    sums: dict[tuple[InvoiceDirection, int], int] = defaultdict(int)
    for flow in history.flows:
        sums[flow.direction, flow.month] += flow.gross_fen - flow.refunds_fen

    def net(direction: InvoiceDirection, month: int) -> int | None:
        since = history.since.get(direction)
        return None if since is None or month < since else sums[direction, month]

    return tuple(
        InvoiceMonth(
            month=first_day(month).isoformat()[:7],
            sales_fen=net(InvoiceDirection.SALE, month),
            purchases_fen=net(InvoiceDirection.PURCHASE, month),
        )
        for month in range(max(first, min(history.since.values())), last + 1)
    )
