"""A message has exactly the fields of its dataclass: nothing is dropped on the way, in either direction."""

import dataclasses
import types
import typing
from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor, FileDescriptor

from libs.chassis.wire import enum_prefix
from libs.registry.roles import Role

ROOT = Path(__file__).resolve().parents[3]
TABLE: dict[str, dict[str, dict[str, Any]]] = yaml.safe_load(
    (Path(__file__).parent / "shapes.yaml").read_text(encoding="utf-8")
)


def files() -> list[FileDescriptor]:
    """Every contract of the tree, from its generated module."""
    sources = sorted((ROOT / "proto").rglob("*.proto"))
    modules = [path.relative_to(ROOT / "proto").with_suffix("").parts for path in sources]
    return [import_module(".".join(parts) + "_pb2").DESCRIPTOR for parts in modules]


MESSAGES: dict[str, Descriptor] = {
    f"{file.package.split('.')[1]}.{name}": message
    for file in files()
    for name, message in file.message_types_by_name.items()
}
STREAMED = {
    f"{kind.file.package.split('.')[1]}.{kind.name}"
    for file in files()
    for service in file.services_by_name.values()
    for method in service.methods
    for kind, streams in (
        (method.input_type, method.client_streaming),
        (method.output_type, method.server_streaming),
    )
    if streams
}
ROWS = [
    (f"{context}.{name}", row if isinstance(row, dict) else {"shape": row})
    for context, rows in TABLE["shapes"].items()
    for name, row in rows.items()
]
EXPLAINED = {
    f"{context}.{name}": reason
    for context, rows in TABLE["explained"].items()
    for name, reason in rows.items()
}


def dataclass_of(row: dict[str, Any]) -> Any:
    module, _, name = row["shape"].partition(":")
    return getattr(import_module(module), name)


def test_every_message_has_a_dataclass_or_a_reason_for_having_none() -> None:
    accounted = [name for name, _ in ROWS] + list(EXPLAINED)

    assert sorted(accounted) == sorted(MESSAGES)


@pytest.mark.parametrize(("name", "reason"), EXPLAINED.items())
def test_a_message_without_a_dataclass_is_what_its_reason_says(name: str, reason: str) -> None:
    message = MESSAGES[name]
    fields = list(message.fields_by_name)

    assert {
        "path": (len(fields) == 1 or name.endswith("Id")) and not any(f.is_repeated for f in message.fields),
        "query": name.partition(".")[2].startswith("List"),
        "fact": message.file.name.endswith("events.proto") and "business_date" in fields,
        "nothing": fields == [],
        "stream": message.file.name.endswith("core.proto") or name in STREAMED,
    }[reason]


@pytest.mark.parametrize(("name", "row"), ROWS, ids=[name for name, _ in ROWS])
def test_a_message_and_its_dataclass_are_one_shape(name: str, row: dict[str, Any]) -> None:
    assert list(differences(MESSAGES[name], dataclass_of(row), set(row.get("beside", ())))) == []


def differences(message: Descriptor, shape: Any, beside: set[str]) -> typing.Iterator[str]:
    """What a message says otherwise than its dataclass, down to the last enum member."""
    hints = typing.get_type_hints(shape)
    own = {field.name: field.default is not dataclasses.MISSING for field in dataclasses.fields(shape)}
    sent = set(message.fields_by_name) - beside
    if set(own) != sent:
        yield f"{message.name}: only in one of the two: {sorted(set(own) ^ sent)}"
    for name in sorted(set(own) & sent):
        yield from field_differences(message.fields_by_name[name], hints[name], own[name])


def field_differences(field: FieldDescriptor, hint: Any, default: bool) -> typing.Iterator[str]:
    parts = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    (kind,) = (part for part in parts if part is not type(None))
    if len(parts) == 2 and not field.has_presence:
        yield f"{field.full_name} may be None in the dataclass, and so must be optional"
    if len(parts) == 1 and not default and field.has_presence and field.message_type is None:
        yield f"{field.full_name} may be left out, but the dataclass always wants it"
    many = typing.get_origin(kind) is tuple
    if many != field.is_repeated:
        yield f"{field.full_name}: a tuple travels as repeated, and only a tuple"
    yield from kind_differences(field, typing.get_args(kind)[0] if many else kind)


SCALARS = {
    bool: {FieldDescriptor.TYPE_BOOL},
    int: {FieldDescriptor.TYPE_INT32, FieldDescriptor.TYPE_INT64},
    str: {FieldDescriptor.TYPE_STRING},
    bytes: {FieldDescriptor.TYPE_BYTES},
    date: {FieldDescriptor.TYPE_STRING},
    datetime: {FieldDescriptor.TYPE_STRING},
}


def kind_differences(field: FieldDescriptor, kind: Any) -> typing.Iterator[str]:
    if field.message_type is not None:
        if typing.get_origin(kind) is not Mapping:  # kept as it came from its owner, whose own row holds it
            yield from differences(field.message_type, kind, set())
    elif field.enum_type is not None and issubclass(kind, StrEnum):
        yield from enum_differences(field.enum_type, kind)
    elif field.type not in SCALARS.get(str if issubclass(kind, StrEnum) else kind, set()):
        yield f"{field.full_name} cannot carry a {kind}"
    elif field.name.endswith(("_fen", "_ppm", "_bp")) and field.type != FieldDescriptor.TYPE_INT64:
        yield f"{field.full_name} is an amount or a rate, and so an int64"


def enum_differences(enum: EnumDescriptor, kind: type[StrEnum]) -> typing.Iterator[str]:
    prefix = enum_prefix(enum)
    told = {value.name.removeprefix(prefix) for value in enum.values if value.number != 0}
    known = {member.name for member in kind}
    if told != known:
        yield f"{enum.full_name}: only in one of the two: {sorted(told ^ known)}"
    if enum.values_by_number[0].name != f"{prefix}UNSPECIFIED":
        yield f"{enum.full_name}: number 0 is {prefix}UNSPECIFIED"
    yield from (
        f"{kind.__name__}.{member.name} has another value" for member in kind if member.value != member.name
    )


ENUMS = [enum for file in files() for enum in file.enum_types_by_name.values()]


@pytest.mark.parametrize("enum", ENUMS, ids=lambda enum: enum.full_name)
def test_an_enum_starts_with_nothing_said(enum: EnumDescriptor) -> None:
    prefix = enum_prefix(enum)

    assert enum.values_by_number[0].name == f"{prefix}UNSPECIFIED"
    assert all(value.name.startswith(prefix) for value in enum.values)


def test_the_roles_of_the_contract_are_the_roles_of_the_house() -> None:
    from rongqiao.identity.v1 import identity_pb2

    assert list(enum_differences(identity_pb2.Role.DESCRIPTOR, Role)) == []


# The comparison itself


@dataclasses.dataclass(frozen=True)
class Smaller:
    base: str
    min_ppm: int | None


def test_what_differs_is_named() -> None:
    told = " ".join(differences(MESSAGES["lending.Rate"], Smaller, set()))

    assert "only in one of the two: ['max_ppm', 'reset']" in told
    assert "min_ppm may be None in the dataclass" in told
