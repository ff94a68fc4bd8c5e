"""Dataclasses in and out of protobuf messages, by equal field names.

Proto enums carry a prefix (`PRODUCT_KIND_WORKING_CAPITAL`), the domain's do not (`WORKING_CAPITAL`); dates and
instants travel as ISO text; an unset `optional` field is None. A contract test holds each dataclass against
its message, so nothing is dropped on the way.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cache, partial
from operator import add
from typing import Any, NamedTuple, TypeVar, cast

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message

from libs.chassis import codec

T = TypeVar("T")
M = TypeVar("M", bound=Message)


def from_message(shape: type[T], message: Message, without: Collection[str] = ()) -> T:
    """The message as a dataclass, leaving out the fields that the dataclass has not."""
    return codec.load(
        shape, {name: value for name, value in to_plain(message).items() if name not in without}
    )


def to_message(kind: type[M], value: object) -> M:
    return from_plain(kind, codec.dump(value))


def from_plain(kind: type[M], plain: Mapping[str, Any]) -> M:
    """Plain data as a message; fields that the message does not have are left out."""
    return kind(**_arguments(cast(Descriptor, kind.DESCRIPTOR), plain))


def to_plain(message: Message) -> dict[str, Any]:
    return {
        name: read(getattr(message, name))
        for name, (presence, read, _) in _fields(message.DESCRIPTOR).items()
        if not presence or message.HasField(name)
    }


@cache
def enum_prefix(kind: EnumDescriptor) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.name).upper() + "_"


def is_repeated(field: FieldDescriptor) -> bool:
    return field.is_repeated


class _Field(NamedTuple):
    """How a field's value becomes plain data, and plain data what the message's constructor takes."""

    presence: bool
    read: Callable[[Any], Any]
    write: Callable[[Any], Any]


@cache
def _fields(descriptor: Descriptor) -> Mapping[str, _Field]:
    """By name. Asked once: a descriptor makes a new object at each of its attributes."""
    return {field.name: _field(field) for field in descriptor.fields}


def _field(field: FieldDescriptor) -> _Field:
    read, write = _one(field)
    if is_repeated(field):
        return _Field(field.has_presence, partial(_each, read), partial(_each, write))
    return _Field(field.has_presence, read, write)


def _one(field: FieldDescriptor) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    if field.enum_type is not None:
        return partial(_enum_text, _enum_texts(field.enum_type)), partial(add, enum_prefix(field.enum_type))
    if field.message_type is not None:
        return to_plain, partial(_arguments, field.message_type)
    return _as_it_is, _as_it_is


def _each(convert: Callable[[Any], Any], values: Iterable[Any]) -> list[Any]:
    return [convert(value) for value in values]


def _as_it_is(value: Any) -> Any:
    return value


@cache
def _enum_texts(kind: EnumDescriptor) -> Mapping[int, str | None]:
    names = {value.number: value.name.removeprefix(enum_prefix(kind)) for value in kind.values}
    return {number: None if name == "UNSPECIFIED" else name for number, name in names.items()}


def _enum_text(texts: Mapping[int, str | None], number: int) -> str | None:
    """A number of a newer release stays one; the dataclass will refuse it, and name the field."""
    return texts[number] if number in texts else str(number)


def _arguments(descriptor: Descriptor, plain: Mapping[str, Any]) -> dict[str, Any]:
    """Messages within it stay mappings: the constructor makes them."""
    known = _fields(descriptor)
    return {
        name: known[name].write(value) for name, value in plain.items() if value is not None and name in known
    }
