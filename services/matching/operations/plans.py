"""From a product that fits to a plan: how it is secured, what it costs to the fen, how likely it is, and why."""

from datetime import date
from typing import NamedTuple

from libs.criteria.evaluate import Outcome
from libs.criteria.violation import Violation
from libs.registry.loan_terms import GuaranteeMode
from services.matching.domain import guarantee as guarantees
from services.matching.domain import pricing
from services.matching.domain.answer import Family, Plan, PlanBenefit, PlanGuarantee, PlanPledge
from services.matching.domain.benefit import Benefit, in_plan, joining, subsidy
from services.matching.domain.conditions import before_drawing
from services.matching.domain.guarantee import Cover
from services.matching.domain.likelihood import band
from services.matching.domain.offer import COLLATERAL as COLLATERAL_MODES
from services.matching.domain.offer import Offer, Terms
from services.matching.domain.pricing import Bill, Guaranteed
from services.matching.domain.ranking import value_ppm
from services.matching.domain.reasons import Case
from services.matching.index.found import Hit
from services.matching.index.layout import COLLATERAL, FACT_BIT, GUARANTEE, IP_PLEDGE, UNSECURED
from services.matching.operations import explain
from services.matching.operations.options import Aid, Chance, Need, chance, cover_of, pledge_of


class Priced(NamedTuple):
    """A hit to the fen, and its value by the ranking formula on the exact cost; what is left to say are words."""

    hit: Hit
    chance: Chance
    rate_ppm: int
    cover: Cover | None
    pledge: PlanPledge | None
    aid: Aid
    bill: Bill
    after_ppm: int
    value: int


def priced(need: Need, hit: Hit) -> Priced | None:
    """None where the fees leave the loan no annual rate."""
    request, rules, entry, mode = need.request, need.rules, hit.entry, hit.mode
    offer, known = entry.offer, entry.once(pricing.figures)
    terms, found = offer.terms, chance(need, hit)
    rate = pricing.rate_ppm(terms.rate, rules.base_ppm, found.likelihood)
    cover = cover_of(need, offer) if mode == GUARANTEE else None
    pledge = pledge_of(need, terms) if mode == IP_PLEDGE else None
    aid = _aid(need, terms, hit.traits)
    try:
        bill = pricing.bill(
            known,
            request.amount_fen,
            rate,
            request.term_months,
            aid.subsidies,
            Guaranteed(cover.programme.fee_rate_ppm, rules.today) if cover else None,
            pledge.appraised_fen if pledge else request.amount_fen,
        )
    except Violation:
        return None
    after = (bill.quote.after_subsidy or bill.quote.all_in).effective_ppm
    value = value_ppm(rules.ranking, found.likelihood, after, terms.decision_days, found.unjudged)
    value += rules.model.explore(offer.id)
    return Priced(hit, found, rate, cover, pledge, aid, bill, after, value)


def plan_of(need: Need, made: Priced, bank_name: str, number: int) -> Plan:
    """With its words: why it fits, what is missing, what is to be done."""
    hit, quote, cover, request = made.hit, made.bill.quote, made.cover, need.request
    mode, family = hit.mode, hit.family
    offer = hit.entry.offer
    terms, waived = offer.terms, waived_of(need, hit)
    security, likelihood = _security(terms, mode), made.chance.likelihood
    return Plan(
        number=number,
        family=family,
        product_id=offer.id,
        product_version=offer.version,
        product_name=terms.name,
        product_kind=terms.kind,
        bank=offer.bank,
        bank_name=bank_name,
        amount_fen=request.amount_fen,
        term_months=request.term_months,
        repayment_method=pricing.method_of(terms),
        rate_ppm=made.rate_ppm,
        security=security,
        guarantee=_guarantee(need, cover, made.bill.guarantee_fen, bank_name) if cover else None,
        pledge=made.pledge,
        benefits=tuple([_benefit(one, outcome, made) for one, outcome in made.aid.benefits]),
        costs=made.bill.costs,
        total_cost_fen=quote.total_fen,
        all_in_nominal_ppm=quote.all_in.nominal_ppm,
        all_in_effective_ppm=quote.all_in.effective_ppm,
        after_subsidy_effective_ppm=made.after_ppm,
        likelihood_ppm=likelihood,
        likelihood_band=band(need.rules.model.coefficients, likelihood),
        decision_days=terms.decision_days,
        reasons=explain.of_plan(Case(terms, need.firm, request), hit, waived),
        missing=explain.missing(hit.entry, hit.unknown, mode == COLLATERAL),
        materials=hit.entry.once(_wanted),
        rank_value_ppm=made.value,
        conditions=before_drawing(
            security=security,
            batch=cover is not None and cover.programme.batch,
            pledge=made.pledge,
            first_loan=family is Family.FIRST_LOAN,
            soft=hit.soft != 0,
            unknown=hit.unknown != 0,
            waived_until=sorted({day.isoformat() for day in waived.values()}) if waived else (),
        ),
    )


def _wanted(offer: Offer) -> tuple[str, ...]:
    return offer.terms.wanted


def waived_of(need: Need, hit: Hit) -> dict[str, date]:
    """The facts on which hard rules fail that the bank set aside, and until when."""
    if not hit.waived:
        return {}
    mine = (one for one in need.waivers if one.product_id == hit.entry.product_id and one.fact in FACT_BIT)
    return {one.fact: one.valid_until for one in mine if hit.waived >> FACT_BIT[one.fact] & 1}


def _aid(need: Need, terms: Terms, traits: tuple[Family, ...]) -> Aid:
    """What lowers the cost for sure: where the firm is meant beyond doubt."""
    key = (terms.benefits, traits)
    known = need.aids.get(key)
    if known is None:
        benefits = joining(need.rules.benefits, terms.benefits, traits, need.firm)
        certain = (subsidy(one) for one, outcome in benefits if outcome is Outcome.PASS)
        known = need.aids[key] = Aid(benefits, tuple(one for one in certain if one is not None))
    return known


def _security(terms: Terms, mode: int) -> GuaranteeMode:
    """The mode by its name; of several kinds of collateral the first that the bank names."""
    if mode == COLLATERAL:
        return next(one for one in terms.guarantee_modes if one in COLLATERAL_MODES)
    return _SECURITIES[mode]


_SECURITIES = {
    UNSECURED: GuaranteeMode.UNSECURED,
    IP_PLEDGE: GuaranteeMode.IP_PLEDGE,
    GUARANTEE: GuaranteeMode.FINANCING_GUARANTEE,
}


def _guarantee(need: Need, cover: Cover, fee_fen: int, bank_name: str) -> PlanGuarantee:
    known = need.borne.get(id(cover))
    if known is None:
        known = need.borne[id(cover)] = guarantees.borne(cover, need.request.amount_fen)
    return guarantees.structure(known, fee_fen, bank_name)


def _benefit(benefit: Benefit, outcome: Outcome, made: Priced) -> PlanBenefit:
    """A subsidy that counts with its own sum; else what the policy states, if it leaves nothing of it open."""
    counted, subsidies = subsidy(benefit) if outcome is Outcome.PASS else None, made.aid.subsidies
    if counted in subsidies:
        return in_plan(benefit, outcome, made.bill.quote.subsidies_fen[subsidies.index(counted)])
    return in_plan(benefit, outcome, 0 if benefit.gap or benefit.rate_ppm else benefit.amount_fen)
