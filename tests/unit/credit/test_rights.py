"""Rights that can be pledged: their terms, their encumbrances, what they are worth and who may see that."""

from datetime import date, timedelta
from typing import Any

import pytest

from libs.registry.loan_terms import IpRightKind
from services.credit.domain.bulk import BulkOutcome, RowState
from services.credit.domain.facts import NewFacts
from services.credit.domain.party import IpRight, Valuation, ValuationMethod
from services.credit.domain.sources import ItemState
from services.credit.operations import files
from tests.support.services import NOON
from tests.unit.credit.world import FIRM, OFFICER, OPERATOR, TODAY, World, fact, firm


def right(**changes: object) -> IpRight:
    told = {
        "id": "ZL202310000001.X",
        "kind": IpRightKind.INVENTION,
        "expires_on": date(2043, 1, 5),
        "appraised_fen": 90_000_000,
    }
    return IpRight(**(told | changes))  # type: ignore[arg-type]


def test_the_newest_word_of_the_office_counts_of_a_right_and_never_the_firms_own(world: World) -> None:
    world.put()
    deliver = lambda by, *rights: world.write(files.add_facts, by, FIRM, NewFacts(ip_rights=rights))  # noqa: E731

    assert deliver(firm(), right(appraised_fen=1)).recorded == 1
    assert deliver(OPERATOR, right()).recorded == 1
    assert deliver(OPERATOR, right()).known == 1
    assert deliver(OPERATOR, right(encumbered=True)).recorded == 1
    assert deliver(firm(), right(appraised_fen=2)).recorded == 1

    assert world.look(firm()).ip_rights == (right(encumbered=True, observed_on=TODAY),)


def test_a_right_with_a_negative_value_is_rejected_in_its_row(world: World) -> None:
    world.put()

    outcome = world.write(
        files.add_facts,
        OPERATOR,
        FIRM,
        NewFacts(facts=(fact("tax_grade", "A"),), ip_rights=(right(appraised_fen=-1),)),
    )

    assert [(row.row, row.state, row.field) for row in outcome.rows] == [
        (1, RowState.RECORDED, None),
        (2, RowState.REJECTED, "appraised_fen"),
    ]


def deliver(world: World, *rights: IpRight, by: Any = OPERATOR) -> BulkOutcome:
    return world.write(files.add_facts, by, FIRM, NewFacts(ip_rights=rights))


def appraised(amount_fen: int, on: date) -> Valuation:
    return Valuation(method=ValuationMethod.INCOME, appraiser="宁夏测试评估", amount_fen=amount_fen, on=on)


def test_a_right_is_worth_what_its_newest_valuation_says(world: World) -> None:
    world.put()
    later, earlier = appraised(70_000, date(2026, 5, 1)), appraised(90_000, date(2025, 5, 1))
    deliver(world, right(appraised_fen=None, valuations=(later, earlier)))

    assert world.look(firm()).ip_rights[0].appraised_fen == 70_000


def test_what_a_right_is_worth_is_closed_until_the_statements_are_opened(world: World) -> None:
    world.put()
    deliver(world, right(valuations=(appraised(70_000, date(2026, 5, 1)),)))
    free = world.look(OFFICER).ip_rights[0]
    told = world.summary().ip_rights[0]

    assert (free.appraised_fen, free.valuations) == (None, ())
    assert free.valuation_state is ItemState.NOT_AUTHORISED
    assert not told.HasField("appraised_fen")
    world.grant("statements")
    world.grant("statements", recipient="platform")
    assert world.look(OFFICER).ip_rights[0].appraised_fen == 70_000
    assert world.summary().ip_rights[0].appraised_fen == 70_000


def test_rights_are_seen_as_they_were_on_a_day_and_known_by_an_instant(world: World) -> None:
    world.put()
    deliver(world, right(observed_on=date(2026, 1, 1)))
    world.pass_days(2)
    pledged = {"encumbered": True, "pledgee": "青岚银行", "pledged_on": date(2026, 10, 1)}
    deliver(world, right(observed_on=date(2026, 10, 1), **pledged))

    held = lambda **when: [one.encumbered for one in world.look(firm(), **when).ip_rights]  # noqa: E731
    assert (held(), held(as_of=date(2026, 9, 1)), held(as_of=date(2025, 9, 1))) == ([True], [False], [])
    assert held(known=NOON + timedelta(days=1)) == [False]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"filed_on": date(2022, 1, 5)}, "expires_on"),
        ({"filed_on": date(1980, 1, 5)}, "filed_on"),
        ({"filed_on": TODAY + timedelta(days=1), "expires_on": date(2046, 1, 1)}, "filed_on"),
        ({"pledgee": "青岚银行"}, "pledgee"),
        ({"valuation_state": ItemState.KNOWN}, "valuation_state"),
        ({"valuations": (appraised(-1, date(2026, 5, 1)),)}, "appraised_fen"),
        ({"valuations": (appraised(1, date(2027, 5, 1)),)}, "valuations/0/on"),
    ],
)
def test_a_right_that_cannot_be_is_rejected_in_its_row(
    small_world: World, changes: dict[str, Any], field: str
) -> None:
    small_world.put()

    outcome = deliver(small_world, right(**changes), right(id="good", filed_on=date(2023, 1, 5)))

    assert (outcome.rows[0].field, outcome.recorded) == (field, 1)
