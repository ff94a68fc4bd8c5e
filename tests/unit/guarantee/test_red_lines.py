"""Red lines: measured by their definitions, said when a level changes, and a stop for what would make one worse."""

from dataclasses import replace

import pytest

from libs.chassis import wire
from libs.chassis.database import Database
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Conflict, Forbidden
from libs.eventing import topics
from libs.registry.size import Size
from rongqiao.guarantee.v1 import events_pb2
from services.guarantee import jobs
from services.guarantee.domain.measures import Level, Measure, RedLine, RedLineList
from services.guarantee.domain.opening import ReturnedClaims
from services.guarantee.operations import guarantors, red_lines
from tests.support.services import emitted
from tests.unit.guarantee.books import load, row
from tests.unit.guarantee.chain import (
    FIRM,
    HELAN,
    MANAGER,
    MILLION,
    OPERATOR,
    YUAN,
    confirm,
    disburse,
    reserve,
    wish,
)

WATCHER = Principal("acc_province", Role.REGUARANTOR, "org_province")
MEDIUM = replace(FIRM, size=Size.MEDIUM)
BIG = {"size": "MEDIUM", "loan_amount": "6000000", "loan_balance": "6000000", "guaranteed_balance": "4800000"}


def measured(database: Database, guarantor: str = HELAN.id) -> dict[Measure, RedLine]:
    with database.read() as tx:
        found = red_lines.get_red_lines(tx, WATCHER, guarantor)
    return {one.measure: one for one in found.items}


def put(database: Database, **other: object) -> None:
    changed = replace(HELAN, **other)  # type: ignore[arg-type]
    database.transact(lambda tx: guarantors.put_guarantor(tx, OPERATOR, changed.id, changed))


def changes(database: Database) -> list[tuple[str, str, str, str]]:
    """Guarantor, measure and levels of each change that was said."""
    messages = [
        event.decode(events_pb2.RedLineChanged)
        for event in emitted(database)
        if event.topic == topics.GUARANTEE_RED_LINE.name
    ]
    plain = [wire.to_plain(one) for one in messages]
    return [(one.get("guarantor") or "", one["measure"], one["before"], one["level"]) for one in plain]


def test_a_guarantor_stands_before_every_red_line_by_a_named_definition(database: Database) -> None:
    load(database, [row(1), row(2)])
    reserve(database, wish())

    found = measured(database)

    assert set(found) >= {
        Measure.LEVERAGE,
        Measure.CONCENTRATION,
        Measure.GROUP,
        Measure.CREDIT_LINE,
        Measure.PROVINCIAL_LINE,
        Measure.CLAIM_RATIO,
        Measure.SMALL_SHARE,
        Measure.UP_TO_500,
        Measure.RESERVES,
    }
    leverage = found[Measure.LEVERAGE]
    assert (leverage.held_fen, leverage.platform_fen, leverage.returned_fen) == (
        3 * MILLION,
        1_800_000 * YUAN,
        1_200_000 * YUAN,
    )
    assert (leverage.value_ppm, leverage.limit_ppm, leverage.level) == (30_000, 10_000_000, Level.OK)
    assert (found[Measure.CONCENTRATION].value_ppm, found[Measure.CONCENTRATION].limit_ppm) == (
        18_000,
        100_000,
    )
    assert (found[Measure.SMALL_SHARE].value_ppm, found[Measure.SMALL_SHARE].returned_fen) == (
        1_000_000,
        1_600_000 * YUAN,
    )
    assert all(one.definition and one.source and one.rule for one in found.values())


def test_net_assets_without_equity_in_guarantors_measure_leverage(database: Database) -> None:
    reserve(database, wish())
    put(database, investments_fen=80 * MILLION)

    assert measured(database)[Measure.LEVERAGE].value_ppm == 90_000


def test_reserves_are_measured_once_they_are_told(database: Database) -> None:
    """Half of the fee income of the year, and a hundredth of the liability (§7)."""
    disburse(database, confirm(database, reserve(database, wish())))
    unknown = measured(database)[Measure.RESERVES]
    put(database, reserves_fen=33_000 * YUAN)
    kept = measured(database)[Measure.RESERVES]
    put(database, reserves_fen=33_000 * YUAN - 1)

    assert unknown.level is Level.UNKNOWN
    assert (kept.held_fen, kept.level) == (15_000 * YUAN + 18_000 * YUAN, Level.OK)
    assert measured(database)[Measure.RESERVES].level is Level.BREACH


def test_who_has_the_higher_multiple_must_still_serve_mainly_the_small(database: Database) -> None:
    put(database, mainly_small=True)
    load(database, [row(1), row(2, **BIG)])

    found = measured(database)

    assert found[Measure.MAINLY_SMALL_BALANCE].level is Level.BREACH
    assert (
        found[Measure.MAINLY_SMALL_HOUSEHOLDS].held_fen,
        found[Measure.MAINLY_SMALL_HOUSEHOLDS].whole_fen,
    ) == (1, 2)


def test_a_level_that_changes_is_said_once_and_its_recovery_too(database: Database) -> None:
    jobs.say_red_lines(database)
    reserve(database, wish(amount_fen=3 * MILLION))
    put(database, net_assets_fen=24 * MILLION)  # 1.8 million is three quarters of a tenth of it
    jobs.say_red_lines(database)
    jobs.say_red_lines(database)
    put(database, net_assets_fen=10 * MILLION)
    jobs.say_red_lines(database)
    put(database)
    jobs.say_red_lines(database)

    assert changes(database) == [
        ("org_helan", "CONCENTRATION", "OK", "WARNING"),
        ("org_helan", "CONCENTRATION", "WARNING", "BREACH"),
        ("org_helan", "CONCENTRATION", "BREACH", "OK"),
    ]


def test_a_fact_about_a_red_line_names_no_borrower() -> None:
    assert "party" not in events_pb2.RedLineChanged.DESCRIPTOR.fields_by_name


def test_a_book_with_too_little_for_the_small_blocks_what_lowers_it_until_it_recovers(
    database: Database,
) -> None:
    load(database, [row(1), row(2, **BIG)])
    medium = wish("app_m", programme="technology_35", labels=("high_tech",), dimensions=MEDIUM)
    jobs.say_red_lines(database)

    with pytest.raises(Conflict) as refused:
        reserve(database, medium)
    for number in range(20):
        reserve(database, wish(f"app_{number}", 2 * MILLION, f"uscc:{number}"))
    jobs.say_red_lines(database)

    assert refused.value.field == "guarantee.red_lines.small_share_min_bp"
    assert ("org_helan", "SMALL_SHARE", "BREACH", "WARNING") in changes(database)
    assert reserve(database, medium).programme == "technology_35"


def test_claims_that_returns_tell_count_in_the_ratio_of_the_programme(database: Database) -> None:
    """Nothing released but by the return: 100 million for a year; the cap of batch business is 3 % of 80 % of it."""
    claims = ReturnedClaims(
        programme="batch",
        bank="org_bank",
        paid_fen=3 * MILLION,
        released_fen=100 * MILLION,
        released_fen_days=100 * MILLION * 365,
    )
    load(database, [row(1)], claims=(claims,))

    with database.read() as tx:
        found = red_lines.get_red_lines(tx, WATCHER, HELAN.id).items
    batch = next(one for one in found if one.measure is Measure.CLAIM_RATIO and one.programme == "batch")

    assert (batch.value_ppm, batch.limit_ppm, batch.level) == (37_500, 30_000, Level.BREACH)
    assert (batch.returned_fen, batch.platform_fen) == (3 * MILLION, 0)


def listed(database: Database, by: Principal, *, by_bank: bool) -> list[RedLineList]:
    with database.read() as tx:
        return list(red_lines.list_red_lines(tx, by, by_bank).items)


def test_the_reguarantor_sees_every_guarantor_and_each_with_each_bank(database: Database) -> None:
    load(database, [row(1, bank="org_bank"), row(2, bank="org_other", **BIG)])
    disburse(database, confirm(database, reserve(database, wish())))

    every = listed(database, WATCHER, by_bank=False)
    banks = {one.bank: one.items for one in listed(database, WATCHER, by_bank=True)}

    assert [one.guarantor for one in every] == ["org_helan", "org_yinchuan"]
    small = {bank: items[0] for bank, items in banks.items()}
    assert (small["org_bank"].value_ppm, small["org_other"].value_ppm) == (1_000_000, 0)
    assert (small["org_bank"].platform_fen, small["org_bank"].returned_fen) == (3 * MILLION, 1 * MILLION)


def test_a_guarantor_sees_itself_alone(database: Database) -> None:
    with database.read() as tx:
        own = red_lines.get_red_lines(tx, MANAGER, HELAN.id)
        with pytest.raises(Forbidden):
            red_lines.get_red_lines(tx, MANAGER, "org_yinchuan")
    with pytest.raises(Forbidden):
        listed(database, MANAGER, by_bank=False)

    assert own.guarantor == HELAN.id
