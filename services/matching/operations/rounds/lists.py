"""What each firm of a round could be placed with: its plans on the round's products alone, as one edition has them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from libs.chassis.database import ReadTx
from services.matching.catalogue import Catalogue
from services.matching.domain.answer import Plan
from services.matching.domain.firm import Firm
from services.matching.domain.guarantee import Cover, Status, best_cover, borne, structure
from services.matching.domain.offer import Offer
from services.matching.domain.replay.edition import State, StateKind
from services.matching.domain.rounds.orders import Entrant, LaneName, Rooms, Wish
from services.matching.domain.rounds.round import MOST_WISHES, RoundEntry, RoundQuota
from services.matching.index.found import Entry as OnSale
from services.matching.operations.recommend import recommend
from services.matching.operations.rulebook import Rulebook
from services.matching.store import editions

_MOST_GUARANTORS = 3  # of one plan: it is the same plan with another's name on it


@dataclass(frozen=True, slots=True)
class RoundMarket:
    """The edition, its products without those that take no part."""

    catalogue: Catalogue
    offers: Mapping[str, Offer]

    @property
    def rooms(self) -> Rooms:
        return {
            (room.programme, headroom.guarantor): room.room_fen
            for headroom in self.catalogue.headrooms.values()
            if headroom.status is Status.ACTIVE
            for room in headroom.programmes
        }


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry with the plan that each lane stands for, best first."""

    entry: RoundEntry
    firm: Firm
    plans: Mapping[LaneName, Plan]

    @property
    def entrant(self) -> Entrant:
        return Entrant(
            pseudonym=self.entry.pseudonym,
            amount_fen=self.entry.asked.amount_fen,
            first_time=self.firm.first_time_borrower,
            wishes=tuple(Wish(lane, plan.likelihood_band) for lane, plan in self.plans.items()),
        )


def market_of(tx: ReadTx, edition_id: str, quotas: Sequence[RoundQuota]) -> RoundMarket:
    """The market of an edition that is stored, of its products those with a quota that their bank confirmed."""
    banks = {one.product_id: one.bank for one in quotas if one.confirmed_at is not None}
    catalogue, offers = Catalogue(), dict[str, Offer]()
    for _, state in sorted(editions.states(tx, editions.members(tx, edition_id))):
        if state.kind is StateKind.PRODUCT:
            offer = _offer(state, banks)
            if offer is None:
                continue
            offers[offer.id] = offer
        catalogue.put(state)
    return RoundMarket(catalogue, offers)


def listed(market: RoundMarket, rules: Rulebook, entry: RoundEntry, firm: Firm) -> Listed:
    request = entry.asked.request
    match = recommend(market.catalogue, rules, firm, request, entry.id)
    covers = market.catalogue.covers(firm, request.amount_fen, request.term_months, rules.today)
    lanes = [
        named
        for plan in _in_its_order(match.plans, entry.asked.wishes)
        for named in _lanes(plan, market.offers[plan.product_id], covers)
    ]
    return Listed(entry, firm, dict(lanes[:MOST_WISHES]))


def _offer(state: State, banks: Mapping[str, str]) -> Offer | None:
    if state.subject not in banks:
        return None
    on_sale = OnSale(state.data)
    return on_sale.offer if on_sale.bank == banks[state.subject] else None


def _in_its_order(plans: Sequence[Plan], wishes: Sequence[str]) -> Sequence[Plan]:
    """As ranked; or only the products that the firm named, as it named them."""
    if not wishes:
        return plans
    place = {product: number for number, product in enumerate(wishes)}
    return sorted((one for one in plans if one.product_id in place), key=lambda one: place[one.product_id])


def _lanes(plan: Plan, offer: Offer, covers: Sequence[Cover]) -> Iterator[tuple[LaneName, Plan]]:
    """A guaranteed plan may stand with each guarantor of its programme that the bank accepts, its own first."""
    backing = plan.guarantee
    if backing is None:
        yield LaneName(plan.product_id), plan
        return
    others = [
        structure(borne(cover, plan.amount_fen), backing.fee_fen, plan.bank_name)
        for cover in covers
        if cover.programme.id == backing.programme
        and cover.guarantor.guarantor != backing.guarantor
        and best_cover((cover,), offer.bank, offer.terms.programmes, offer.terms.kind) is not None
    ]
    yield LaneName(plan.product_id, backing.programme, backing.guarantor), plan
    for other in others[: _MOST_GUARANTORS - 1]:
        yield LaneName(plan.product_id, backing.programme, other.guarantor), replace(plan, guarantee=other)
