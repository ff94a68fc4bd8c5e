"""Deliveries: many rows about many parties at once, and how far each came."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from services.credit.domain.facts import NewFact
from services.credit.domain.invoices import FIRST_YEAR, Invoice
from services.credit.domain.party import Registration
from services.credit.domain.records import NewRecord
from services.credit.domain.series import NewFigure
from services.credit.domain.sources import Source
from services.credit.domain.spans import Span

LONGEST_REFERENCE = 120


class DeliveryKind(StrEnum):
    PARTIES = "PARTIES"
    FACTS = "FACTS"
    INVOICES = "INVOICES"
    RECORDS = "RECORDS"
    SERIES = "SERIES"


class DeliveryState(StrEnum):
    RUNNING = "RUNNING"
    DONE = "DONE"
    BROKEN = "BROKEN"
    """It broke off after `rows` rows. They stay; what was missing comes when it is sent again."""


Value = Registration | NewFact | Invoice | NewRecord | NewFigure


class Row(NamedTuple):
    """A row of a delivery, counted from 1: what it says of a party, of the shape of its kind, or a Violation that says
    what is wrong with it."""

    number: int
    party: str
    value: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class FactRow(Shape):
    party: str
    fact: NewFact


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceRow(Shape):
    party: str
    invoice: Invoice


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRow(Shape):
    party: str
    record: NewRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureRow(Shape):
    party: str
    figure: NewFigure


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDelivery(Shape):
    """`source`: who says it; None: the firm itself, or DATA_SHARING from others. `covers_until`: the last day of which
    all invoices of each party in it are here or were delivered before; None: today. `reference`: the sender's own
    name for it."""

    kind: DeliveryKind
    source: Source | None = None
    covers_until: date | None = None
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery(Shape):
    """`party`: the one that all rows are about, where it came for one. `sha256`: of the file. `rows`: how many were
    worked on. `problem`: why it broke off, where that is known."""

    id: str
    kind: DeliveryKind
    source: Source
    party: str | None = None
    reference: str
    sha256: str | None = None
    covers_until: date | None = None
    organisation: str
    state: DeliveryState
    rows: int = 0
    recorded: int = 0
    known: int = 0
    rejected: int = 0
    problem: str | None = None
    opened_at: datetime
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryPage(Shape):
    items: tuple[Delivery, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomePage(Shape):
    """Rows in order, neighbours with the same outcome as one span. `next_cursor`: the row after which more follow."""

    items: tuple[Span, ...]
    next_cursor: str | None = None


def check_delivery(new: NewDelivery, today: date) -> None:
    if new.source is Source.INVOICES:
        raise Violation(
            "source", "INVOICES is what the platform counts itself.", "Name who keeps the data, or nobody."
        )
    if len(new.reference) > LONGEST_REFERENCE or not new.reference.isprintable():
        raise Violation(
            "reference",
            "It is too long, or has signs that cannot be printed.",
            f"Give {LONGEST_REFERENCE} at most.",
        )
    if new.covers_until is None:
        return
    if new.kind is not DeliveryKind.INVOICES:
        raise Violation("covers_until", f"It says nothing about {new.kind}.", "Leave it out.")
    if new.covers_until > today or new.covers_until.year < FIRST_YEAR:
        raise Violation(
            "covers_until",
            f"{new.covers_until} is still to come, or was before there were invoices.",
            "Give the last day of which all invoices are here.",
        )
