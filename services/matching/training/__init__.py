"""Where the likelihood of approval is learned from decisions. Nothing that serves imports this room.

What leaves it is a `LikelihoodModel`: whole numbers that serving reads without any library of this room.
"""

import os

# Trainings share their machine with what serves: one thread each, unless somebody says otherwise.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "LOKY_MAX_CPU_COUNT"):
    os.environ.setdefault(_name, "1")
