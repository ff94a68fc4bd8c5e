"""The ranking is public, and every list is diverse, whatever is on the market."""

from collections import Counter
from dataclasses import replace
from typing import Any

import grpc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.chassis.principal import Principal, Role
from libs.chassis.rpc import invoke
from libs.finance.money import PPM
from rongqiao.lending.v1 import lending_pb2 as lending
from rongqiao.matching.v1 import matching_pb2 as pb
from rongqiao.matching.v1 import matching_pb2_grpc
from services.matching.domain.answer import NAMED, Family, Match
from services.matching.domain.ranking import MOST_OF_ONE_BANK, MOST_PLANS
from services.matching.index.index import Index
from services.matching.operations.rulebook import rulebook
from services.matching.rpc.matches import MatchingServicer
from tests.support.rpc import door_of, serving, token_of
from tests.unit.matching.house import House
from tests.unit.matching.world import GUARANTOR, POLICIES, TODAY, ask, catalogue, product, with_facts

MODES = ("UNSECURED", "MORTGAGE", "IP_PLEDGE", "FINANCING_GUARANTEE")


@st.composite
def offers(draw: st.DrawFn) -> list[lending.Product]:
    """Up to forty products of few banks, in every family."""
    count = draw(st.integers(0, 40))
    return [_offer(draw, number) for number in range(count)]


def _offer(draw: st.DrawFn, number: int) -> lending.Product:
    modes = draw(st.lists(st.sampled_from(MODES), min_size=1, max_size=3, unique=True))
    first = [lending.PRODUCT_FLAG_FIRST_LOAN] if draw(st.booleans()) else []
    low = draw(st.integers(-5, 40)) * 500
    return product(
        f"p{number}",
        bank=f"org_{draw(st.integers(0, 4))}",
        modes=tuple(modes),
        flags=first,
        rate=lending.Rate(base=lending.RATE_BASE_LPR_1Y, min_ppm=low, max_ppm=low + 10_000),
        ip_pledge_caps=[lending.IpPledgeCap(right=lending.IP_RIGHT_KIND_INVENTION, cap_bp=3_000)],
        decision_days=draw(st.integers(1, 30)),
    )


def answer(some: list[lending.Product], *, borrowed: bool) -> Match:
    known = catalogue(*some, guarantor=replace(GUARANTOR, banks=()))
    return ask(known, with_facts(bank_loan_record=int(borrowed)))


@settings(max_examples=60, deadline=None)
@given(offers(), st.booleans())
def test_every_list_is_short_diverse_and_answers_each_family(
    some: list[lending.Product], borrowed: bool
) -> None:
    found = answer(some, borrowed=borrowed)

    products = [plan.product_id for plan in found.plans]
    assert len(products) == len(set(products)) <= MOST_PLANS
    assert all(count <= MOST_OF_ONE_BANK for count in Counter(plan.bank for plan in found.plans).values())
    values = [(-plan.rank_value_ppm, plan.product_id) for plan in found.plans]
    assert values == sorted(values)
    assert [one.family for one in found.families] == list(NAMED)
    assert all(bool(one.plans) is not bool(one.why_none) for one in found.families)


@settings(max_examples=30, deadline=None)
@given(offers())
def test_a_family_that_somebody_offers_has_a_plan(some: list[lending.Product]) -> None:
    found = answer(some, borrowed=False)

    lives = {
        Family.FIRST_LOAN: lambda one: one.terms.flags,
        Family.IP_PLEDGE: lambda one: lending.GUARANTEE_MODE_IP_PLEDGE in one.terms.guarantee_modes,
        Family.GUARANTEE: lambda one: lending.GUARANTEE_MODE_FINANCING_GUARANTEE in one.terms.guarantee_modes,
    }
    for one in found.families:
        if any(lives[one.family](offered) for offered in some):
            assert one.plans


@settings(max_examples=25, deadline=None)
@given(offers(), st.randoms(use_true_random=False))
def test_the_order_in_which_products_came_changes_nothing(some: list[lending.Product], random: Any) -> None:
    shuffled = list(some)
    random.shuffle(shuffled)
    assert answer(some, borrowed=False) == answer(shuffled, borrowed=False)


def test_the_formula_and_its_numbers_are_public(house: House) -> None:
    told = house.sme.get("/v1/ranking").json()
    ranking = rulebook(POLICIES, TODAY).ranking
    assert (told["name"], told["reference_ppm"]) == (ranking.name, ranking.reference_ppm)
    assert (told["most_plans"], told["most_of_one_bank"]) == (10, 3)
    assert all(name in told["formula"] for name in ("reference_ppm", "day_ppm", "missing_ppm", "explore_ppm"))
    assert all(name in told["formula_zh"] for name in ("day_ppm", "missing_ppm", "explore_ppm"))
    assert told["model"] == house.desk.book().rules.model.name
    assert house.client(Role.REGULATOR, "org_r").get("/v1/ranking").json() == told


def test_an_answers_values_are_what_the_public_formula_gives(house: House) -> None:
    told = house.sme.get("/v1/ranking").json()
    plans = ask(house.desk.catalogue).plans
    assert plans
    for plan in plans:
        gain = plan.likelihood_ppm * (told["reference_ppm"] - plan.after_subsidy_effective_ppm) // PPM
        open_rules = len([one for one in plan.reasons if one.outcome == "UNKNOWN"])
        assert plan.rank_value_ppm == (
            gain - plan.decision_days * told["day_ppm"] - open_rules * told["missing_ppm"]
        )


def test_the_formula_is_told_over_grpc_too(house: House) -> None:
    servicer = MatchingServicer(door_of(house.database), house.desk)
    with serving(
        lambda server: matching_pb2_grpc.add_MatchingServicer_to_server(servicer, server)
    ) as channel:
        method: grpc.UnaryUnaryMultiCallable = matching_pb2_grpc.MatchingStub(channel).GetRanking
        told = invoke(method, pb.GetRankingRequest(), token=token_of(Principal("a", Role.SME, "uscc:1")))
    over_http = house.sme.get("/v1/ranking").json()
    assert (told.name, told.formula_zh) == (over_http["name"], over_http["formula_zh"])
    assert [pb.Family.Name(one) for one in told.families] == [f"FAMILY_{one}" for one in NAMED]


@pytest.mark.parametrize("size", [0, 1])
def test_an_empty_or_small_market_is_answered_too(size: int) -> None:
    found = answer([product(f"p{number}") for number in range(size)], borrowed=True)
    assert len(found.plans) == size
    assert isinstance(catalogue().index, Index)
