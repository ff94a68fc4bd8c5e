"""Guarantors: where they do business, with whom, and what they can still take."""

from dataclasses import dataclass
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.finance.money import BP, floor
from libs.registry.regions import county_of
from services.guarantee.domain.programme import Status
from services.guarantee.domain.red_lines import RedLines


class Tier(StrEnum):
    LOCAL = "LOCAL"
    PROVINCIAL = "PROVINCIAL"
    NATIONAL = "NATIONAL"
    GOVERNMENT = "GOVERNMENT"
    POOL = "POOL"

    @property
    def role(self) -> str:
        """The party of the shares that organisations of this tier are."""
        return self.value.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarantor(Shape):
    """A guarantor under its organisation id. `banks` are its partnerships, empty: every bank.

    `counties`: where it does business; `seat` is the county of the legal entity, `branches` those of its branches.
    `investments_fen`: equity in other guarantors, which does not count as net assets. `reserves_fen`: what it holds
    as unearned premium and claim reserves, None: not told. `opening_liability_fen` is the total of a book from
    before the platform that is not loaded yet; a loaded book replaces it. `mainly_small`: its supervisor confirmed
    that it serves mainly small firms and farmers, which raises the leverage multiple (Order 683 art. 15).
    """

    id: str
    name: str
    tier: Tier = Tier.LOCAL
    net_assets_fen: int
    investments_fen: int = 0
    reserves_fen: int | None = None
    opening_liability_fen: int = 0
    counties: tuple[str, ...] = ()
    seat: str | None = None
    branches: tuple[str, ...] = ()
    banks: tuple[str, ...] = ()
    status: Status = Status.ACTIVE
    mainly_small: bool = False

    def __post_init__(self) -> None:
        for name in ("net_assets_fen", "investments_fen", "reserves_fen", "opening_liability_fen"):
            if (getattr(self, name) or 0) < 0:
                raise Violation(name, f"{name} is {getattr(self, name)}.", "Give fen from zero.")
        self._check_places()
        if self.tier is Tier.LOCAL and not self.counties:
            raise Violation(
                "counties", "A local guarantor without a county covers nobody.", "Name its counties."
            )

    @property
    def counted_assets_fen(self) -> int:
        """Net assets as the red lines count them: without equity in other guarantors."""
        return max(0, self.net_assets_fen - self.investments_fen)

    def _check_places(self) -> None:
        for field in ("counties", "branches"):
            for county in getattr(self, field):
                county_of(county, field)
        if self.seat is not None:
            county_of(self.seat, "seat")


@dataclass(frozen=True, slots=True, kw_only=True)
class GuarantorList(Shape):
    items: tuple[Guarantor, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TierRoom(Shape):
    """Loan principal for which one party of the chain still has room. `party` as in the shares, or `programme`.

    `rule`: the limit that says so, None where the party has none. `room_fen` None: whatever the others have.
    """

    party: str
    rule: str | None = None
    room_fen: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeRoom(Shape):
    """Loan principal that the guarantor may still cover; negative when a limit fell below what it holds.

    It is the smallest room of the `tiers`, which stand from the farthest to the guarantor itself, then the programme.
    """

    programme: str
    room_fen: int
    tiers: tuple[TierRoom, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Headroom(Shape):
    """What a local guarantor can still take. `borrower_limit_fen`: of one borrower, as guaranteed amount."""

    guarantor: str
    name: str
    counties: tuple[str, ...]
    banks: tuple[str, ...]
    status: Status
    programmes: tuple[ProgrammeRoom, ...]
    borrower_limit_fen: int


def liability_limit(guarantor: Guarantor, lines: RedLines) -> int:
    """The most liability that net assets carry (Order 683 art. 15), in fen."""
    return guarantor.counted_assets_fen * getattr(lines, leverage_figure(guarantor))


def leverage_figure(guarantor: Guarantor) -> str:
    return "leverage_multiple_small" if guarantor.mainly_small else "leverage_multiple"


def concentration_limit(guarantor: Guarantor, lines: RedLines) -> int:
    """The most liability for one borrower (Order 683 art. 16), in fen, rounded down."""
    return floor(guarantor.counted_assets_fen * lines.concentration_bp, BP)


def group_limit(guarantor: Guarantor, lines: RedLines) -> int:
    """The most liability for a borrower with its related parties (Order 683 art. 16), in fen, rounded down."""
    return floor(guarantor.counted_assets_fen * lines.group_concentration_bp, BP)
