"""Two hundred at once for the last room (golden G27 at scale): exactly those that fit succeed, on both engines."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest

from libs.chassis.database import Database
from libs.chassis.problems import Conflict
from services.guarantee.domain.guarantor import Guarantor
from services.guarantee.domain.programme import Rulebook
from tests.unit.guarantee.chain import (
    HELAN,
    MILLION,
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
ROOM_FOR = 37


def crowd_at(database: Database, guarantors: tuple[Guarantor, ...], party: str = "uscc:{}") -> list[str]:
    """What came of reservations that all begin at the same moment: the limit that refused it, or "taken"."""
    together = Barrier(CROWD)

    def one(number: int) -> str:
        guarantor = guarantors[number % len(guarantors)]
        wanted = wish(f"app_{number}", LOAN, party.format(number), guarantor=guarantor.id)
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
    """One guarantor with room for 37 guaranteed parts of 80 % beside its opening book."""
    opening = HELAN.net_assets_fen * 10 - ROOM_FOR * LOAN * 8 // 10
    full = replace(HELAN, opening_liability_fen=opening)
    return rulebook, (full,), "guarantee.red_lines.leverage_multiple"


@pytest.mark.slow
@pytest.mark.parametrize("narrow", [by_quota, by_leverage])
def test_two_hundred_at_once_never_take_more_than_there_is(database: Database, narrow: Narrow) -> None:
    rulebook, guarantors, limit = narrow(house_rules())
    open_business(database, rulebook, *guarantors)

    outcomes = crowd_at(database, guarantors)

    assert outcomes.count("taken") == ROOM_FOR
    assert outcomes.count(limit) == CROWD - ROOM_FOR
    assert held(database)["programme/ordinary/2026"] == ROOM_FOR * LOAN
    assert limits_out_of_order(database) == []


@pytest.mark.slow
def test_one_borrower_at_many_guarantors_at_once_stays_within_its_limit(database: Database) -> None:
    open_business(database, house_rules(), *TWENTY)

    outcomes = crowd_at(database, TWENTY, party="uscc:same")

    assert outcomes.count("taken") == 10
    assert held(database)["borrower/uscc:same/ordinary"] == 10 * MILLION
    assert limits_out_of_order(database) == []


@pytest.mark.slow
def test_one_application_at_once_is_reserved_once(database: Database) -> None:
    with ThreadPoolExecutor(20) as threads:
        found = list(threads.map(lambda _: reserve(database, wish()), range(20)))

    assert len({guarantee.id for guarantee in found}) == 1
    assert held(database)["programme/ordinary/2026"] == 3 * MILLION
