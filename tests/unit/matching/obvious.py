"""Eligibility as anybody would write it: a loop of predicates over one product and one firm."""

from dataclasses import dataclass
from functools import lru_cache

from libs.criteria.evaluate import Criterion, Outcome, evaluate
from libs.criteria.vocabulary import decode
from libs.finance.money import PPM
from libs.registry import industries, regions
from libs.registry.loan_terms import GuaranteeMode
from rongqiao.lending.v1 import lending_pb2 as pb
from services.matching.domain.likelihood import firm_logit, likelihood_ppm
from services.matching.domain.offer import Offer
from services.matching.domain.pricing import AMORTISING, fee_sums, method_of, rate_ppm, yearly_fees_ppm
from services.matching.domain.ranking import value_ppm
from services.matching.index.found import Entry
from services.matching.index.layout import FACT_BIT
from services.matching.index.query import Query
from tests.unit.matching.strategies import fee


@dataclass(frozen=True)
class Verdict:
    """Names of facts and fields. `soft` are broken soft rules; `waived` hard ones that are not held against the firm;
    `modes` how the loan can be secured.
    """

    fail: frozenset[str]
    unknown: frozenset[str]
    soft: frozenset[str]
    waived: frozenset[str]
    modes: frozenset[GuaranteeMode]


def offer_of(product: pb.Product) -> Offer:
    return Entry(product.SerializeToString()).offer


def judge(offer: Offer, query: Query) -> Verdict:
    found = {Outcome.FAIL: set[str](), Outcome.UNKNOWN: set[str](), Outcome.PASS: set[str]()}
    soft, waived = set[str](), set[str]()
    for criterion in offer.terms.criteria:
        outcome = _of_criterion(criterion, query)
        if outcome is Outcome.FAIL and not criterion.hard:
            soft.add(criterion.fact)
        elif outcome is Outcome.FAIL and query.waived.get(offer.id, 0) >> FACT_BIT[criterion.fact] & 1:
            waived.add(criterion.fact)
        else:
            found[outcome].add(criterion.fact)
    for name, outcome in _of_fields(offer, query).items():
        found[outcome].add(name)
    modes = frozenset(mode for mode in offer.terms.guarantee_modes if _can(mode, offer, query))
    if not modes:
        wanted = {GuaranteeMode.IP_PLEDGE: "IP_PLEDGE", GuaranteeMode.FINANCING_GUARANTEE: "GUARANTEE"}
        found[Outcome.FAIL] |= {wanted[mode] for mode in offer.terms.guarantee_modes if mode in wanted}
    said = (found[Outcome.FAIL], found[Outcome.UNKNOWN], soft, waived)
    return Verdict(*map(frozenset[str], said), modes)


def _of_criterion(criterion: Criterion, query: Query) -> Outcome:
    value = query.facts.get(criterion.fact)
    return evaluate(criterion, None if value is None else decode(criterion.fact, value))


def _of_fields(offer: Offer, query: Query) -> dict[str, Outcome]:
    terms = offer.terms
    return {
        "AMOUNT": _when(terms.amount_min_fen <= query.amount_fen <= terms.amount_max_fen),
        "TERM": _when(terms.term_min_months <= query.term_months <= terms.longest_months),
        "AMOUNT_TIER": _tiers(offer, query),
        "OWNER_KIND": _when(not terms.owner_kinds or query.owner_kind in terms.owner_kinds),
        "SIZE": Outcome.UNKNOWN
        if terms.sizes and query.size is None
        else _when(not terms.sizes or query.size in terms.sizes),
        "KIND": _when(not query.kinds or terms.kind in query.kinds),
        "REGION": _region(offer, query),
        "INDUSTRY": _industry(offer, query),
    }


def _tiers(offer: Offer, query: Query) -> Outcome:
    """What every value that the fact may have would say; an amount above the product's own limit is not for tiers."""
    tiers, amount = offer.terms.amount_tiers, query.amount_fen
    if not tiers or amount > offer.terms.amount_max_fen:
        return Outcome.PASS
    held = query.facts.get(tiers[0].fact)
    possible = range(-10, 40) if held is None else (held,)
    said = {_lent_at(offer, value) >= amount for value in possible}
    return Outcome.UNKNOWN if len(said) == 2 else _when(said == {True})


def _lent_at(offer: Offer, value: int) -> int:
    for tier in offer.terms.amount_tiers:
        if tier.up_to is None or value <= tier.up_to:
            return tier.amount_max_fen
    return 0


def _when(holds: bool) -> Outcome:
    return Outcome.PASS if holds else Outcome.FAIL


def values(offer: Offer, verdict: Verdict, query: Query) -> dict[GuaranteeMode, int]:
    """What each way to secure the loan is worth, by the formulas of the domain; collateral only for want of none."""
    modes = verdict.modes
    if GuaranteeMode.UNSECURED in modes:
        modes &= {GuaranteeMode.UNSECURED, GuaranteeMode.IP_PLEDGE, GuaranteeMode.FINANCING_GUARANTEE}
    return {mode: _value(offer, verdict, query, mode) for mode in modes}


def floor_ppm(offer: Offer, query: Query) -> int:
    """The cheapest that the product can be for anyone."""
    terms = offer.terms
    return rate_ppm(terms.rate, query.base_ppm, PPM) + yearly_fees_ppm(
        *fee_sums(terms.fees), query.amount_fen, query.term_months, method_of(terms) in AMORTISING
    )


def _value(offer: Offer, verdict: Verdict, query: Query, mode: GuaranteeMode) -> int:
    terms, weights = offer.terms, query.model.coefficients
    missing, extra, guarantee_ppm = len(verdict.unknown), 0, 0
    if mode is GuaranteeMode.FINANCING_GUARANTEE:
        extra = weights.guaranteed
        guarantee_ppm = fee((offer.bank, terms.programmes, terms.kind))
    elif mode is GuaranteeMode.IP_PLEDGE:
        extra = weights.ip_pledged
    elif mode is not GuaranteeMode.UNSECURED:
        extra, missing = weights.collateral, missing + 1
    logit = (
        firm_logit(query.model, query.facts)
        + query.model.offset(offer.bank, offer.id)
        + len(verdict.soft) * weights.soft_fail
        + missing * weights.unknown
        + extra
    )
    likelihood = likelihood_ppm(logit)
    once_ppm, once_fen, annual_ppm = fee_sums(terms.fees)
    cost = rate_ppm(terms.rate, query.base_ppm, likelihood) + yearly_fees_ppm(
        once_ppm,
        once_fen,
        annual_ppm + guarantee_ppm,
        query.amount_fen,
        query.term_months,
        method_of(terms) in AMORTISING,
    )
    value = value_ppm(query.ranking, likelihood, cost, terms.decision_days, missing)
    return value + query.model.explore(offer.id)


def _can(mode: GuaranteeMode, offer: Offer, query: Query) -> bool:
    terms = offer.terms
    if mode is GuaranteeMode.IP_PLEDGE:
        caps = tuple(sorted((cap.right, cap.cap_bp) for cap in terms.ip_pledge_caps))
        return query.reaches is not None and query.reaches((caps, terms.ip_margin_months))
    if mode is GuaranteeMode.FINANCING_GUARANTEE:
        return query.fees is not None and fee((offer.bank, terms.programmes, terms.kind)) >= 0
    return True


def _region(offer: Offer, query: Query) -> Outcome:
    prefixes = offer.terms.regions
    if not prefixes:
        return Outcome.PASS
    if not query.county:
        return Outcome.UNKNOWN
    if any(regions.within(query.county, prefix) for prefix in prefixes):
        return Outcome.PASS
    return (
        Outcome.UNKNOWN if any(regions.within(prefix, query.county) for prefix in prefixes) else Outcome.FAIL
    )


def _industry(offer: Offer, query: Query) -> Outcome:
    included = _lies_in(query.industry, offer.terms.industries) if offer.terms.industries else Outcome.PASS
    excluded = (
        _lies_in(query.industry, offer.terms.industries_excluded)
        if offer.terms.industries_excluded
        else Outcome.FAIL
    )
    if included is Outcome.FAIL or excluded is Outcome.PASS:
        return Outcome.FAIL
    return Outcome.UNKNOWN if Outcome.UNKNOWN in (included, excluded) else Outcome.PASS


@lru_cache(maxsize=10_000)
def _lies_in(industry: str, scopes: tuple[str, ...]) -> Outcome:
    if not industry:
        return Outcome.UNKNOWN
    if any(industries.within(industry, scope) for scope in scopes):
        return Outcome.PASS
    return Outcome.UNKNOWN if any(industries.within(scope, industry) for scope in scopes) else Outcome.FAIL
