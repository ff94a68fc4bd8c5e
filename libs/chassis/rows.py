"""Rows of a table in and out of the frozen dataclass with the same field names, and lists of them in pages."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from libs.chassis import codec
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.problems import Invalid

T = TypeVar("T")

PAGE = 50
LONGEST_PAGE = 200


def to_row(value: Any) -> dict[str, Any]:
    return {field.name: getattr(value, field.name) for field in fields(value)}


def from_row(shape: type[T], row: sa.Row[Any]) -> T:
    names = [field.name for field in fields(cast(Any, shape))]
    return codec.load(shape, {name: getattr(row, name) for name in names})


def insert_if_absent(tx: WriteTx, table: sa.Table, row: Mapping[str, Any]) -> bool:
    """Insert unless a row with a same key is there, even one that is being written just now; whether it did."""
    kind = sqlite if tx.connection.dialect.name == "sqlite" else postgresql
    insert = kind.insert(table).values(row).on_conflict_do_nothing().returning(sa.literal(1))
    return tx.row(insert) is not None


def page(
    tx: ReadTx, query: sa.Select[Any], key: sa.Column[str], shape: type[T], cursor: str | None, limit: int
) -> tuple[tuple[T, ...], str | None]:
    """The newest first, from below `cursor`, and the cursor of the next page (None: that was all)."""
    rows, following = page_rows(tx, query, key, cursor, limit)
    return tuple(from_row(shape, row) for row in rows), following


def page_rows(
    tx: ReadTx, query: sa.Select[Any], key: sa.Column[str], cursor: str | None, limit: int
) -> tuple[Sequence[sa.Row[Any]], str | None]:
    """The same for rows that are not simply a shape."""
    size = page_size(limit)
    if cursor is not None:
        query = query.where(key < cursor)
    rows = tx.rows(query.order_by(key.desc()).limit(size + 1))
    return rows[:size], getattr(rows[size - 1], key.name) if len(rows) > size else None


def page_size(limit: int) -> int:
    """How many items a page has that was asked for with this limit; Invalid where it cannot be given."""
    if not 0 <= limit <= LONGEST_PAGE:
        raise Invalid(
            f"A page of {limit} cannot be given.", field="limit", mend=f"Ask for 1 to {LONGEST_PAGE}."
        )
    return limit or PAGE
