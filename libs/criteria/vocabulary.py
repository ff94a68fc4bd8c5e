"""The facts that rules may speak of: names, kinds, units, consent scopes, words. Read once from vocabulary.yaml."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

import yaml

from libs.criteria.violation import Violation


class Kind(StrEnum):
    INTEGER = "INTEGER"
    BOOLEAN = "BOOLEAN"
    CODE = "CODE"


class Unit(StrEnum):
    FEN = "fen"
    BP = "bp"
    MONTHS = "months"
    COUNT = "count"
    POINTS = "points"


@dataclass(frozen=True, slots=True)
class Words:
    """One text in the two languages of the platform."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """A group of facts that one consent opens. `consent` is False for public facts."""

    name: str
    label: Words
    consent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FactType:
    """What a fact is. `codes` are in their order and empty unless the kind is CODE; `code_words` are beside them."""

    name: str
    kind: Kind
    unit: Unit | None
    scope: str
    mutable: bool
    derived: bool
    criteria: bool
    instead: str | None
    reason_code: str
    label: Words
    document: Words
    codes: tuple[str, ...] = ()
    code_words: tuple[Words, ...] = ()


_TRUTH = ("false", "true")
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,18}")
_INT64 = range(-(2**63), 2**63)


def _fact_type(name: str, scope: str, entry: Mapping[str, Any]) -> FactType:
    codes = cast("dict[str, str]", entry.get("codes", {}))
    unit = entry.get("unit")
    return FactType(
        name=name,
        kind=Kind(entry["kind"].upper()),
        unit=Unit(unit) if unit else None,
        scope=scope,
        mutable=entry.get("mutable", False),
        derived=entry.get("derived", False),
        criteria=entry.get("criteria", True),
        instead=entry.get("instead"),
        reason_code=entry["reason_code"],
        label=Words(**entry["label"]),
        document=Words(**entry["document"]),
        codes=tuple(codes),
        code_words=tuple(Words(zh, code) for code, zh in codes.items()),
    )


def _read() -> tuple[Mapping[str, Scope], Mapping[str, FactType]]:
    text = Path(__file__).with_name("vocabulary.yaml").read_text(encoding="utf-8")
    groups = cast("dict[str, dict[str, Any]]", yaml.safe_load(text))
    scopes = {
        name: Scope(name=name, label=Words(**group["label"]), consent=group["consent"])
        for name, group in groups.items()
    }
    facts = {
        name: _fact_type(name, scope, entry)
        for scope, group in groups.items()
        for name, entry in group["facts"].items()
    }
    return MappingProxyType(scopes), MappingProxyType(facts)


SCOPES, FACTS = _read()


def fact_type(name: str) -> FactType:
    """The type of a fact; Violation on field `fact` that names the nearest one when there is no such fact."""
    if name in FACTS:
        return FACTS[name]
    near = get_close_matches(name, FACTS, n=1)
    known = ", ".join(one.name for one in FACTS.values() if one.criteria)
    hint = f"Did you mean `{near[0]}`?" if near else f"One of: {known}."
    raise Violation("fact", f"There is no fact `{name}`.", hint)


def facts_of(scope: str) -> Iterator[FactType]:
    """The facts that a consent to `scope` opens, in order."""
    return (kind for kind in FACTS.values() if kind.scope == scope)


def encode(fact: str, text: str) -> int:
    """The integer form of a fact's text: an integer itself, false/true as 0/1, a code by its index.

    Violation on field `value` when the text is not in the one canonical form of its kind.
    """
    kind = fact_type(fact)
    if kind.kind is Kind.INTEGER:
        return _integer(kind, text)
    texts = kind.codes if kind.kind is Kind.CODE else _TRUTH
    if text in texts:
        return texts.index(text)
    raise Violation("value", f"`{text}` is no value of {fact}.", f"Use one of {', '.join(texts)}.")


def _integer(kind: FactType, text: str) -> int:
    if _INTEGER.fullmatch(text) and int(text) in _INT64:
        return int(text)
    unit = kind.unit.value if kind.unit else "plain"
    raise Violation("value", f"`{text}` is no integer.", f"Write {kind.name} as plain digits, in {unit}.")


def decode(fact: str, number: int) -> str:
    """The text of a fact's integer form; Violation on field `value` when no text has it."""
    kind = fact_type(fact)
    if kind.kind is Kind.INTEGER:
        return str(number)
    texts = kind.codes if kind.kind is Kind.CODE else _TRUTH
    if 0 <= number < len(texts):
        return texts[number]
    raise Violation("value", f"{number} is no integer form of {fact}.", f"Use 0 to {len(texts) - 1}.")
