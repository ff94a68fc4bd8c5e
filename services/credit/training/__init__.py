"""Everything that learns: field dictionaries, binning, regression, judging, reports. Serving never imports it.

The only room that knows scikit-learn, optbinning, pandas, matplotlib, skops and pyarrow. What leaves it is a `Card`:
a table that serving reads without any of them.
"""

import os

# Trainings share their machine with what serves: one thread each, unless somebody says otherwise.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "LOKY_MAX_CPU_COUNT"):
    os.environ.setdefault(_name, "1")
os.environ.setdefault("MPLBACKEND", "Agg")
