"""A consent to be found: banks may be told the name when a product fits, and nothing else."""

from datetime import timedelta

import pytest

from libs.criteria.violation import Violation
from services.credit.domain.consent import Purpose
from tests.unit.credit.world import TODAY, World, closed, fact, told

BANK = "org_bank"
UNTIL = TODAY + timedelta(days=30)


def found_by(world: World) -> dict[str, str]:
    return {one.recipient: one.valid_until for one in world.summary().found_by}


def test_who_may_find_the_party_is_told_to_matching_until_the_last_day(world: World) -> None:
    world.put()
    world.grant(purpose=Purpose.FINDING, recipient=BANK, valid_until=UNTIL)
    world.grant(purpose=Purpose.FINDING, recipient="platform", valid_until=UNTIL - timedelta(days=9))
    assert found_by(world) == {BANK: str(UNTIL), "platform": str(UNTIL - timedelta(days=9))}


def test_of_two_consents_to_one_bank_the_longer_counts_and_a_revoked_one_does_not(world: World) -> None:
    world.put()
    world.grant(purpose=Purpose.FINDING, recipient=BANK, valid_until=UNTIL - timedelta(days=20))
    longer = world.grant(purpose=Purpose.FINDING, recipient=BANK, valid_until=UNTIL)
    assert found_by(world) == {BANK: str(UNTIL)}
    world.revoke(longer)
    assert found_by(world) == {BANK: str(UNTIL - timedelta(days=20))}


def test_the_day_after_its_last_one_nobody_finds_the_party(world: World) -> None:
    world.put()
    world.grant(purpose=Purpose.FINDING, recipient=BANK, valid_until=UNTIL)
    world.summary()
    world.pass_days(31)
    assert found_by(world) == {}


def test_to_be_found_opens_no_fact_to_anybody(world: World) -> None:
    world.put()
    world.say(fact("tax_grade", "A"))
    world.grant(purpose=Purpose.FINDING, recipient=BANK, valid_until=UNTIL)
    assert "tax_grade" not in told(world.summary())
    assert "tax_grade" in closed(world.look())


@pytest.mark.parametrize(
    ("scopes", "recipient", "field"), [(("tax",), BANK, "scopes"), ((), "anybody", "recipient")]
)
def test_it_names_no_facts_and_a_recipient_who_can_find(
    world: World, scopes: tuple[str, ...], recipient: str, field: str
) -> None:
    world.put()
    with pytest.raises(Violation) as refused:
        world.grant(*scopes, purpose=Purpose.FINDING, recipient=recipient, valid_until=UNTIL)
    assert refused.value.field == field
