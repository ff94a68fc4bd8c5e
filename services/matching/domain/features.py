"""What the likelihood may hang on: a closed list. No fact of the owner, no county, industry, size, no first loan."""

from dataclasses import dataclass
from enum import StrEnum

from libs.criteria.shape import Shape


class Security(StrEnum):
    UNSECURED = "UNSECURED"
    GUARANTEED = "GUARANTEED"
    IP_PLEDGED = "IP_PLEDGED"
    COLLATERAL = "COLLATERAL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Features(Shape):
    """`score` None: not known. `years`: full ones since registration. `soft`: rules broken; `unknown`: rules that
    could not be judged, the collateral among them."""

    score: int | None
    years: int
    soft: int
    unknown: int
    security: Security


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFeatures(Shape):
    """Of one plan of an answer: its place, and what its likelihood was made of."""

    product: str
    number: int
    likelihood_ppm: int
    features: Features
