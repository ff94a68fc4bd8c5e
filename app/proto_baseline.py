"""Holds the contracts in proto/ against the baseline beside them: what others may rely on is only ever added to.

A field, enum value, message or call that was published is never removed, renamed, renumbered or given another type:
old events stay readable for ever, and two releases run side by side during an upgrade.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorSet,
    ServiceDescriptorProto,
)

BASELINE = Path("proto") / "baseline.binpb"

Parts = Mapping[str, str]
"""Each part of the contracts by its full name, with what may not change about it."""


class BrokenContract(Exception):
    """protoc could not read a file under proto/; its own words stand above, on stderr."""


def compare(root: Path) -> tuple[list[str], list[str]]:
    """Promises of the baseline that proto/ breaks, and the names of what is new."""
    promised = parts(FileDescriptorSet.FromString((root / BASELINE).read_bytes()))
    present = parts(described(root / "proto"))
    broken = [_told(name, promised[name], present.get(name)) for name in promised]
    return [line for line in broken if line], [name for name in present if name not in promised]


def write(root: Path) -> int:
    """Make what is there the baseline; returns how many parts it has."""
    files = described(root / "proto")
    (root / BASELINE).write_bytes(files.SerializeToString(deterministic=True))
    return len(parts(files))


def described(folder: Path) -> FileDescriptorSet:
    """The contracts under a folder, as protoc understands them."""
    sources = sorted(str(path) for path in folder.rglob("*.proto"))
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "described.binpb"
        # In a process of its own: beside OR-Tools, which what learns brings, it would end this one.
        protoc = [sys.executable, "-m", "grpc_tools.protoc", f"--proto_path={folder}", "--include_imports"]
        if subprocess.run([*protoc, f"--descriptor_set_out={out}", *sources], check=False).returncode != 0:
            raise BrokenContract(f"protoc refuses {folder}: see above.")
        return FileDescriptorSet.FromString(out.read_bytes())


def parts(files: FileDescriptorSet) -> Parts:
    found: dict[str, str] = {}
    for file in files.file:
        for message in file.message_type:
            found.update(_message(file.package, message))
        for kind in file.enum_type:
            found.update(_enum(file.package, kind))
        for service in file.service:
            found.update(_service(file.package, service))
    return found


def _told(name: str, before: str, now: str | None) -> str:
    if now is None:
        return f"{name} ({before}) is gone. Bring it back: it may stay unused, but not vanish or change its name."
    if now != before:
        return f"{name} was {before}, is {now}. Undo it, and add a new name with a new number beside it."
    return ""


def _message(scope: str, message: DescriptorProto) -> Iterator[tuple[str, str]]:
    name = f"{scope}.{message.name}"
    yield name, "a message"
    for field in message.field:
        yield f"{name}.{field.name}", f"{_type(field)} with number {field.number}"
    for nested in message.nested_type:
        yield from _message(name, nested)
    for kind in message.enum_type:
        yield from _enum(name, kind)


def _type(field: FieldDescriptorProto) -> str:
    scalar = FieldDescriptorProto.Type.Name(field.type).removeprefix("TYPE_").lower()
    kind = field.type_name.removeprefix(".") or scalar
    if field.label == FieldDescriptorProto.LABEL_REPEATED:
        return f"repeated {kind}"
    return f"optional {kind}" if field.proto3_optional else kind


def _enum(scope: str, kind: EnumDescriptorProto) -> Iterator[tuple[str, str]]:
    name = f"{scope}.{kind.name}"
    yield name, "an enum"
    for value in kind.value:
        yield f"{name}.{value.name}", f"number {value.number}"


def _service(scope: str, service: ServiceDescriptorProto) -> Iterator[tuple[str, str]]:
    name = f"{scope}.{service.name}"
    yield name, "a service"
    for method in service.method:
        flow = f"{'stream ' * method.client_streaming}{method.input_type} -> "
        yield f"{name}.{method.name}", f"{flow}{'stream ' * method.server_streaming}{method.output_type}"
