"""Settings of every test run."""

import os

import pytest
from hypothesis import settings

pytest_plugins = ["tests.support.engines", "tests.support.services", "tests.support.platform"]

# CI searches the same examples every time; a developer's machine goes on looking for new ones.
settings.register_profile("ci", derandomize=True, deadline=None, database=None)
settings.register_profile("local", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "local")


# The two whole platforms live until the end of the session and take a good part of the machine.
_PLATFORMS = {"embedded", "full", "running"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With several processes a file's tests stay on one, and those of a platform too: it is costly to start.

    What needs a whole platform comes last, so that it does not slow the rest down.
    """
    items.sort(key=lambda item: not _PLATFORMS.isdisjoint(getattr(item, "fixturenames", ())))
    for item in items:
        folder = item.path.parent.name
        group = folder if folder in ("journeys", "web") else str(item.path)
        item.add_marker(pytest.mark.xdist_group(group))
