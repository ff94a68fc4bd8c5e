"""The columns of a table of products: one for every field of the terms, made from the terms themselves.

A field that is a small shape of its own (the rate) has a column for each of its parts (`rate.min_ppm`), and may
instead be written into one cell (`rate`: `LPR_1Y:8500ppm:16000ppm`).
"""

import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum
from functools import partial
from typing import Any, cast

from libs.criteria.evaluate import Criterion
from libs.criteria.notation import format_criteria, parse_criteria
from libs.criteria.violation import Violation
from services.lending.domain.intake import notation
from services.lending.domain.intake.mistakes import Path, Wrong, broken
from services.lending.domain.intake.quantities import LEAST_PPM
from services.lending.domain.intake.shapes import optional, required
from services.lending.domain.product import NewProduct, ProductTerms

NUMBER = "external_id"


@dataclass(frozen=True, slots=True)
class Column:
    """`path` leads from the terms to the field; `kind` is its type; `wanted`: a product cannot be without it; an empty
    cell means `default`. `plain` reads what a cell says, as plain data that shapes.reader understands, or raises
    Wrong; `write` is the way back."""

    name: str
    path: tuple[str, ...]
    kind: Any
    wanted: bool
    default: Any
    whole: bool  # the cell that may stand in place of the columns of its parts
    plain: Callable[[str], Any]
    write: Callable[[Any], str]

    def text(self, value: Any) -> str:
        """The cell of a value; empty for none."""
        return "" if value is None or (value == "" == self.default) else self.write(value)


def _column(
    name: str, path: tuple[str, ...], kind: Any, wanted: bool, default: Any = None, whole: bool = False
) -> Column:
    last = path[-1] if path else name
    return Column(name, path, kind, wanted, default, whole, _reader(kind), _writer(kind, last))


def _columns() -> Iterator[Column]:
    hints = typing.get_type_hints(ProductTerms)
    yield _column(NUMBER, (), str, True)
    for part in fields(ProductTerms):
        kind = optional(hints[part.name]) or hints[part.name]
        if not is_dataclass(kind):
            yield _column(part.name, (part.name,), kind, required(part), part.default)
            continue
        inner = typing.get_type_hints(kind)
        for leaf in fields(kind):
            yield _column(
                f"{part.name}.{leaf.name}",
                (part.name, leaf.name),
                optional(inner[leaf.name]) or inner[leaf.name],
                required(part) and required(leaf),
                leaf.default,
            )
        yield _column(part.name, (part.name,), kind, False, whole=True)


def column_of(path: Path, names: Iterable[str]) -> str:
    """The column of this table to which a mistake at `path` of the terms belongs."""
    if path and path[0] in _WHOLE and len(path) > 1 and f"{path[0]}.{path[1]}" in names:
        return f"{path[0]}.{path[1]}"
    return str(path[0]) if path else NUMBER


def missing(names: Iterable[str]) -> list[str]:
    """The wanted columns that a header lacks."""
    there = set(names)
    return [
        column.name
        for column in COLUMNS.values()
        if column.wanted
        and column.name not in there
        and not (column.path and column.path[0] in _WHOLE & there)
    ]


def cells(product: NewProduct) -> list[str]:
    """The row of a product under WRITTEN."""
    return [
        notation.escape_text(product.external_id)
        if column.name == NUMBER
        else column.text(_held(product, column))
        for column in WRITTEN
    ]


def _held(product: NewProduct, column: Column) -> Any:
    value: Any = product.terms
    for name in column.path:
        value = None if value is None else getattr(value, name)
    return value


def _reader(kind: Any) -> Callable[[str], Any]:
    if typing.get_origin(kind) is not tuple:
        return _part_reader(kind)
    item: Any = typing.get_args(kind)[0]
    return _criteria if item is Criterion else _list_reader(_part_reader(item))


def _part_reader(kind: Any) -> Callable[[str], Any]:
    """One value: a small shape, or a text that shapes.reader understands."""
    return partial(notation.read_shape, cast("type[Any]", kind)) if is_dataclass(kind) else notation.unescape


def _list_reader(read: Callable[[str], Any]) -> Callable[[str], list[Any]]:
    def read_all(text: str) -> list[Any]:
        found: list[Any] = []
        for at, part in enumerate(notation.parts(text)):
            try:
                found.append(read(part))
            except Wrong as mistakes:
                raise Wrong(one.below(at) for one in mistakes.found) from mistakes
        return found

    return read_all


def _criteria(text: str) -> tuple[Criterion, ...]:
    try:
        return parse_criteria(text)
    except Violation as violation:
        raise Wrong((broken(violation),)) from violation


def _writer(kind: Any, name: str) -> Callable[[Any], str]:
    if typing.get_origin(kind) is not tuple:
        return notation.escape_text if kind is str else partial(_alone, name)
    item: Any = typing.get_args(kind)[0]
    if item is Criterion:
        return format_criteria
    write = _shape_text if is_dataclass(item) else partial(_escaped, name)
    return lambda value: "|".join(map(write, value))


def _shape_text(value: Any) -> str:
    return notation.write_shape(value, _leaf)


def _escaped(name: str, value: Any) -> str:
    return notation.escape(_leaf(name, value))


def _alone(name: str, value: Any) -> str:
    """In a cell of its own a number needs no unit: the column names it. A tiny rate would look like a slip."""
    if type(value) is int and abs(value) >= LEAST_PPM:
        return str(value)
    return _leaf(name, value)


def _leaf(name: str, value: Any) -> str:
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, bool):
        return str(value).lower()
    return notation.number(name, value) if isinstance(value, int) else str(value)


COLUMNS: Mapping[str, Column] = {column.name: column for column in _columns()}
WRITTEN: tuple[Column, ...] = tuple(column for column in COLUMNS.values() if not column.whole)
"""The columns of templates and exports, in order."""
_WHOLE = {column.path[0] for column in COLUMNS.values() if column.whole}
