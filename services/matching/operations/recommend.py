"""One recommendation: search the index, choose ten plans that differ, price them exactly, answer every family."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from libs.registry.loan_terms import ProductKind
from services.matching.catalogue import Catalogue
from services.matching.domain.answer import (
    NAMED,
    Family,
    FamilyAnswer,
    Match,
    MatchRequest,
    Plan,
)
from services.matching.domain.firm import Firm
from services.matching.domain.likelihood import firm_logit
from services.matching.domain.pledge import pledge
from services.matching.domain.ranking import MOST_PLANS, choose
from services.matching.index.found import Found, Hit
from services.matching.index.index import SHORT_LIST
from services.matching.index.layout import COLLATERAL, GUARANTEE, IP_PLEDGE, UNSECURED
from services.matching.index.query import Query
from services.matching.index.settings import PledgeRule
from services.matching.operations import explain
from services.matching.operations.plans import Need, Option, estimate, plan
from services.matching.operations.rulebook import Rulebook

SHOWN_NEAR_MISSES = 5
# What is lent at all: a letter of guarantee answers another need, and only who asks for one is shown any.
LENDING = tuple(kind for kind in ProductKind if kind is not ProductKind.LETTER_OF_GUARANTEE)
_WIDER = 8  # times the short list, when one bank fills it

_MODE_OF = {Family.IP_PLEDGE: IP_PLEDGE, Family.GUARANTEE: GUARANTEE}
_FAMILY_OF = {mode: family for family, mode in _MODE_OF.items()}


def recommend(
    catalogue: Catalogue, rules: Rulebook, firm: Firm, request: MatchRequest, match_id: str
) -> Match:
    """The answer to a request, from what is known of firm and market at this moment."""
    covers = catalogue.covers(firm, request.amount_fen, request.term_months, rules.today)
    need = Need(request, firm, rules, covers, firm_logit(rules.coefficients, firm.facts))
    found, options = _look(catalogue, need)
    plans = _plans(catalogue, need, options)
    return Match(
        id=match_id,
        party=request.party,
        amount_fen=request.amount_fen,
        term_months=request.term_months,
        as_of=rules.today.isoformat(),
        dimensions=firm.dimensions,
        plans=tuple(plans),
        families=tuple(_family(family, plans, options, found, need) for family in NAMED),
        near_misses=tuple(
            explain.refusal(miss, firm, request, catalogue.names) for miss in found.near[:SHOWN_NEAR_MISSES]
        ),
        products_considered=found.considered,
        products_eligible=found.eligible,
        ranking=rules.ranking.name,
        policy_set=rules.policy_set,
    )


def query_of(catalogue: Catalogue, need: Need) -> Query:
    request, firm, rules = need.request, need.firm, need.rules

    def reaches(rule: PledgeRule) -> bool:
        caps, margin = rule
        carried = pledge(dict(caps), firm.rights, rules.today, request.term_months + margin)
        return carried.lends_fen >= request.amount_fen

    return Query(
        facts=firm.facts,
        county=firm.dimensions.county,
        industry=firm.industry,
        owner_kind=firm.dimensions.owner_kind,
        size=firm.dimensions.size,
        first_time=firm.first_time_borrower,
        amount_fen=request.amount_fen,
        term_months=request.term_months,
        kinds=request.kinds or LENDING,
        base_ppm=rules.base_ppm,
        coefficients=rules.coefficients,
        ranking=rules.ranking,
        reaches=reaches if firm.rights else None,
        fees=catalogue.fees_under(need.covers),
    )


def _look(catalogue: Catalogue, need: Need) -> tuple[Found, list[Option]]:
    """What was found, and the options chosen from it; looks further where few banks fill the short list."""
    query, wanted = query_of(catalogue, need), SHORT_LIST
    while True:
        found = catalogue.index.search(query, wanted)
        chosen = choose(_options(need, found))
        if len(chosen) >= MOST_PLANS or len(found.best) >= found.eligible:
            return found, chosen
        wanted = min(found.eligible, wanted * _WIDER)


def _options(need: Need, found: Found) -> Iterator[Option]:
    """Each product as it is worth most, and for the families that live on a pledge or a guarantee in that way."""
    for hit in (*found.best, *found.by_family[Family.FIRST_LOAN]):
        yield _option(need, hit, _best_mode(need, hit))
    for family, mode in _MODE_OF.items():
        for hit in found.by_family[family]:
            yield _option(need, hit, mode)


def _best_mode(need: Need, hit: Hit) -> int:
    modes = [mode for mode in _modes(hit.modes) if hit.modes & mode]
    return modes[0] if len(modes) == 1 else max(modes, key=lambda mode: estimate(need, hit, mode))


def _modes(usable: int) -> tuple[int, ...]:
    """The ways to secure a loan; collateral only for want of an unsecured one."""
    plain = UNSECURED if usable & UNSECURED else COLLATERAL
    return plain, IP_PLEDGE, GUARANTEE


def _option(need: Need, hit: Hit, mode: int) -> Option:
    first = (Family.FIRST_LOAN,) if hit.entry.first_loan and need.firm.first_time_borrower else ()
    secured = (_FAMILY_OF[mode],) if mode in _FAMILY_OF else ()
    traits = (*first, *secured) or (Family.OTHER,)
    return Option(hit, mode, hit.value, traits[0], traits)


def _plans(catalogue: Catalogue, need: Need, options: Iterable[Option]) -> list[Plan]:
    """Best first by the exact value, numbered from 1."""
    made = (plan(need, option, catalogue.name(option.bank)) for option in options)
    ordered = sorted(
        (one for one in made if one is not None), key=lambda one: (-one.rank_value_ppm, one.product_id)
    )
    return [replace(one, number=number) for number, one in enumerate(ordered, start=1)]


def _family(
    family: Family, plans: list[Plan], options: list[Option], found: Found, need: Need
) -> FamilyAnswer:
    """Its own plans, or those of another family that would stand in it too, or why there is none."""
    also = {option.product for option in options if family in option.traits}
    own = tuple(one.number for one in plans if one.family is family)
    numbers = own or tuple(one.number for one in plans if one.product_id in also)
    if numbers:
        return FamilyAnswer(family=family, plans=numbers)
    reasons = explain.why_none(family, found.nearest.get(family), need.firm, need.request)
    return FamilyAnswer(family=family, why_none=reasons)
