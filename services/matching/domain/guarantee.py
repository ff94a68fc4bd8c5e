"""Which guarantors could stand behind a loan, at what fee, and who would bear what.

Advice only: guarantee itself decides at the reservation, on the room that it has then.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from libs.finance.cost import Fee, FeeBasis, FeePayee, FeeTiming
from libs.finance.split import Share, covered, split
from libs.registry.dimensions import OwnerKind
from libs.registry.regions import within_any
from libs.registry.size import Size
from services.matching.domain.answer import PlanGuarantee, ShareAmount
from services.matching.domain.firm import Firm

FEE_NAME = "担保费"
_FIRST, _LAST = "bank", "local"  # the lender bears what is rounded up, the direct guarantor what rounding leaves


class Status(StrEnum):
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    WITHDRAWN = "WITHDRAWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeShare:
    party: str
    bp: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """A limit of 0 is no limit; an empty list limits nothing. `labels`: the firm has one of these facts."""

    id: str
    name: str
    effective: date
    shares: tuple[ProgrammeShare, ...]
    fee_rate_ppm: int
    borrower_limit_fen: int = 0
    loan_limit_fen: int = 0
    term_max_months: int = 0
    sizes: tuple[Size, ...] = ()
    owner_kinds: tuple[OwnerKind, ...] = ()
    labels: tuple[str, ...] = ()
    status: Status = Status.ACTIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeRoom:
    programme: str
    room_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Headroom:
    """What a guarantor can still take; `banks` empty: every bank is its partner."""

    guarantor: str
    name: str
    counties: tuple[str, ...]
    banks: tuple[str, ...] = ()
    status: Status = Status.ACTIVE
    programmes: tuple[ProgrammeRoom, ...] = ()
    borrower_limit_fen: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """A programme at a guarantor that would take this loan, whichever bank lends."""

    programme: Programme
    guarantor: Headroom
    room_fen: int


def covers(
    programmes: Mapping[str, Programme],
    headrooms: Iterable[Headroom],
    firm: Firm,
    amount_fen: int,
    term_months: int,
    today: date,
) -> tuple[Cover, ...]:
    """Every programme and guarantor that the loan fits: cheapest first, then the one with most room."""
    open_to_firm = {
        programme.id: programme
        for programme in programmes.values()
        if _admits(programme, firm, today) and _within_limits(programme, amount_fen, term_months)
    }
    found = [
        Cover(programme=open_to_firm[room.programme], guarantor=headroom, room_fen=room.room_fen)
        for headroom in headrooms
        if headroom.status is Status.ACTIVE and serves(headroom, firm.dimensions.county)
        for room in headroom.programmes
        if room.programme in open_to_firm and room.room_fen >= amount_fen
    ]
    roomy = [cover for cover in found if _borrower_fits(cover, amount_fen)]
    return tuple(sorted(roomy, key=_preference))


def serves(headroom: Headroom, county: str) -> bool:
    """Whether the guarantor does business in a county; one without counties is no direct guarantor."""
    return bool(headroom.counties) and within_any(county, headroom.counties)


def best_cover(found: Sequence[Cover], bank: str, programmes: Sequence[str]) -> Cover | None:
    """The first that the bank accepts, from a guarantor that is its partner."""
    return next((cover for cover in found if _taken_by(cover, bank, programmes)), None)


def fee(programme: Programme) -> Fee:
    """A year's fee on the loan, at the start of each year; a part-year by its months."""
    return Fee(
        name=FEE_NAME,
        payee=FeePayee.GUARANTOR,
        basis=FeeBasis.PRINCIPAL,
        rate_ppm=programme.fee_rate_ppm,
        timing=FeeTiming.ANNUAL,
    )


def structure(cover: Cover, amount_fen: int, fee_fen: int) -> PlanGuarantee:
    """Who bears what of the loan, to the fen."""
    shares = _contract_order(cover.programme.shares)
    parts = split(amount_fen, shares)
    return PlanGuarantee(
        programme=cover.programme.id,
        programme_name=cover.programme.name,
        guarantor=cover.guarantor.guarantor,
        guarantor_name=cover.guarantor.name,
        shares=tuple(ShareAmount(party=one.party, bp=one.bp, amount_fen=parts[one.party]) for one in shares),
        fee_fen=fee_fen,
    )


def _admits(programme: Programme, firm: Firm, today: date) -> bool:
    """A size that cannot be judged excludes nobody; a label must be known."""
    size, owner = firm.dimensions.size, firm.dimensions.owner_kind
    return (
        programme.status is Status.ACTIVE
        and programme.effective <= today
        and (not programme.sizes or size is None or size in programme.sizes)
        and (not programme.owner_kinds or owner in programme.owner_kinds)
        and (not programme.labels or any(firm.facts.get(label) for label in programme.labels))
    )


def _within_limits(programme: Programme, amount_fen: int, term_months: int) -> bool:
    limits = (
        (programme.loan_limit_fen, amount_fen),
        (programme.borrower_limit_fen, amount_fen),
        (programme.term_max_months, term_months),
    )
    return all(not limit or asked <= limit for limit, asked in limits)


def _borrower_fits(cover: Cover, amount_fen: int) -> bool:
    """The guarantor's limit for one borrower counts what it guarantees, not what the bank lends."""
    limit = cover.guarantor.borrower_limit_fen
    return not limit or covered(amount_fen, _contract_order(cover.programme.shares)) <= limit


def _preference(cover: Cover) -> tuple[int, int, str, str]:
    return cover.programme.fee_rate_ppm, -cover.room_fen, cover.programme.id, cover.guarantor.guarantor


def _taken_by(cover: Cover, bank: str, programmes: Sequence[str]) -> bool:
    partners = cover.guarantor.banks
    return (not partners or bank in partners) and (not programmes or cover.programme.id in programmes)


def _contract_order(shares: Sequence[ProgrammeShare]) -> list[Share]:
    order = {_FIRST: 0, _LAST: 2}
    ordered = sorted(shares, key=lambda share: order.get(share.party, 1))
    return [Share(share.party, share.bp) for share in ordered]
