"""Settings of every test run."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# Every process that a test starts finds the kernels that set-up has compiled, instead of compiling them again.
os.environ.setdefault("NUMBA_CACHE_DIR", str(Path(__file__).resolve().parents[1] / "var" / "numba"))

pytest_plugins = ["tests.support.engines", "tests.support.services", "tests.support.platform"]

# CI searches the same examples every time; a developer's machine goes on looking for new ones.
settings.register_profile("ci", derandomize=True, deadline=None, database=None)
settings.register_profile("local", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "local")


def _platform_of(item: pytest.Item) -> str | None:
    """The whole platform that a test needs; two of its fixtures start one, and `running` is both in turn."""
    names = getattr(item, "fixturenames", ())
    if isinstance(item, pytest.Function) and "running" in names:
        return str(item.callspec.params["running"])
    return next((name for name in ("embedded", "full") if name in names), None)


@pytest.hookimpl(tryfirst=True)  # before xdist looks at the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs a whole platform comes last, so that it does not slow the rest down.

    With several processes a file's tests should stay on one, and all of a platform too: it is costly to start.
    xdist 3.8 writes groups where pytest 9.2 no longer looks, so they have no effect until one of the two is renewed.
    """
    items.sort(key=lambda item: _platform_of(item) or "")
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_platform_of(item) or str(item.path)))
