"""From a product that fits to a plan: how it is secured, what it costs to the fen, how likely it is, and why."""

from dataclasses import dataclass

from libs.criteria.violation import Violation
from libs.finance.cost import CostSheet, Subsidy
from libs.finance.fees import Fee
from libs.registry.loan_terms import GuaranteeMode
from services.matching.domain import guarantee as guarantees
from services.matching.domain import pricing
from services.matching.domain.answer import (
    CostItem,
    Family,
    MatchRequest,
    Plan,
    PlanBenefit,
    PlanGuarantee,
    PlanPledge,
)
from services.matching.domain.benefit import Benefit, subsidy
from services.matching.domain.firm import Firm
from services.matching.domain.guarantee import Cover, best_cover
from services.matching.domain.likelihood import band, likelihood_ppm
from services.matching.domain.offer import COLLATERAL as COLLATERAL_MODES
from services.matching.domain.offer import Offer, Terms
from services.matching.domain.pledge import needed
from services.matching.domain.ranking import value_ppm
from services.matching.domain.reasons import Case
from services.matching.index.found import Hit
from services.matching.index.layout import COLLATERAL, GUARANTEE, IP_PLEDGE, UNSECURED
from services.matching.operations import explain
from services.matching.operations.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Need:
    """One request, with all that plans for it are made from. `logit` is the firm's part of the likelihood."""

    request: MatchRequest
    firm: Firm
    rules: Rulebook
    covers: tuple[Cover, ...]
    logit: int


@dataclass(frozen=True, slots=True)
class Option:
    """A product secured in one way; `value` is an estimate until it is a plan."""

    hit: Hit
    mode: int
    value: int
    family: Family
    traits: tuple[Family, ...]

    @property
    def product(self) -> str:
        return self.hit.entry.product_id

    @property
    def bank(self) -> str:
        return self.hit.entry.bank


@dataclass(frozen=True, slots=True)
class Chance:
    """`unjudged` counts what is not known, the collateral among it where the loan needs one."""

    likelihood: int
    unjudged: int


def chance(need: Need, hit: Hit, mode: int) -> Chance:
    """The likelihood of a yes when the product is secured in this way."""
    weights = need.rules.coefficients
    unjudged = hit.unknown.bit_count() + (1 if mode == COLLATERAL else 0)
    extra = {GUARANTEE: weights.guaranteed, IP_PLEDGE: weights.ip_pledged, COLLATERAL: weights.collateral}
    logit = need.logit + hit.soft.bit_count() * weights.soft_fail + unjudged * weights.unknown
    return Chance(likelihood_ppm(logit + extra.get(mode, 0)), unjudged)


def estimate(need: Need, hit: Hit, mode: int) -> int:
    """The value by the ranking formula on an estimated cost: what the index computes for each product."""
    terms, request, rules = hit.entry.offer.terms, need.request, need.rules
    found = chance(need, hit, mode)
    once_ppm, once_fen, annual_ppm = pricing.fee_sums(terms.fees)
    cover = _cover(need, hit.entry.offer) if mode == GUARANTEE else None
    cost = pricing.rate_ppm(terms.rate, rules.base_ppm, found.likelihood) + pricing.yearly_fees_ppm(
        once_ppm,
        once_fen,
        annual_ppm + (cover.programme.fee_rate_ppm if cover else 0),
        request.amount_fen,
        request.term_months,
        pricing.method_of(terms) in pricing.AMORTISING,
    )
    return value_ppm(rules.ranking, found.likelihood, cost, terms.decision_days, found.unjudged)


def plan(need: Need, option: Option, bank_name: str) -> Plan | None:
    """The plan to the fen, still without its number; None where the fees leave the loan no annual rate."""
    offer, request, rules = option.hit.entry.offer, need.request, need.rules
    terms, found = offer.terms, chance(need, option.hit, option.mode)
    rate = pricing.rate_ppm(terms.rate, rules.base_ppm, found.likelihood)
    method, cover = pricing.method_of(terms), _cover(need, offer) if option.mode == GUARANTEE else None
    pledge = _pledge(need, terms) if option.mode == IP_PLEDGE else None
    benefits = [rules.benefits[name] for name in terms.benefits if name in rules.benefits]
    try:
        sheet = pricing.sheet(
            request.amount_fen,
            rate,
            request.term_months,
            method,
            _fees(need, terms, cover),
            _subsidies(benefits),
            terms.interest_months,
            pledge.appraised_fen if pledge else request.amount_fen,
        )
    except Violation:
        return None
    after = (sheet.after_subsidy or sheet.all_in).effective_ppm
    return Plan(
        number=0,
        family=option.family,
        product_id=offer.id,
        product_version=offer.version,
        product_name=terms.name,
        product_kind=terms.kind,
        bank=offer.bank,
        bank_name=bank_name,
        amount_fen=request.amount_fen,
        term_months=request.term_months,
        repayment_method=method,
        rate_ppm=rate,
        security=_security(terms, option.mode),
        guarantee=_guarantee(cover, request.amount_fen, sheet),
        pledge=pledge,
        benefits=tuple(_benefit(one, sheet, benefits) for one in benefits),
        costs=_costs(sheet),
        total_cost_fen=sheet.total_fen,
        all_in_nominal_ppm=sheet.all_in.nominal_ppm,
        all_in_effective_ppm=sheet.all_in.effective_ppm,
        after_subsidy_effective_ppm=after,
        likelihood_ppm=found.likelihood,
        likelihood_band=band(rules.coefficients, found.likelihood),
        decision_days=terms.decision_days,
        reasons=explain.of_plan(Case(terms, need.firm, request), option.hit.unknown, option.hit.soft),
        missing=explain.missing(offer, option.hit.unknown, option.mode == COLLATERAL),
        materials=terms.wanted,
        rank_value_ppm=value_ppm(rules.ranking, found.likelihood, after, terms.decision_days, found.unjudged),
    )


def _cover(need: Need, offer: Offer) -> Cover | None:
    return best_cover(need.covers, offer.bank, offer.terms.programmes, offer.terms.kind)


def _fees(need: Need, terms: Terms, cover: Cover | None) -> tuple[Fee, ...]:
    if cover is None:
        return terms.fees
    request, today = need.request, need.rules.today
    return (*terms.fees, guarantees.fee(cover.programme, request.amount_fen, today, request.term_months))


def _subsidies(benefits: list[Benefit]) -> tuple[Subsidy, ...]:
    found = (subsidy(benefit) for benefit in benefits)
    return tuple(one for one in found if one is not None)


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


def _guarantee(cover: Cover | None, amount_fen: int, sheet: CostSheet) -> PlanGuarantee | None:
    if cover is None:
        return None
    fee_fen = sum(item.amount_fen for item in sheet.items if item.name == guarantees.FEE_NAME)
    return guarantees.structure(cover, amount_fen, fee_fen)


def _pledge(need: Need, terms: Terms) -> PlanPledge | None:
    request = need.request
    found = needed(terms, need.firm.rights, request.amount_fen, need.rules.today, request.term_months)
    if found is None:
        return None
    return PlanPledge(rights=found.rights, appraised_fen=found.appraised_fen, lends_fen=found.lends_fen)


def _benefit(benefit: Benefit, sheet: CostSheet, benefits: list[Benefit]) -> PlanBenefit:
    """A subsidy with its sum where it is the only one, so that the sum is its own; else by name."""
    alone = len(_subsidies(benefits)) == 1 and subsidy(benefit) is not None
    stated = 0 if benefit.gap or benefit.rate_ppm else benefit.amount_fen
    return PlanBenefit(
        id=benefit.id,
        name=benefit.name,
        amount_fen=sheet.subsidy_fen if alone else stated,
        source=benefit.source,
    )


def _costs(sheet: CostSheet) -> tuple[CostItem, ...]:
    return tuple(
        CostItem(name=item.name, payee=item.payee, amount_fen=item.amount_fen, timing=item.timing or "")
        for item in sheet.items
    )
