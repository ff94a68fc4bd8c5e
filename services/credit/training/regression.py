"""The regression of a scorecard: few variables, each with the sign that its weights of evidence claim."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
# (the libraries that learn, draw and read parquet carry no types)

from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression

Floats = NDArray[np.float64]


class SignedLogistic(ClassifierMixin, BaseEstimator):
    """Over weights of evidence a coefficient under zero says that an answer with more risk counts for the firm, which
    nobody could explain: such a variable goes, the worst first, and the rest is fitted anew. Before that go those that
    tell less than `least_value` of information, and of two that are alike (`most_alike` correlation) the weaker one;
    after that the least, until `most` are left. The fewer rows, the more is drawn to zero."""

    def __init__(
        self, least_value: float = 0.02, most_alike: float = 0.8, most: int = 20, trust: float = 0.001
    ) -> None:
        self.least_value = least_value
        self.most_alike = most_alike
        self.most = most
        self.trust = trust

    def fit(self, X: pd.DataFrame, y: Any) -> Self:
        outcome = np.asarray(y, dtype=np.int8)
        names = self._apart(X, self._telling(X, outcome))
        while True:
            fitted = self._fitted(X[names], outcome)
            coefficients: Floats = np.asarray(fitted.coef_)[0]
            worst = int(np.argmin(coefficients * X[names].std().to_numpy()))
            if len(names) == 1 or (coefficients[worst] > 0 and len(names) <= self.most):
                break
            names = [*names[:worst], *names[worst + 1 :]]
        self.names_ = tuple(names)
        self.coefficients_ = tuple(float(one) for one in coefficients)
        self.intercept_ = float(np.asarray(fitted.intercept_)[0])
        self.classes_ = np.array([0, 1])
        return self

    def decision_function(self, X: pd.DataFrame) -> Floats:
        return X[list(self.names_)].to_numpy(dtype=float) @ np.asarray(self.coefficients_) + self.intercept_

    def predict_proba(self, X: pd.DataFrame) -> Floats:
        bad = 1.0 / (1.0 + np.exp(-self.decision_function(X)))
        return np.column_stack([1.0 - bad, bad])

    def predict(self, X: pd.DataFrame) -> NDArray[Any]:
        return self.classes_[(self.decision_function(X) > 0).astype(int)]

    def _fitted(self, X: pd.DataFrame, outcome: NDArray[np.int8]) -> LogisticRegression:
        model = LogisticRegression(C=min(1.0, self.trust * len(outcome)), max_iter=1000, tol=1e-8)
        return model.fit(X.to_numpy(dtype=float), outcome)

    def _telling(self, X: pd.DataFrame, outcome: NDArray[np.int8]) -> list[str]:
        """The most telling first; the best one always."""
        values = information_values(X, outcome)
        order = sorted(values, key=lambda name: (-values[name], name))
        return [name for name in order if values[name] >= self.least_value] or order[:1]

    def _apart(self, X: pd.DataFrame, names: list[str]) -> list[str]:
        alike = np.abs(np.nan_to_num(np.corrcoef(X[names].to_numpy(dtype=float), rowvar=False))).reshape(
            len(names), len(names)
        )
        kept: list[int] = []
        for at in range(len(names)):
            if all(alike[at, other] < self.most_alike for other in kept):
                kept.append(at)
        return [names[at] for at in kept]


def information_values(X: pd.DataFrame, outcome: NDArray[np.int8]) -> dict[str, float]:
    """Of columns of weights of evidence: mean weight of the bad less mean weight of the good."""
    means = X[outcome == 1].mean() - X[outcome == 0].mean()
    return {str(name): float(value) for name, value in means.items()}
