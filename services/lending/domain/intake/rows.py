"""A row of a file: the product that it is, or all that is wrong with it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from services.lending.domain.intake.mistakes import Found, Mistake, Path, Rule, Wrong, broken
from services.lending.domain.intake.shapes import reader
from services.lending.domain.product import NewProduct, rate_mistakes

LONGEST_NUMBER = 64
MOST_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class Row:
    """`number` counts as the format does: a spreadsheet's and a text file's rows from 1, a JSON array's from 0.
    `place`: where its external_id stands."""

    number: int
    place: str
    external_id: str
    product: NewProduct | None
    mistakes: tuple[Mistake, ...] = ()


def read_product(plain: Any, on: date, known: Iterable[Found] = ()) -> NewProduct:
    """A product from `{external_id, terms}`; Wrong with `known` mistakes and all others. `on`: the day at whose LPR a
    stated rate is held against the terms."""
    found = list(known)
    try:
        product: NewProduct = reader(NewProduct)(plain)
    except Wrong as mistakes:
        found += [one for one in mistakes.found if not _told(one, found)]
    else:
        found += _unprintable(product.external_id)
        found += [broken(violation).below("terms") for violation in rate_mistakes(product.terms, on)]
        if not found:
            return product
    raise Wrong(found)


def _told(one: Found, known: list[Found]) -> bool:
    """What could not be read is not missing as well."""
    return one.rule is Rule.MISSING and any(one.path[: len(other.path)] == other.path for other in known)


def _unprintable(external_id: str) -> list[Found]:
    if external_id.isprintable() and external_id == external_id.strip():
        return []
    what = "The number has blanks at its edge, or signs that cannot be seen."
    return [Found(("external_id",), Rule.UNREADABLE, what, "Use letters, digits and signs that can be seen.")]


def number_in(plain: Any) -> str:
    """The bank's own number in a product that may be wrong, to tell the row by."""
    number: Any = cast("Mapping[str, Any]", plain).get("external_id") if isinstance(plain, Mapping) else None
    return number[:LONGEST_NUMBER] if isinstance(number, str) and number.isprintable() else ""


def by_name(path: Path) -> str:
    """The name of a field as the bank's people know it: `rate/min_ppm`, without the `terms` around all of them."""
    return "/".join(map(str, path[1:] if path[:1] == ("terms",) and len(path) > 1 else path))
