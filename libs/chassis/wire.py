"""Dataclasses in and out of protobuf messages, by equal field names.

Proto enums carry a prefix (`PRODUCT_KIND_WORKING_CAPITAL`), the domain's do not (`WORKING_CAPITAL`); dates and
instants travel as ISO text; an unset `optional` field is None. A contract test holds each dataclass against
its message, so nothing is dropped on the way.
"""

import re
from collections.abc import Collection, Mapping
from functools import cache
from typing import Any, TypeVar, cast

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
        field.name: _plain(field, getattr(message, field.name))
        for field in message.DESCRIPTOR.fields
        if not field.has_presence or message.HasField(field.name)
    }


@cache
def enum_prefix(kind: EnumDescriptor) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.name).upper() + "_"


def is_repeated(field: FieldDescriptor) -> bool:
    return field.is_repeated


def _plain(field: FieldDescriptor, value: Any) -> Any:
    if is_repeated(field):
        return [_plain_one(field, item) for item in value]
    return _plain_one(field, value)


def _plain_one(field: FieldDescriptor, value: Any) -> Any:
    if field.enum_type is not None:
        return _enum_text(field.enum_type, value)
    return to_plain(value) if field.message_type is not None else value


def _enum_text(kind: EnumDescriptor, number: int) -> str | None:
    known = kind.values_by_number.get(number)
    if known is None:
        return str(number)  # of a newer release; the dataclass will refuse it, and name the field
    name = known.name.removeprefix(enum_prefix(kind))
    return None if name == "UNSPECIFIED" else name


def _arguments(descriptor: Descriptor, plain: Mapping[str, Any]) -> dict[str, Any]:
    known = descriptor.fields_by_name
    return {
        name: _argument(known[name], value)
        for name, value in plain.items()
        if value is not None and name in known
    }


def _argument(field: FieldDescriptor, value: Any) -> Any:
    if is_repeated(field):
        return [_argument_one(field, item) for item in value]
    return _argument_one(field, value)


def _argument_one(field: FieldDescriptor, value: Any) -> Any:
    if field.enum_type is not None:
        return enum_prefix(field.enum_type) + value
    if field.message_type is not None:
        return field.message_type._concrete_class(**_arguments(field.message_type, value))
    return value
