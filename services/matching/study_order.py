"""What a study's process is told on its standard input: the order, then firms a batch at a time, then nothing."""

from dataclasses import dataclass

from libs.policy import PolicySet
from services.matching.domain.guarantee import Headroom, Programme
from services.matching.operations.rulebook import Rulebook


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyOrder:
    """`products` as messages. `question` and everything that comes back is JSON."""

    kind: str
    question: str
    organisation: str
    territory: str
    policies: PolicySet
    rules: Rulebook
    products: list[bytes]
    programmes: tuple[Programme, ...]
    headrooms: tuple[Headroom, ...]


# Of a firm: its profile as JSON, and its record key.
Batch = list[tuple[str, int]]
