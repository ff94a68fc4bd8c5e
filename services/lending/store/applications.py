"""Applications: rows in, domain values out."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import date
from typing import Any

import sqlalchemy as sa

from libs.chassis import codec
from libs.chassis.columns import Document, Instant, Sealed
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.problems import NotFound
from libs.chassis.rows import page_rows
from libs.registry.dimensions import Dimensions
from services.lending.domain.application import (
    Application,
    ApplicationPage,
    ApplicationStatus,
    Contracts,
    InformationRequest,
    Renewal,
    Step,
)
from services.lending.domain.offer import Decision
from services.lending.domain.waiver import AppliedWaiver
from services.lending.store.metadata import metadata

applications = sa.Table(
    "applications",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("request_id", sa.String(40), nullable=False),
    sa.Column("product_id", sa.String(40), nullable=False),
    sa.Column("product_version", sa.Integer, nullable=False),
    sa.Column("product_name", sa.String(200), nullable=False),
    sa.Column("product_kind", sa.String(40), nullable=False),
    sa.Column("bank", sa.String(80), nullable=False),
    sa.Column("party", sa.String(80), nullable=False),
    sa.Column("amount_fen", sa.BigInteger, nullable=False),
    sa.Column("term_months", sa.Integer, nullable=False),
    sa.Column("repayment_method", sa.String(40), nullable=False),
    sa.Column("programme", sa.String(80)),
    sa.Column("guarantor", sa.String(80)),
    sa.Column("ip_rights", Document(tuple[str, ...]), nullable=False),
    sa.Column("dimensions", Document(Dimensions), nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("cover", sa.String(20), nullable=False),
    sa.Column("guarantee_id", sa.String(40)),
    sa.Column("decision", Document(Decision)),
    sa.Column("submitted_at", Instant, nullable=False),
    sa.Column("cover_note", sa.Text),
    sa.Column("branch", sa.String(40)),
    sa.Column("manager", sa.String(80)),
    sa.Column("decision_due_on", sa.Date),
    sa.Column("overdue", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("offer_valid_until", sa.Date),
    sa.Column("information", Sealed(InformationRequest)),
    sa.Column("contracts", Document(Contracts)),
    sa.Column("renewal", Document(Renewal)),
    sa.Column("similar", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("drawn_fen", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("sandbox", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("timeline", Document(tuple[Step, ...]), nullable=False, server_default="[]"),
    sa.Column("waivers", Document(tuple[AppliedWaiver, ...]), nullable=False, server_default="[]"),
    sa.ForeignKeyConstraint(["product_id", "product_version"], ["products.id", "products.version"]),
    sa.Index("ix_applications_bank_id", "bank", "id"),
    sa.Index("ix_applications_party_id", "party", "id"),
    sa.Index("ix_applications_request_id", "request_id"),
    sa.Index("ix_applications_status", "status", "decision_due_on"),
    sa.Index(
        "ix_applications_of_manager",
        "bank",
        "manager",
        "status",
        sqlite_where=sa.text("manager IS NOT NULL"),
        postgresql_where=sa.text("manager IS NOT NULL"),
    ),
)


# For the firm alone, and counted when it looks.
_COUNTED = ("query_count",)
_STORED = tuple(field.name for field in fields(Application) if field.name not in _COUNTED)


def get(tx: ReadTx, application_id: str) -> Application:
    row = tx.row(sa.select(applications).where(applications.c.id == application_id))
    if row is None:
        raise NotFound(f"There is no application {application_id}.", field="application_id")
    return _application(row)


def to_change(tx: WriteTx, application_id: str) -> Application:
    """The application, with its row locked: two decisions cannot pass each other."""
    tx.lock_rows(sa.select(applications.c.id).where(applications.c.id == application_id))
    return get(tx, application_id)


def page_of(
    tx: ReadTx,
    bank: str | None,
    party: str | None,
    status: ApplicationStatus | None,
    cursor: str | None,
    limit: int,
    branches: Sequence[str] | None = None,
) -> ApplicationPage:
    """Those of a bank, or of some `branches` of it; or of a firm."""
    query = sa.select(applications)
    if branches is not None:
        query = query.where(applications.c.branch.in_(branches))
    for column, wanted in (
        (applications.c.bank, bank),
        (applications.c.party, party),
        (applications.c.status, status),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    rows, following = page_rows(tx, query, applications.c.id, cursor, limit)
    return ApplicationPage(items=tuple(_application(row) for row in rows), next_cursor=following)


def of_request(tx: ReadTx, request_id: str) -> Sequence[Application]:
    query = sa.select(applications).where(applications.c.request_id == request_id)
    return [_application(row) for row in tx.rows(query.order_by(applications.c.id))]


def lock_request(tx: WriteTx, application_id: str) -> None:
    """Lock all applications of an application's request, in the order of their ids: only one bank can pay out."""
    request = sa.select(applications.c.request_id).where(applications.c.id == application_id)
    of_it = applications.c.request_id == request.scalar_subquery()
    tx.lock_rows(sa.select(applications.c.id).where(of_it).order_by(applications.c.id))


def query_count(tx: ReadTx, request_id: str) -> int:
    """How many banks have a request's applications."""
    banks = sa.select(sa.func.count(applications.c.bank.distinct()))
    return int(tx.scalar(banks.where(applications.c.request_id == request_id)))


def overdue(tx: ReadTx, today: date, undecided: Sequence[ApplicationStatus], limit: int) -> Sequence[str]:
    """Applications whose promised day of decision passed, and of which that is not told yet."""
    late = (applications.c.decision_due_on < today) & applications.c.overdue.is_(sa.false())
    query = sa.select(applications.c.id).where(applications.c.status.in_(undecided), late)
    return [row.id for row in tx.rows(query.order_by(applications.c.id).limit(limit))]


def stale_offers(tx: ReadTx, today: date, limit: int) -> Sequence[str]:
    """Offers that the firm did not accept in time."""
    late = (applications.c.status == ApplicationStatus.APPROVED) & (applications.c.offer_valid_until < today)
    query = sa.select(applications.c.id).where(late).order_by(applications.c.id).limit(limit)
    return [row.id for row in tx.rows(query)]


def insert(tx: WriteTx, application: Application) -> None:
    tx.execute(sa.insert(applications).values(_row(application)))


def update(tx: WriteTx, application: Application) -> None:
    tx.execute(sa.update(applications).where(applications.c.id == application.id).values(_row(application)))


def _row(application: Application) -> dict[str, Any]:
    return {name: getattr(application, name) for name in _STORED}


def _application(row: sa.Row[Any]) -> Application:
    return codec.load(Application, {name: getattr(row, name) for name in _STORED})
