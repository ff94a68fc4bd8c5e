"""Industries by GB/T 4754-2017: sections by letter, divisions, groups and classes by two, three and four digits.

Papers also write the section's letter before the digits ("C1351"); every function takes both and answers with digits.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from libs.criteria.violation import Violation
from libs.registry.tables import rows

SOURCE = "GB/T 4754-2017"


class IndustryLevel(StrEnum):
    SECTION = "SECTION"
    DIVISION = "DIVISION"
    GROUP = "GROUP"
    CLASS = "CLASS"


@dataclass(frozen=True, slots=True)
class Industry:
    """An entry of the classification; `section` is its letter, `parent` empty for a section."""

    code: str
    name: str
    level: IndustryLevel
    section: str
    parent: str


def industry(code: str, field: str = "industry") -> Industry:
    """The entry with this code. Raises Violation for an unknown code or a letter that is not its section's."""
    letter, digits = _parts(code)
    found = _industries().get(digits or letter)
    if found is None or letter not in ("", found.section):
        raise Violation(
            field,
            f"{code!r} is not an industry.",
            "Give a section letter or two to four digits, such as C or 1351.",
            SOURCE,
        )
    return found


def is_industry(code: str) -> bool:
    letter, digits = _parts(code)
    found = _industries().get(digits or letter)
    return found is not None and letter in ("", found.section)


def section_of(code: str) -> Industry:
    """The section that an industry belongs to."""
    return _industries()[industry(code).section]


def division_of(code: str) -> Industry | None:
    """The division that an industry belongs to; None for a section."""
    found = industry(code)
    return None if found.level is IndustryLevel.SECTION else _industries()[found.code[:2]]


def children(code: str) -> tuple[Industry, ...]:
    """The entries directly under one."""
    parent = industry(code).code
    return tuple(found for found in _industries().values() if found.parent == parent)


def sections() -> tuple[Industry, ...]:
    return _of_level(IndustryLevel.SECTION)


def divisions() -> tuple[Industry, ...]:
    return _of_level(IndustryLevel.DIVISION)


def within(code: str, scope: str) -> bool:
    """Whether an industry lies in a scope, given as a section letter or digits: "1351" lies in "C", "13" and "135".

    An industry known only as a section lies in no narrower scope. An unknown code lies in none.
    """
    letter, digits = _parts(scope)
    if not is_industry(code):
        return False
    found = industry(code)
    return found.code.startswith(digits) if digits else found.section == letter


def within_any(code: str, scopes: Iterable[str]) -> bool:
    """Whether an industry lies in one of the scopes; no scopes at all means no limit."""
    limits = tuple(scopes)
    return not limits or any(within(code, scope) for scope in limits)


def _parts(code: str) -> tuple[str, str]:
    """The letter, or none, and the digits, or none, of a code as people write it."""
    text = code.strip().upper()
    lettered = text[:1].isalpha() and (len(text) == 1 or text[1:].isdigit())
    return (text[:1], text[1:]) if lettered else ("", text)


@cache
def _of_level(level: IndustryLevel) -> tuple[Industry, ...]:
    return tuple(found for found in _industries().values() if found.level is level)


@cache
def _industries() -> dict[str, Industry]:
    return {
        row["code"]: Industry(
            row["code"], row["name"], IndustryLevel(row["level"]), row["section"], row["parent"]
        )
        for row in rows("industries")
    }
