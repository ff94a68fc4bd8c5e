"""Which guarantors could stand behind a loan, at what fee, and who would bear what.

Advice only: guarantee itself decides at the reservation, on the room that it has then.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from libs.finance.daycount import add_months, days_between
from libs.finance.fees import Fee, FeeBasis, FeePayee, FeeTiming
from libs.finance.rates import MONTHS_PER_YEAR
from libs.finance.split import Share, annual_fee, covered, split
from libs.registry.dimensions import OwnerKind
from libs.registry.loan_terms import ProductKind
from libs.registry.regions import within_any
from libs.registry.size import Size
from services.matching.domain.answer import PlanGuarantee, PlanTier, ShareAmount
from services.matching.domain.firm import Firm

FEE_NAME = "担保费"
BANK, PROGRAMME = "bank", "programme"
_TIERS = {
    "national": "国家融资担保基金",
    "provincial": "自治区再担保机构",
    "government": "财政",
    "pool": "风险补偿资金池",
}


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
    """A limit of 0 is no limit; an empty list limits nothing. Products name the `scheme`, of which this may be a tier.

    `shares` in the order of the contract: the bank first, the direct guarantor last. `labels`: the firm has one of
    these facts, and none of `labels_excluded`, which belong to a better tier.
    """

    id: str
    name: str
    scheme: str = ""
    effective: date
    shares: tuple[ProgrammeShare, ...]
    fee_rate_ppm: int
    borrower_limit_fen: int = 0
    loan_limit_fen: int = 0
    term_min_months: int = 0
    term_max_months: int = 0
    batch: bool = False
    product_kinds: tuple[ProductKind, ...] = ()
    sizes: tuple[Size, ...] = ()
    owner_kinds: tuple[OwnerKind, ...] = ()
    labels: tuple[str, ...] = ()
    labels_excluded: tuple[str, ...] = ()
    status: Status = Status.ACTIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class TierRoom:
    """Loan principal for which a party of the chain has room by a rule; `room_fen` None: whatever the others have."""

    party: str
    rule: str | None = None
    room_fen: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeRoom:
    """`room_fen` is the smallest of the tiers'; none are told by a guarantee service of before they were."""

    programme: str
    room_fen: int
    tiers: tuple[TierRoom, ...] = ()


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
    room: ProgrammeRoom

    @property
    def room_fen(self) -> int:
        return self.room.room_fen


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
        Cover(programme=open_to_firm[room.programme], guarantor=headroom, room=room)
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


def best_cover(
    found: Sequence[Cover], bank: str, programmes: Sequence[str], kind: ProductKind | None
) -> Cover | None:
    """The first that the bank accepts for this kind of loan, from a guarantor that is its partner."""
    fitting = (cover for cover in found if _covers_kind(cover.programme, kind))
    return next((cover for cover in fitting if _taken_by(cover, bank, programmes)), None)


def fee(programme: Programme, amount_fen: int, drawn_on: date, term_months: int) -> Fee:
    """What the guarantor is paid under the programme."""
    return fee_at(programme.fee_rate_ppm, amount_fen, drawn_on, term_months)


def fee_at(rate_ppm: int, amount_fen: int, drawn_on: date, term_months: int) -> Fee:
    """Up to a year by days of 365, at the start, as guarantee quotes it; over a year, yearly at the start of each."""
    if term_months > MONTHS_PER_YEAR:
        return _fee(FeeBasis.PRINCIPAL, FeeTiming.ANNUAL, rate_ppm=rate_ppm)
    days = days_between(drawn_on, add_months(drawn_on, term_months))
    return _fee(FeeBasis.FIXED, FeeTiming.UPFRONT, amount_fen=annual_fee(amount_fen, rate_ppm, days))


def _fee(basis: FeeBasis, timing: FeeTiming, rate_ppm: int = 0, amount_fen: int = 0) -> Fee:
    return Fee(
        name=FEE_NAME,
        payee=FeePayee.GUARANTOR,
        basis=basis,
        rate_ppm=rate_ppm,
        amount_fen=amount_fen,
        timing=timing,
    )


@dataclass(frozen=True, slots=True)
class Borne:
    """Who bears what of a loan under a cover, whichever bank lends: the same for all plans of an answer."""

    cover: Cover
    shares: tuple[ShareAmount, ...]
    tiers: tuple[PlanTier, ...]


def borne(cover: Cover, amount_fen: int) -> Borne:
    """To the fen, and who has room for how much; the bank has no name yet."""
    shares = _shares(cover.programme)
    parts = split(amount_fen, shares)
    told = tuple(ShareAmount(party=one.party, bp=one.bp, amount_fen=parts[one.party]) for one in shares)
    return Borne(cover, told, _tiers(cover, shares, parts))


def structure(found: Borne, fee_fen: int, bank_name: str) -> PlanGuarantee:
    """In a plan of this bank."""
    cover = found.cover
    return PlanGuarantee(
        programme=cover.programme.id,
        programme_name=cover.programme.name,
        guarantor=cover.guarantor.guarantor,
        guarantor_name=cover.guarantor.name,
        shares=found.shares,
        fee_fen=fee_fen,
        room_fen=cover.room_fen,
        tiers=tuple(
            replace(tier, name=bank_name or tier.name) if tier.party == BANK else tier for tier in found.tiers
        ),
    )


def _tiers(cover: Cover, shares: Sequence[Share], parts: Mapping[str, int]) -> tuple[PlanTier, ...]:
    """The parties in the order of the contract, and last the programme with its ceiling."""
    rooms = {tier.party: tier for tier in cover.room.tiers}
    names = {shares[-1].party: cover.guarantor.name, PROGRAMME: cover.programme.name}
    named = [(share.party, share.bp, parts[share.party]) for share in shares]
    if PROGRAMME in rooms:
        named.append((PROGRAMME, 0, 0))
    return tuple(_tier(cover, party, bp, borne, rooms, names) for party, bp, borne in named)


def _tier(
    cover: Cover,
    party: str,
    bp: int,
    borne_fen: int,
    rooms: Mapping[str, TierRoom],
    names: Mapping[str, str],
) -> PlanTier:
    room = rooms.get(party)
    room_fen = None if room is None else room.room_fen
    return PlanTier(
        party=party,
        name=names.get(party) or _TIERS.get(party, party),
        bp=bp,
        amount_fen=borne_fen,
        rule=(room and room.rule) or "",
        room_fen=room_fen,
        binds=room_fen is not None and room_fen == cover.room_fen,
    )


def _admits(programme: Programme, firm: Firm, today: date) -> bool:
    owner = firm.dimensions.owner_kind
    return (
        programme.status is Status.ACTIVE
        and programme.effective <= today
        and _size_fits(programme, firm)
        and (not programme.owner_kinds or owner in programme.owner_kinds)
        and (not programme.labels or any(firm.facts.get(label) for label in programme.labels))
        and not any(firm.facts.get(label) for label in programme.labels_excluded)
    )


def _size_fits(programme: Programme, firm: Firm) -> bool:
    """Sizes bind enterprises only; one that cannot be judged excludes nobody."""
    size = firm.dimensions.size
    if not programme.sizes or size is None or firm.dimensions.owner_kind is not OwnerKind.ENTERPRISE:
        return True
    return size in programme.sizes


def _within_limits(programme: Programme, amount_fen: int, term_months: int) -> bool:
    limits = (
        (programme.loan_limit_fen, amount_fen),
        (programme.borrower_limit_fen, amount_fen),
        (programme.term_max_months, term_months),
    )
    return term_months >= programme.term_min_months and all(
        not limit or asked <= limit for limit, asked in limits
    )


def _borrower_fits(cover: Cover, amount_fen: int) -> bool:
    """The guarantor's limit for one borrower counts what it guarantees, not what the bank lends."""
    limit = cover.guarantor.borrower_limit_fen
    return not limit or covered(amount_fen, _shares(cover.programme)) <= limit


def _preference(cover: Cover) -> tuple[int, int, str, str]:
    return cover.programme.fee_rate_ppm, -cover.room_fen, cover.programme.id, cover.guarantor.guarantor


def _covers_kind(programme: Programme, kind: ProductKind | None) -> bool:
    return not programme.product_kinds or kind in programme.product_kinds


def _taken_by(cover: Cover, bank: str, programmes: Sequence[str]) -> bool:
    partners, programme = cover.guarantor.banks, cover.programme
    named = not programmes or programme.scheme in programmes or programme.id in programmes
    return named and (not partners or bank in partners)


def _shares(programme: Programme) -> list[Share]:
    return [Share(share.party, share.bp) for share in programme.shares]
