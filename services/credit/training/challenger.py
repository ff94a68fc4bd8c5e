"""A boosting challenger: what a model nobody can read would reach. It runs in shadow and never answers a bank.

Stored with skops, whose files hold no code: reading one builds the types named here and refuses any other. The hash
beside it is checked before it is opened.
"""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
# (the libraries that learn, draw and read parquet carry no types)

import hashlib
import io
import zipfile
from typing import Any

import skops.io
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier, VotingClassifier
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder

from libs.criteria.violation import Violation
from services.credit.domain.card import Scale
from services.credit.training.dictionary import Dictionary
from services.credit.training.sample import SEED

TINY, SMALL = 500, 5_000
TRUSTED = frozenset(
    (
        "numpy.dtype",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "sklearn.tree._tree.Tree",
        "sklearn.utils._bunch.Bunch",
    )
)
"""What a fitted boosting holds beside what skops trusts by itself. Nothing else is ever built."""


def challenger(dictionary: Dictionary, rows: int) -> Pipeline:
    """Not fitted. Exact boosting up to a few thousand rows, by histograms above; of very few rows five slow ones."""
    codes = [column.name for column in dictionary.inputs if column.scale is Scale.CODE]
    plain = [column.name for column in dictionary.inputs if column.scale is Scale.NUMBER]
    coded = Pipeline(
        [
            ("filled", SimpleImputer(strategy="constant", fill_value="missing")),
            ("columns", OneHotEncoder(handle_unknown="ignore", sparse_output=False)),
        ]
    )
    numbers = "passthrough" if rows > SMALL else SimpleImputer(strategy="median", keep_empty_features=True)
    columns = ColumnTransformer([("numbers", numbers, plain), ("codes", coded, codes)])
    return Pipeline([("columns", columns), ("boosting", _boosting(rows))])


def dump(model: Pipeline) -> tuple[bytes, str]:
    """The file and its SHA-256."""
    content = skops.io.dumps(model)
    return content, hashlib.sha256(content).hexdigest()


def load(content: bytes, sha256: str) -> Any:
    """Violation for another file than the one that was hashed, for what is no skops file (a pickle, a joblib file), and
    for one that holds a type outside the list."""
    if hashlib.sha256(content).hexdigest() != sha256:
        raise Violation("challenger/sha256", "The file is not the one that was hashed.", "Train it again.")
    if not zipfile.is_zipfile(io.BytesIO(content)):
        raise Violation("challenger", "The file is no skops file.", "Bring one that `credit train` wrote.")
    if strange := set(skops.io.get_untrusted_types(data=content)) - TRUSTED:
        raise Violation(
            "challenger",
            f"The file holds {', '.join(sorted(strange))}.",
            "Bring one that `credit train` wrote.",
        )
    return skops.io.loads(content, trusted=sorted(TRUSTED))


def _boosting(rows: int) -> Any:
    if rows <= TINY:
        stumps = [(f"seed{seed}", _stumps(seed)) for seed in range(SEED, SEED + 5)]
        return VotingClassifier(stumps, voting="soft")
    if rows <= SMALL:
        return GradientBoostingClassifier(random_state=SEED)
    return HistGradientBoostingClassifier(
        learning_rate=0.05, max_iter=300, max_leaf_nodes=15, random_state=SEED
    )


def _stumps(seed: int) -> Any:
    """Slow, and of one question each: what so few rows can bear."""
    return GradientBoostingClassifier(
        n_estimators=50, max_depth=1, subsample=0.5, max_features="sqrt", random_state=seed
    )
