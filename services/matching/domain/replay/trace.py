"""What an answer was computed from, so that it can be computed again, and what came out when it was."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from libs.criteria.shape import Shape
from services.matching.domain.answer import MatchRequest
from services.matching.domain.firm import Firm

# The formulas of this code, from the index to the plan. Raised by whoever changes what any answer says; answers of
# another number are shown, never recomputed. tests/unit/matching/test_algorithm.py notices when it was forgotten.
ALGORITHM = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What belongs to the party: the firm as it was used, what it asked for, and the day."""

    firm: Firm
    request: MatchRequest
    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """`inputs` None: erased with the party. The market and the rulebook are named by what is in them."""

    match_id: str
    edition: str
    rulebook: str
    model: str
    algorithm: int
    input_hash: str
    day: date
    county: str
    inputs: Inputs | None = None


class ReplayOutcome(StrEnum):
    """UNTRACED: given before traces were kept."""

    EQUAL = "EQUAL"
    DIFFERENT = "DIFFERENT"
    ERASED = "ERASED"
    OTHER_ALGORITHM = "OTHER_ALGORITHM"
    UNTRACED = "UNTRACED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference(Shape):
    """A field that came out otherwise; its values as JSON, empty for who may not read the answer."""

    field: str
    stored: str = ""
    replayed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed(Shape):
    """An answer computed again. The hashes are keyed: they tell whether two are the same, and nothing of either."""

    match_id: str
    outcome: ReplayOutcome
    edition: str = ""
    rulebook: str = ""
    model: str = ""
    algorithm: int = 0
    stored_hash: str
    replayed_hash: str = ""
    differences: tuple[Difference, ...] = ()
