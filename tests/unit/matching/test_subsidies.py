"""Benefits lower the cost only where the policy states the number and leaves nothing of it open."""

from dataclasses import replace

import pytest

from services.matching.domain.answer import MatchRequest
from services.matching.domain.benefit import Benefit
from services.matching.operations.recommend import recommend
from services.matching.operations.rulebook import rulebook
from tests.unit.matching.world import FIRM, POLICIES, TODAY, YUAN, catalogue, product

SUBSIDY = Benefit(
    id="benefits.test", name="贴息", kind="INTEREST_SUBSIDY", rate_ppm=20_000, source="测试文件第一条"
)
LISTED = product("listed", benefits=["benefits.test"])


def plan_with(benefit: Benefit):
    rules = replace(rulebook(POLICIES, TODAY), benefits={benefit.id: benefit})
    request = MatchRequest(party=FIRM.party, amount_fen=1_000_000 * YUAN, term_months=12)
    return recommend(catalogue(LISTED), rules, FIRM, request, "mat_1").plans[0]


def test_a_stated_interest_subsidy_is_paid_and_lowers_the_cost_after_subsidy_alone() -> None:
    plan = plan_with(SUBSIDY)
    assert [(one.id, one.amount_fen) for one in plan.benefits] == [("benefits.test", 20_000 * YUAN)]
    assert plan.after_subsidy_effective_ppm < plan.all_in_effective_ppm


@pytest.mark.parametrize("change", [{"gap": "贴息基数"}, {"kind": "SERVICE"}, {"rate_ppm": 0}])
def test_what_the_policy_leaves_open_is_named_and_not_counted(change: dict[str, object]) -> None:
    plan = plan_with(replace(SUBSIDY, **change))
    assert [(one.id, one.amount_fen, one.source) for one in plan.benefits] == [
        ("benefits.test", 0, "测试文件第一条")
    ]
    assert plan.after_subsidy_effective_ppm == plan.all_in_effective_ppm
