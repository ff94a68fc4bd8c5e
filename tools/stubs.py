"""The stubs of proto/, generated into libs/contracts/rongqiao/ whenever a contract changes."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path


def generate(root: Path) -> None:
    """Generate modules, type stubs and gRPC stubs for every contract; the old ones stay when a contract is broken."""
    target = root / "libs" / "contracts" / "rongqiao"
    protos = sorted((root / "proto").rglob("*.proto"))
    typed = (root / ".venv" / "bin" / "protoc-gen-mypy").exists()
    wanted = _hash_of(root, protos, typed)
    stamp = target / ".stamp"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print("Generating stubs from proto/", flush=True)
    fresh = target.with_name(f"rongqiao.new-{os.getpid()}")
    try:
        _run_protoc(root, protos, fresh, typed)
        _mark_packages(fresh / "rongqiao")
        (fresh / "rongqiao" / ".stamp").write_text(wanted)
        shutil.rmtree(target, ignore_errors=True)
        (fresh / "rongqiao").rename(target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _hash_of(root: Path, protos: list[Path], typed: bool) -> str:
    digest = hashlib.sha256(f"typed={typed}".encode())
    for maker in (root / "requirements" / "serve.lock", Path(__file__)):
        digest.update(maker.read_bytes())
    for proto in protos:
        digest.update(str(proto.relative_to(root)).encode() + b"\0" + proto.read_bytes() + b"\0")
    return digest.hexdigest()


def _run_protoc(root: Path, protos: list[Path], fresh: Path, typed: bool) -> None:
    fresh.mkdir(parents=True)
    outputs = [f"--python_out={fresh}", f"--grpc_python_out={fresh}"]
    outputs += (
        [f"--mypy_out={fresh}", f"--mypy_grpc_out=only_sync:{fresh}"] if typed else [f"--pyi_out={fresh}"]
    )
    venv = root / ".venv" / "bin"
    command = [
        str(venv / "python"),
        "-m",
        "grpc_tools.protoc",
        f"--proto_path={root / 'proto'}",
        *outputs,
        *(str(proto) for proto in protos),
    ]
    # protoc looks the typing plug-ins up on the PATH.
    path = f"{venv}{os.pathsep}{os.environ.get('PATH', '')}"
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "PATH": path}
    )
    if done.returncode != 0:
        sys.exit(f"A contract in proto/ is broken, so its stubs were not renewed:\n{done.stderr.strip()}")


def _mark_packages(package: Path) -> None:
    package.mkdir(exist_ok=True)
    (package / "py.typed").touch()
    for folder in [package, *(path for path in package.rglob("*") if path.is_dir())]:
        (folder / "__init__.py").touch()
