"""Frozen dataclasses in and out of plain data and JSON.

The dataclass of the domain is the one definition of a shape: HTTP bodies, stored documents and gRPC
messages are read into it here, and an unknown or ill-typed field becomes a problem that names it.
"""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from typing import Any, Protocol, TypeVar, runtime_checkable

from pydantic import ConfigDict, TypeAdapter, ValidationError

from libs.chassis.problems import Invalid

T = TypeVar("T")


@cache
def adapter(shape: Any) -> TypeAdapter[Any]:
    return TypeAdapter(shape, config=None if dataclasses.is_dataclass(shape) else ConfigDict(extra="forbid"))


def load(shape: type[T], data: object) -> T:
    """Plain data as `shape`; Invalid names the first wrong field by its JSON pointer."""
    try:
        return adapter(shape).validate_python(data)
    except ValidationError as error:
        raise invalid(error) from error


def from_json(shape: type[T], text: str | bytes) -> T:
    try:
        return adapter(shape).validate_json(text)
    except ValidationError as error:
        raise invalid(error) from error


def dump(value: object, shape: Any = None) -> Any:
    """Plain JSON-able data: dates as ISO text, tuples as lists."""
    return adapter(shape or type(value)).dump_python(value, mode="json")


def to_json(value: object, shape: Any = None) -> bytes:
    return adapter(shape or type(value)).dump_json(value)


def canonical_hash(*values: object) -> str:
    """SHA-256 over the canonical JSON of values: the same content, the same hash."""
    plain = [_hashed(value) for value in values]
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


@runtime_checkable
class Hashed(Protocol):
    """What is too large to be written out says itself what its content hashes to: a file."""

    def content_hash(self) -> str: ...


def _hashed(value: object) -> Any:
    if isinstance(value, Hashed):
        return value.content_hash()
    return dump(value) if value is not None else None


def pointer(location: tuple[int | str, ...]) -> str:
    return "/" + "/".join(str(part) for part in location)


def told(mistake: Mapping[str, Any]) -> str:
    """What is wrong, with the value; never with a whole body, in which a password may stand."""
    value = mistake.get("input")
    return f"{mistake['msg']}." if isinstance(value, dict) else f"{mistake['msg']}; got {value!r:.80}."


def invalid(error: ValidationError) -> Invalid:
    """The first mistake as a problem; how many more there are goes into the mend."""
    mistakes = error.errors(include_url=False)
    first = mistakes[0]
    more = f" ({len(mistakes) - 1} more fields need mending.)" if len(mistakes) > 1 else ""
    return Invalid(
        detail=told(first),
        field=pointer(first["loc"]),
        mend=f"See the field in the API description.{more}",
    )
