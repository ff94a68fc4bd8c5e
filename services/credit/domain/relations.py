"""Who stands behind a party: its legal representative, who controls it, who holds shares, and the group it is in."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.finance.money import BP
from libs.registry import uscc
from libs.registry.persons import check_person_id, is_person
from services.credit.domain.sources import Source

MOST_RELATED = 200
"""A group is followed no further than so many parties."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shareholder(Shape):
    party: str
    share_bp: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRelations(Shape):
    """Party ids, all of them: enterprises by code, persons by their opaque id. `same_control`: parties under the same
    hand, where the register does not say whose. What is told replaces what the same source told before."""

    legal_representative: str | None = None
    controllers: tuple[str, ...] = ()
    shareholders: tuple[Shareholder, ...] = ()
    same_control: tuple[str, ...] = ()
    source: Source | None = None
    observed_on: date

    def __post_init__(self) -> None:
        check_relations(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Relations(Shape):
    """As they count; `group`: whom control binds to the party, itself left out; `group_cut`: there are more. To
    anybody but the party itself a person is shown under a pseudonym."""

    party: str
    legal_representative: str | None = None
    controllers: tuple[str, ...] = ()
    shareholders: tuple[Shareholder, ...] = ()
    same_control: tuple[str, ...] = ()
    source: Source | None = None
    observed_on: date | None = None
    recorded_at: datetime | None = None
    group: tuple[str, ...] = ()
    group_cut: bool = False


def check_relations(new: NewRelations) -> None:
    """Violation for an id that is none, a share that is none, or somebody who is told twice."""
    if new.legal_representative is not None:
        _check_id(new.legal_representative, "legal_representative")
    _check_ids(new.controllers, "controllers")
    _check_ids(new.same_control, "same_control")
    _check_ids(tuple(holder.party for holder in new.shareholders), "shareholders")
    for at, holder in enumerate(new.shareholders):
        if not 0 < holder.share_bp <= BP:
            raise Violation(
                f"shareholders/{at}/share_bp",
                f"{holder.share_bp} is no share.",
                "Give 1 to 10000 basis points.",
            )
    if sum(holder.share_bp for holder in new.shareholders) > BP:
        raise Violation("shareholders", "They hold more than there is.", "Mend the shares.")


def control_edges(new: NewRelations, control_bp: int) -> tuple[str, ...]:
    """Whom control binds to the party: controllers, holders of `control_bp` or more, parties under the same hand."""
    holders = (holder.party for holder in new.shareholders if holder.share_bp >= control_bp)
    return tuple(dict.fromkeys((*new.controllers, *holders, *new.same_control)))


def group_of(party: str, edges: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Whoever is connected with the party by edges of control, in the order in which they are met."""
    neighbours: Mapping[str, list[str]] = defaultdict(list)
    for one, other in edges:
        neighbours[one].append(other)
        neighbours[other].append(one)
    met, ahead = {party: None}, [party]
    for one in _growing(ahead):
        for other in sorted(neighbours[one]):
            if other not in met:
                met[other] = None
                ahead.append(other)
    return tuple(met)[1:]


def _growing(ahead: list[str]) -> Iterator[str]:
    """Items of a list that grows while it is read."""
    place = 0
    while place < len(ahead):
        yield ahead[place]
        place += 1


def _check_ids(parties: tuple[str, ...], field: str) -> None:
    if len(parties) > MOST_RELATED:
        raise Violation(field, "These are too many.", f"Name at most {MOST_RELATED}.")
    for at, party in enumerate(parties):
        _check_id(party, f"{field}/{at}")
        if party in parties[:at]:
            raise Violation(f"{field}/{at}", "It stands twice.", "Name each once.")


def _check_id(party: str, field: str) -> None:
    if is_person(party):
        check_person_id(party, field)
    elif uscc.parse_party(party, field).party != party:
        raise Violation(field, f"{party!r} is not in normal form.", "Write uscc:<code>.", uscc.SOURCE)
