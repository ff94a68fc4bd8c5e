"""The classes of supervision: kept apart, counted for regulators, drawn from in a way that anybody can repeat."""

from datetime import date

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Forbidden
from libs.criteria.violation import Violation
from libs.registry.uscc import complete
from services.credit.domain import risk_class as rules
from services.credit.domain.notices import Audit
from services.credit.domain.risk_class import ClassSpan, NewDraw, RiskClass
from services.credit.operations import risk_classes
from services.credit.store.risk_classes import risk_class_looks
from tests.unit.credit.repairing import CENTRE, apply, bring, decide, draw, penalised, row
from tests.unit.credit.world import FIRM, OFFICER, OPERATOR, OTHER, World, firm

REGULATOR = Principal("acc_regulator", Role.REGULATOR, "org_bureau", "64")
SHARES = {RiskClass.A: 100, RiskClass.B: 300, RiskClass.C: 1_000, RiskClass.D: 3_000}


def look(world: World, party: str = FIRM) -> tuple[str, str]:
    found = world.write(risk_classes.get_class, OPERATOR, party, Audit(reason="制定抽查计划"))
    return found.risk_class, found.origin


def many(world: World, classes: str, county: str = "640106") -> list[str]:
    """Firms of these classes, in one county."""
    parties = [f"uscc:{complete(f'91{county}MC{number:07d}').code}" for number in range(len(classes))]
    for party in parties:
        world.put(party, county=county)
    bring(world, *(row(party, of) for party, of in zip(parties, classes, strict=True)))
    return parties


def counts(world: World, by: Principal = REGULATOR) -> dict[tuple[str, str], int | None]:
    with world.database.read() as tx:
        found = risk_classes.count_classes(tx, by)
    return {(item.county, item.risk_class): item.firms for item in found.items}


def test_classes_are_delivered_row_by_row(world: World) -> None:
    world.put()
    world.put(OTHER, county="640181")

    outcome = bring(
        world,
        row(),
        row(OTHER, "A"),
        row("uscc:91640100MA7XXXXXXX"),
        row(OTHER, "B", date(2027, 1, 1)),
        row(),
    )

    assert [found.state for found in outcome.rows] == [
        "RECORDED",
        "RECORDED",
        "REJECTED",
        "REJECTED",
        "KNOWN",
    ]
    assert [found.field for found in outcome.rows if found.field] == ["party", "classed_on"]
    assert (look(world), look(world, OTHER)) == (("C", "DELIVERED"), ("A", "DELIVERED"))


def test_an_older_class_does_not_replace_a_newer_one(small_world: World) -> None:
    small_world.put()
    bring(small_world, row(of="B"))

    outcome = bring(small_world, row(of="D", on=date(2026, 1, 1)))

    assert outcome.known == 1
    assert look(small_world)[0] == "B"


def test_who_brings_data_classes_firms_of_its_own_territory_alone(small_world: World) -> None:
    small_world.put(county="640202")

    outcome = bring(small_world, row(), by=CENTRE)

    assert [found.state for found in outcome.rows] == ["REJECTED"]


def test_the_platforms_own_class_fills_gaps_alone(world: World) -> None:
    penalised(world)
    world.put(OTHER)
    bring(world, row(OTHER, "D"))

    outcome = world.write(risk_classes.compute_classes, OPERATOR, ClassSpan())

    assert (outcome.recorded, outcome.known, outcome.next_party) == (1, 1, None)
    assert look(world) == ("B", "COMPUTED")
    assert look(world, OTHER) == ("D", "DELIVERED")


def test_a_repaired_penalty_counts_in_no_class(small_world: World) -> None:
    world = small_world
    record = penalised(world)
    decide(world, apply(world, record))

    world.write(risk_classes.compute_classes, OPERATOR, ClassSpan())

    assert look(world) == ("A", "COMPUTED")


def test_classes_are_worked_out_in_batches(small_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(risk_classes, "BATCH", 2)
    parties = sorted(many(small_world, "AAA"))

    first = small_world.write(risk_classes.compute_classes, OPERATOR, ClassSpan())
    second = small_world.write(risk_classes.compute_classes, OPERATOR, ClassSpan(after=first.next_party))

    assert first.next_party == parties[1]
    assert (first.known, second.known, second.next_party) == (2, 1, None)


def test_a_regulator_sees_counts_and_nothing_of_a_small_cell(world: World) -> None:
    many(world, "AAAAABBBBD")

    found = counts(world)

    assert found["640106", "A"] == 5
    assert {found["640106", of] for of in "BCD"} == {None}
    assert {firms for (county, _), firms in found.items() if county != "640106"} == {None}


def test_a_regulator_sees_its_own_territory(small_world: World) -> None:
    many(small_world, "AAAAAA", county="640202")

    found = counts(small_world, Principal("acc_r", Role.REGULATOR, "org_bureau", "6401"))

    assert {county[:4] for county, _ in found} == {"6401"}


def test_a_look_at_one_firms_class_is_kept_with_its_reason(small_world: World) -> None:
    small_world.put()
    bring(small_world, row())

    look(small_world)

    with small_world.database.read() as tx:
        (kept,) = tx.rows(sa.select(risk_class_looks))
    assert (kept.party, kept.account, kept.reason) == (FIRM, OPERATOR.subject, "制定抽查计划")


@pytest.mark.parametrize("by", [firm(), OFFICER, CENTRE, REGULATOR])
def test_nobody_but_an_operator_looks_at_one_firms_class(small_world: World, by: Principal) -> None:
    small_world.put()
    bring(small_world, row())

    with pytest.raises(Forbidden):
        small_world.write(risk_classes.get_class, by, FIRM, Audit(reason="好奇"))


def test_a_reason_is_asked_for() -> None:
    with pytest.raises(Violation):
        Audit(reason=" ")


def test_a_draw_can_be_repeated_by_whoever_has_the_seed_and_the_list(small_world: World) -> None:
    parties = many(small_world, "A" * 12 + "B" * 6 + "CCDDDDDDD")
    classes = dict(zip(parties, map(RiskClass, "A" * 12 + "B" * 6 + "CCDDDDDDD"), strict=True))

    found = draw(small_world)

    drawn, strata = rules.draw(found.seed, classes, SHARES)
    assert (found.drawn, found.strata) == (drawn, strata)
    assert found.list_hash == rules.list_hash(classes)
    assert [(stratum.firms, stratum.drawn) for stratum in strata] == [(12, 1), (6, 1), (2, 1), (7, 2)]


def test_every_draw_has_a_seed_of_its_own(small_world: World) -> None:
    many(small_world, "DDDD")

    assert len({draw(small_world).seed for _ in range(3)}) == 3


def test_a_regulator_sees_the_seed_and_the_counts_that_may_be_told_and_no_firm(world: World) -> None:
    many(world, "A" * 5 + "DDD")
    found = draw(world)

    with world.database.read() as tx:
        seen = risk_classes.get_draw(tx, REGULATOR, found.id)
        listed = risk_classes.list_draws(tx, REGULATOR).items
        whole = risk_classes.get_draw(tx, OPERATOR, found.id)

    assert (seen.seed, seen.algorithm, seen.drawn, seen.list_hash) == (found.seed, rules.ALGORITHM, (), "")
    assert [(stratum.firms, stratum.drawn) for stratum in seen.strata] == [(5, None)] + [(None, None)] * 3
    assert listed == (seen,)
    assert whole == found


def test_draws_stay_in_the_operators_territory(small_world: World) -> None:
    with pytest.raises(Forbidden):
        small_world.write(
            risk_classes.draw_inspections,
            Principal("acc_o", Role.OPERATOR, "org_platform", "6402"),
            NewDraw(territory="640106"),
        )


@settings(max_examples=50, deadline=None)
@given(
    st.dictionaries(
        st.text("abcdefgh", min_size=1, max_size=6), st.sampled_from(list(RiskClass)), max_size=60
    ),
    st.text("0123456789abcdef", min_size=1, max_size=8),
)
def test_a_draw_takes_its_share_of_every_class_and_nobody_twice(
    classes: dict[str, RiskClass], seed: str
) -> None:
    drawn, strata = rules.draw(seed, classes, SHARES)
    again, _ = rules.draw(seed, dict(reversed(classes.items())), SHARES)

    assert again == drawn
    assert len({one.party for one in drawn}) == len(drawn)
    assert all(classes[one.party] is one.risk_class for one in drawn)
    for stratum in strata:
        members = sum(of is stratum.risk_class for of in classes.values())
        taken = sum(one.risk_class is stratum.risk_class for one in drawn)
        assert (stratum.firms, stratum.drawn) == (members, taken)
        assert taken == rules.sample_size(members, stratum.share_bp) <= members
