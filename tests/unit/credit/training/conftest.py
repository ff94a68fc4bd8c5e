"""Before any test imports scikit-learn: one thread each, as the commands do it."""

import services.credit.training  # noqa: F401
