"""Loan products and their versions: rows in, domain values out."""

import sqlalchemy as sa

from libs.chassis.columns import Document, Instant
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.problems import NotFound
from libs.chassis.rows import from_row, page, to_row
from services.lending.domain.product import Product, ProductPage, ProductStatus, ProductTerms
from services.lending.store.metadata import metadata

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


def get(tx: ReadTx, product_id: str, version: int | None = None) -> Product:
    """One version, or the newest; NotFound where there is none."""
    query = (
        sa.select(products).where(products.c.id == product_id).order_by(products.c.version.desc()).limit(1)
    )
    row = tx.row(query if version is None else query.where(products.c.version == version))
    if row is None:
        raise NotFound(f"There is no product {product_id}.", field="product_id")
    return from_row(Product, row)


def to_change(tx: WriteTx, product_id: str) -> Product:
    """The newest version, with all of them locked: a draft cannot be rewritten while it is being published."""
    _lock_versions(tx, products.c.id == product_id)
    return get(tx, product_id)


def numbered_to_change(tx: WriteTx, bank: str, external_id: str) -> Product | None:
    """The same by the bank's own number; None where it is new."""
    mine = (products.c.bank == bank) & (products.c.external_id == external_id)
    _lock_versions(tx, mine)
    row = tx.row(sa.select(products).where(mine).order_by(products.c.version.desc()).limit(1))
    return None if row is None else from_row(Product, row)


def _lock_versions(tx: WriteTx, which: sa.ColumnElement[bool]) -> None:
    tx.lock_rows(sa.select(products.c.version).where(which).order_by(products.c.version))


def page_of(
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


def insert(tx: WriteTx, product: Product) -> None:
    tx.execute(sa.insert(products).values(to_row(product)))


def update(tx: WriteTx, product: Product) -> None:
    this = (products.c.id == product.id) & (products.c.version == product.version)
    tx.execute(sa.update(products).where(this).values(to_row(product)))


def on_market(tx: ReadTx, product_id: str) -> Product | None:
    published = (products.c.id == product_id) & (products.c.status == ProductStatus.PUBLISHED)
    row = tx.row(sa.select(products).where(published))
    return None if row is None else from_row(Product, row)
