"""Related parties: borrowers that count as one before a red line (Order 683 art. 16)."""

from dataclasses import dataclass
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation

LONGEST = 100


class RelationKind(StrEnum):
    LEGAL_REPRESENTATIVE = "LEGAL_REPRESENTATIVE"
    CONTROL = "CONTROL"
    FAMILY = "FAMILY"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRelatedGroup(Shape):
    """Parties by their ids, and what makes them one."""

    name: str
    kind: RelationKind
    parties: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise Violation("name", "The group has no name.", "Name what holds it together.")
        if len(self.parties) > LONGEST or len(set(self.parties)) != len(self.parties):
            message = f"There are {len(self.parties)} parties, some perhaps twice."
            raise Violation("parties", message, f"Name each once, {LONGEST} at most.")
        if any(not party.startswith(("uscc:", "person:")) or len(party) > 80 for party in self.parties):
            raise Violation(
                "parties", "One of the parties has no id of a party.", "Write uscc:… or person:…."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class RelatedGroup(Shape):
    """`recorded_by`: the organisation that found it, and may change it."""

    id: str
    name: str
    kind: RelationKind
    parties: tuple[str, ...]
    recorded_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RelatedGroupList(Shape):
    items: tuple[RelatedGroup, ...]
