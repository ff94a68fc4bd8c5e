"""What of a product that fits could become a plan: how it is secured, how likely a yes is, and what it is worth."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from libs.criteria.evaluate import Outcome
from libs.finance.cost import Subsidy
from services.matching.domain import pricing
from services.matching.domain.answer import Family, MatchRequest, PlanPledge
from services.matching.domain.benefit import Benefit
from services.matching.domain.firm import Firm
from services.matching.domain.guarantee import Borne, Cover, best_cover
from services.matching.domain.likelihood import Coefficients, likelihood_ppm
from services.matching.domain.offer import IpPledgeCap, Offer, Terms
from services.matching.domain.pledge import needed
from services.matching.domain.ranking import value_ppm
from services.matching.domain.waiver import Waiver
from services.matching.index.found import Hit
from services.matching.index.layout import COLLATERAL, GUARANTEE, IP_PLEDGE, UNSECURED
from services.matching.index.settings import GuaranteeRule
from services.matching.operations.rulebook import Rulebook


class Aid(NamedTuple):
    """What policy adds to a plan, and what of it lowers the cost for sure."""

    benefits: Sequence[tuple[Benefit, Outcome]]
    subsidies: tuple[Subsidy, ...]


PledgeCaps = tuple[tuple[IpPledgeCap, ...], int]  # and the bank's margin in months
AidKey = tuple[tuple[str, ...], tuple[Family, ...]]  # what the product names, the families of the plan


@dataclass(frozen=True, slots=True)
class Need:
    """One request, with all that plans for it are made from. `logit` is the firm's part of the likelihood.

    `best`, `pledges`, `aids` and `borne` remember what several plans of the answer share.
    """

    request: MatchRequest
    firm: Firm
    rules: Rulebook
    covers: tuple[Cover, ...]
    logit: int
    waivers: tuple[Waiver, ...] = ()
    best: dict[GuaranteeRule, Cover | None] = field(default_factory=dict)
    pledges: dict[PledgeCaps, PlanPledge | None] = field(default_factory=dict)
    aids: dict[AidKey, Aid] = field(default_factory=dict)
    borne: dict[int, Borne] = field(default_factory=dict)


class Chance(NamedTuple):
    """`unjudged` counts what is not known, the collateral among it where the loan needs one."""

    likelihood: int
    unjudged: int


def chance(need: Need, hit: Hit) -> Chance:
    """The likelihood of a yes when the product is secured in the way of the hit."""
    model = need.rules.model
    weights, logit, soft, mode = model.coefficients, need.logit, hit.soft, hit.mode
    unjudged = hit.unknown.bit_count() + (1 if mode == COLLATERAL else 0)
    if model.banks or model.products:
        logit += model.offset(hit.bank, hit.product)
    if soft:
        logit += soft.bit_count() * weights.soft_fail
    if mode != UNSECURED:
        logit += _of_mode(weights, mode)
    return Chance(likelihood_ppm(logit + unjudged * weights.unknown), unjudged)


def _of_mode(weights: Coefficients, mode: int) -> int:
    if mode == GUARANTEE:
        return weights.guaranteed
    if mode == IP_PLEDGE:
        return weights.ip_pledged
    return weights.collateral if mode == COLLATERAL else 0


def cover_of(need: Need, offer: Offer) -> Cover | None:
    """Judged once a rule: many products of a bank have the same."""
    rule = (offer.bank, offer.terms.programmes, offer.terms.kind)
    if rule not in need.best:
        need.best[rule] = best_cover(need.covers, *rule)
    return need.best[rule]


def pledge_of(need: Need, terms: Terms) -> PlanPledge | None:
    """The same, of banks that lend alike on rights."""
    rule = (terms.ip_pledge_caps, terms.ip_margin_months)
    if rule not in need.pledges:
        request, rights = need.request, need.firm.rights
        found = needed(terms, rights, request.amount_fen, need.rules.today, request.term_months)
        need.pledges[rule] = found
    return need.pledges[rule]


def best_secured(need: Need, hit: Hit, modes: int) -> Hit:
    """The product in that of these ways in which it is worth most: as the index sees to it in what it finds."""
    return max((hit._replace(mode=mode) for mode in _WAYS[modes]), key=partial(_estimate, need))


def _estimate(need: Need, hit: Hit) -> int:
    """The value by the ranking formula on an estimated cost: what the index computes for each product."""
    request, rules, offer = need.request, need.rules, hit.entry.offer
    found, known, terms = chance(need, hit), hit.entry.once(pricing.figures), offer.terms
    cover = cover_of(need, offer) if hit.mode == GUARANTEE else None
    cost = pricing.rate_ppm(terms.rate, rules.base_ppm, found.likelihood) + pricing.yearly_fees_ppm(
        known.once_ppm,
        known.once_fen,
        known.annual_ppm + (cover.programme.fee_rate_ppm if cover else 0),
        request.amount_fen,
        request.term_months,
        known.amortising,
    )
    value = value_ppm(rules.ranking, found.likelihood, cost, terms.decision_days, found.unjudged)
    return value + rules.model.explore(hit.product)


def _ways(usable: int) -> tuple[int, ...]:
    """The ways to secure a loan; collateral only for want of an unsecured one."""
    plain = UNSECURED if usable & UNSECURED else COLLATERAL
    return tuple(mode for mode in (plain, IP_PLEDGE, GUARANTEE) if usable & mode)


_WAYS = tuple(map(_ways, range(2 * GUARANTEE)))
