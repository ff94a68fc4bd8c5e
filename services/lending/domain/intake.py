"""Products from CSV, in the format of data/demo/FORMAT.md: one row, one product; every mistake names its cell."""

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from itertools import chain, islice, repeat
from typing import Any

from libs.criteria.notation import parse_criteria
from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.finance.cost import Fee, FeeBasis, FeePayee, FeeTiming
from libs.finance.schedule import RepaymentMethod
from libs.registry.dimensions import OwnerKind
from libs.registry.loan_terms import GuaranteeMode, IpRightKind, ProductKind, RateBase
from libs.registry.size import Size
from services.lending.domain.product import IpPledgeCap, NewProduct, ProductFlag, ProductTerms, Rate


class RowOutcome(StrEnum):
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    NOT_KEPT = "NOT_KEPT"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportProducts(Shape):
    csv: str
    dry_run: bool = False
    all_or_nothing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRow(Shape):
    """What became of one row; rows count as a spreadsheet does, the header is row 1."""

    row: int
    external_id: str
    outcome: RowOutcome
    product_id: str | None = None
    field: str | None = None
    message: str | None = None
    mend: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport(Shape):
    accepted: int
    rejected: int
    rows: tuple[ImportRow, ...]


@dataclass(frozen=True, slots=True)
class Parsed:
    """A row as a product, or what is wrong with it."""

    row: int
    external_id: str
    product: NewProduct | None
    violation: Violation | None


def parse(text: str) -> Iterator[Parsed]:
    """Every row of a CSV, good or bad. Violation for a header that has no place for a product, or broken quoting."""
    rows = _rows(text.removeprefix("\ufeff"))
    names = [name for _, header in islice(rows, 1) for name in header]
    _check_header(names)
    seen: dict[str, int] = {}
    for number, cells in rows:
        if any(cells):
            parsed = _parse_row(number, names, cells)
            yield _once(parsed, seen.setdefault(parsed.external_id, number))


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Rows with their numbers, the empty ones too: a spreadsheet counts them."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for number, cells in enumerate(reader, start=1):
            yield number, [cell.strip() for cell in cells]
    except csv.Error as error:
        mend = "Quote cells that hold a comma, a quote or a line end, and double the quotes inside."
        raise Violation(f"csv/{reader.line_num}", f"This is no CSV: {error}.", mend) from error


def _once(parsed: Parsed, first: int) -> Parsed:
    """Two rows of one number: the later would silently replace the earlier."""
    if parsed.product is None or first == parsed.row:
        return parsed
    why = f"The number {parsed.external_id} stands in row {first} already."
    return replace(parsed, product=None, violation=Violation("external_id", why, "Keep one row of the two."))


def _check_header(names: Sequence[str]) -> None:
    unknown = sorted(set(names) - {"external_id", *_READERS})
    missing = sorted(_REQUIRED - set(names))
    twice = [name for name, count in Counter(names).items() if count > 1]
    if unknown:
        raise Violation(
            f"csv/1/{unknown[0]}", f"Unknown columns: {', '.join(unknown)}.", f"Known: {', '.join(_READERS)}."
        )
    if missing:
        raise Violation(
            f"csv/1/{missing[0]}", f"Missing columns: {', '.join(missing)}.", "Add them to the header line."
        )
    if twice:
        raise Violation(f"csv/1/{twice[0]}", f"Columns stand twice: {', '.join(twice)}.", "Keep one of each.")


def _parse_row(number: int, names: Sequence[str], cells: Sequence[str]) -> Parsed:
    row = dict(zip(names, chain(cells, repeat("")), strict=False))
    external_id = row.pop("external_id")
    try:
        if len(cells) > len(names):
            raise Violation("", "The row has more cells than the header.", "Quote cells that hold a comma.")
        return Parsed(number, external_id, NewProduct(external_id=external_id, terms=_terms(row)), None)
    except Violation as violation:
        return Parsed(number, external_id, None, violation)


def _terms(row: Mapping[str, str]) -> ProductTerms:
    read = {name: _read(name, text) for name, text in row.items() if text or name in _REQUIRED}
    try:
        return ProductTerms(**read)
    except Violation as violation:
        raise _in_cell(violation.field.removeprefix("terms/"), violation) from violation


def _read(name: str, text: str) -> Any:
    if not text:
        raise Violation(name, "The cell is empty.", "See data/demo/FORMAT.md.")
    try:
        return _READERS[name](text)
    except Violation as violation:
        raise _in_cell(f"{name}/{violation.field.removeprefix(f'{name}/')}", violation) from violation
    except ValueError as error:
        raise Violation(name, f"'{text:.60}' cannot be read: {error}.", "See data/demo/FORMAT.md.") from error


def _in_cell(place: str, violation: Violation) -> Violation:
    return Violation(place, violation.message, violation.mend, violation.source)


def _parts(text: str, separator: str = "|") -> list[str]:
    return [part.strip() for part in text.split(separator) if part.strip()]


def _texts(text: str) -> tuple[str, ...]:
    return tuple(_parts(text))


def _codes(kind: type[StrEnum]) -> Callable[[str], tuple[StrEnum, ...]]:
    return lambda text: tuple(kind(part) for part in _parts(text))


def _number(text: str, unit: str = "") -> int:
    if not text.endswith(unit):
        raise ValueError(f"'{text}' is not in {unit}")
    return int(text.removesuffix(unit))


def _rate(text: str) -> Rate:
    base, low, high = text.split(":")
    return Rate(
        base=RateBase(base.strip()), min_ppm=_number(low.strip(), "ppm"), max_ppm=_number(high.strip(), "ppm")
    )


def _fees(text: str) -> tuple[Fee, ...]:
    return tuple(_fee(part) for part in _parts(text))


def _fee(text: str) -> Fee:
    name, payee, basis, value, timing = _parts(text, ":")
    amounts = (
        {"amount_fen": _number(value, "fen")}
        if basis == FeeBasis.FIXED
        else {"rate_ppm": _number(value, "ppm")}
    )
    return Fee(name=name, payee=FeePayee(payee), basis=FeeBasis(basis), timing=FeeTiming(timing), **amounts)


def _caps(text: str) -> tuple[IpPledgeCap, ...]:
    pairs = (_parts(part, ":") for part in _parts(text))
    return tuple(IpPledgeCap(right=IpRightKind(right), cap_bp=_number(cap, "bp")) for right, cap in pairs)


_SPECIAL: dict[str, Callable[[str], Any]] = {
    "name": str,
    "summary": str,
    "kind": ProductKind,
    "flags": _codes(ProductFlag),
    "rate": _rate,
    "fees": _fees,
    "repayment_methods": _codes(RepaymentMethod),
    "guarantee_modes": _codes(GuaranteeMode),
    "ip_pledge_caps": _caps,
    "sizes": _codes(Size),
    "owner_kinds": _codes(OwnerKind),
    "criteria": parse_criteria,
}
_LISTS = ("programmes", "regions", "industries", "industries_excluded", "materials", "benefits")
# Every field of the terms has a column of its name; what is neither special nor a list is a whole number.
_READERS: dict[str, Callable[[str], Any]] = {
    field.name: _SPECIAL.get(field.name, _texts if field.name in _LISTS else _number)
    for field in fields(ProductTerms)
}
_REQUIRED = {
    "external_id", "name", "kind", "amount_min_fen", "amount_max_fen", "term_min_months", "term_max_months",
    "decision_days", "rate", "repayment_methods", "guarantee_modes",
}  # fmt: skip
