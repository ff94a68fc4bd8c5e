"""Settings of every test run."""

import os
from pathlib import Path

import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

# Every process that a test starts finds the kernels that set-up has compiled, instead of compiling them again.
os.environ.setdefault("NUMBA_CACHE_DIR", str(Path(__file__).resolve().parents[1] / "var" / "numba"))

pytest_plugins = ["tests.support.engines", "tests.support.services", "tests.support.platform"]

# CI searches the same examples every time; a developer's machine goes on looking for new ones.
settings.register_profile("ci", derandomize=True, deadline=None, database=None)
settings.register_profile("local", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "local")


# What needs a whole platform, by the fixture that starts it or by the parameter that names it.
_PLATFORMS = ("embedded", "full")


def _platform_of(item: pytest.Item) -> str:
    names = getattr(item, "fixturenames", ())
    if isinstance(item, pytest.Function) and "running" in names:
        return str(item.callspec.params["running"])
    return next((name for name in _PLATFORMS if name in names), "")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs a whole platform comes last, so that it does not slow the rest down."""
    items.sort(key=_platform_of)


class _Sharing(LoadScopeScheduling):
    """A file's tests stay on one process, and so do all of a platform: it is costly to start.

    xdist's own groups have no effect: it writes them where pytest 9.2 no longer looks.
    """

    def _split_scope(self, nodeid: str) -> str:
        path, _, name = nodeid.partition("::")
        if path.startswith("tests/journeys/"):
            return "embedded" if "[embedded]" in name or path.endswith("test_the_guide.py") else "full"
        return "embedded" if path.startswith("tests/web/") else path


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    return _Sharing(config, log)
