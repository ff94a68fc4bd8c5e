"""Who stands behind a party: told by the register, shown by ids, persons under a pseudonym."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.chassis.principal import Role
from libs.chassis.problems import Forbidden
from libs.chassis.vault import firm_key
from libs.criteria.violation import Violation
from services.credit.domain.relations import NewRelations, Relations, Shareholder, group_of
from services.credit.domain.sources import Source
from services.credit.operations import relations
from tests.unit.credit.doors import client
from tests.unit.credit.world import FIRM, OFFICER, OPERATOR, OTHER, TODAY, World, firm

HEAD = "person:head-000001"
THIRD = "uscc:91640200MA7ADEM24E"


def told(**changes: Any) -> NewRelations:
    plain: dict[str, Any] = {"source": Source.MARKET_REGULATION, "observed_on": date(2026, 10, 1)}
    return NewRelations(**(plain | changes))


def put(world: World, party: str = FIRM, by: Any = OPERATOR, **changes: Any) -> Relations:
    return world.write(relations.put_relations, by, party, told(**changes))


def look(world: World, by: Any, party: str = FIRM, **when: Any) -> Relations:
    return world.write(relations.get_relations, by, party, **when)


def test_a_firm_sees_who_stands_behind_it_and_others_see_no_person(world: World) -> None:
    world.put()
    put(world, legal_representative=HEAD, shareholders=(Shareholder(party=HEAD, share_bp=10_000),))

    assert look(world, firm()).legal_representative == HEAD
    seen = look(world, OFFICER)
    assert seen.legal_representative == f"pseudonym:{firm_key(HEAD)}"
    assert HEAD not in str(seen)
    assert seen.group == (f"pseudonym:{firm_key(HEAD)}",)


def test_a_group_is_whoever_control_binds_over_any_number_of_steps(world: World) -> None:
    for party in (FIRM, OTHER, THIRD):
        world.put(party)
    put(world, controllers=(HEAD,), shareholders=(Shareholder(party=THIRD, share_bp=4_999),))
    put(world, OTHER, shareholders=(Shareholder(party=HEAD, share_bp=5_000),))

    assert look(world, firm()).group == (HEAD, OTHER)
    assert look(world, firm(THIRD), THIRD).group == ()


def test_a_firms_own_word_draws_nobody_into_its_group(world: World) -> None:
    world.put()
    world.put(OTHER)
    put(world, OTHER, by=firm(OTHER), controllers=(FIRM,))

    assert look(world, firm(OTHER), OTHER).controllers == (FIRM,)
    assert look(world, OFFICER).group == ()


def test_what_the_register_says_later_replaces_and_the_earlier_is_kept(world: World) -> None:
    world.put()
    put(world, controllers=(OTHER,), observed_on=date(2026, 1, 1))
    put(world, controllers=(THIRD,))
    put(world, by=firm(), controllers=(HEAD,), observed_on=TODAY)

    assert look(world, firm()).controllers == (THIRD,)
    assert look(world, firm()).group == (THIRD,)
    assert look(world, firm(), as_of=date(2026, 5, 1)).controllers == (OTHER,)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"legal_representative": "person:13800138000"}, "legal_representative"),
        ({"controllers": (OTHER, OTHER)}, "controllers/1"),
        ({"same_control": ("uscc:1",)}, "same_control/0"),
        ({"shareholders": (Shareholder(party=OTHER, share_bp=0),)}, "shareholders/0/share_bp"),
        (
            {"shareholders": tuple(Shareholder(party=p, share_bp=6_000) for p in (OTHER, THIRD))},
            "shareholders",
        ),
        ({"controllers": (FIRM,)}, "party"),
        ({"observed_on": date(2027, 1, 1)}, "observed_on"),
    ],
)
def test_relations_that_cannot_be_are_refused(
    small_world: World, changes: dict[str, Any], field: str
) -> None:
    small_world.put()

    with pytest.raises(Violation) as refused:
        put(small_world, **changes)

    assert refused.value.field == field


def test_only_who_may_write_the_file_tells_who_stands_behind_it(small_world: World) -> None:
    small_world.put()

    for stranger in (OFFICER, firm(OTHER)):
        with pytest.raises(Forbidden):
            put(small_world, by=stranger)


def test_relations_have_their_doors(small_world: World) -> None:
    small_world.put()
    body = {"legal_representative": HEAD, "observed_on": "2026-10-01"}

    mine = client(small_world, Role.SME, FIRM)
    assert mine.put(f"/v1/parties/{FIRM}/relations", body).json()["source"] == "SELF_DECLARED"
    assert mine.get(f"/v1/parties/{FIRM}/relations").json()["legal_representative"] == HEAD


edges = st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef")), max_size=8)


@given(edges)
def test_a_group_is_the_same_from_whichever_member_it_is_asked(found: list[tuple[str, str]]) -> None:
    group = {"a", *group_of("a", found)}

    assert all({member, *group_of(member, found)} == group for member in group)
