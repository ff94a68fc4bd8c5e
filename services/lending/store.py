"""Lending's tables: rows in, domain values out."""

import sqlalchemy as sa

from libs.chassis.columns import Document, Instant
from libs.chassis.database import ReadTx, WriteTx, new_metadata
from libs.chassis.problems import Conflict, NotFound
from libs.chassis.rows import from_row, page, to_row
from libs.registry.dimensions import Dimensions
from services.lending.domain.application import Application, ApplicationPage, ApplicationStatus, Decision
from services.lending.domain.loan import Loan, LoanPage, Repayment
from services.lending.domain.product import Product, ProductPage, ProductStatus, ProductTerms

metadata = new_metadata()

products = sa.Table(
    "products",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("bank", sa.String(80), nullable=False),
    sa.Column("external_id", sa.String(64), nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("terms", Document(ProductTerms), nullable=False),
    sa.Column("created_by", sa.String(80), nullable=False),
    sa.Column("published_by", sa.String(80)),
    sa.Column("published_at", Instant),
    sa.UniqueConstraint("bank", "external_id", "version"),
)

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

loans = sa.Table(
    "loans",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("application_id", sa.String(40), sa.ForeignKey("applications.id"), nullable=False, unique=True),
    sa.Column("bank", sa.String(80), nullable=False),
    sa.Column("party", sa.String(80), nullable=False),
    sa.Column("amount_fen", sa.BigInteger, nullable=False),
    sa.Column("rate_ppm", sa.BigInteger, nullable=False),
    sa.Column("term_months", sa.Integer, nullable=False),
    sa.Column("disbursed_on", sa.Date, nullable=False),
    sa.Column("outstanding_fen", sa.BigInteger, nullable=False),
    sa.Column("guarantee_id", sa.String(40)),
    sa.Column("external_id", sa.String(64), nullable=False),
    sa.CheckConstraint("outstanding_fen >= 0 AND outstanding_fen <= amount_fen", name="owed"),
    sa.UniqueConstraint("bank", "external_id"),
)

repayments = sa.Table(
    "repayments",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("loan_id", sa.String(40), sa.ForeignKey("loans.id"), nullable=False),
    sa.Column("principal_fen", sa.BigInteger, nullable=False),
    sa.Column("interest_fen", sa.BigInteger, nullable=False),
    sa.Column("paid_on", sa.Date, nullable=False),
    sa.Column("external_id", sa.String(64), nullable=False),
    sa.UniqueConstraint("loan_id", "external_id"),
)


def product(tx: ReadTx, product_id: str, version: int | None = None) -> Product:
    """One version, or the newest; NotFound where there is none."""
    query = (
        sa.select(products).where(products.c.id == product_id).order_by(products.c.version.desc()).limit(1)
    )
    row = tx.row(query if version is None else query.where(products.c.version == version))
    if row is None:
        raise NotFound(f"There is no product {product_id}.", field="product_id")
    return from_row(Product, row)


def product_to_change(tx: WriteTx, product_id: str) -> Product:
    """The newest version, with all of them locked: a draft cannot be rewritten while it is being published."""
    _lock_versions(tx, products.c.id == product_id)
    return product(tx, product_id)


def numbered_product_to_change(tx: WriteTx, bank: str, external_id: str) -> Product | None:
    """The same by the bank's own number; None where it is new."""
    mine = (products.c.bank == bank) & (products.c.external_id == external_id)
    _lock_versions(tx, mine)
    row = tx.row(sa.select(products).where(mine).order_by(products.c.version.desc()).limit(1))
    return None if row is None else from_row(Product, row)


def _lock_versions(tx: WriteTx, which: sa.ColumnElement[bool]) -> None:
    tx.lock_rows(sa.select(products.c.version).where(which).order_by(products.c.version))


def product_page(
    tx: ReadTx, bank: str | None, status: ProductStatus | None, cursor: str | None, limit: int
) -> ProductPage:
    """One version of each product, of one bank or of all: what is on the market, or else the newest."""
    query = sa.select(products)
    if status is not ProductStatus.PUBLISHED:  # of which there is one at most, though a draft may be newer
        newer = products.alias("newer")
        query = query.where(
            ~sa.exists().where(newer.c.id == products.c.id, newer.c.version > products.c.version)
        )
    for column, wanted in ((products.c.bank, bank), (products.c.status, status)):
        if wanted is not None:
            query = query.where(column == wanted)
    items, following = page(tx, query, products.c.id, Product, cursor, limit)
    return ProductPage(items=items, next_cursor=following)


def insert_product(tx: WriteTx, product: Product) -> None:
    tx.execute(sa.insert(products).values(to_row(product)))


def update_product(tx: WriteTx, product: Product) -> None:
    this = (products.c.id == product.id) & (products.c.version == product.version)
    tx.execute(sa.update(products).where(this).values(to_row(product)))


def on_market(tx: ReadTx, product_id: str) -> Product | None:
    published = (products.c.id == product_id) & (products.c.status == ProductStatus.PUBLISHED)
    row = tx.row(sa.select(products).where(published))
    return None if row is None else from_row(Product, row)


def application(tx: ReadTx, application_id: str) -> Application:
    row = tx.row(sa.select(applications).where(applications.c.id == application_id))
    if row is None:
        raise NotFound(f"There is no application {application_id}.", field="application_id")
    return from_row(Application, row)


def application_to_change(tx: WriteTx, application_id: str) -> Application:
    """The application, with its row locked: two decisions cannot pass each other."""
    tx.lock_rows(sa.select(applications.c.id).where(applications.c.id == application_id))
    return application(tx, application_id)


def application_page(
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


def insert_application(tx: WriteTx, application: Application) -> None:
    tx.execute(sa.insert(applications).values(to_row(application)))


def update_application(tx: WriteTx, application: Application) -> None:
    tx.execute(sa.update(applications).where(applications.c.id == application.id).values(to_row(application)))


def loan_page(
    tx: ReadTx,
    bank: str | None,
    party: str | None,
    application_id: str | None,
    cursor: str | None,
    limit: int,
) -> LoanPage:
    query = sa.select(loans)
    for column, wanted in (
        (loans.c.bank, bank),
        (loans.c.party, party),
        (loans.c.application_id, application_id),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    items, following = page(tx, query, loans.c.id, Loan, cursor, limit)
    return LoanPage(items=items, next_cursor=following)


def loan_to_change(tx: WriteTx, loan_id: str) -> Loan:
    rows = tx.lock_rows(sa.select(loans).where(loans.c.id == loan_id))
    if not rows:
        raise NotFound(f"There is no loan {loan_id}.", field="loan_id")
    return from_row(Loan, rows[0])


def insert_loan(tx: WriteTx, loan: Loan) -> None:
    known = tx.scalar(
        sa.select(loans.c.id).where(loans.c.bank == loan.bank, loans.c.external_id == loan.external_id)
    )
    if known is not None:
        raise Conflict(
            f"Loan {known} has this number already.",
            field="external_id",
            mend="Use the bank's number of this loan.",
        )
    tx.execute(sa.insert(loans).values(to_row(loan)))


def record_repayment(tx: WriteTx, repayment_id: str, loan: Loan, repayment: Repayment) -> None:
    """The payment, and the loan as it stands after it."""
    tx.execute(sa.insert(repayments).values(to_row(repayment) | {"id": repayment_id, "loan_id": loan.id}))
    tx.execute(sa.update(loans).where(loans.c.id == loan.id).values(outstanding_fen=loan.outstanding_fen))


def repayment_known(tx: ReadTx, loan_id: str, external_id: str) -> bool:
    this = (repayments.c.loan_id == loan_id) & (repayments.c.external_id == external_id)
    return tx.row(sa.select(repayments.c.id).where(this)) is not None
