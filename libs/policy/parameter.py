"""A number of the rules: its unit, and every value it had, with the document that says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import JsonValue, StringConstraints

from libs.criteria.shape import Shape

ParameterId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$")]
Sentence = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class Unit(StrEnum):
    """How to read a value. All but the last four are whole numbers: 4.35 % is 43_500 ppm, 3 % is 300 bp."""

    FEN = "fen"
    BP = "bp"
    PPM = "ppm"
    MULTIPLE = "multiple"
    COUNT = "count"
    POINTS = "points"
    DAYS = "days"
    MONTHS = "months"
    YEARS = "years"
    DATE = "date"
    FLAG = "flag"
    TEXT = "text"
    RECORD = "record"


class Confidence(StrEnum):
    """How sure the value is: read in the document, or from general knowledge of that degree."""

    SOURCED = "sourced"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source(Shape):
    document: Sentence
    paragraph: Sentence
    quote: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(Shape):
    """A value from `effective` on, as known since `recorded`. A null value ends the rule on that day."""

    value: JsonValue
    effective: date
    recorded: date
    source: Source
    confidence: Confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter(Shape):
    id: ParameterId
    description: Sentence
    unit: Unit
    values: tuple[Entry, ...]
