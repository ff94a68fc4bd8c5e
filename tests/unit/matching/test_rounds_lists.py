"""From firms and one market to a round: the lanes of each plan, what there is, who stands where, and the same bytes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256

from hypothesis import given, settings
from hypothesis import strategies as st

from libs.chassis import codec
from services.matching.domain.answer import Band
from services.matching.domain.firm import Firm
from services.matching.domain.guarantee import Headroom, ProgrammeRoom
from services.matching.domain.offer import Offer
from services.matching.domain.rounds.certificate import faults
from services.matching.domain.rounds.orders import Entrant, LaneName, ResourceName, Wish, build
from services.matching.domain.rounds.round import (
    NewRoundEntry,
    PlaceOutcome,
    Round,
    RoundCeiling,
    RoundEntry,
    RoundQuota,
    RoundRule,
    RoundStatus,
    Shortage,
)
from services.matching.index.found import Entry as OnSale
from services.matching.operations.rounds.closing import decide
from services.matching.operations.rounds.lists import RoundMarket, listed
from services.matching.operations.rounds.results import Decided
from services.matching.operations.rulebook import rulebook
from tests.unit.matching.world import (
    FIRM,
    FIRST_LOAN,
    GUARANTEED,
    POLICIES,
    TODAY,
    YUAN,
    catalogue,
)

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
MILLION = 1_000_000 * YUAN
RULES = rulebook(POLICIES, TODAY)
SECOND = Headroom(
    guarantor="org_second",
    name="银川融资担保",
    counties=("6401",),
    programmes=(ProgrammeRoom(programme="ordinary", room_fen=MILLION),),
)
SEED = "ab" * 32


def offer(product) -> Offer:
    return OnSale(product.SerializeToString()).offer


def market(*products, second: Headroom | None = None) -> RoundMarket:
    known = catalogue(*products)
    if second is not None:
        known.put_headroom(second)
    return RoundMarket(known, {one.id: offer(one) for one in products})


def quota(product, places: int = 9, amount_fen: int = 0) -> RoundQuota:
    return RoundQuota(
        product_id=product.id, bank=product.bank, places=places, amount_fen=amount_fen, confirmed_at=NOW
    )


def a_round(
    *quotas: RoundQuota, rule: Sequence[RoundRule] = (), ceilings: Sequence[RoundCeiling] = ()
) -> Round:
    return Round(
        id="rnd_1",
        name="首贷专场",
        centre="org_centre",
        territory="64",
        status=RoundStatus.OPEN,
        closes_on=date(2026, 11, 21),
        rule=tuple(rule),
        quotas=quotas,
        ceilings=tuple(ceilings),
        seed_sha256=sha256(SEED.encode()).hexdigest(),
        opened_at=NOW,
        edition="edition",
        rulebook="rulebook",
    )


def entry(number: int, amount_fen: int = MILLION) -> RoundEntry:
    asked = NewRoundEntry(
        party=f"uscc:{number}", amount_fen=amount_fen, term_months=12, accepts_certificate=True
    )
    return RoundEntry(
        id=f"ent_{number:03}", round_id="rnd_1", pseudonym=f"p{number}", asked=asked, entered_at=NOW
    )


def decided(found: Round, on: RoundMarket, *entries: tuple[RoundEntry, Firm]) -> Decided:
    return decide(found, SEED, on, RULES, dict(entries))


def test_a_guaranteed_plan_stands_with_each_guarantor_that_the_bank_accepts() -> None:
    lists = listed(market(GUARANTEED, second=SECOND), RULES, entry(1), FIRM)
    refused = listed(market(GUARANTEED, second=replace(SECOND, banks=("org_east",))), RULES, entry(1), FIRM)
    assert [lane.guarantor for lane in lists.plans] == ["org_cover", "org_second"]
    assert [plan.guarantee.guarantor_name for plan in lists.plans.values() if plan.guarantee] == [
        "兴庆融资担保",
        "银川融资担保",
    ]
    assert [lane.guarantor for lane in refused.plans] == ["org_cover"]


def test_each_guarantor_stands_in_its_plan_with_its_own_room_and_name() -> None:
    lists = listed(market(GUARANTEED, second=SECOND), RULES, entry(1), FIRM)
    told = [plan.guarantee for plan in lists.plans.values() if plan.guarantee]
    assert [one.room_fen for one in told] == [2 * MILLION, MILLION]
    assert [one.tiers[-1].name for one in told] == [one.guarantor_name for one in told]
    assert [sum(share.amount_fen for share in one.shares) for one in told] == [MILLION, MILLION]


def test_who_finds_one_guarantor_full_stands_with_the_next() -> None:
    """2,000,000 yuan of room at the first guarantor, 1,000,000 at the second, and three loans of 1,000,000."""
    on = market(GUARANTEED, second=SECOND)
    told = decided(a_round(quota(GUARANTEED)), on, *((entry(number), FIRM) for number in range(4)))
    by = sorted(one.plan.guarantee.guarantor for one in told.places if one.plan and one.plan.guarantee)
    assert by == ["org_cover", "org_cover", "org_second"]
    (out,) = [one for one in told.places if one.outcome is PlaceOutcome.NOT_PLACED]
    assert [one.short_of for one in out.passed] == [Shortage.GUARANTEE, Shortage.GUARANTEE]


def test_a_programme_gives_no_more_than_its_ceiling_at_all_guarantors_together() -> None:
    found = a_round(quota(GUARANTEED), ceilings=[RoundCeiling(programme="ordinary", amount_fen=MILLION)])
    told = decided(found, market(GUARANTEED, second=SECOND), *((entry(number), FIRM) for number in range(3)))
    assert told.report.round.placed == 1
    assert {p.short_of for one in told.places for p in one.passed} == {Shortage.CEILING}


def test_a_guarantor_gives_over_all_its_programmes_no_more_than_in_the_roomiest() -> None:
    rooms = {("ordinary", "org_cover"): 5, ("srdi", "org_cover"): 8}
    lanes = [LaneName("prd", programme, "org_cover") for programme in ("ordinary", "srdi")]
    wishes = tuple(Wish(lane, Band.HIGH) for lane in lanes)
    one = Entrant(pseudonym="a", amount_fen=4, first_time=True, wishes=wishes)
    quotas = [RoundQuota(product_id="prd", bank="b", places=9, confirmed_at=NOW)]
    built = build((), quotas, (), rooms, [one], SEED)
    stock = dict(zip(built.resources, built.market.capacities, strict=True))
    assert stock[ResourceName(Shortage.GUARANTEE, "org_cover")] == 8
    whole = built.resources.index(ResourceName(Shortage.GUARANTEE, "org_cover"))
    assert all(whole in lane.sums for lane in built.market.lanes)


def test_what_could_not_be_had_alone_keeps_nobody_else_out() -> None:
    """Its amount is more than the product gives in all, so it claims nothing of it."""
    found = a_round(quota(FIRST_LOAN, amount_fen=2 * MILLION))
    told = decided(found, market(FIRST_LOAN), (entry(1, 3 * MILLION), FIRM), (entry(2), FIRM))
    assert [one.outcome for one in told.places] == [PlaceOutcome.NO_PLAN, PlaceOutcome.PLACED]


def wanting(*firms: tuple[str, bool, Band]) -> list[Entrant]:
    lane = LaneName("prd")
    return [
        Entrant(pseudonym=name, amount_fen=1, first_time=first, wishes=(Wish(lane, band),))
        for name, first, band in firms
    ]


def order_at_product(rule: Sequence[RoundRule], entrants: Sequence[Entrant]) -> list[str]:
    quotas = [RoundQuota(product_id="prd", bank="b", places=9, confirmed_at=NOW)]
    built = build(rule, quotas, (), {}, entrants, SEED)
    standings = [one[0] for one in built.market.standings]
    return [one.pseudonym for _, one in sorted(zip(standings, built.entrants, strict=True))]


FOUR = (
    ("first low", True, Band.LOW),
    ("first high", True, Band.HIGH),
    ("again high", False, Band.HIGH),
    ("again medium", False, Band.MEDIUM),
)


def test_the_rule_says_what_goes_first() -> None:
    first, likelihood = RoundRule.FIRST_TIME, RoundRule.LIKELIHOOD
    assert order_at_product((first, likelihood), wanting(*FOUR)) == [
        "first high",
        "first low",
        "again high",
        "again medium",
    ]
    assert order_at_product((likelihood, first), wanting(*FOUR)) == [
        "first high",
        "again high",
        "again medium",
        "first low",
    ]


def test_the_lottery_is_another_with_another_seed_or_one_firm_more() -> None:
    firms = [(f"firm {number}", True, Band.HIGH) for number in range(12)]
    quotas = [RoundQuota(product_id="prd", bank="b", places=9, confirmed_at=NOW)]

    def turns(seed: str, count: int) -> list[int]:
        return list(build((), quotas, (), {}, wanting(*firms[:count]), seed).market.turns)

    eleven = turns(SEED, 11)
    assert sorted(eleven) == list(range(11))
    assert turns("cd" * 32, 11) != eleven
    assert [turn for turn in turns(SEED, 12)[:11] if turn < 11] != eleven


@settings(max_examples=15, deadline=None)
@given(st.permutations(range(6)))
def test_the_same_round_gives_the_same_bytes_in_whatever_order_it_is_told(order: list[int]) -> None:
    found = a_round(quota(FIRST_LOAN, places=2), quota(GUARANTEED), rule=[RoundRule.FIRST_TIME])
    entries = [(entry(number, (number + 1) * MILLION // 4), FIRM) for number in range(6)]
    on = market(FIRST_LOAN, GUARANTEED)
    other = market(GUARANTEED, FIRST_LOAN)
    told, again = decided(found, on, *entries), decided(found, other, *(entries[one] for one in order))
    assert codec.to_json(again.certificate) == codec.to_json(told.certificate)
    assert again == told
    assert faults(told.certificate) == []
