"""The terms of a programme beside its shares: what a claim covers, who pays first, what caps it, how it comes back."""

from dataclasses import dataclass
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.finance.tiers import CapDefinition

BANK = "bank"
NATIONAL = "national"
PROVINCIAL = "provincial"
GOVERNMENT = "government"
POOL = "pool"
LOCAL = "local"
PARTIES = (BANK, NATIONAL, PROVINCIAL, GOVERNMENT, POOL, LOCAL)


class ClaimScope(StrEnum):
    """What of a loan in default the guarantee covers; penalty interest and fees never."""

    PRINCIPAL = "PRINCIPAL"
    PRINCIPAL_AND_NORMAL_INTEREST = "PRINCIPAL_AND_NORMAL_INTEREST"


class RecoveryRank(StrEnum):
    """Among whom a recovery is shared by what each bore: all at once, the bank before all, or without the bank."""

    PARI_PASSU = "PARI_PASSU"
    BANK_FIRST = "BANK_FIRST"
    SYSTEM_ONLY = "SYSTEM_ONLY"


class Procedure(StrEnum):
    """How a guarantor comes to its yes: by the manager's confirmation, or by steps that are each recorded."""

    BRIEF = "BRIEF"
    FULL = "FULL"


class BorrowerScope(StrEnum):
    """Whose loans count against the limit for one borrower: the firm's, or those of all its related parties."""

    PARTY = "PARTY"
    GROUP = "GROUP"


class CapLayer(StrEnum):
    """What a cap cuts: the whole system's payment to the bank, or only what the fund or the pool refunds."""

    SYSTEM = "SYSTEM"
    NATIONAL = "NATIONAL"
    POOL = "POOL"


class CapLevel(StrEnum):
    """What one bucket of a cap holds: a bank's claims of a programme and year, or all of the province's."""

    BANK = "BANK"
    PROVINCE = "PROVINCE"


class CapTiming(StrEnum):
    """When a cap bites, early in a period by little that was released yet.

    AS_CLAIMED: each claim is cut at once, for good. PENDING: what is above the cap waits, and is topped up as far as
    the whole period's cap goes. PERIOD_END: all is paid meanwhile; what is above the cap at the end is given back.
    """

    AS_CLAIMED = "AS_CLAIMED"
    PENDING = "PENDING"
    PERIOD_END = "PERIOD_END"


@dataclass(frozen=True, slots=True, kw_only=True)
class CapTerms(Shape):
    """How the cap of a programme is measured and whom it hurts.

    `excess`: who bears what is cut. `counts_claim_release`: loans released by a claim payment count as released.
    """

    definition: CapDefinition
    layer: CapLayer
    excess: str
    level: CapLevel
    timing: CapTiming
    counts_claim_release: bool

    def __post_init__(self) -> None:
        allowed = (BANK,) if self.layer is CapLayer.SYSTEM else (BANK, LOCAL)
        if self.excess not in allowed:
            message = f"{self.excess} cannot bear what a cap on {self.layer} cuts."
            raise Violation("cap/excess", message, f"Name one of: {', '.join(allowed)}.")
        if (self.definition is CapDefinition.BALANCE) != (self.layer is CapLayer.POOL):
            message = f"A cap on {self.layer} is not measured by {self.definition}."
            raise Violation("cap/definition", message, "BALANCE is the definition of POOL, and only of it.")
