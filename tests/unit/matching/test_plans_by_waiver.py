"""A hard rule that a bank set aside for a firm: the plan says so, to the firm alone."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.chassis.principal import Principal, Role
from libs.criteria.evaluate import Outcome
from libs.eventing import topics
from rongqiao.lending.v1 import lending_pb2 as lending
from rongqiao.lending.v1 import waivers_pb2 as pb
from services.matching.domain.waiver import Waiver, Waivers
from services.matching.operations import access
from tests.unit.matching.house import BODY, House
from tests.unit.matching.world import FIRM, TODAY, ask, catalogue, product, rule

YOUNG = product("old", criteria=[rule("months_since_registration", "GE", "60", says="成立满5年")])
LAST_DAY = date(2027, 6, 30)
WAIVED = Waiver(
    id="wvr_1",
    product_id="prd_old",
    firm_key="key",
    fact="months_since_registration",
    valid_until=LAST_DAY,
)


def asked(*waivers: Waiver, offered: lending.Product = YOUNG) -> Any:
    known = catalogue(offered)
    for waiver in waivers:
        known.put_waiver(waiver)
    return ask(known)


def test_a_waived_rule_excludes_nobody_and_the_plan_says_so() -> None:
    assert asked().plans == ()
    (plan,) = asked(WAIVED).plans
    reason = plan.reasons[0]
    assert (reason.code, reason.fact, reason.outcome) == ("WAIVER", WAIVED.fact, Outcome.FAIL)
    assert reason.text == "经银行豁免（成立满5年，至2027-06-30）"
    assert reason.text_en.startswith("waived by the bank (")
    assert [one.code for one in plan.conditions][-1] == "WAIVER"


@pytest.mark.parametrize("shown", ["CONFIDENTIAL", "REASON_CODE"])
def test_what_a_bank_does_not_show_a_waiver_does_not_tell(shown: str) -> None:
    hidden = product("old", criteria=[rule("months_since_registration", "GE", "60", shown=shown)])
    (plan,) = asked(WAIVED, offered=hidden).plans
    reason = plan.reasons[0]
    assert (reason.code, reason.fact, reason.text) == ("WAIVER", "", "经银行豁免（至2027-06-30）")


@pytest.mark.parametrize(
    "other",
    [
        replace(WAIVED, product_id="prd_other"),
        replace(WAIVED, firm_key="another"),
        replace(WAIVED, fact="score"),
        replace(WAIVED, fact="a_fact_of_next_year"),
        replace(WAIVED, valid_until=date(2026, 11, 21)),
    ],
)
def test_a_waiver_is_for_one_firm_product_and_fact_until_its_day(other: Waiver) -> None:
    assert asked(other).plans == ()


def test_a_waiver_holds_on_its_last_day() -> None:
    assert len(asked(replace(WAIVED, valid_until=TODAY)).plans) == 1


def test_a_waiver_of_a_rule_that_holds_leaves_no_trace() -> None:
    easy = product("old", criteria=[rule("months_since_registration", "GE", "12")])
    (plan,) = asked(WAIVED, offered=easy).plans
    assert "WAIVER" not in [one.code for one in (*plan.reasons, *plan.conditions)]


def test_a_waiver_settles_nothing_that_is_not_known() -> None:
    offered = product("old", criteria=[rule("srdi", "EQ", "true")])
    with_it, without = (
        asked(*some, offered=offered).plans[0] for some in ((replace(WAIVED, fact="srdi"),), ())
    )
    assert with_it.missing == without.missing != ()
    assert with_it.likelihood_ppm == without.likelihood_ppm


def test_another_rule_still_excludes() -> None:
    strict = product(
        "old", criteria=[rule("months_since_registration", "GE", "60"), rule("score", "GE", "900")]
    )
    answer = asked(WAIVED, offered=strict)
    assert answer.plans == ()
    assert {one.code for one in answer.near_misses[0].reasons} == {"SCORE"}


def test_a_service_centre_is_not_told() -> None:
    answer = asked(WAIVED)
    centre = Principal("acc_1", Role.SERVICE_CENTRE, "org_centre", "64")
    owner = Principal("acc_2", Role.SME, FIRM.party)
    seen = access.shown(centre, answer)
    assert "WAIVER" not in [one.code for one in (*seen.plans[0].reasons, *seen.plans[0].conditions)]
    assert access.shown(owner, answer) == answer


def test_a_waiver_comes_and_goes_by_event(house: House) -> None:
    house.show(topics.LENDING_PRODUCT, YOUNG.id, YOUNG)
    state = pb.WaiverState(
        id="wvr_1",
        status=pb.WAIVER_STATUS_GRANTED,
        product_id=YOUNG.id,
        firm_key="key",
        fact=WAIVED.fact,
        valid_until="2027-06-30",
    )

    def offered() -> set[str]:
        return {plan["product_id"] for plan in house.sme.post("/v1/matches", BODY).json()["plans"]}

    before = offered()
    house.show(topics.LENDING_WAIVER, state.id, state)
    during = offered()
    house.show(
        topics.LENDING_WAIVER, state.id, pb.WaiverState(id=state.id, status=pb.WAIVER_STATUS_WITHDRAWN)
    )
    assert during - before == {YOUNG.id}
    assert offered() == before


def test_a_waiver_is_part_of_the_market_that_an_answer_names() -> None:
    known = catalogue(YOUNG)
    with known.reading() as before:
        pass
    known.put_waiver(WAIVED)
    with known.reading() as during:
        pass
    known.put_waiver(replace(WAIVED, valid_until=TODAY))
    with known.reading() as other:
        pass
    assert len({before.id, during.id, other.id}) == 3


ids = st.sampled_from(["wvr_1", "wvr_2", "wvr_3"])
moves = st.lists(st.tuples(ids, st.none() | st.sampled_from(["key", "other"])), max_size=20)


@settings(max_examples=100, deadline=None)
@given(moves)
def test_after_any_comings_and_goings_each_firm_has_what_came_last(
    steps: list[tuple[str, str | None]],
) -> None:
    kept, last = Waivers(), dict[str, Waiver]()
    for name, firm_key in steps:
        if firm_key is None:
            kept.forget(name)
            last.pop(name, None)
        else:
            last[name] = replace(WAIVED, id=name, firm_key=firm_key)
            kept.put(last[name])

    for firm_key in ("key", "other", "nobody"):
        mine = [last[name] for name in sorted(last) if last[name].firm_key == firm_key]
        assert kept.of(firm_key, TODAY) == tuple(mine)
