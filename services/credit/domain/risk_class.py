"""The risk classes A to D by which supervision spreads its inspections.

国市监信发〔2022〕6号: an aid for whoever plans inspections, and no judgement of a firm's credit. So a class is kept
apart from the file, and no bank, guarantor, score, report, summary or event ever hears of one.

Draws are reproducible by anybody who has the seed and the list: see ALGORITHM.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.finance.money import BP, half_up
from services.credit.domain.bulk import RowOutcome

ALGORITHM = (
    "sha256-order/1: within a class, the parties are put in the order of the hexadecimal SHA-256 of "
    "'<seed>/<class>/<party>' (UTF-8), and the first n are drawn; n is the share of the class, half up, at least 1 "
    "where the share and the class are not empty"
)


class RiskClass(StrEnum):
    A = "A"
    B = "B"
    C = "C"
    D = "D"


class ClassOrigin(StrEnum):
    DELIVERED = "DELIVERED"
    COMPUTED = "COMPUTED"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassRow(Shape):
    party: str
    risk_class: RiskClass
    classed_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassDelivery(Shape):
    rows: tuple[ClassRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassSpan(Shape):
    """Which parties' classes are worked out now: a batch in order, from behind `after`."""

    after: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassOutcome(Shape):
    """`rows`: what became of each, in order. Of classes worked out, none: `next_party` says where to go on."""

    recorded: int
    known: int
    rejected: int
    rows: tuple[RowOutcome, ...] = ()
    next_party: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Classed(Shape):
    party: str
    risk_class: RiskClass
    origin: ClassOrigin
    classed_on: date
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassCount(Shape):
    """`firms` None: fewer than may be told, or none."""

    county: str
    risk_class: RiskClass
    firms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassCounts(Shape):
    items: tuple[ClassCount, ...]
    least: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassLine(Shape):
    """A firm is of `risk_class` where `fact` is at least `at_least` (of a yes or no: yes is 1)."""

    fact: str
    at_least: int
    risk_class: RiskClass


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassRule(Shape):
    """The worst line that holds counts; where none does, `otherwise`."""

    lines: tuple[ClassLine, ...]
    otherwise: RiskClass


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDraw(Shape):
    """Inspections in a territory: six digits, of a county (640104), of a city (640100) or of all (640000)."""

    territory: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stratum(Shape):
    """One class of a draw. `firms` and `drawn` are None where they are too few to be told."""

    risk_class: RiskClass
    share_bp: int
    firms: int | None = None
    drawn: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn(Shape):
    party: str
    risk_class: RiskClass


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw(Shape):
    """`list_hash`: SHA-256 of the lines `<party> <class>` in the order of parties, each ended by a line feed: what was
    drawn from; of a short list it could be guessed from, so that it and `drawn` are for operators alone."""

    id: str
    territory: str
    seed: str
    algorithm: str
    list_hash: str
    strata: tuple[Stratum, ...]
    drawn: tuple[Drawn, ...]
    drawn_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawPage(Shape):
    items: tuple[Draw, ...]
    next_cursor: str | None = None


def class_by(rule: ClassRule, values: Mapping[str, int]) -> RiskClass:
    """`values`: facts as whole numbers; a fact that is not known holds no line."""
    held = [
        line.risk_class for line in rule.lines if values.get(line.fact, line.at_least - 1) >= line.at_least
    ]
    return max(held, default=rule.otherwise)


def draw(
    seed: str, classes: Mapping[str, RiskClass], shares_bp: Mapping[RiskClass, int]
) -> tuple[tuple[Drawn, ...], tuple[Stratum, ...]]:
    """Who is drawn of the parties with their classes, and what each class gave."""
    drawn: list[Drawn] = []
    strata: list[Stratum] = []
    for risk_class in RiskClass:
        share_bp = shares_bp.get(risk_class, 0)
        members = sorted(party for party, found in classes.items() if found is risk_class)
        count = sample_size(len(members), share_bp)
        drawn += [
            Drawn(party=party, risk_class=risk_class) for party in _order(seed, risk_class, members)[:count]
        ]
        strata.append(Stratum(risk_class=risk_class, share_bp=share_bp, firms=len(members), drawn=count))
    return tuple(drawn), tuple(strata)


def sample_size(firms: int, share_bp: int) -> int:
    if firms == 0 or share_bp == 0:
        return 0
    return max(1, half_up(firms * share_bp, BP))


def list_hash(classes: Mapping[str, RiskClass]) -> str:
    lines = "".join(f"{party} {classes[party]}\n" for party in sorted(classes))
    return hashlib.sha256(lines.encode()).hexdigest()


def counted(
    cells: Mapping[tuple[str, RiskClass], int], counties: Iterable[str], least: int
) -> tuple[ClassCount, ...]:
    """How many firms of each class each county has; a cell of fewer than `least` says nothing, not even none."""
    return tuple(
        ClassCount(county=county, risk_class=risk_class, firms=told(cells.get((county, risk_class)), least))
        for county in counties
        for risk_class in RiskClass
    )


def told(firms: int | None, least: int) -> int | None:
    return None if firms is None or firms < least else firms


def _order(seed: str, risk_class: RiskClass, members: list[str]) -> list[str]:
    return sorted(
        members, key=lambda party: hashlib.sha256(f"{seed}/{risk_class}/{party}".encode()).hexdigest()
    )
