"""Loan products and their versions: rows in, domain values out."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa

from libs.chassis.codec import load
from libs.chassis.columns import Document, Instant
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.problems import NotFound
from libs.chassis.rows import page_rows, to_row
from services.lending.domain.product import Product, ProductPage, ProductStatus, ProductTerms
from services.lending.domain.product.version import ON_MARKET
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
    sa.Column("checked_by", sa.String(80)),
    sa.Column("checked_at", Instant),
    sa.Column("market_from", sa.Date),
    sa.Column("market_until", sa.Date),
    sa.Column("first_marketed_on", sa.Date),
    sa.Column("last_marketed_on", sa.Date),
    sa.Column("sandbox", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index("ix_products_due", "status", "market_from"),
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
    return _product(row)


def to_change(tx: WriteTx, product_id: str) -> Product:
    """The newest version, with all of them locked: a draft cannot be rewritten while it is being published."""
    _lock_versions(tx, products.c.id == product_id)
    return get(tx, product_id)


def numbered_to_change(tx: WriteTx, bank: str, external_id: str) -> Product | None:
    """The same by the bank's own number; None where it is new."""
    mine = (products.c.bank == bank) & (products.c.external_id == external_id)
    _lock_versions(tx, mine)
    row = tx.row(sa.select(products).where(mine).order_by(products.c.version.desc()).limit(1))
    return None if row is None else _product(row)


def numbered_to_change_all(tx: WriteTx, bank: str, external_ids: Sequence[str]) -> dict[str, Product]:
    """The newest versions of those that are known, by the bank's own number, locked."""
    mine = (products.c.bank == bank) & products.c.external_id.in_(external_ids)
    tx.lock_rows(
        sa.select(products.c.version).where(mine).order_by(products.c.external_id, products.c.version)
    )
    rows = tx.rows(sa.select(products).where(mine).order_by(products.c.version))
    return {row.external_id: _product(row) for row in rows}


def _lock_versions(tx: WriteTx, which: sa.ColumnElement[bool]) -> None:
    tx.lock_rows(sa.select(products.c.version).where(which).order_by(products.c.version))


def page_of(
    tx: ReadTx,
    bank: str | None,
    status: ProductStatus | None,
    cursor: str | None,
    limit: int,
    sandbox: bool = True,
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
    if not sandbox:
        query = query.where(~products.c.sandbox)
    rows, following = page_rows(tx, query, products.c.id, cursor, limit)
    return ProductPage(items=tuple(_product(row) for row in rows), next_cursor=following)


def versions_of(tx: ReadTx, product_id: str, marketed: bool) -> tuple[Product, ...]:
    """Every version, the newest first; only those that were ever on the market where it is so asked."""
    query = sa.select(products).where(products.c.id == product_id).order_by(products.c.version.desc())
    if marketed:
        query = query.where(products.c.first_marketed_on.is_not(None))
    return tuple(_product(row) for row in tx.rows(query))


def due(tx: ReadTx, today: date, most: int) -> tuple[str, ...]:
    """Products of which a version is to come on the market, or to leave it, by today."""
    coming = (products.c.status == ProductStatus.SCHEDULED) & (products.c.market_from <= today)
    over = products.c.status.in_(ON_MARKET) & (products.c.market_until < today)
    query = sa.select(products.c.id).where(coming | over).distinct().order_by(products.c.id).limit(most)
    return tuple(row.id for row in tx.rows(query))


def insert(tx: WriteTx, product: Product) -> None:
    tx.execute(sa.insert(products).values(_row(product)))


def update(tx: WriteTx, product: Product) -> None:
    this = (products.c.id == product.id) & (products.c.version == product.version)
    tx.execute(sa.update(products).where(this).values(_row(product)))


def insert_all(tx: WriteTx, some: Sequence[Product]) -> None:
    if some:
        tx.execute(sa.insert(products), [_row(product) for product in some])


def update_all(tx: WriteTx, some: Sequence[Product]) -> None:
    if some:
        this = (products.c.id == sa.bindparam("_id")) & (products.c.version == sa.bindparam("_version"))
        rows = [{"_id": product.id, "_version": product.version, **_row(product)} for product in some]
        tx.execute(sa.update(products).where(this), rows)


def on_market(tx: ReadTx, product_id: str) -> Product | None:
    """The version that is on the market, or was until it was suspended."""
    held = (products.c.id == product_id) & products.c.status.in_(ON_MARKET)
    row = tx.row(sa.select(products).where(held))
    return None if row is None else _product(row)


def _product(row: sa.Row[Any]) -> Product:
    return load(Product, {column.name: getattr(row, column.name) for column in products.c})


def _row(product: Product) -> dict[str, Any]:
    """What is kept: all but what an answer adds, such as the rates, which follow the LPR of the day."""
    return {name: value for name, value in to_row(product).items() if name in products.c}
