"""The register of likelihood models: its shapes, and what may be served. Coming into force: libs/registry."""

import re
from dataclasses import dataclass
from datetime import date, datetime

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.registry.promotion import Key, VersionAction, VersionDecision, VersionState
from services.matching.domain.likelihood import Coefficients, LikelihoodModel

FARTHEST = 8_000  # thousandths of a logit
MOST_WEIGHTS = 20_000
_PPM = 1_000_000
_NAME = re.compile(r"[a-z][a-z0-9_-]{1,39}")
_FALLING, _RISING = ("soft_fail", "unknown"), ("score_point", "age_year", "age_years_most")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelProposal(Shape):
    """`decided_by` is never who proposed, where it was approved."""

    id: str
    model: str
    version: int
    action: VersionAction
    effective_on: date
    reason: str
    proposed_by: str
    proposed_at: datetime
    decision: VersionDecision = VersionDecision.OPEN
    decided_by: str | None = None
    decided_at: datetime | None = None

    @property
    def key(self) -> Key:
        return self.model, self.version


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelVersion(Shape):
    """A version in the register. The cold start has no `uploaded_by`: it comes with the policies. `decisions`: from how
    many it was learned."""

    id: str
    version: int
    state: VersionState
    sha256: str
    decisions: int
    banks: int
    products: int
    uploaded_by: str | None = None
    uploaded_at: datetime | None = None
    proposals: tuple[ModelProposal, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelList(Shape):
    items: tuple[ModelVersion, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFile(Shape):
    """`content`: the canonical file, as it is uploaded."""

    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelMonth(Shape):
    """Decisions of a month on applications made after the version was uploaded; all in millionths: how many were
    approved, what we had said, what this version would have said, and the Brier scores of both. All but the month is
    unset where too few were decided."""

    month: str
    decisions: int | None = None
    approved_ppm: int | None = None
    said_ppm: int | None = None
    would_say_ppm: int | None = None
    said_brier_ppm: int | None = None
    would_brier_ppm: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelComparison(Shape):
    id: str
    version: int
    months: tuple[ModelMonth, ...]


def check_servable(model: LikelihoodModel) -> None:
    """Violation unless better scores and age help, broken and open rules hurt, and nothing is out of all proportion."""
    told = model.coefficients
    _check_name(told.id, told.version)
    for name in _RISING:
        _check("coefficients/" + name, getattr(told, name) >= 0, "is negative", "More of it never hurts.")
    for name in _FALLING:
        _check("coefficients/" + name, getattr(told, name) <= 0, "is positive", "More of it never helps.")
    _check_size(told)
    _check_weights(model)
    bands = 0 < told.medium_from_ppm <= told.high_from_ppm < _PPM
    _check(
        "coefficients/high_from_ppm", bands, "is no share above the medium one", "Take those of the policies."
    )


def _check_name(name: str, version: int) -> None:
    right = _NAME.fullmatch(name) is not None
    _check("coefficients/id", right, "is no name", "2 to 40 small letters, digits, _ and -.")
    _check("coefficients/version", 0 < version < 2**31, "is no number of a version", "Count from 1.")


def _check_size(told: Coefficients) -> None:
    measured = (
        "intercept",
        "score_unknown",
        "soft_fail",
        "unknown",
        "guaranteed",
        "ip_pledged",
        "collateral",
    )
    for name in (*measured, "age_year", "score_point", "age_years_most"):
        within = abs(getattr(told, name)) <= FARTHEST
        _check("coefficients/" + name, within, "is out of all proportion", "Train it anew.")


def _check_weights(model: LikelihoodModel) -> None:
    for field, weights in (("banks", model.banks), ("products", model.products)):
        _check(field, len(weights) <= MOST_WEIGHTS, "are too many", f"At most {MOST_WEIGHTS}.")
        for place, one in enumerate(weights):
            right = abs(one.logit) <= FARTHEST and one.decisions >= 0 and len(one.subject) <= 40
            _check(f"{field}/{place}", right, "is out of all proportion", "Train it anew.")
    heights = all(abs(point.logit) <= 2 * FARTHEST for point in model.score)
    _check("score", heights and len(model.score) <= 64, "is out of all proportion", "Train it anew.")


def _check(field: str, right: bool, wrong: str, mend: str) -> None:
    if not right:
        raise Violation(f"model/{field}", f"`{field}` {wrong}.", mend)
