"""The Python environment .venv, made from one of the three locks."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

from tools import machine

LEVELS = ("serve", "train", "dev")
"""Each level holds the one before it."""


def install(root: Path, level: str) -> None:
    """Bring .venv to at least `level`. The stamp inside tells what it holds already."""
    stamp = root / ".venv" / "rongqiao.json"
    held = _read_stamp(stamp)
    level = max(level, held.get("level", "serve"), key=LEVELS.index)
    wanted = {"level": level, "lock": _lock_hash(root, level), "project": _project_hash(root)}
    if held == wanted:
        return
    if not (root / ".venv" / "bin" / "pip").exists():
        _create(root)
    if held.get("lock") != wanted["lock"]:
        _install_lock(root, level)
    _pip(root, "install", "--no-deps", "--no-build-isolation", "--editable", str(root))
    stamp.write_text(json.dumps(wanted))


def _read_stamp(stamp: Path) -> dict[str, str]:
    """What .venv holds; empty when it is not there, or was moved away from its interpreter."""
    if not stamp.exists() or not (stamp.parent / "bin" / "python").exists():
        return {}
    held: dict[str, str] = json.loads(stamp.read_text())
    return held


def _lock_hash(root: Path, level: str) -> str:
    return hashlib.sha256((root / "requirements" / f"{level}.lock").read_bytes()).hexdigest()


def _project_hash(root: Path) -> str:
    """Hash of what the editable install depends on: where the tree is, and pyproject.toml up to the tools' settings."""
    project = (root / "pyproject.toml").read_text(encoding="utf-8").split("[tool.pytest")[0]
    return hashlib.sha256(f"{root}\n{project}".encode()).hexdigest()


def _create(root: Path) -> None:
    ready = subprocess.run([sys.executable, "-c", "import venv, ensurepip"], capture_output=True, check=False)
    if ready.returncode != 0:
        machine.install_packages("Python's venv module", ["python3.11-venv"])
    print("Making .venv", flush=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(root / ".venv")], check=True)


def _install_lock(root: Path, level: str) -> None:
    print(f"Installing requirements/{level}.lock", flush=True)
    # A venv starts with the pip of its Python, years old and half as fast.
    for name in ("pip", level):
        lock = str(root / "requirements" / f"{name}.lock")
        # The locks are complete, so nothing is left to resolve; Python compiles a module when it first imports it.
        _pip(root, "install", "--require-hashes", "--no-deps", "--no-compile", "--requirement", lock)


def _pip(root: Path, *arguments: str) -> None:
    command = [
        root / ".venv" / "bin" / "python",
        "-m",
        "pip",
        "--disable-pip-version-check",
        "--quiet",
        *arguments,
    ]
    if subprocess.run(command, check=False).returncode != 0:
        sys.exit("pip could not install the packages: the lines above say why.")
