"""What a bank said to an application for a product that we had recommended: what the likelihood learns from."""

from dataclasses import dataclass
from datetime import date

from libs.criteria.shape import Shape
from libs.registry.size import Size
from services.matching.domain.features import Features


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision(Shape):
    """No party stands in it. `approved` None: not decided, or no label any more (the firm stepped back).

    `features`, `number` (the plan's place) and `said_ppm` are of the last answer before the application. `county`,
    `size` and `first_time` are there to judge fairness by; no model sees them.
    """

    application: str
    product: str
    bank: str
    applied_on: date
    decided_on: date | None = None
    approved: bool | None = None
    number: int
    said_ppm: int
    features: Features
    county: str
    size: Size | None
    first_time: bool
