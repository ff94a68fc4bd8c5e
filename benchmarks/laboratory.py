"""The policy laboratory: a whole population before and after another programme fee, told by disclosure."""

from time import perf_counter

from benchmarks import market, matching_plans, population
from libs import policy
from libs.chassis.codec import load
from libs.registry.regions import counties
from services.matching.domain.studies.disclosure import DisclosureRules
from services.matching.domain.studies.study import ChangeOf, StudyChange, StudyRules
from services.matching.operations.rulebook import rulebook
from services.matching.operations.studies.experiments import experiment
from services.matching.operations.studies.worlds import changed, world_of

FIRMS, PRODUCTS = 1_000_000, 10_000
CHANGE = StudyChange(of=ChangeOf.PROGRAMME, subject="batch", path="/fee_rate_ppm", value="4000")


def measure(firms: int = FIRMS, products: int = PRODUCTS) -> dict[str, object]:
    policies, today = policy.load(), matching_plans.TODAY
    before = world_of(
        policies,
        rulebook(policies, today),
        market.products(products),
        matching_plans.programmes(),
        [matching_plans.headroom(county.code) for county in counties()],
    )
    people = population.firms(firms)
    rules = load(StudyRules, policies.record_on("matching.studies", today))
    disclosure = load(DisclosureRules, policies.record_on("matching.disclosure", today))
    began = perf_counter()
    found = experiment(people, before, changed(before, (CHANGE,)), rules, disclosure)
    return {
        "lab_firms": firms,
        "lab_s": round(perf_counter() - began, 2),
        "lab_planned": found.planned,
    }
