"""What a changed rule would do to a whole population, as it may be told."""

import json
from dataclasses import replace
from typing import Any

import pytest

from libs.chassis.codec import load
from libs.criteria.violation import Violation
from libs.finance.money import PPM
from libs.registry.dimensions import Dimensions
from rongqiao.lending.v1 import lending_pb2 as pb
from services.matching.domain.firm import Firm
from services.matching.domain.studies.disclosure import DisclosureRules
from services.matching.domain.studies.study import ChangeOf, ExperimentResult, StudyChange, StudyRules
from services.matching.index.population import Need, Population, population_of
from services.matching.operations.rulebook import rulebook
from services.matching.operations.studies.experiments import experiment
from services.matching.operations.studies.worlds import World, changed, world_of
from tests.unit.matching.world import (
    FIRM,
    GUARANTEED,
    GUARANTOR,
    IP_LOAN,
    ORDINARY,
    POLICIES,
    TODAY,
    YUAN,
    ask,
    catalogue,
    product,
    rule,
)

RULES = load(StudyRules, POLICIES.record_on("matching.studies", TODAY))
EXACT = DisclosureRules(base=1, noise=(1,), mean_firms=1, dominance_bp=0, digits=12, rate_step_ppm=1)
SHOWN = load(DisclosureRules, POLICIES.record_on("matching.disclosure", TODAY))
PLAIN = product("plain", criteria=[rule("score", "GE", "600")])
NEED = Need(amount_fen=1_000_000 * YUAN, term_months=12)


def firms(count: int, county: str = "640104", **facts: int) -> list[Firm]:
    held = {"score": 640, "months_since_registration": 40} | facts
    return [
        replace(
            FIRM,
            party=f"uscc:{county}{number}{facts}",
            dimensions=replace(FIRM.dimensions, county=county),
            facts=held,
            rights=(),
        )
        for number in range(count)
    ]


def population(*groups: list[Firm]) -> Population:
    everybody = [firm for group in groups for firm in group]
    return population_of(
        (firm, NEED, number * 0x9E3779B97F4A7C15 % 2**64) for number, firm in enumerate(everybody)
    )


def world(*products: pb.Product) -> World:
    return world_of(POLICIES, rulebook(POLICIES, TODAY), products, (ORDINARY,), (GUARANTOR,))


def change(of: str, subject: str, path: str, value: Any) -> StudyChange:
    return StudyChange(of=ChangeOf(of), subject=subject, path=path, value=json.dumps(value))


def run(
    people: Population, before: World, *changes: StudyChange, shown: DisclosureRules = EXACT
) -> ExperimentResult:
    return experiment(people, before, changed(before, changes), RULES, shown)


def test_a_lower_threshold_lets_those_in_whom_it_kept_out() -> None:
    people = population(firms(30, score=640), firms(12, "640105", score=590), firms(5, score=400))
    found = run(people, world(PLAIN), change("PRODUCT", "prd_plain", "/criteria/0/values/0", "580"))
    assert (found.total.before, found.total.after) == (30, 42)
    assert (found.total.gained, found.total.lost) == (12, 0)
    assert [(cell.county, cell.gained) for cell in found.by_county if cell.gained] == [("640105", 12)]
    assert found.firms == 47


def test_a_dearer_lpr_makes_the_best_plan_of_everybody_dearer_by_as_much() -> None:
    people, before = population(firms(20)), world(PLAIN)
    dearer = before.rules.base_ppm["LPR_1Y"] + 10_000  # type: ignore[index]
    found = run(people, before, change("LPR", "LPR_1Y", "", dearer))
    assert (found.total.dearer, found.total.cheaper, found.total.gained) == (20, 0, 0)
    assert found.mean_change_ppm is not None and 10_000 <= found.mean_change_ppm < 10_800


def test_the_best_plan_costs_what_a_recommendation_says() -> None:
    before = world(GUARANTEED)
    match = ask(catalogue(GUARANTEED), replace(FIRM, rights=(), facts=firms(1)[0].facts))
    found = run(population(firms(1)), before, change("PROGRAMME", "ordinary", "/fee_rate_ppm", 5_000))
    plan, guarantee = match.plans[0], match.plans[0].guarantee
    assert guarantee is not None
    behind = sum(share.amount_fen for share in guarantee.shares if share.party != "bank")
    assert found.total.guaranteed_before_fen == found.total.guaranteed_after_fen == behind
    assert found.total.expected_before_fen == behind * RULES.loss_ppm // PPM
    assert {tier.party: tier.before_fen for tier in found.tiers} == {
        share.party: share.amount_fen * RULES.loss_ppm // PPM for share in guarantee.shares
    }
    cheaper = ask(_with_fee(5_000), replace(FIRM, rights=(), facts=firms(1)[0].facts)).plans[0]
    assert found.mean_change_ppm == cheaper.after_subsidy_effective_ppm - plan.after_subsidy_effective_ppm


def _with_fee(fee_rate_ppm: int) -> Any:
    made = catalogue(GUARANTEED)
    made.put_programme(replace(ORDINARY, fee_rate_ppm=fee_rate_ppm))
    return made


def test_a_guarantor_without_room_is_no_guarantor() -> None:
    room = change("HEADROOM", "org_cover", "/programmes/0/room_fen", 0)
    found = run(population(firms(8), firms(4, "640105")), world(GUARANTEED), room)
    assert (found.total.before, found.total.after, found.total.lost) == (8, 0, 8)
    assert found.total.guaranteed_after_fen == 0


def test_a_subsidy_lowers_the_cost_though_the_order_of_products_knows_nothing_of_it() -> None:
    name = next(name for name in POLICIES.ids("benefits.") if "subsidy" in name)
    helped = product("helped", benefits=[name])
    certain = {"name": "贴息", "kind": "INTEREST_SUBSIDY", "rate_ppm": 10_000}
    found = run(population(firms(5)), world(helped), change("POLICY", name, "", certain))
    assert (found.total.cheaper, found.total.dearer, found.total.gained) == (5, 0, 0)


def test_what_is_told_adds_up_and_shows_no_small_count() -> None:
    groups = [
        firms(number * 3, county, score=590 + number)
        for number, county in enumerate(("640104", "640105", "640221"), 1)
    ]
    found = run(
        population(*groups), world(PLAIN), change("PRODUCT", "*", "/criteria/0/values/0", "592"), shown=SHOWN
    )
    for name in ("before", "after", "gained", "lost", "expected_after_fen"):
        cells = sum(getattr(cell, name) for cell in found.cells)
        assert cells == getattr(found.total, name) == sum(getattr(cell, name) for cell in found.by_section)
    shown = {getattr(cell, name) for cell in found.cells for name in ("before", "after", "gained", "lost")}
    assert all(count == 0 or count >= SHOWN.base for count in shown)


def test_the_same_question_has_the_same_answer() -> None:
    people, before = population(firms(37), firms(3, "640105")), world(PLAIN, IP_LOAN)
    asked = change("LPR", "LPR_1Y", "", 40_000)
    assert run(people, before, asked, shown=SHOWN) == run(people, before, asked, shown=SHOWN)


@pytest.mark.parametrize(
    ("of", "subject", "path", "value", "field"),
    [
        ("PRODUCT", "prd_none", "/name", "x", "changes/0/subject"),
        ("PRODUCT", "prd_plain", "/rates/0", 1, "changes/0/path"),
        ("PRODUCT", "prd_plain", "/rate/max_ppm", "much", "changes/0/value"),
        ("POLICY", "matching.nothing", "", 1, "changes/0/subject"),
        ("LPR", "LPR_1Y", "", -1, "changes/0/value"),
        ("PROGRAMME", "ordinary", "/shares/7/bp", 1, "changes/0/path"),
        ("PROGRAMME", "ordinary", "/fee_rate_ppm", "much", "changes/0/value"),
    ],
)
def test_a_change_that_cannot_be_is_refused_by_name(
    of: str, subject: str, path: str, value: Any, field: str
) -> None:
    with pytest.raises(Violation) as refused:
        changed(world(PLAIN), [change(of, subject, path, value)])
    assert refused.value.field == field
    assert refused.value.mend


def test_dimensions_of_firms_are_kept_as_they_are() -> None:
    people = population(firms(3), firms(2, "640105"))
    kept = people.firm(4).dimensions
    assert isinstance(kept, Dimensions)
    assert (kept.county, kept.size, people.firm(4).facts) == (
        "640105",
        FIRM.dimensions.size,
        firms(1)[0].facts,
    )
