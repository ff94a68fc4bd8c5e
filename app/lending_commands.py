"""`rongqiao lending …`: what a bank's engineer does with files of products, without a platform."""

import json
import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from libs.chassis.clock import SystemClock, business_date
from libs.chassis.codec import dump, to_json
from services.lending.domain.adapters import au_cdr, uk_sme_loan
from services.lending.domain.adapters.adapted import Adapted, Adapter, Rules
from services.lending.domain.intake import documents
from services.lending.domain.intake.columns import COLUMNS

FORMATS: Mapping[str, Adapter] = {"uk-sme-loan": uk_sme_loan.read, "au-cdr": au_cdr.read}


def adapt(chosen: Namespace) -> int:
    """Every record as a product in `out`, or with what it lacks in the report; 2 when nothing can be read."""
    try:
        rules = Rules(
            fen_per_unit=_positive(chosen.fen_per_unit),
            assumed=_assumed(chosen.assume),
            on=business_date(SystemClock().now()),
        )
        adapted = list(FORMATS[chosen.format](_document(chosen.file), rules))
    except (OSError, ValueError) as error:
        print(f"{chosen.file}: {error}", file=sys.stderr)
        return 2
    products = [one.product for one in adapted if one.product is not None]
    with chosen.out.open("wb") as out:
        documents.write_array(map(to_json, products), out)
    if chosen.report is not None:
        chosen.report.write_text(
            json.dumps([_told(one) for one in adapted], ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
        )
    _print(adapted)
    print(
        f"{len(adapted)} records: {len(products)} products in {chosen.out}, {len(adapted) - len(products)} reported"
    )
    return 0


def _document(file: Path) -> Any:
    """One JSON document, or one a line."""
    text = file.read_text(encoding="utf-8-sig")
    try:
        return json.loads(text, parse_float=Decimal)
    except json.JSONDecodeError:
        return list(_lines(text))


def _lines(text: str) -> Iterator[Any]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                yield json.loads(line, parse_float=Decimal)
            except json.JSONDecodeError as error:
                raise ValueError(f"line {number} is no JSON: {error}") from error


def _positive(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise ValueError(f"--fen-per-unit {text} is no number") from error
    if not (value.is_finite() and value > 0):
        raise ValueError(f"--fen-per-unit {text} is not above zero")
    return value


def _assumed(given: list[str]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for one in given:
        name, _, cell = one.partition("=")
        pairs[name] = cell
    unknown = [name for name in pairs if name not in COLUMNS or "." in name]
    if unknown:
        raise ValueError(f"--assume {unknown[0]}: there is no such column; see data/demo/FORMAT.md")
    return pairs


def _told(one: Adapted) -> dict[str, Any]:
    told = dump(one)
    told["product"] = one.product is not None
    return told


def _print(adapted: list[Adapted]) -> None:
    for one in adapted:
        if one.product is None:
            print(f"reported {one.place or '/'} {one.external_id} {one.name}")
            for mistake in one.missing:
                print(f"  {mistake.field}: {mistake.message} {mistake.mend}")
