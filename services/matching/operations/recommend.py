"""One recommendation: search the index, choose ten plans that differ, price them exactly, answer every family."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import attrgetter

from services.matching.catalogue import Catalogue
from services.matching.domain.answer import (
    NAMED,
    Family,
    FamilyAnswer,
    Match,
    MatchRequest,
    Plan,
)
from services.matching.domain.benefit import others
from services.matching.domain.changes.counterfactual import Changes
from services.matching.domain.features import PlanFeatures
from services.matching.domain.firm import Firm
from services.matching.domain.ranking import MOST_PLANS, choose
from services.matching.index.found import Found, Hit
from services.matching.index.index import SHORT_LIST
from services.matching.operations import explain
from services.matching.operations.asking import need_of, query_of
from services.matching.operations.changes import counterfactuals
from services.matching.operations.features import features_of_plans
from services.matching.operations.options import Need
from services.matching.operations.plans import Priced, plan_of, priced
from services.matching.operations.rulebook import Rulebook

SHOWN_NEAR_MISSES = 5
_WIDER = 8  # times the short list, when one bank fills it


@dataclass(frozen=True, slots=True)
class Recommended:
    """An answer, and what it was made from."""

    match: Match
    need: Need
    made: Sequence[Priced]

    @property
    def features(self) -> tuple[PlanFeatures, ...]:
        """What the likelihoods of the plans were made of, in their order."""
        return features_of_plans(self.need, self.made)


def recommend(
    catalogue: Catalogue, rules: Rulebook, firm: Firm, request: MatchRequest, match_id: str
) -> Match:
    """The answer to a request, from what is known of firm and market at this moment."""
    return recommendation(catalogue, rules, firm, request, match_id).match


def recommendation(
    catalogue: Catalogue, rules: Rulebook, firm: Firm, request: MatchRequest, match_id: str
) -> Recommended:
    """The same, with what it was made from."""
    need = need_of(catalogue, rules, firm, request)
    found, chosen = _look(catalogue, need)
    made = _priced(need, chosen)
    plans = [plan_of(need, one, catalogue.name(one.hit.bank), number) for number, one in enumerate(made, 1)]
    families = tuple([_family(family, plans, chosen, found, need) for family in NAMED])
    match = Match(
        id=match_id,
        party=request.party,
        amount_fen=request.amount_fen,
        term_months=request.term_months,
        as_of=rules.today.isoformat(),
        dimensions=firm.dimensions,
        plans=tuple(plans),
        families=families,
        near_misses=tuple(
            explain.refusal(miss, firm, request, catalogue.names) for miss in found.near[:SHOWN_NEAR_MISSES]
        ),
        products_considered=found.considered,
        products_eligible=found.eligible,
        ranking=rules.ranking.name,
        policy_set=rules.policy_set,
        other_benefits=others(rules.benefits, _named(plans), firm),
        changes=_changes(catalogue, need, plans),
    )
    return Recommended(match, need, made)


def _named(plans: Iterable[Plan]) -> set[str]:
    """The policy benefits that stand in some plan."""
    return {benefit.id for plan in plans for benefit in plan.benefits}


def _changes(catalogue: Catalogue, need: Need, plans: Sequence[Plan]) -> Changes | None:
    """What to change where there is no plan at all; of a family that lacks one, /v1/counterfactuals tells.

    It takes milliseconds, which a firm that has plans shall not wait for.
    """
    if plans:
        return None
    return counterfactuals.changes(catalogue, need.rules, need.firm, need.request)


def _look(catalogue: Catalogue, need: Need) -> tuple[Found, list[Hit]]:
    """What was found, and what of it was chosen; looks further where few banks fill the short list."""
    query, wanted = query_of(catalogue, need), SHORT_LIST
    while True:
        found = catalogue.index.search(query, wanted)
        chosen = _chosen(found)
        if len(chosen) >= MOST_PLANS or len(found.best) >= found.eligible:
            return found, chosen
        wanted = min(found.eligible, wanted * _WIDER)


def _chosen(found: Found) -> list[Hit]:
    """Of each product as it is worth most, and for the families that live on a pledge or a guarantee in that way."""
    offered = sorted(chain(found.best, *found.by_family.values()), key=attrgetter("place"))
    return choose(offered, [family for family in NAMED if found.by_family[family]])


def _priced(need: Need, chosen: Iterable[Hit]) -> list[Priced]:
    """Best first by the exact value."""
    made = [one for hit in chosen if (one := priced(need, hit)) is not None]
    made.sort(key=lambda one: (-one.value, one.hit.product))
    return made


def _family(family: Family, plans: list[Plan], chosen: list[Hit], found: Found, need: Need) -> FamilyAnswer:
    """Its own plans, or those of another family that would stand in it too, or why there is none."""
    own = tuple(one.number for one in plans if one.family is family)
    numbers = own or _would_stand_in(family, plans, chosen, found)
    if numbers:
        return FamilyAnswer(family=family, plans=numbers)
    reasons = explain.why_none(family, found.nearest.get(family), need.firm, need.request)
    return FamilyAnswer(family=family, why_none=reasons)


def _would_stand_in(family: Family, plans: list[Plan], chosen: list[Hit], found: Found) -> tuple[int, ...]:
    """A product may be shown secured otherwise than it is best in the family."""
    able = {hit.product for hit in chosen if family in hit.traits}
    able |= {hit.product for hit in found.by_family[family]}
    return tuple(one.number for one in plans if one.product_id in able)
