"""Data sets in a folder, known by what is in the files and not by their names."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
# (the libraries that learn, draw and read parquet carry no types)

import csv
import gzip
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from libs.criteria.violation import Violation
from services.credit.training.dictionary import Dictionary, Layout, Role, spelled
from services.credit.training.invoices import firms_file, invoice_frame
from services.credit.training.sample import Sample, admit

MOST_LACKING = 0.4  # of the inputs, for a file to count as one of a dictionary's kind
_CSV, _ARFF = (".csv",), (".arff", ".arff.gz")


@dataclass(frozen=True, slots=True)
class Found:
    """A file, or a folder of invoices, and the dictionary that fits it."""

    name: str
    path: Path
    dictionary: Dictionary

    def sample(self) -> Sample:
        return admit(self.dictionary, read_frame(self.path, self.dictionary), self.name)


def find(folder: Path, known: Sequence[Dictionary]) -> Iterator[Found]:
    """Every labelled set under a folder, in the order of the paths. Files of other kinds are passed over."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        if found := find_file(path, known):
            yield found


def find_file(path: Path, known: Sequence[Dictionary]) -> Found | None:
    header, layout = _header(path)
    fitting = [
        (_lacking(one, header), one) for one in known if one.layout is layout and _has_outcome(one, header)
    ]
    if layout is Layout.CSV and firms_file(header):
        return _of_firms(path, known)
    if not fitting:
        return None
    lacking, best = min(fitting, key=lambda pair: pair[0])
    return Found(_name(path), path, best) if lacking <= MOST_LACKING else None


def read_frame(path: Path, dictionary: Dictionary) -> pd.DataFrame:
    """The rows as they stand; for invoices, a row of features a firm."""
    if dictionary.layout is Layout.INVOICES:
        return invoice_frame(path if path.is_dir() else path.parent)
    if path.name.endswith(_ARFF):
        return _read_arff(path)
    try:
        return pd.read_csv(path, encoding="utf-8-sig", low_memory=False, skipinitialspace=True)
    except (UnicodeDecodeError, pd.errors.ParserError) as error:
        raise Violation("data", f"{path.name} cannot be read: {error}", "Give a CSV in UTF-8.") from error


def _of_firms(path: Path, known: Sequence[Dictionary]) -> Found | None:
    fitting = (one for one in known if one.layout is Layout.INVOICES)
    return next((Found(path.parent.name, path.parent, one) for one in fitting), None)


def _header(path: Path) -> tuple[list[str], Layout | None]:
    if path.name.endswith(_ARFF):
        return [name for name, _ in _attributes(_lines(path))], Layout.ARFF
    if path.suffix.lower() in _CSV:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as text:
            return next(csv.reader(text), []), Layout.CSV
    return [], None


def _has_outcome(dictionary: Dictionary, header: Iterable[str]) -> bool:
    return any(dictionary.role_of(name) is Role.OUTCOME for name in header)


def _lacking(dictionary: Dictionary, header: Iterable[str]) -> float:
    held = set(spelled(dictionary, header).values())
    lacking = sum(column.name not in held for column in dictionary.read)
    return lacking / len(dictionary.read)


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.name.split('.')[0]}"


def _lines(path: Path) -> Iterator[str]:
    content = path.read_bytes()
    plain = gzip.decompress(content) if path.suffix == ".gz" else content
    yield from io.StringIO(plain.decode("utf-8", errors="replace"))


def _attributes(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Name and type of each, up to the data."""
    for line in lines:
        words = line.strip().split(None, 2)
        if words and words[0].lower() == "@data":
            return
        if len(words) == 3 and words[0].lower() == "@attribute":
            yield words[1].strip("'\""), words[2]


def _read_arff(path: Path) -> pd.DataFrame:
    """Attributes of numbers and of named values, a row a line; `?` is missing. Dates and sparse rows are refused."""
    lines = list(_lines(path))
    names = [name for name, _ in _attributes(lines)]
    start = next((at for at, line in enumerate(lines, 1) if line.strip().lower() == "@data"), len(lines))
    rows = [line for line in lines[start:] if line.strip() and not line.startswith("%")]
    if not rows or rows[0].startswith("{"):
        raise Violation("data", f"{path.name} has no plain rows.", "Save it as a dense ARFF file.")
    return pd.read_csv(
        io.StringIO("".join(rows)), header=None, names=names, na_values=["?"], skipinitialspace=True
    )
