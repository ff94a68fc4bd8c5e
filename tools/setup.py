"""Makes ready what a command needs, and nothing twice: `python3 tools/setup.py serve kafka postgres`.

serve, train, dev   the Python environment .venv from requirements/<name>.lock, the stubs of proto/, warm kernels
kafka               the broker's jars and Java
postgres            PostgreSQL's server programs
chromium            the browser of the web tests, with a Chinese font
reports             the libraries and the font with which credit reports become PDFs
load                the load generator of the benchmarks
reports-perhaps     the same where it can be had without asking; never fails

A warm call only compares hashes. Missing system packages are installed when the user may; otherwise one sentence says
what to install.
"""

import fcntl
import os
import sys
from collections.abc import Callable
from pathlib import Path
from shutil import which

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools import environment, kernels, machine, stubs  # noqa: E402


def prepare_python(level: str) -> None:
    environment.install(ROOT, level)
    stubs.generate(ROOT)
    kernels.warm(ROOT)


TARGETS: dict[str, Callable[[], None]] = {
    "serve": lambda: prepare_python("serve"),
    "train": lambda: prepare_python("train"),
    "dev": lambda: prepare_python("dev"),
    "kafka": lambda: machine.prepare_kafka(ROOT),
    "postgres": machine.prepare_postgres,
    "chromium": machine.prepare_chromium,
    "reports": machine.prepare_reports,
    "load": machine.prepare_load,
    "reports-perhaps": machine.try_reports,
}


def continue_on_python_3_11() -> None:
    """Start this program again on Python 3.11 when another version was called."""
    if sys.version_info[:2] == (3, 11):
        return
    python = which("python3.11")
    if python is None:
        machine.install_packages("Python 3.11", ["python3.11", "python3.11-venv"])
        python = which("python3.11") or sys.exit("Rongqiao needs Python 3.11 on the PATH.")
    os.execv(python, [python, *sys.argv])


def main(names: list[str]) -> None:
    unknown = [name for name in names if name not in TARGETS]
    if unknown or not names:
        sys.exit(f"Say what to set up, out of: {' '.join(TARGETS)}.")
    continue_on_python_3_11()
    (ROOT / "var").mkdir(exist_ok=True)
    with (ROOT / "var" / "setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for name in names:
            TARGETS[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
