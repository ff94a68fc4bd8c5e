"""Plain data (JSON, or the cells of a row) as a shape of the domain, telling all that is wrong at once.

Made from the dataclass itself, so a field that is added can be loaded from every format.
"""

import types
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from typing import Any, cast

from libs.criteria.violation import Violation
from services.lending.domain.intake.mistakes import Found, Rule, Wrong, broken, wrong
from services.lending.domain.intake.quantities import Measure, measure_of, whole
from services.lending.domain.product import ProductTerms, mistakes

Reader = Callable[[Any], Any]

_TRUTH = {"true": True, "false": False, "yes": True, "no": False, "是": True, "否": False}


@cache
def reader(shape: type[Any]) -> Reader:
    """Reads a mapping as this dataclass; raises Wrong."""
    hints = typing.get_type_hints(shape)
    parts = {part.name: (part, value_reader(hints[part.name], part.name)) for part in fields(shape)}

    def read(plain: Any) -> Any:
        if isinstance(plain, shape):
            return plain
        if not isinstance(plain, Mapping):
            raise wrong(Rule.UNREADABLE, f"{_shown(plain)} is no object.", f"Give {', '.join(parts)}.")
        given = cast("Mapping[str, Any]", plain)
        found = list(_unknown(given, parts))
        values: dict[str, Any] = {}
        for name, (part, read_part) in parts.items():
            try:
                if name in given:
                    values[name] = read_part(given[name])
                elif required(part):
                    raise wrong(Rule.MISSING, f"{name} is missing.", "Give it.")
            except Wrong as refused:
                found += [one.below(name) for one in refused.found]
        if found:
            raise Wrong(found)
        return _made(shape, values)

    return read


def required(part: "Field[Any]") -> bool:
    return part.default is MISSING and part.default_factory is MISSING


def value_reader(kind: Any, name: str) -> Reader:
    """Reads a value of this type; `name` says what a number counts."""
    inner = optional(kind)
    if inner is not None:
        read_inner = value_reader(inner, name)
        return lambda plain: None if plain is None else read_inner(plain)
    if typing.get_origin(kind) is tuple:
        return _several(value_reader(typing.get_args(kind)[0], name))
    if is_dataclass(kind):
        return reader(cast("type[Any]", kind))
    if issubclass(kind, StrEnum):
        return _code(kind)
    if kind is int:
        return _integer(measure_of(name))
    return _LEAVES[kind]


def optional(kind: Any) -> Any:
    """The type beside None; None where the type has no None."""
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        return next(part for part in typing.get_args(kind) if part is not type(None))
    return None


def _several(read: Reader) -> Reader:
    def read_all(plain: Any) -> tuple[Any, ...]:
        if not isinstance(plain, list | tuple):
            raise wrong(Rule.UNREADABLE, f"{_shown(plain)} is no list.", "Give a list.")
        values: list[Any] = []
        found: list[Found] = []
        for at, part in enumerate(cast("list[Any]", plain)):
            try:
                values.append(read(part))
            except Wrong as refused:
                found += [one.below(at) for one in refused.found]
        if found:
            raise Wrong(found)
        return tuple(values)

    return read_all


def _code(kind: type[StrEnum]) -> Reader:
    codes: Mapping[str, StrEnum] = kind.__members__

    def read(plain: Any) -> StrEnum:
        if isinstance(plain, str):
            code = codes.get(plain) or codes.get("_".join(plain.upper().replace("-", " ").split()))
            if code is not None:
                return code
        near = get_close_matches(str(plain).upper(), codes, n=1)
        known = ", ".join(codes)
        mend = f"Did you mean {near[0]}? Codes: {known}." if near else f"Codes: {known}."
        raise wrong(Rule.UNKNOWN, f"There is no code {_shown(plain)}.", mend)

    return read


def _integer(measure: Measure) -> Reader:
    def read(plain: Any) -> int:
        if type(plain) is int:
            return plain
        if isinstance(plain, str):
            return whole(plain, measure)
        if isinstance(plain, Decimal) and plain.is_finite() and plain == plain.to_integral_value():
            return int(plain)
        if isinstance(plain, Decimal):
            return whole(str(plain), measure)
        raise wrong(Rule.UNREADABLE, f"{_shown(plain)} is no whole number.", f"Write {measure.examples}.")

    return read


def _truth(plain: Any) -> bool:
    if isinstance(plain, bool):
        return plain
    if isinstance(plain, str) and plain.strip().lower() in _TRUTH:
        return _TRUTH[plain.strip().lower()]
    raise wrong(Rule.UNREADABLE, f"{_shown(plain)} is neither true nor false.", "Write true or false.")


def _text(plain: Any) -> str:
    if not isinstance(plain, str):
        raise wrong(Rule.UNREADABLE, f"{_shown(plain)} is no text.", "Put it in quotes.")
    try:
        plain.encode()
    except UnicodeEncodeError as error:
        raise wrong(Rule.UNREADABLE, "The text holds half a character.", "Send whole characters.") from error
    return plain


def _day(plain: Any) -> date:
    try:
        return date.fromisoformat(plain)
    except (TypeError, ValueError):
        raise wrong(Rule.UNREADABLE, f"{_shown(plain)} is no date.", "Write 2026-11-23.") from None


_LEAVES: Mapping[Any, Reader] = {str: _text, bool: _truth, date: _day}


def _unknown(given: Mapping[str, Any], parts: Mapping[str, Any]) -> Iterator[Found]:
    for name in given:
        if name not in parts:
            near = get_close_matches(name, parts, n=1)
            mend = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(parts)}."
            yield Found((f"{name:.60}",), Rule.UNKNOWN, f"There is no field {name:.60}.", mend)


def _made(shape: type[Any], values: Mapping[str, Any]) -> Any:
    try:
        return shape(**values)
    except Violation as violation:
        all_of_them = _term_mistakes(values) if shape is ProductTerms else (violation,)
        raise Wrong(broken(one) for one in all_of_them) from violation


def _term_mistakes(values: Mapping[str, Any]) -> Iterator[Violation]:
    """The terms refuse at their first mistake; all are told of terms that were made without asking them."""
    terms = object.__new__(ProductTerms)
    for part in fields(ProductTerms):
        object.__setattr__(terms, part.name, values.get(part.name, part.default))
    return mistakes(terms)


def _shown(plain: Any) -> str:
    return f"{plain!r:.60}" if not isinstance(plain, Mapping | list) else "This"
