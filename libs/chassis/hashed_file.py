"""Files of what decides: canonical JSON with its own hash. Reading one runs no code, whatever stands in it.

{"format": "rongqiao-card/1", "sha256": <of the canonical card>, "card": {...}}. Anything else is refused: other
formats, pickles, unknown or doubled fields, numbers that are not finite, files too large or too deep.
"""

import hashlib
import json
from math import isfinite
from typing import Any, Generic, NoReturn, TypeVar, cast

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from libs.chassis import codec
from libs.criteria.violation import Violation

LARGEST = 1 << 20  # bytes
DEEPEST = 12  # levels

T = TypeVar("T")


class HashedFile(Generic[T]):
    """The form of the files of one kind. `noun`: the field that holds what is hashed, and the word for it."""

    def __init__(self, form: str, noun: str, shape: type[T]) -> None:
        self.form, self.noun = form, noun
        fields: dict[str, Any] = {"format": (str, ...), "sha256": (str, ...), noun: (shape, ...)}
        strict = ConfigDict(extra="forbid", strict=True)
        self._shape: type[BaseModel] = create_model(f"{noun}_file", __config__=strict, **fields)

    def sha256(self, held: T) -> str:
        return hashlib.sha256(_text(codec.dump(held))).hexdigest()

    def write(self, held: T) -> bytes:
        """The file; of the same, the same bytes."""
        return _text({"format": self.form, "sha256": self.sha256(held), self.noun: codec.dump(held)})

    def read(self, content: bytes) -> T:
        """What is in the file; Violation names what is wrong with it."""
        try:
            return self._read(content)
        except _Wrong as wrong:
            field = wrong.field
            place = field if field.startswith("/") or not field else f"/{field}"
            mend = wrong.mend or f"Export the {self.noun} again."
            raise Violation(f"{self.noun}{place}", wrong.message, mend) from wrong

    def _read(self, content: bytes) -> T:
        if len(content) > LARGEST:
            raise _Wrong("", f"The file has {len(content)} bytes.", f"It may have {LARGEST} at most.")
        _check_plain(content)
        try:
            file: Any = self._shape.model_validate_json(content, strict=True)
        except ValidationError as error:
            mistake = codec.invalid(error)
            raise _Wrong(mistake.field or "", mistake.detail, mistake.mend or "") from error
        if file.format != self.form:
            raise _Wrong("format", f"The format is {file.format!r:.40}.", f"Write it as {self.form}.")
        held = cast(T, getattr(file, self.noun))
        if file.sha256 != self.sha256(held):
            raise _Wrong("sha256", f"The {self.noun} is not the one that was hashed.")
        return held


class _Wrong(Exception):
    def __init__(self, field: str, message: str, mend: str = "") -> None:
        super().__init__(message)
        self.field, self.message, self.mend = field, message, mend


def _text(plain: Any) -> bytes:
    dumped = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return dumped.encode()


def _check_plain(content: bytes) -> None:
    """What the typed reader would let pass: doubled fields, NaN, numbers too large, depth."""
    try:
        text = content.decode()
        plain = json.loads(text, object_pairs_hook=_once, parse_float=_finite, parse_constant=_not_finite)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise _Wrong("", "This is no JSON that it could be written in.") from error
    except ValueError as error:  # an integer of thousands of digits
        raise _Wrong("", "A number is too long.") from error
    if _deeper(plain, DEEPEST):
        raise _Wrong("", "The file is nested too deep.")


def _deeper(plain: Any, levels: int) -> bool:
    if not isinstance(plain, dict | list):
        return False
    inner = list(
        cast("dict[str, Any]", plain).values() if isinstance(plain, dict) else cast("list[Any]", plain)
    )
    return bool(inner) and (levels == 0 or any(_deeper(one, levels - 1) for one in inner))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Wrong("", "A field stands twice.")
    return found


def _finite(text: str) -> float:
    return float(text) if isfinite(float(text)) else _not_finite(text)


def _not_finite(text: str) -> NoReturn:
    raise _Wrong("", f"{text:.40} is no finite number.", "Train it anew.")
