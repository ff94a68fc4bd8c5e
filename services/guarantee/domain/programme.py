"""The rulebook: programmes and red lines as dated versions, each figure with the document that says so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeVar

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.finance.split import Share, check_shares
from libs.finance.tiers import FeeTerm
from libs.registry.dimensions import OwnerKind
from libs.registry.loan_terms import ProductKind
from libs.registry.size import Size
from services.guarantee.domain.figures import FigureSource, source_of
from services.guarantee.domain.red_lines import RedLines
from services.guarantee.domain.terms import (
    BANK,
    LOCAL,
    NATIONAL,
    PARTIES,
    PROVINCIAL,
    BorrowerScope,
    CapTerms,
    ClaimScope,
    Procedure,
    RecoveryRank,
)


class Status(StrEnum):
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    WITHDRAWN = "WITHDRAWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme(Shape):
    """One version of a programme. `shares` stand bank first, local guarantor last; empty lists set no limit.

    `fee_rate_ppm` is a year's, of the loan. Limits count loan principal. `labels`: the firm has one of these facts;
    `labels_excluded`: and none of these, which belong to a better tier of the same `scheme`.
    `payer`: who pays the bank's claim first; `recovery_lead`: who pursues the borrower. `reguarantee_fees` are the
    local guarantor's to pay. `pool_fen`: the money of the pool, where one takes part. Deadlines in days:
    `filing_days` from disbursement to the filing, `cure_days` more to mend one that failed; `review_days` from the
    bank's notice to the decision on it, `payment_days` from there to the payment, `reimbursement_days` from the
    payment to the refunds; `compliance_days` from a bank's list to its check (batch). The bank's notice may come
    until `guarantee_period_months` after the loan fell due, with all `claim_documents`. The committee answers each of
    `duties`; whoever is on the `negative_list` is not exempt from blame.
    """

    id: str
    scheme: str
    name: str
    effective: date
    status: Status = Status.ACTIVE
    shares: tuple[Share, ...]
    bank_min_bp: int
    national_max_bp: int
    provincial_min_bp: int
    batch: bool
    fee_rate_ppm: int
    reguarantee_fees: tuple[FeeTerm, ...]
    claim_cap_bp: int
    cap: CapTerms
    claim_scope: ClaimScope
    payer: str
    recovery_lead: str
    recovery_rank: RecoveryRank
    pool_fen: int
    borrower_limit_fen: int
    borrower_scope: BorrowerScope
    loan_limit_fen: int
    term_min_months: int
    term_max_months: int
    product_kinds: tuple[ProductKind, ...]
    sizes: tuple[Size, ...]
    owner_kinds: tuple[OwnerKind, ...]
    labels: tuple[str, ...] = ()
    labels_excluded: tuple[str, ...] = ()
    annual_quota_fen: int
    filing_days: int
    cure_days: int
    review_days: int
    payment_days: int
    reimbursement_days: int
    compliance_days: int
    guarantee_period_months: int
    claim_documents: tuple[str, ...]
    procedure: Procedure
    duties: tuple[str, ...]
    negative_list: tuple[str, ...]
    source: str
    sources: tuple[FigureSource, ...]

    def __post_init__(self) -> None:
        check_shares(self.shares)
        self._check_parties()
        for figure, kept, allowed in self._bounds():
            if not kept:
                self._refuse(figure, allowed)

    def source_of(self, figure: str) -> FigureSource:
        return source_of(self.sources, figure)

    def share_bp(self, party: str) -> int:
        """The party's share of the loan; 0 where it takes no part."""
        return sum(share.bp for share in self.shares if share.party == party)

    def _check_parties(self) -> None:
        """The bank stands first and the local guarantor last; whoever is named to act has a part."""
        parties = [share.party for share in self.shares]
        unknown = [party for party in parties if party not in PARTIES]
        if unknown or parties[0] != BANK or parties[-1] != LOCAL:
            message = f"The shares are those of {', '.join(parties)}."
            raise Violation("shares", message, f"Order them by: {', '.join(PARTIES)}; bank and local always.")
        for field in ("payer", "recovery_lead"):
            if getattr(self, field) not in parties:
                message = f"{getattr(self, field)} bears no share of {self.id}."
                raise Violation(field, message, f"Name one of: {', '.join(parties)}.")

    def _bounds(self) -> tuple[tuple[str, bool, str], ...]:
        bank, national, provincial = (self.share_bp(party) for party in (BANK, NATIONAL, PROVINCIAL))
        return (
            ("bank_min_bp", bank >= self.bank_min_bp, f"bank at least {self.bank_min_bp}"),
            ("national_max_bp", national <= self.national_max_bp, f"national at most {self.national_max_bp}"),
            (
                "provincial_min_bp",
                provincial >= self.provincial_min_bp,
                f"provincial at least {self.provincial_min_bp}",
            ),
        )

    def _refuse(self, figure: str, allowed: str) -> None:
        rule = self.source_of(figure)
        found = ", ".join(f"{share.party} {share.bp}" for share in self.shares)
        message = f"The shares of {self.id} are {found}: {rule.parameter} asks for {allowed} basis points."
        raise Violation("shares", message, f"Give {allowed} basis points.", rule.source)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeList(Shape):
    items: tuple[Programme, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook(Shape):
    """All versions of all programmes and of the red lines, as one policy set has them."""

    policy_set: str
    programmes: tuple[Programme, ...]
    red_lines: tuple[RedLines, ...]

    def programmes_on(self, day: date) -> tuple[Programme, ...]:
        """The version of each programme that is in force on a day (an ended one as WITHDRAWN)."""
        newest = {found.id: found for found in _until(self.programmes, day)}
        return tuple(newest.values())

    def programme(self, programme_id: str, day: date) -> Programme:
        """The version in force; Violation where there is none, or it has ended."""
        known = {found.id: found for found in self.programmes_on(day)}
        found = known.get(programme_id)
        if found is not None and found.status is Status.SUSPENDED:
            message = f"Programme {programme_id} is suspended: it takes no new business."
            raise Violation("programme", message, "Let the operator record it as in force.", found.source)
        if found is None or found.status is not Status.ACTIVE:
            choice = ", ".join(sorted(one.id for one in known.values() if one.status is Status.ACTIVE))
            message = f"No programme {programme_id} is in force on {day}."
            raise Violation("programme", message, f"Choose one of: {choice}.")
        return found

    def last_version(self, programme_id: str, day: date) -> Programme | None:
        """The newest version up to a day that was not an end: what a guarantee given before still goes by."""
        mine = [one for one in self.programmes if one.id == programme_id]
        mine = [one for one in mine if one.status is not Status.WITHDRAWN]
        return next(reversed(_until(mine, day)), None)

    def red_lines_on(self, day: date) -> RedLines:
        """The version in force; Violation before the first."""
        found = _until(self.red_lines, day)
        if not found:
            raise Violation(
                "day", f"No red lines are known on {day}.", "Choose a day on which the rules hold."
            )
        return found[-1]


V = TypeVar("V", Programme, RedLines)


def _until(versions: Sequence[V], day: date) -> list[V]:
    return sorted((found for found in versions if found.effective <= day), key=lambda found: found.effective)
