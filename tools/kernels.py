"""The compiled kernels of matching, warmed into var/numba, so that no serving process has to compile them."""

import hashlib
import subprocess
from pathlib import Path


def warm(root: Path) -> None:
    """Compile when the service's code or the lock changed; numba itself decides what is stale."""
    stamp = root / "var" / "numba" / ".stamp"
    wanted = _hash_of(root)
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print("Compiling the kernels of matching", flush=True)
    subprocess.run([root / ".venv" / "bin" / "python", "-m", "app.cli", "warm"], cwd=root, check=True)
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(wanted)


def _hash_of(root: Path) -> str:
    digest = hashlib.sha256((root / "requirements" / "serve.lock").read_bytes())
    for source in sorted((root / "services" / "matching").rglob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()
