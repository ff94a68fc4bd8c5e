"""Is the ranking good? The same firms in a made-up market choose by different lists, and the hidden truth judges.

A choice is worth what the public ranking formula says at the TRUE likelihood; the oracle takes the product that is
worth most, among those whose published rules the firm is not known to break. Regret: what a choice is worth less.
"Cheapest rate" is the list that platforms show, of all that lend such a sum; "cheapest fitting" leaves out of it what
our index knows not to fit.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from multiprocessing import get_context

import numpy as np
from scipy.stats import t as student

from libs.chassis import codec
from libs.policy import PolicySet
from services.matching.domain.answer import MatchRequest
from services.matching.domain.decision import Decision
from services.matching.domain.features import PlanFeatures
from services.matching.domain.learning import Exploration, Learning
from services.matching.domain.likelihood import LikelihoodModel, firm_logit
from services.matching.domain.offer import Offer
from services.matching.domain.pricing import rate_ppm
from services.matching.domain.ranking import value_ppm
from services.matching.operations.options import Need
from services.matching.operations.recommend import Recommended, query_of, recommendation
from services.matching.operations.rulebook import Rulebook, rulebook
from services.matching.training.compiling import compile_model
from services.matching.training.market import (
    AMOUNT_FEN,
    COUNTY,
    PRODUCTS,
    TERM_MONTHS,
    TODAY,
    Applicant,
    Market,
    make_applicant,
    make_market,
)
from services.matching.training.regression import fit

PPM = 1_000_000
SHOWN, COLD, LEARNED = "cheapest rate", "cold start", "learned"
STRATEGIES = (COLD, LEARNED, SHOWN, "cheapest fitting", "random", "oracle")
TRIES = 2  # applications of a firm in the months from which is learned: the next where the first is declined


@dataclass(frozen=True, slots=True)
class Sizes:
    """`judged`: firms by which the lists are compared; decisions are learned from in `rounds`."""

    seeds: int = 20
    judged: int = 150
    decisions: int = 600
    rounds: int = 3


@dataclass(frozen=True, slots=True)
class Choice:
    """`yes`: the true probability; `worth`: a year, in millionths of the loan."""

    yes: float
    worth: float


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over the seeds with its 95 % interval (Student)."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of a strategy: how often its first choice is approved, its regret in millionths of the loan a year, and how much
    less that is than the regret of the list that platforms show, market by market."""

    approval: Interval
    regret_ppm: Interval
    less_regret_ppm: Interval


def simulate(
    policies: PolicySet, sizes: Sizes, tick: Callable[[], None] = lambda: None, workers: int = 1
) -> Mapping[str, Outcome]:
    """By strategy; `tick` after each seed. The same whatever the number of workers (processes)."""
    seeds = range(sizes.seeds)
    means: dict[str, list[tuple[float, float]]] = {name: [] for name in STRATEGIES}
    if workers > 1:
        with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
            _gather(means, pool.map(partial(_play, policies, sizes), seeds), tick)
    else:
        _gather(means, map(partial(_play, policies, sizes), seeds), tick)
    return {name: _outcome(told, means[SHOWN]) for name, told in means.items()}


def _outcome(told: list[tuple[float, float]], shown: list[tuple[float, float]]) -> Outcome:
    return Outcome(
        _interval([yes for yes, _ in told]),
        _interval([regret for _, regret in told]),
        _interval([other[1] - one[1] for one, other in zip(told, shown, strict=True)]),
    )


def better(told: Mapping[str, Outcome]) -> bool:
    """What is learned chooses better than the list that platforms show, beyond chance, and than the cold start. Of the
    cold start nothing is claimed: it knows no more of a bank than the bank says."""
    cold, learned = told[COLD], told[LEARNED]
    return learned.less_regret_ppm.low > 0 and learned.regret_ppm.mean < cold.regret_ppm.mean


def _gather(
    means: dict[str, list[tuple[float, float]]],
    played: Iterable[Mapping[str, tuple[float, float]]],
    tick: Callable[[], None],
) -> None:
    for of_seed in played:
        for name, told in of_seed.items():
            means[name].append(told)
        tick()


def _play(policies: PolicySet, sizes: Sizes, seed: int) -> Mapping[str, tuple[float, float]]:
    """Mean approval and mean regret of each strategy."""
    dice = np.random.default_rng(seed)
    market, cold = make_market(dice), rulebook(policies, TODAY)
    learned = replace(cold, model=_learn(policies, sizes, dice, market, cold))
    judged = [_choices(dice, market, make_applicant(dice, one), cold, learned) for one in range(sizes.judged)]
    told = [one for one in judged if one]
    return {
        name: (
            float(np.mean([one[name].yes for one in told])),
            float(np.mean([one["oracle"].worth - one[name].worth for one in told])),
        )
        for name in STRATEGIES
    }


def _choices(
    dice: np.random.Generator, market: Market, applicant: Applicant, cold: Rulebook, learned: Rulebook
) -> Mapping[str, Choice] | None:
    """What each strategy chooses for a firm; None for one that no product fits."""
    offers = _fitting(market, applicant, cold)
    if not offers:
        return None
    everything = list(market.offers.values())
    worth = {offer.id: _choice(market, applicant, cold, offer) for offer in everything}
    return {
        COLD: worth[_first(market, cold, applicant)],
        LEARNED: worth[_first(market, learned, applicant)],
        SHOWN: worth[_cheapest(everything)],
        "cheapest fitting": worth[_cheapest(offers)],
        "random": worth[offers[int(dice.integers(len(offers)))].id],
        "oracle": max((worth[offer.id] for offer in offers), key=lambda one: one.worth),
    }


def _cheapest(offers: Sequence[Offer]) -> str:
    return min(offers, key=lambda offer: (offer.terms.rate.min_ppm, offer.id)).id


def _choice(market: Market, applicant: Applicant, rules: Rulebook, offer: Offer) -> Choice:
    yes = market.probability(applicant, offer)
    cost = rate_ppm(offer.terms.rate, rules.base_ppm, round(yes * PPM))
    missing = sum(rule.fact not in applicant.firm.facts for rule in offer.terms.criteria)
    return Choice(yes, value_ppm(rules.ranking, round(yes * PPM), cost, offer.terms.decision_days, missing))


def _fitting(market: Market, applicant: Applicant, rules: Rulebook) -> list[Offer]:
    firm = applicant.firm
    covers = market.catalogue.covers(firm, AMOUNT_FEN, TERM_MONTHS, rules.today)
    need = Need(_request(applicant), firm, rules, covers, firm_logit(rules.model, firm.facts))
    found = market.catalogue.index.search(query_of(market.catalogue, need), PRODUCTS)
    return sorted((hit.entry.offer for hit in found.best), key=lambda offer: offer.id)


def _first(market: Market, rules: Rulebook, applicant: Applicant) -> str:
    return _ask(market, rules, applicant).match.plans[0].product_id


def _ask(market: Market, rules: Rulebook, applicant: Applicant) -> Recommended:
    return recommendation(market.catalogue, rules, applicant.firm, _request(applicant), "mat_1")


def _request(applicant: Applicant) -> MatchRequest:
    return MatchRequest(party=applicant.firm.party, amount_fen=AMOUNT_FEN, term_months=TERM_MONTHS)


def _learn(
    policies: PolicySet, sizes: Sizes, dice: np.random.Generator, market: Market, rules: Rulebook
) -> LikelihoodModel:
    """Round by round: firms follow the ranking of the model so far, banks decide, the model is made anew."""
    learning = codec.load(Learning, policies.record_on("matching.learning", TODAY))
    exploration = codec.load(Exploration, policies.record_on("matching.exploration", TODAY))
    cold, kept = rules.model.coefficients, list[Decision]()
    for number in range(1, sizes.rounds + 1):
        while len(kept) < sizes.decisions * number // sizes.rounds:
            kept += _decisions(dice, market, rules, len(kept))
        model = compile_model(fit(kept, learning), kept, cold, exploration, "simulated", number)
        rules = replace(rules, model=model)
    return rules.model


def _decisions(dice: np.random.Generator, market: Market, rules: Rulebook, number: int) -> list[Decision]:
    """A firm applies for its first plan, and where the bank declines for the next."""
    applicant, found = make_applicant(dice, number), list[Decision]()
    asked = _ask(market, rules, applicant)
    banks = {plan.product_id: plan.bank for plan in asked.match.plans}
    for place, plan in enumerate(asked.features[:TRIES]):
        decided = _decision(dice, market, applicant, plan, banks[plan.product], number + place)
        found.append(decided)
        if decided.approved:
            break
    return found


def _decision(
    dice: np.random.Generator,
    market: Market,
    applicant: Applicant,
    plan: PlanFeatures,
    bank: str,
    number: int,
) -> Decision:
    offer = market.offers[plan.product]
    on = TODAY + timedelta(days=number // 10)
    return Decision(
        application=f"app_{number}",
        product=plan.product,
        bank=bank,
        applied_on=on,
        decided_on=on,
        approved=bool(dice.random() < market.probability(applicant, offer)),
        number=plan.number,
        said_ppm=plan.likelihood_ppm,
        features=plan.features,
        county=COUNTY,
        size=applicant.firm.dimensions.size,
        first_time=False,
    )


def _interval(told: list[float]) -> Interval:
    mean, rows = float(np.mean(told)), len(told)
    width = float(student.ppf(0.975, rows - 1) * np.std(told, ddof=1) / np.sqrt(rows)) if rows > 1 else 0.0
    return Interval(mean, mean - width, mean + width)
