"""A data set as a model may see it: the one gate between a file and everything that learns."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
# (the libraries that learn, draw and read parquet carry no types)

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from libs.criteria.violation import Violation
from services.credit.domain.card import Scale
from services.credit.training.dictionary import Column, Dictionary, Group, Role, spelled

LARGEST = 20_000  # rows; of more, so many are drawn with the seed
SEED = 0
_MISSING = frozenset(("", "?", "na", "n/a", "nan", "null", "none"))


@dataclass(frozen=True, slots=True)
class Sample:
    """`inputs` has the INPUT columns and what is derived from them, nothing else. `outcome`: 1 is a default.
    `groups`: by kind of group, each row's one. `time` orders rows. `notes`: what was done to the file, for people;
    it had `file_rows`."""

    name: str
    dictionary: Dictionary
    inputs: pd.DataFrame
    outcome: NDArray[np.int8]
    groups: Mapping[str, "pd.Series[str]"]
    time: "pd.Series[Any] | None"
    ids: "pd.Series[Any] | None"
    notes: tuple[str, ...]
    file_rows: int = 0

    @property
    def rows(self) -> int:
        return len(self.outcome)

    @property
    def defaults(self) -> int:
        return int(self.outcome.sum())

    @property
    def sha256(self) -> str:
        """Of the rows as the model sees them, in their order."""
        text = self.inputs.assign(outcome=self.outcome).to_csv(index=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def part(self, rows: NDArray[Any]) -> "Sample":
        return Sample(
            self.name,
            self.dictionary,
            self.inputs.iloc[rows].reset_index(drop=True),
            self.outcome[rows],
            {name: group.iloc[rows].reset_index(drop=True) for name, group in self.groups.items()},
            None if self.time is None else self.time.iloc[rows].reset_index(drop=True),
            None if self.ids is None else self.ids.iloc[rows].reset_index(drop=True),
            self.notes,
            self.file_rows,
        )


def admit(dictionary: Dictionary, frame: pd.DataFrame, name: str = "") -> Sample:
    """What of a file may enter a model. Violation when no outcome or no input is in it, or only one outcome."""
    names = spelled(dictionary, frame.columns)
    notes = [*_notes_on_columns(dictionary, frame, names)]
    known = frame[list(names)].rename(columns=dict(names))
    known, outcome = _labelled(dictionary, known, notes)
    known, outcome = _single(dictionary, known, outcome, notes)
    known, outcome = _drawn(known, outcome, notes)
    if len(np.unique(outcome)) != 2:
        raise Violation("outcome", "There is only one outcome in the data.", "Bring good and bad rows.")
    return _sample(name or dictionary.id, dictionary, known, outcome, tuple(notes), len(frame))


def inputs_of(dictionary: Dictionary, known: pd.DataFrame) -> pd.DataFrame:
    """The columns that are INPUT, typed, and those made of them. `known` has the dictionary's spelling; an input that
    a file lacks is missing in every row."""
    typed = {
        column.name: typed_column(column, known[column.name])
        if column.name in known
        else pd.Series(np.nan, index=known.index)
        for column in dictionary.read
    }
    for made in dictionary.derived:
        typed[made.name] = typed[made.minuend] - typed[made.subtrahend]
    return pd.DataFrame(typed).reset_index(drop=True)


def typed_column(column: Column, cells: "pd.Series[Any]") -> "pd.Series[Any]":
    """Numbers as floats, codes as text without blanks around; what is missing is NaN."""
    if column.scale is Scale.NUMBER:
        return numbers(cells)
    text = cells.astype(object).map(_code)
    return text.astype(object)


def numbers(cells: "pd.Series[Any]") -> "pd.Series[Any]":
    """`$60,000.00 ` is a number as well; what is none is missing."""
    if pd.api.types.is_numeric_dtype(cells):
        found = cells.astype(float)
    else:
        found = pd.to_numeric(
            cells.astype(str).str.replace(r"[$,\s%]", "", regex=True), errors="coerce"
        ).astype(float)
    return found.where(np.isfinite(found))


def _code(cell: Any) -> Any:
    if cell is None or (isinstance(cell, float) and np.isnan(cell)):
        return np.nan
    text = str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()
    return np.nan if text.lower() in _MISSING else text


def _notes_on_columns(dictionary: Dictionary, frame: pd.DataFrame, names: Mapping[str, str]) -> list[str]:
    notes: list[str] = []
    unknown = [str(name) for name in frame.columns if name not in names]
    if unknown:
        notes.append(f"Columns that the dictionary does not name, left out: {', '.join(unknown)}.")
    lacking = [column.name for column in dictionary.read if column.name not in names.values()]
    if len(lacking) == len(dictionary.read):
        raise Violation("columns", "The file has none of the inputs.", f"It needs {', '.join(lacking[:5])} …")
    if lacking:
        notes.append(f"Inputs that the file lacks: {', '.join(lacking)}.")
    for role in (Role.POST_OUTCOME, Role.PROTECTED):
        held = [name for name in names.values() if dictionary.role_of(name) is role]
        if held:
            notes.append(f"{role}, kept out: {', '.join(held)}.")
    return notes


def _labelled(
    dictionary: Dictionary, known: pd.DataFrame, notes: list[str]
) -> tuple[pd.DataFrame, NDArray[np.int8]]:
    told = next((one for one in dictionary.outcomes if one.column in known), None)
    if told is None:
        columns = " or ".join(one.column for one in dictionary.outcomes)
        raise Violation("outcome", "The file has no outcome.", f"It stands in a column {columns}.")
    cells = known[told.column].map(_code)
    bad, good = cells.isin(told.bad).to_numpy(), cells.isin(told.good).to_numpy()
    if unread := int((~(bad | good)).sum()):
        notes.append(f"Rows without a readable outcome, left out: {unread}.")
    kept = bad | good
    return known[kept].reset_index(drop=True), bad[kept].astype(np.int8)


def _single(
    dictionary: Dictionary, known: pd.DataFrame, outcome: NDArray[np.int8], notes: list[str]
) -> tuple[pd.DataFrame, NDArray[np.int8]]:
    """Exact doubles would stand on both sides of a fold."""
    if not dictionary.drop_duplicates:
        return known, outcome
    first = ~known.duplicated().to_numpy()
    if doubles := int((~first).sum()):
        notes.append(f"Exact duplicate rows dropped before folding: {doubles}.")
    return known[first].reset_index(drop=True), outcome[first]


def _drawn(
    known: pd.DataFrame, outcome: NDArray[np.int8], notes: list[str]
) -> tuple[pd.DataFrame, NDArray[np.int8]]:
    if len(known) <= LARGEST:
        return known, outcome
    rows = np.sort(np.random.default_rng(SEED).choice(len(known), LARGEST, replace=False))
    notes.append(f"Of {len(known)} rows {LARGEST} were drawn with seed {SEED}.")
    return known.iloc[rows].reset_index(drop=True), outcome[rows]


def _sample(
    name: str,
    dictionary: Dictionary,
    known: pd.DataFrame,
    outcome: NDArray[np.int8],
    notes: tuple[str, ...],
    file_rows: int,
) -> Sample:
    groups = {
        column.group.value: _grouped(column, known[column.name])
        for column in dictionary.columns
        if column.group and column.group is not Group.TIME and column.name in known
    }
    time = dictionary.of_group(Group.TIME)
    identity = next(
        (one.name for one in dictionary.columns if one.role is Role.ID and one.name in known), None
    )
    return Sample(
        name,
        dictionary,
        inputs_of(dictionary, known),
        outcome,
        groups,
        _times(known[time.name]) if time and time.name in known else None,
        known[identity] if identity else None,
        notes,
        file_rows,
    )


def _grouped(column: Column, cells: "pd.Series[Any]") -> "pd.Series[str]":
    if not column.bands:
        return cells.map(_code).fillna("unknown").astype(str)
    edges = [-np.inf, *column.bands, np.inf]
    between = [f"{low:g} to < {high:g}" for low, high in pairwise(column.bands)]
    names = [f"< {column.bands[0]:g}", *between, f"{column.bands[-1]:g} +"]
    cut = pd.cut(numbers(cells), bins=edges, right=False, labels=names)
    return cut.astype(object).fillna("unknown").astype(str)


def _times(cells: "pd.Series[Any]") -> "pd.Series[Any]":
    """Numbers order as they are (a year, a count of days); else dates."""
    as_numbers = numbers(cells)
    if as_numbers.notna().mean() > 0.9:
        return as_numbers
    dates = pd.to_datetime(cells, errors="coerce", format="mixed")
    return (dates - pd.Timestamp(1970, 1, 1)).dt.days.astype(float)
