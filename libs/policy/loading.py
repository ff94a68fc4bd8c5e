"""Reads the policy files: every `*.yaml` under a directory is a list of parameters.

Overlays are directories of the same form, read after it. An overlay may add parameters, and add values to those that
exist; it never changes a value: a correction is a new record with a later `recorded` date.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import cast

import yaml
from pydantic import JsonValue, TypeAdapter, ValidationError

from libs.policy.parameter import Entry, Parameter, Unit
from libs.policy.plain_yaml import parse
from libs.policy.policy_set import PolicySet

POLICIES = Path(__file__).resolve().parents[2] / "policies"

_PARAMETER = TypeAdapter(Parameter)
_NOT_NUMBERS: dict[Unit, tuple[type, ...]] = {
    Unit.FLAG: (bool,),
    Unit.TEXT: (str,),
    Unit.DATE: (str,),
    Unit.RECORD: (dict, list),
}


class PolicyFileError(Exception):
    """A policy file cannot be used: which file and parameter, what is wrong, and how to mend it."""

    def __init__(self, file: Path, parameter: str, what: str, mend: str) -> None:
        super().__init__(f"{file}: {parameter}: {what} {mend}")
        self.file = file
        self.parameter = parameter
        self.what = what
        self.mend = mend


def load(directory: Path = POLICIES, overlays: Sequence[Path] = ()) -> PolicySet:
    """The policy set of a directory and its overlays. Raises PolicyFileError."""
    merged: dict[str, Parameter] = {}
    for file, parameter in _read(directory):
        if parameter.id in merged:
            raise PolicyFileError(file, parameter.id, "It is defined twice.", "Keep one definition.")
        merged[parameter.id] = _ordered(file, parameter)
    for overlay in overlays:
        for file, parameter in _read(overlay):
            merged[parameter.id] = _overlaid(file, merged.get(parameter.id), parameter)
    return PolicySet(merged.values())


def _overlaid(file: Path, base: Parameter | None, overlay: Parameter) -> Parameter:
    if base is None:
        return _ordered(file, overlay)
    if base.unit is not overlay.unit:
        raise PolicyFileError(
            file,
            overlay.id,
            f"Its unit is {base.unit}, not {overlay.unit}.",
            f"Give its values in {base.unit}.",
        )
    return _ordered(file, replace(base, values=base.values + overlay.values))


def _ordered(file: Path, parameter: Parameter) -> Parameter:
    dates = Counter((entry.effective, entry.recorded) for entry in parameter.values)
    for (effective, recorded), times in dates.items():
        if times > 1:
            raise PolicyFileError(
                file,
                parameter.id,
                f"It has {times} values effective {effective} and recorded {recorded}.",
                "Give a correction the later date on which it was recorded.",
            )
    return replace(parameter, values=tuple(sorted(parameter.values, key=_dates)))


def _dates(entry: Entry) -> tuple[date, date]:
    return entry.effective, entry.recorded


def _read(directory: Path) -> Iterator[tuple[Path, Parameter]]:
    if not directory.is_dir():
        raise PolicyFileError(
            directory, "-", "There is no such directory.", "Name an existing one, or leave it out."
        )
    for stray in directory.rglob("*.yml"):
        raise PolicyFileError(stray, "-", "It would not be read.", "Rename it to .yaml.")
    for file in sorted(directory.rglob("*.yaml")):
        for raw in _items(file):
            yield file, _checked(file, raw)


def _items(file: Path) -> Iterable[object]:
    try:
        content = parse(file.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise PolicyFileError(file, "-", f"It is not YAML: {error}.", "Mend the place it names.") from None
    if not isinstance(content, list):
        raise PolicyFileError(
            file, "-", "It is not a list of parameters.", "Begin each parameter with `- id:`."
        )
    return cast("list[object]", content)


def _checked(file: Path, raw: object) -> Parameter:
    name = str(cast("dict[object, object]", raw).get("id", "-")) if isinstance(raw, dict) else "-"
    try:
        parameter = _PARAMETER.validate_python(raw)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise PolicyFileError(
            file, name, f"{place}: {first['msg']}.", "See policies/README.md for the form."
        ) from None
    for entry in parameter.values:
        _check_value(file, parameter, entry.value)
    if not parameter.values:
        raise PolicyFileError(file, name, "It has no values.", "Give at least one.")
    return parameter


def _check_value(file: Path, parameter: Parameter, value: JsonValue) -> None:
    wanted = _NOT_NUMBERS.get(parameter.unit, (int,))
    if value is not None and (
        not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted)
    ):
        raise PolicyFileError(
            file,
            parameter.id,
            f"{value!r} is not a value in {parameter.unit}.",
            "See policies/README.md for units.",
        )
    if _has_fraction(value):
        raise PolicyFileError(
            file, parameter.id, "It has a fraction.", "Write 4.35 % as 43_500 ppm, an amount in whole fen."
        )
    if parameter.unit is Unit.DATE and value is not None:
        _check_date(file, parameter, str(value))


def _check_date(file: Path, parameter: Parameter, value: str) -> None:
    try:
        date.fromisoformat(value)
    except ValueError:
        raise PolicyFileError(
            file, parameter.id, f"{value!r} is not a date.", "Write it as 2026-11-22."
        ) from None


def _has_fraction(value: JsonValue) -> bool:
    if isinstance(value, dict):
        return any(_has_fraction(part) for part in value.values())
    if isinstance(value, list):
        return any(_has_fraction(part) for part in value)
    return isinstance(value, float)
