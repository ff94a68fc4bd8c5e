"""Before any test imports scikit-learn: one thread each, as the commands do it."""

import services.matching.training  # noqa: F401
