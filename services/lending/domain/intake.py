"""Products from CSV, in the format of data/demo/FORMAT.md: one row, one product; every mistake names its cell."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from libs.criteria.notation import parse_criteria
from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.finance.cost import Fee, FeeBasis, FeePayee, FeeTiming
from libs.finance.schedule import RepaymentMethod
from libs.registry.dimensions import OwnerKind
from libs.registry.size import Size
from services.lending.domain.product import (
    GuaranteeMode,
    IpPledgeCap,
    IpRightKind,
    NewProduct,
    ProductFlag,
    ProductKind,
    ProductTerms,
    Rate,
    RateBase,
)


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
    """Every row of a CSV, good or bad. Violation for a header that has no place for a product."""
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), restkey="")
    _check_header(reader.fieldnames or ())
    for row in reader:
        yield _parse_row(reader.line_num, row)


def _check_header(names: Any) -> None:
    unknown = sorted(set(names) - {"external_id", *_READERS})
    missing = sorted(_REQUIRED - set(names))
    if unknown:
        raise Violation(
            f"csv/1/{unknown[0]}", f"Unknown columns: {', '.join(unknown)}.", f"Known: {', '.join(_READERS)}."
        )
    if missing:
        raise Violation(
            f"csv/1/{missing[0]}", f"Missing columns: {', '.join(missing)}.", "Add them to the header line."
        )


def _parse_row(number: int, row: Mapping[str, Any]) -> Parsed:
    external_id = (row.get("external_id") or "").strip()
    try:
        if "" in row:
            raise Violation("", "The row has more cells than the header.", "Quote cells that hold a comma.")
        cells = {name: (text or "").strip() for name, text in row.items() if name != "external_id"}
        terms = {name: _read(name, text) for name, text in cells.items() if text or name in _REQUIRED}
        return Parsed(
            number, external_id, NewProduct(external_id=external_id, terms=ProductTerms(**terms)), None
        )
    except Violation as violation:
        return Parsed(number, external_id, None, violation)


def _read(name: str, text: str) -> Any:
    try:
        return _READERS[name](text)
    except Violation as violation:
        raise Violation(f"{name}/{violation.field}", violation.message, violation.mend) from violation
    except ValueError as error:
        raise Violation(name, f"'{text:.60}' cannot be read: {error}.", "See data/demo/FORMAT.md.") from error


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
