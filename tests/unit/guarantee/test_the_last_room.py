"""Two hundred at once for the last room (golden G27 at scale): exactly those that fit succeed, on both engines."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest

from libs.chassis.database import Database
from libs.chassis.problems import Conflict
from services.guarantee.domain.guarantor import Guarantor
from services.guarantee.domain.programme import Rulebook
from services.guarantee.domain.related import NewRelatedGroup, RelationKind
from services.guarantee.operations import guarantors, parties
from tests.unit.guarantee.chain import (
    HELAN,
    MILLION,
    OPERATOR,
    admit,
    held,
    house_rules,
    limits_out_of_order,
    open_business,
    reserve,
    wish,
    with_figures,
)

CROWD = 200
LOAN = 1 * MILLION
WEIGHS = LOAN * 8 // 10 * 3 // 4
ROOM_FOR = 37


def crowd_at(database: Database, whom: tuple[Guarantor, ...], of: int = CROWD) -> list[str]:
    """What came of reservations of so many firms that all begin at the same moment: the limit that refused it, or
    "taken"."""
    together = Barrier(CROWD)

    def one(number: int) -> str:
        guarantor = whom[number % len(whom)]
        wanted = wish(f"app_{number}", LOAN, f"uscc:{number % of}", guarantor=guarantor.id)
        together.wait()
        try:
            reserve(database, wanted)
        except Conflict as refusal:
            return str(refusal.field)
        return "taken"

    with ThreadPoolExecutor(CROWD) as threads:
        return list(threads.map(one, range(CROWD)))


TWENTY = tuple(replace(HELAN, id=f"org_{number}") for number in range(20))

Situation = tuple[Rulebook, tuple[Guarantor, ...], str]
Narrow = Callable[[Rulebook], Situation]


def by_quota(rulebook: Rulebook) -> Situation:
    """Twenty guarantors, which do not wait for each other, draw on the quota of one programme."""
    quota = with_figures(rulebook, "ordinary", annual_quota_fen=ROOM_FOR * LOAN + LOAN // 2)
    return quota, TWENTY, "guarantee.ordinary.annual_quota_fen"


def by_leverage(rulebook: Rulebook) -> Situation:
    """One guarantor with room for 37 guaranteed parts of 80 %, at three quarters, beside its opening book."""
    opening = HELAN.net_assets_fen * 10 - ROOM_FOR * WEIGHS
    full = replace(HELAN, opening_liability_fen=opening)
    return rulebook, (full,), "guarantee.red_lines.leverage_multiple"


@pytest.mark.slow
@pytest.mark.parametrize("narrow", [by_quota, by_leverage])
def test_two_hundred_at_once_never_take_more_than_there_is(database: Database, narrow: Narrow) -> None:
    rulebook, crowded, limit = narrow(house_rules())
    open_business(database, rulebook, *crowded)

    outcomes = crowd_at(database, crowded)

    assert outcomes.count("taken") == ROOM_FOR
    assert outcomes.count(limit) == CROWD - ROOM_FOR
    assert held(database)["programme/ordinary/2026"] == ROOM_FOR * LOAN
    assert limits_out_of_order(database) == []


@pytest.mark.slow
def test_the_line_of_a_guarantor_is_never_overdrawn(database: Database) -> None:
    admit(database, HELAN.id, credit_line_fen=ROOM_FOR * LOAN + LOAN // 2)

    outcomes = crowd_at(database, (HELAN,))

    assert Counter(outcomes) == {"taken": ROOM_FOR, "admission.credit_line_fen": CROWD - ROOM_FOR}
    assert held(database)["admission/org_helan"] == ROOM_FOR * LOAN
    assert limits_out_of_order(database) == []


@pytest.mark.slow
def test_related_parties_at_once_stay_within_what_they_may_be_together(database: Database) -> None:
    """Fifty of one group: 15 % of net assets have room for 37 loans, each weighing three quarters of 80 %."""
    small = replace(HELAN, net_assets_fen=(ROOM_FOR * WEIGHS + WEIGHS // 2) * 100 // 15)
    database.transact(lambda tx: guarantors.put_guarantor(tx, OPERATOR, small.id, small))
    members = tuple(f"uscc:{number}" for number in range(50))
    group = NewRelatedGroup(name="集团", kind=RelationKind.CONTROL, parties=members)
    database.transact(lambda tx: parties.put_group(tx, OPERATOR, "grp_1", group))

    outcomes = crowd_at(database, (small,), of=50)

    assert outcomes.count("taken") == ROOM_FOR
    assert held(database)["guarantor/org_helan/group/grp_1"] == ROOM_FOR * WEIGHS
    assert limits_out_of_order(database) == []


@pytest.mark.slow
def test_one_borrower_at_once_is_weighed_by_all_that_it_has(database: Database) -> None:
    """Twelve loans are 9.6 million, which count whole; a thirteenth would be beyond a tenth of net assets."""
    open_business(database, with_figures(house_rules(), "ordinary", borrower_limit_fen=10**15))

    outcomes = crowd_at(database, (HELAN,), of=1)

    assert Counter(outcomes) == {"taken": 12, "guarantee.red_lines.concentration_bp": CROWD - 12}
    assert held(database)["guarantor/org_helan/borrower/uscc:0"] == 12 * LOAN * 8 // 10
    assert limits_out_of_order(database) == []


@pytest.mark.slow
def test_one_borrower_at_many_guarantors_at_once_stays_within_its_limit(database: Database) -> None:
    open_business(database, house_rules(), *TWENTY)

    outcomes = crowd_at(database, TWENTY, of=1)

    assert outcomes.count("taken") == 10
    assert held(database)["borrower/uscc:0/ordinary"] == 10 * MILLION
    assert limits_out_of_order(database) == []


@pytest.mark.slow
def test_one_application_at_once_is_reserved_once(database: Database) -> None:
    with ThreadPoolExecutor(20) as threads:
        found = list(threads.map(lambda _: reserve(database, wish()), range(20)))

    assert len({guarantee.id for guarantee in found}) == 1
    assert held(database)["programme/ordinary/2026"] == 3 * MILLION
