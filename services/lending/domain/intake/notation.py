r"""A list, or a small shape, in one cell: `A|B`, `名:值:名=值`.

Parts are separated by `|`, the fields of a part by `:` in their order, those with defaults by name. A backslash takes
its meaning from the next sign: `\|` `\:` `\=` `\\`; `\n` is a line end, `\u0020` any sign by its number, and `\e`
alone an empty text. Blanks around separators do not count.
"""

import re
from collections.abc import Callable
from dataclasses import fields
from functools import cache
from typing import Any, cast

from libs.finance.fees import Fee, FeeBasis
from services.lending.domain.intake.mistakes import Rule, wrong
from services.lending.domain.intake.quantities import measure_of
from services.lending.domain.intake.shapes import required

EMPTY = r"\e"
_ESCAPED = re.compile(r"\\(u[0-9a-fA-F]{4}|[\\|:=n])")
_SPECIAL = re.compile(r"[\\|:=]")
_EDGE = re.compile(r"^(?:\s+|[=+\-@])|\s+$")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")
_SIGN = re.compile(r"\\.|[^\\]|\\$", re.DOTALL)
_NAMED = re.compile(r"([a-z_]+)\s*=(.*)", re.DOTALL)
# A fee's number is a rate or an amount as its basis says, so that it stands in one place.
_FEE = ("name", "payee", "basis", "value", "timing")


def unescape(text: str) -> str:
    """The text that a cell, or a part of one, stands for."""
    if "\\" not in text:
        return text
    return "" if text == EMPTY else _ESCAPED.sub(_meant, text)


def _meant(found: "re.Match[str]") -> str:
    sign = found[1]
    return "\n" if sign == "n" else chr(int(sign[1:], 16)) if len(sign) > 1 else sign


def escape(text: str, special: "re.Pattern[str]" = _SPECIAL) -> str:
    """What `unescape` reads back; no spreadsheet takes it for a formula, and no blank at its edge gets lost."""
    if not text:
        return EMPTY
    marked = special.sub(lambda found: "\\" + found[0], text)
    marked = _EDGE.sub(lambda found: "".join(map(_numbered, found[0])), marked)
    return _CONTROL.sub(lambda found: _numbered(found[0]), marked)


def escape_text(text: str) -> str:
    """The same for a cell that holds one text: only the backslash is special there."""
    return escape(text, _BACKSLASH)


_BACKSLASH = re.compile(r"\\")


def _numbered(sign: str) -> str:
    return f"\\u{ord(sign):04x}"


def parts(text: str, separator: str = "|") -> list[str]:
    """The parts between separators, still escaped. Empty ones of a list do not count."""
    found = text.split(separator) if "\\" not in text else _careful(text, separator)
    return [part for part in map(str.strip, found) if part or separator == ":"]


def _careful(text: str, separator: str) -> list[str]:
    found = [""]
    for sign in _SIGN.findall(text):
        if sign == separator:
            found.append("")
        else:
            found[-1] += sign
    return found


@cache
def positions(shape: type[Any]) -> tuple[str, ...]:
    """The fields that stand by their place; all others are named."""
    return _FEE if shape is Fee else tuple(part.name for part in fields(shape) if required(part))


def read_shape(shape: type[Any], text: str) -> dict[str, Any]:
    """`a:b:name=c` as plain data by field; Wrong where it has more parts than the shape has places."""
    placed, plain = positions(shape), dict[str, Any]()
    free = iter(placed)
    for part in parts(text, ":"):
        named = _NAMED.fullmatch(part)
        name = named[1] if named else next(free, None)
        if name is None:
            raise wrong(Rule.UNREADABLE, f"'{text:.60}' has too many parts.", f"Write {form(shape)}.")
        value = named[2].strip() if named else part
        if value:
            plain[name] = unescape(value)
    return _fee(plain) if shape is Fee else plain


def write_shape(value: Any, write: Callable[[str, Any], str]) -> str:
    """What `read_shape` reads back; `write` gives the text of a field."""
    shape = cast("type[Any]", type(value))
    placed = positions(shape)
    plain = _fee_value(value) if shape is Fee else {name: getattr(value, name) for name in placed}
    told = [escape(write(name, plain[name])) for name in placed]
    for part in fields(shape):
        held = getattr(value, part.name)
        if part.name not in placed and not (shape is Fee and part.name in _AMOUNTS) and held != part.default:
            told.append(f"{part.name}={escape(write(part.name, held))}")
    return ":".join(told)


def form(shape: type[Any]) -> str:
    """How a part is written, for people: `NAME:PAYEE:BASIS:VALUE:TIMING`, then what may be named."""
    placed = positions(shape)
    others = [
        p.name for p in fields(shape) if p.name not in placed and not (shape is Fee and p.name in _AMOUNTS)
    ]
    return ":".join([name.upper() for name in placed] + [f"[{name}=…]" for name in others])


_AMOUNTS = ("rate_ppm", "amount_fen")


def _fee(plain: dict[str, Any]) -> dict[str, Any]:
    value = plain.pop("value", None)
    if value is not None:
        basis = str(plain.get("basis", "")).upper()
        plain["amount_fen" if basis == FeeBasis.FIXED else "rate_ppm"] = value
    return plain


def _fee_value(fee: Fee) -> dict[str, Any]:
    value = f"{fee.amount_fen}fen" if fee.basis is FeeBasis.FIXED else f"{fee.rate_ppm}ppm"
    return {"name": fee.name, "payee": fee.payee, "basis": fee.basis, "value": value, "timing": fee.timing}


def number(name: str, value: int) -> str:
    """A number with the unit that it is kept in, where one is usual."""
    kept = measure_of(name).kept
    return f"{value}{kept}" if kept in ("fen", "ppm", "bp") else str(value)
