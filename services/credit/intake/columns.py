"""The columns of each kind of delivery, and how a row of cells is read: the fields of the kind's own shape."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from datetime import date
from typing import Any, cast, get_args, get_type_hints

from libs.chassis import codec
from libs.chassis.problems import Invalid
from libs.criteria.violation import Violation
from services.credit.domain import invoices
from services.credit.domain.delivery import DeliveryKind, Value
from services.credit.domain.facts import NewFact
from services.credit.domain.party import Registration
from services.credit.domain.records import NewRecord
from services.credit.domain.series import NewFigure

# The edges' reader would take more: 5.00 for an integer, which is yuan where fen are meant; a number for a date.
_FORMS = {
    int: (re.compile(r"-?\d{1,18}"), "Write plain digits, without a point; money in fen."),
    date: (re.compile(r"\d{4}-\d\d-\d\d"), "Write the day as 2026-11-30."),
}


@dataclass(frozen=True, slots=True)
class Columns:
    """`read` takes the cells in the order of `names`, the empty text where the file has no such column."""

    names: Sequence[str]
    required: frozenset[str]
    read: Callable[[Sequence[str]], Value]


def _of(shape: type[Any], without: str = "") -> Columns:
    own = [field for field in fields(shape) if field.name != without]
    names = tuple(field.name for field in own)
    forms = _forms(shape, names)

    def read(cells: Sequence[str]) -> Value:
        filled = {name: cell for name, cell in zip(names, cells, strict=True) if cell}
        _check_forms(filled, forms)
        try:
            return cast(Value, codec.load(shape, filled))
        except Invalid as invalid:
            name = (invalid.field or "/row").split("/")[1]
            said = invalid.detail.split("; got ")[0].removesuffix(".")
            raise Violation(name, f"{said}.", f"See the columns: {', '.join(names)}.") from invalid

    return Columns(names, frozenset(field.name for field in own if field.default is MISSING), read)


def _forms(shape: type[Any], names: Sequence[str]) -> Mapping[str, tuple[re.Pattern[str], str]]:
    hints = get_type_hints(shape)
    kinds = {name: {hints[name], *get_args(hints[name])} for name in names}
    return {name: form for name in names for kind, form in _FORMS.items() if kind in kinds[name]}


def _check_forms(cells: Mapping[str, str], forms: Mapping[str, tuple[re.Pattern[str], str]]) -> None:
    for name, (pattern, mend) in forms.items():
        if name in cells and not pattern.fullmatch(cells[name]):
            raise Violation(name, "The cell cannot be read.", mend)


COLUMNS: Mapping[DeliveryKind, Columns] = {
    DeliveryKind.PARTIES: _of(Registration),
    DeliveryKind.FACTS: _of(NewFact, without="source"),
    DeliveryKind.INVOICES: Columns(invoices.COLUMNS, frozenset(invoices.COLUMNS), invoices.read_cells),
    DeliveryKind.RECORDS: _of(NewRecord, without="source"),
    DeliveryKind.SERIES: _of(NewFigure, without="source"),
}
