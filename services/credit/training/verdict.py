"""Whether a set is ranked as well as it should be, by a rule that is said aloud.

Scorecard: the mean AUC of the folds is no more than .01 under the reference's logistic regression, or no more than
what means nothing on that set (`within`). Challenger: it equals the reference's boosting, that is, it is no more under
it than `within`, or than two standard errors of the mean of its own folds. A set that no reference was measured on is
held against a plain logistic regression of the same folds.
"""

from dataclasses import dataclass
from math import sqrt

from libs.judging.figures import Figures
from services.credit.training.judging import FOLDS
from services.credit.training.sample import Sample

TOLERATED = 0.01


@dataclass(frozen=True, slots=True)
class Verdict:
    what: str
    auc: float
    wanted: float
    tolerated: float
    source: str

    @property
    def good(self) -> bool:
        return self.auc >= self.wanted - self.tolerated

    def told(self) -> str:
        sign = "≥" if self.good else "<"
        return f"{self.what}: {self.auc:.3f} {sign} {self.wanted:.3f} - {self.tolerated:.3f} ({self.source})"


def verdicts(sample: Sample, card: Figures, boosted: Figures, plain: Figures) -> tuple[Verdict, ...]:
    reference = sample.dictionary.reference
    if reference is None or reference.rows != sample.file_rows:
        tolerated = max(TOLERATED, _noise(plain))
        return (
            Verdict("scorecard", card.auc, plain.auc, tolerated, "plain logistic regression, same folds"),
        )
    source = f"reference, {reference.measured_on}"
    return (
        Verdict("scorecard", card.auc, reference.logistic_auc, max(TOLERATED, reference.within), source),
        Verdict(
            "challenger", boosted.auc, reference.boosting_auc, max(reference.within, _noise(boosted)), source
        ),
    )


def _noise(figures: Figures) -> float:
    return 2 * figures.auc_spread / sqrt(FOLDS)
