"""Disputes: marked for everybody who may see the item, decided by somebody else, and what a decision changes."""

from datetime import date

import pytest
import sqlalchemy as sa

from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Conflict, Forbidden, NotFound
from libs.criteria.violation import Violation
from services.credit.domain.dispute import DisputeStatus, NewDispute, Statement
from services.credit.domain.notices import NoticeCause
from services.credit.domain.records import RecordKind, RecordState
from services.credit.operations import disputes, records
from services.credit.store.disputes import disputes as table
from tests.unit.credit.doors import client
from tests.unit.credit.repairing import (
    CENTRE,
    RIGHT,
    TAX,
    WRONG,
    apply,
    decide,
    deliver,
    dispute,
    dispute_fact,
    graded,
    item,
    judge,
    notices,
    penalised,
    penalty,
    record_of,
    state,
    stopped,
)
from tests.unit.credit.world import BANK, FIRM, OFFICER, OTHER, World, firm, values


def test_a_disputed_record_is_marked_for_every_reader_and_still_counts(world: World) -> None:
    record = penalised(world)

    found = dispute(world, record)

    for reader in (OFFICER, firm(), CENTRE):
        (shown,) = world.write(records.list_records, reader, FIRM).items
        assert shown.state is RecordState.DISPUTED
        assert (
            item(world, "penalties_24m", reader).value,
            item(world, "penalties_24m", reader).disputed,
        ) == (
            "1",
            True,
        )
    assert found.decide_by == date(2026, 12, 12)


def test_a_record_that_is_kept_is_marked_no_more_and_its_readers_are_told(small_world: World) -> None:
    record = penalised(small_world)
    small_world.look()

    kept = judge(small_world, dispute(small_world, record), RIGHT)

    assert (kept.status, kept.reason) == (DisputeStatus.KEPT, RIGHT.reason)
    assert record_of(small_world).state is RecordState.IN_USE
    assert not item(small_world, "penalties_24m").disputed
    assert [notice.cause for notice in notices(small_world)] == [NoticeCause.KEPT]
    assert stopped(small_world) == []


def test_a_record_that_was_wrong_is_stopped_for_good(small_world: World) -> None:
    record = penalised(small_world)
    small_world.look()

    judge(small_world, dispute(small_world, record), WRONG)
    again = deliver(small_world, penalty())

    assert [row.state for row in again.rows] == ["KNOWN"]
    assert values(small_world.look())["penalties_24m"] == "0"
    assert [(notice.item, notice.cause) for notice in notices(small_world)] == [
        (record.id, NoticeCause.CORRECTED)
    ]


def test_a_statement_about_a_record_goes_to_whoever_sees_the_record(small_world: World) -> None:
    record = penalised(small_world)
    found = dispute(small_world, record)

    small_world.write(disputes.add_statement, firm(), found.id, Statement(text="正在行政诉讼"))

    (note,) = small_world.write(records.list_records, OFFICER, FIRM).notes
    assert (note.record_id, note.statement) == (record.id, "正在行政诉讼")


def test_words_of_the_firm_are_unreadable_at_rest(small_world: World) -> None:
    found = dispute(small_world, penalised(small_world))
    small_world.write(disputes.add_statement, firm(), found.id, Statement(text="法人张测试已起诉"))

    with small_world.database.read() as tx:
        raw = tx.connection.exec_driver_sql(str(sa.select(table))).fetchall()
    assert "张测试" not in str(raw)
    assert "处罚已撤销" not in str(raw)


def test_an_item_is_disputed_once_at_a_time(world: World) -> None:
    graded(world)
    dispute_fact(world)

    with pytest.raises(Conflict):
        dispute_fact(world)


def test_a_repair_of_a_disputed_item_ends_the_dispute(small_world: World) -> None:
    record = penalised(small_world)
    found = dispute(small_world, record)

    decide(small_world, apply(small_world, record))

    assert state(small_world, found).status is DisputeStatus.OBSOLETE
    with pytest.raises(Conflict):
        judge(small_world, found, RIGHT)
    assert record_of(small_world).state is RecordState.STOPPED


def test_a_stopped_item_cannot_be_disputed(small_world: World) -> None:
    record = penalised(small_world)
    decide(small_world, apply(small_world, record))

    with pytest.raises(Conflict):
        dispute(small_world, record)


@pytest.mark.parametrize(
    "by",
    [
        firm(),
        OFFICER,
        Principal("acc_firm", Role.OPERATOR, "org_platform"),
        Principal("acc_3", Role.SERVICE_CENTRE, "org_far", "6402"),
    ],
)
def test_nobody_decides_his_own_dispute_or_one_of_another_territory(
    small_world: World, by: Principal
) -> None:
    found = dispute(small_world, penalised(small_world))

    with pytest.raises(Forbidden):
        judge(small_world, found, WRONG, by)

    assert record_of(small_world).state is RecordState.DISPUTED


def test_another_firms_item_is_not_there(small_world: World) -> None:
    record = penalised(small_world)
    small_world.put(OTHER)

    with pytest.raises(NotFound):
        small_world.write(disputes.open_dispute, firm(OTHER), NewDispute(record_id=record.id, claim="不实"))


def test_a_dispute_names_one_thing(small_world: World) -> None:
    with pytest.raises(Violation):
        NewDispute(claim="不实")
    with pytest.raises(Violation):
        NewDispute(record_id="rec_1", fact=TAX, claim="不实")


def test_the_whole_way_over_http(world: World) -> None:
    graded(world)
    applicant = client(world, Role.SME, FIRM)
    centre = client(world, Role.SERVICE_CENTRE, "org_centre", "acc_2")
    at = {"fact": "tax_grade", "source": "TAX", "observed_on": "2026-04-30"}

    found = applicant.post("/v1/disputes", {"fact": at, "claim": "级别已复评"}).json()
    listed = centre.get("/v1/disputes", status="OPEN").json()["items"]
    said = applicant.post(f"/v1/disputes/{found['id']}/statement", {"text": "见复评通知"}).json()
    decided = centre.post(
        f"/v1/disputes/{found['id']}/decide", {"corrected": True, "reason": "已更正", "value": "B"}
    ).json()

    assert [one["id"] for one in listed] == [found["id"]]
    assert said["statement"] == "见复评通知"
    assert (decided["status"], decided["statement"]) == ("CORRECTED", "见复评通知")
    assert applicant.get("/v1/disputes").json()["items"] == [decided]
    assert client(world, Role.BANK_OFFICER, BANK).get("/v1/disputes").status_code == 403


def test_a_protected_item_is_told_only_to_whom_its_scope_was_open(small_world: World) -> None:
    world, other = small_world, Principal("acc_9", Role.BANK_OFFICER, "org_other")
    world.put()
    deliver(world, penalty(kind=RecordKind.PAST_DUE, severity=None))
    world.grant("credit_record")
    world.grant("tax", recipient=other.organisation)
    world.look()
    world.look(other)

    judge(world, dispute(world, record_of(world)), WRONG)

    assert [notice.item for notice in notices(world)] == [record_of(world).id]
    assert notices(world, other) == ()
