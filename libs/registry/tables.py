"""The code tables in data/ beside the code, and what an operator adds to them."""

from __future__ import annotations

import csv
from pathlib import Path

DATA = Path(__file__).resolve().parents[2] / "data"
_overlays: list[Path] = []


class TableError(ValueError):
    """A file of the operator's is no addition to a table: the message names file and cause."""


def rows(name: str) -> list[dict[str, str]]:
    """The rows of `data/<name>.csv` by column, then the operator's: of two rows of one key the later counts."""
    return [row for folder in (DATA, *_overlays) for row in _read(folder / f"{name}.csv")]


def read_after(overlay: Path | None) -> None:
    """From now on read tables of this folder after our own; to be called before any is read. Raises TableError."""
    _overlays[:] = [overlay] if overlay else []
    for path in sorted(overlay.glob("*.csv")) if overlay else ():
        ours = DATA / path.name
        if not ours.exists():
            raise TableError(f"{path}: there is no such table; known are those in {DATA.name}/.")
        if _columns(path) != _columns(ours):
            raise TableError(f"{path}: the columns must be {', '.join(_columns(ours))}.")


def _read(path: Path) -> list[dict[str, str]]:
    if not path.exists() and path.parent != DATA:
        return []
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _columns(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return next(csv.reader(file), list[str]())
