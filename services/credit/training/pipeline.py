"""The scorecard as a pipeline: weights of evidence, signed regression, calibration on predictions out of fold."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
# (the libraries that learn, draw and read parquet carry no types)

from typing import Any

import pandas as pd
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, QuantileTransformer

from services.credit.domain.card import Scale
from services.credit.training.binning import Table, WeightOfEvidence
from services.credit.training.dictionary import Dictionary
from services.credit.training.regression import SignedLogistic
from services.credit.training.sample import SEED, Sample

CALIBRATION_FOLDS = 3


def scorecard(dictionary: Dictionary) -> Pipeline:
    """Not fitted. Its steps are `weights` and `regression`."""
    return Pipeline(
        [("weights", WeightOfEvidence(columns=dictionary.inputs)), ("regression", SignedLogistic())]
    )


def calibrated(dictionary: Dictionary) -> CalibratedClassifierCV:
    """Platt's sigmoid over the log-odds of default that the pipeline gives rows it was not fitted on."""
    folds = StratifiedKFold(CALIBRATION_FOLDS, shuffle=True, random_state=SEED)
    one: Any = False  # a model of all rows, calibrated once; the library's words for its types say otherwise
    return CalibratedClassifierCV(scorecard(dictionary), method="sigmoid", cv=folds, ensemble=one)


def plain_logistic(dictionary: Dictionary) -> Pipeline:
    """Ranks of numbers, one column a code, what is missing said beside: no bins, no selection, any sign."""
    codes = [column.name for column in dictionary.inputs if column.scale is Scale.CODE]
    plain = [column.name for column in dictionary.inputs if column.scale is Scale.NUMBER]
    filled = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)
    coded = SimpleImputer(strategy="constant", fill_value="missing")
    columns = ColumnTransformer(
        [
            (
                "numbers",
                Pipeline([("filled", filled), ("ranks", QuantileTransformer(n_quantiles=50))]),
                plain,
            ),
            (
                "codes",
                Pipeline([("filled", coded), ("columns", OneHotEncoder(handle_unknown="ignore"))]),
                codes,
            ),
        ]
    )
    return Pipeline([("columns", columns), ("regression", LogisticRegression(max_iter=3000))])


class Fitted:
    """A fitted scorecard and its parts."""

    def __init__(self, model: Any) -> None:
        self.model = model
        inner = model.calibrated_classifiers_[0]
        self.pipeline: Pipeline = inner.estimator
        sigmoid = inner.calibrators[0]
        self.slope, self.intercept = -float(sigmoid.a_), -float(sigmoid.b_)

    @property
    def regression(self) -> SignedLogistic:
        return self.pipeline.named_steps["regression"]

    @property
    def tables(self) -> tuple[Table, ...]:
        """Of all variables, those that the regression left out among them."""
        return self.pipeline.named_steps["weights"].tables_

    def table(self, name: str) -> Table:
        return next(table for table in self.tables if table.column.name == name)

    def default_probability(self, inputs: pd.DataFrame) -> Any:
        return self.model.predict_proba(inputs)[:, 1]


def fit(sample: Sample) -> Fitted:
    return Fitted(calibrated(sample.dictionary).fit(sample.inputs, sample.outcome))
