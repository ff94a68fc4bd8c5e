"""`rongqiao check …`: what `make check` asks beside linters. Each prints what is wrong with its mend, and returns 1."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from app import databases, deployment, proto_baseline

ROOT = Path(__file__).resolve().parent.parent


def run(what: str, write: bool = False) -> int:
    """`what`: migrations, proto or k8s. `write` renews the baseline that `proto` is held against."""
    if what == "proto" and write:
        return _renew()
    return _CHECKS[what]()


def _renew() -> int:
    count = proto_baseline.write(ROOT)
    print(f"proto: {proto_baseline.BASELINE} now holds {count} parts; commit it with its reason.")
    return 0


def _proto() -> int:
    broken, added = proto_baseline.compare(ROOT)
    note = (
        f", {len(added)} not in the baseline yet (`rongqiao check proto --write` takes them in)"
        if added
        else ""
    )
    return _told(broken, f"proto: {len(broken)} promises broken{note}")


def _k8s() -> int:
    wrong = deployment.mistakes(ROOT / "deploy")
    return _told(wrong, f"k8s: {len(wrong)} mistakes in deploy/")


def _told(wrong: Sequence[str], summary: str) -> int:
    for line in wrong:
        print(line)
    print(summary)
    return 1 if wrong else 0


_CHECKS: Mapping[str, Callable[[], int]] = {
    "migrations": databases.check,
    "proto": _proto,
    "k8s": _k8s,
}
