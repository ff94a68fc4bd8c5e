"""Guarantors: where they do business, with whom, and what they can still take."""

from dataclasses import dataclass
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.finance.money import BP, floor
from libs.registry.regions import county_of
from services.guarantee.domain.programme import RedLines, Status


class Tier(StrEnum):
    LOCAL = "LOCAL"
    PROVINCIAL = "PROVINCIAL"
    NATIONAL = "NATIONAL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarantor(Shape):
    """A guarantor under its organisation id. `banks` are its partnerships, empty: every bank.

    `opening_liability_fen` is the liability from before the platform. `mainly_small`: its supervisor confirmed that it
    serves mainly small firms and farmers, which raises the leverage multiple (Order 683 art. 15).
    """

    id: str
    name: str
    tier: Tier = Tier.LOCAL
    net_assets_fen: int
    opening_liability_fen: int = 0
    counties: tuple[str, ...] = ()
    banks: tuple[str, ...] = ()
    status: Status = Status.ACTIVE
    mainly_small: bool = False

    def __post_init__(self) -> None:
        for name in ("net_assets_fen", "opening_liability_fen"):
            if getattr(self, name) < 0:
                raise Violation(name, f"{name} is {getattr(self, name)}.", "Give fen from zero.")
        for county in self.counties:
            county_of(county, "counties")
        if self.tier is Tier.LOCAL and not self.counties:
            raise Violation(
                "counties", "A local guarantor without a county covers nobody.", "Name its counties."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class GuarantorList(Shape):
    items: tuple[Guarantor, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeRoom(Shape):
    """Loan principal that the guarantor may still cover; negative when a limit fell below what it holds."""

    programme: str
    room_fen: int


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
    return guarantor.net_assets_fen * getattr(lines, leverage_figure(guarantor))


def leverage_figure(guarantor: Guarantor) -> str:
    return "leverage_multiple_small" if guarantor.mainly_small else "leverage_multiple"


def concentration_limit(guarantor: Guarantor, lines: RedLines) -> int:
    """The most liability for one borrower (Order 683 art. 16), in fen, rounded down."""
    return floor(guarantor.net_assets_fen * lines.concentration_bp, BP)
