"""What the best product of a firm in a population costs to the fen, and who would guarantee it."""

from functools import lru_cache

from libs.criteria.evaluate import Outcome
from libs.criteria.violation import Violation
from libs.finance.fees import Fee
from services.matching.catalogue import Catalogue
from services.matching.domain import guarantee, pricing
from services.matching.domain.answer import Family
from services.matching.domain.benefit import joining, subsidy
from services.matching.domain.guarantee import Cover, best_cover
from services.matching.domain.offer import Offer
from services.matching.index.found import Entry
from services.matching.index.layout import GUARANTEE, IP_PLEDGE
from services.matching.index.population import Population
from services.matching.index.population_security import kinds_of
from services.matching.index.settings import GuaranteeRule
from services.matching.index.sweep import Swept
from services.matching.operations.studies.sweeping import conditions
from services.matching.operations.studies.worlds import World

_FAMILY = {GUARANTEE: (Family.GUARANTEE,), IP_PLEDGE: (Family.IP_PLEDGE,)}


class Pricer:
    """Of one world. A fee on an appraised value counts as if no more was appraised than is lent."""

    def __init__(self, world: World, catalogue: Catalogue, population: Population, found: Swept) -> None:
        self._world, self._population, self._found = world, population, found
        self._catalogue = catalogue
        self._offers: dict[int, Offer] = {}
        self._covers: dict[int, tuple[Cover, ...]] = {}
        self._best: dict[tuple[int, GuaranteeRule], Cover | None] = {}
        self.kinds, _ = kinds_of(population, conditions(world, catalogue).guarantees)

    def cover(self, place: int) -> Cover | None:
        """The guarantee behind the best product of a firm: the same for firms of a kind and products of a rule."""
        kind, offer = int(self.kinds[place]), self._offer(place)
        key = kind, (offer.bank, offer.terms.programmes, offer.terms.kind)
        if key not in self._best:
            self._best[key] = best_cover(self._covers_of(kind, place), *key[1])
        return self._best[key]

    def cost_ppm(self, place: int) -> int | None:
        """A year and effective, after the subsidies that are certain; None where the fees leave no annual rate."""
        rules, terms = self._world.rules, self._offer(place).terms
        amount, term = self._need(place)
        mode, firm = int(self._found.mode[place]), self._population.firm(place)
        benefits = joining(rules.benefits, terms.benefits, _FAMILY.get(mode, ()), firm)
        certain = (subsidy(one) for one, outcome in benefits if outcome is Outcome.PASS)
        try:
            sheet = pricing.sheet(
                amount,
                pricing.rate_ppm(terms.rate, rules.base_ppm, int(self._found.likelihood_ppm[place])),
                term,
                pricing.method_of(terms),
                (*terms.fees, *self._guarantee_fee(place, mode)),
                tuple(one for one in certain if one is not None),
                terms.interest_months,
                amount,
            )
        except Violation:
            return None
        return (sheet.after_subsidy or sheet.all_in).effective_ppm

    def _guarantee_fee(self, place: int, mode: int) -> tuple[Fee, ...]:
        cover = self.cover(place) if mode == GUARANTEE else None
        if cover is None:
            return ()
        amount, term = self._need(place)
        return (guarantee.fee(cover.programme, amount, self._world.rules.today, term),)

    def _need(self, place: int) -> tuple[int, int]:
        return int(self._population.amount_fen[place]), int(self._population.term_months[place])

    def _covers_of(self, kind: int, place: int) -> tuple[Cover, ...]:
        """Whatever firm of the kind is asked for."""
        if kind not in self._covers:
            firm, today = self._population.firm(place), self._world.rules.today
            self._covers[kind] = self._catalogue.covers(firm, *self._need(place), today)
        return self._covers[kind]

    def _offer(self, place: int) -> Offer:
        """The best product of a firm."""
        number = int(self._found.best[place, 0])
        if number not in self._offers:
            self._offers[number] = _offer_of(self._world.products[number].SerializeToString())
        return self._offers[number]


@lru_cache(maxsize=20_000)
def _offer_of(data: bytes) -> Offer:
    """Most products are the same before and after a change."""
    return Entry(data).offer
