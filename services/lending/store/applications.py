"""Applications: rows in, domain values out."""

import sqlalchemy as sa

from libs.chassis.columns import Document, Instant
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.problems import NotFound
from libs.chassis.rows import from_row, page, to_row
from libs.registry.dimensions import Dimensions
from services.lending.domain.application import Application, ApplicationPage, ApplicationStatus, Decision
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
    sa.ForeignKeyConstraint(["product_id", "product_version"], ["products.id", "products.version"]),
    sa.Index("ix_applications_bank_id", "bank", "id"),
    sa.Index("ix_applications_party_id", "party", "id"),
)


def get(tx: ReadTx, application_id: str) -> Application:
    row = tx.row(sa.select(applications).where(applications.c.id == application_id))
    if row is None:
        raise NotFound(f"There is no application {application_id}.", field="application_id")
    return from_row(Application, row)


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
) -> ApplicationPage:
    query = sa.select(applications)
    for column, wanted in (
        (applications.c.bank, bank),
        (applications.c.party, party),
        (applications.c.status, status),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    items, following = page(tx, query, applications.c.id, Application, cursor, limit)
    return ApplicationPage(items=items, next_cursor=following)


def insert(tx: WriteTx, application: Application) -> None:
    tx.execute(sa.insert(applications).values(to_row(application)))


def update(tx: WriteTx, application: Application) -> None:
    tx.execute(sa.update(applications).where(applications.c.id == application.id).values(to_row(application)))
