"""Settings of every test run."""

import os

from hypothesis import settings

pytest_plugins = ["tests.support.engines", "tests.support.services", "tests.support.platform"]

# CI searches the same examples every time; a developer's machine goes on looking for new ones.
settings.register_profile("ci", derandomize=True, deadline=None, database=None)
settings.register_profile("local", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "local")
