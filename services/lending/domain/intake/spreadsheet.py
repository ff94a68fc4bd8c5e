"""Products into a spreadsheet, and the empty form of it with an example and all codes."""

import typing
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from enum import StrEnum
from typing import IO, Any, cast

from libs.criteria.evaluate import FITTING
from libs.criteria.vocabulary import FACTS
from services.lending.domain.intake import notation
from services.lending.domain.intake.columns import WRITTEN, Column, cells
from services.lending.domain.intake.example import EXAMPLE
from services.lending.domain.intake.labels import LABELS
from services.lending.domain.intake.shapes import optional
from services.lending.domain.product import NewProduct

SHEET = "products"
_EXACT = 10**15


def write(products: Iterable[NewProduct], file: IO[bytes]) -> None:
    """One sheet, written row by row."""
    book = _book()
    _write_products(book.create_sheet(SHEET), products)
    book.save(file)


def write_template(file: IO[bytes]) -> None:
    """The form: a sheet to fill in, with an example; beside it what each column takes, its codes and the facts."""
    book = _book()
    _write_products(book.create_sheet(SHEET), [EXAMPLE])
    _write_rows(book.create_sheet("columns 栏目"), _HEADS, _told_columns())
    _write_rows(book.create_sheet("codes 代码"), ("column 栏目", "code 代码"), _told_codes())
    _write_rows(book.create_sheet("facts 条件"), _FACT_HEADS, _told_facts())
    book.save(file)


def _book() -> Any:
    from openpyxl import Workbook

    return cast(Any, Workbook)(write_only=True)


def _write_products(sheet: Any, products: Iterable[NewProduct]) -> None:
    from openpyxl.utils import get_column_letter

    sheet.freeze_panes = "B2"
    for at, column in enumerate(WRITTEN, start=1):
        dimension = sheet.column_dimensions[get_column_letter(at)]
        dimension.width = max(14, len(column.name) + 4)
        if column.kind is not int:
            dimension.number_format = "@"  # what is typed below stays what was typed: 0101 is no 101
    sheet.append([f"{column.name} {LABELS[column.name]}" for column in WRITTEN])
    for product in products:
        sheet.append(
            [_cell(sheet, column, text) for column, text in zip(WRITTEN, cells(product), strict=True)]
        )


def _cell(sheet: Any, column: Column, text: str) -> Any:
    """A number as a number, so that it can be sorted; all else as text, that a spreadsheet leaves alone."""
    if column.kind is int and text.lstrip("-").isdecimal() and abs(int(text)) < _EXACT:
        return int(text)
    return _text(sheet, text) if text else None


def _text(sheet: Any, text: str) -> Any:
    """`notation` lets none begin as a formula; `#N/A` would be an error value, _x000D_ a sign by its number."""
    text = text.replace("_x", "_x005F_x")
    if not text.startswith("#"):
        return text
    from openpyxl.cell import WriteOnlyCell

    cell: Any = cast(Any, WriteOnlyCell)(sheet, text)
    cell.data_type = "s"
    return cell


def _write_rows(sheet: Any, heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    for at in range(len(heads)):
        sheet.column_dimensions["ABCDEF"[at]].width = 32
    for row in (heads, *rows):
        sheet.append([_text(sheet, text) for text in row])


_HEADS = ("column 栏目", "名称", "must be filled 必填", "a cell holds 填写方式")
_FACT_HEADS = ("fact 条件", "名称", "operators 运算符", "unit 单位", "values 取值")


def _told_columns() -> Iterator[tuple[str, ...]]:
    for column in WRITTEN:
        yield column.name, LABELS[column.name], "是" if column.wanted else "", takes(column)


def _told_codes() -> Iterator[tuple[str, ...]]:
    for column in WRITTEN:
        for name, kind in _code_kinds(column):
            for code in kind:
                yield name, code.value


def _told_facts() -> Iterator[tuple[str, ...]]:
    for fact in FACTS.values():
        if fact.criteria:
            operators = ", ".join(FITTING[fact.kind])
            yield fact.name, fact.label.zh, operators, fact.unit or "", ", ".join(fact.codes)


def takes(column: Column) -> str:
    """What a cell of this column holds, in words."""
    kind, several = column.kind, typing.get_origin(column.kind) is tuple
    if several:
        kind = typing.get_args(kind)[0]
    if kind.__name__ == "Criterion":
        return 'FACT OPERATOR VALUE[,VALUE] !DISCLOSURE "MESSAGE"; …'
    what = _what(kind, column.name)
    return f"{what}|…" if several else what


def _what(kind: Any, name: str) -> str:
    if is_dataclass(kind):
        return notation.form(cast("type[Any]", kind))
    if issubclass(kind, StrEnum):
        return "代码, 见 codes"
    if kind is int:
        return notation.measure_of(name).examples
    return "true / false" if kind is bool else "文字"


def _code_kinds(column: Column) -> Iterator[tuple[str, type[StrEnum]]]:
    kind = typing.get_args(column.kind)[0] if typing.get_origin(column.kind) is tuple else column.kind
    if is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        for part in fields(kind):
            inner = optional(hints[part.name]) or hints[part.name]
            if isinstance(inner, type) and issubclass(inner, StrEnum):
                yield f"{column.name}: {part.name}", inner
    elif issubclass(kind, StrEnum):
        yield column.name, kind
