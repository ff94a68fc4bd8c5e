"""Criteria as one readable line, for CSV and people; read and written without loss.

    tax_grade IN A,B,M !PUBLIC "纳税信用A、B或M级"; months_since_registration GE 24 months ?REASON_CODE "成立满两年"

`!` marks a hard rule, `?` a soft one; the word behind it is the disclosure. The unit before it may be left out. Several
criteria are separated by `;`. In the message, backslash escapes a quote, a backslash, a line end (backslash n) and any
sign by its number (backslash u and four digits).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import TypeVar

from libs.criteria.evaluate import Criterion, Disclosure, Operator
from libs.criteria.violation import Violation
from libs.criteria.vocabulary import Unit

Member = TypeVar("Member", bound=StrEnum)

_CRITERION = re.compile(
    r"\s*(?P<fact>\w+)\s+(?P<operator>\w+)\s+(?P<values>[^\s;\"]+)(?:\s+(?P<unit>\w+))?\s+(?P<must>[!?])(?P<disclosure>\w+)"
    r"\s+\"(?P<message>(?:[^\"\\]|\\.)*)\"\s*",
    re.DOTALL,
)
_SHAPE = 'Write: fact OPERATOR value[,value…] [unit] !DISCLOSURE "message" (? instead of ! for a soft rule).'
_ESCAPED = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
# What no spreadsheet keeps as it is.
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")


def format_criterion(criterion: Criterion) -> str:
    """The one line of a criterion; `parse_criterion` gives back an equal one."""
    message = criterion.message.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    message = _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", message)
    must = "!" if criterion.hard else "?"
    values = ",".join(criterion.values)
    unit = f" {criterion.unit}" if criterion.unit else ""
    return f'{criterion.fact} {criterion.operator} {values}{unit} {must}{criterion.disclosure} "{message}"'


def parse_criterion(text: str) -> Criterion:
    """One criterion; Violation on `criterion`, or on the field of it that is wrong."""
    found = _CRITERION.fullmatch(text)
    if found is None:
        raise Violation("criterion", f"`{text.strip()}` is no criterion.", _SHAPE)
    return _criterion(found)


def format_criteria(criteria: Iterable[Criterion]) -> str:
    return "; ".join(format_criterion(criterion) for criterion in criteria)


def parse_criteria(text: str) -> tuple[Criterion, ...]:
    """Criteria separated by `;`, none for an empty text. The field of a Violation names the place: `2/values/0`."""
    return tuple(_numbered(text)) if text.strip() else ()


def _numbered(text: str) -> Iterator[Criterion]:
    at, count = 0, 0
    while at <= len(text):
        found = _CRITERION.match(text, at)
        if found is None or text[found.end() : found.end() + 1] not in ("", ";"):
            raise Violation(str(count), f"`{text[at:].strip()[:60]}` is no criterion.", _SHAPE)
        try:
            yield _criterion(found)
        except Violation as wrong:
            raise Violation(f"{count}/{wrong.field}", wrong.message, wrong.mend) from None
        at, count = found.end() + 1, count + 1


def _criterion(found: re.Match[str]) -> Criterion:
    return Criterion(
        fact=found["fact"],
        operator=_member(Operator, "operator", found["operator"]),
        values=tuple(found["values"].split(",")),
        hard=found["must"] == "!",
        message=_ESCAPED.sub(_meant, found["message"]),
        disclosure=_member(Disclosure, "disclosure", found["disclosure"]),
        unit=_unit(found["unit"]) if found["unit"] else None,
    )


def _meant(found: re.Match[str]) -> str:
    sign = found[1]
    return "\n" if sign == "n" else chr(int(sign[1:], 16)) if len(sign) > 1 else sign


def _unit(text: str) -> Unit:
    try:
        return Unit(text)
    except ValueError:
        raise Violation("unit", f"There is no unit `{text}`.", f"Use one of {', '.join(Unit)}.") from None


def _member(kind: type[Member], field: str, text: str) -> Member:
    if text in kind.__members__:
        return kind[text]
    raise Violation(field, f"There is no {field} `{text}`.", f"Use one of {', '.join(kind.__members__)}.")
