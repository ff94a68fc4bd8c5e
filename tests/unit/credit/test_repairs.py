"""Credit repair: who applies, who decides, and what is left of an item that was stopped."""

from datetime import date
from typing import Any

import pytest

from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Conflict, Forbidden, NotFound
from libs.chassis.vault import firm_key
from libs.criteria.violation import Violation
from rongqiao.credit.v1 import repairs_pb2 as pb
from services.credit.domain.notices import Audit, NoticeCause
from services.credit.domain.records import RecordKind, RecordState, Severity
from services.credit.domain.repair import RepairStatus
from services.credit.operations import audits, reading, records
from tests.unit.credit.doors import client
from tests.unit.credit.repairing import (
    CENTRE,
    NO,
    application,
    apply,
    decide,
    deliver,
    notices,
    paper,
    penalised,
    penalty,
    record_of,
    shown,
    stopped,
)
from tests.unit.credit.world import (
    BANK,
    FIRM,
    NAME,
    OFFICER,
    OPERATOR,
    OTHER,
    World,
    firm,
    told,
    values,
)


def test_a_firm_that_applies_too_early_is_told_the_first_day(small_world: World) -> None:
    record = penalised(small_world, made="2026-09-01")

    with pytest.raises(Violation) as refusal:
        apply(small_world, record)

    assert refusal.value.field == "record_id"
    assert refusal.value.mend == "Apply on 2026-12-01 or later."
    assert "36号" in str(refusal.value.source)


def test_an_application_names_its_rule_and_the_last_day_to_decide(small_world: World) -> None:
    record = penalised(small_world)

    repair = apply(small_world, record)

    assert repair.status is RepairStatus.APPLIED
    assert repair.applied_on == date(2026, 11, 22)
    assert repair.decide_by == date(2026, 12, 4)
    assert "36号" in repair.rule


def test_an_accepted_item_is_gone_from_every_view_fact_and_summary(world: World) -> None:
    record = penalised(world)
    world.grant("tax", recipient="platform")
    before = (values(world.look())["penalties_24m"], told(world.summary())["penalties_24m"])

    decide(world, apply(world, record))

    assert before == ("1", "1")
    assert values(world.look())["penalties_24m"] == values(world.look(firm()))["penalties_24m"] == "0"
    assert told(world.summary())["penalties_24m"] == "0"
    assert shown(world, OFFICER) == shown(world, firm()) == shown(world, OPERATOR) == []


def test_not_even_an_earlier_day_or_instant_brings_a_stopped_item_back(small_world: World) -> None:
    record = penalised(small_world)
    instant = small_world.database.clock.now()
    small_world.pass_days(1)

    decide(small_world, apply(small_world, record))

    then = small_world.look(firm(), as_of=date(2026, 10, 1), known=instant)
    listed = small_world.write(records.list_records, firm(), FIRM, as_of=date(2026, 10, 1), known=instant)
    assert values(then)["penalties_24m"] == "0"
    assert listed.items == ()


def test_a_refused_item_stays_and_the_firm_may_apply_again(small_world: World) -> None:
    record = penalised(small_world)

    refused = decide(small_world, apply(small_world, record), NO)
    again = apply(small_world, record)

    assert refused.status is RepairStatus.REFUSED
    assert refused.reason == NO.reason
    assert values(small_world.look())["penalties_24m"] == "1"
    assert again.status is RepairStatus.APPLIED


def test_an_item_is_applied_for_once_at_a_time(world: World) -> None:
    record = penalised(world)
    apply(world, record)

    with pytest.raises(Conflict):
        apply(world, record)


def test_a_decision_is_final(small_world: World) -> None:
    record = penalised(small_world)
    repair = decide(small_world, apply(small_world, record), NO)

    with pytest.raises(Conflict):
        decide(small_world, repair)


@pytest.mark.parametrize(
    "by",
    [
        firm(),
        Principal("acc_firm", Role.OPERATOR, "org_platform"),  # the same account, in another role
        Principal("acc_2", Role.OPERATOR, FIRM),
        Principal("acc_3", Role.SERVICE_CENTRE, "org_far", "6402"),
        OFFICER,
    ],
)
def test_nobody_decides_his_own_application_or_one_of_another_territory(
    small_world: World, by: Principal
) -> None:
    record = penalised(small_world)
    repair = apply(small_world, record)

    with pytest.raises(Forbidden):
        decide(small_world, repair, by=by)

    assert record_of(small_world).state is RecordState.IN_USE


def test_only_the_firm_itself_applies_and_only_for_its_own_items(small_world: World) -> None:
    record = penalised(small_world)
    small_world.put(OTHER)

    with pytest.raises(NotFound):
        apply(small_world, record, by=firm(OTHER))
    with pytest.raises(Forbidden):
        apply(small_world, record, by=OPERATOR)


def test_a_kind_without_a_rule_is_not_repaired(small_world: World) -> None:
    small_world.put()
    deliver(small_world, penalty(kind=RecordKind.COURT_CASE, severity=None))

    with pytest.raises(Violation) as refusal:
        apply(small_world, record_of(small_world))

    assert "dispute" in refusal.value.mend


def test_the_same_document_delivered_again_does_not_come_back(world: World) -> None:
    record = penalised(world)
    decide(world, apply(world, record))

    again = deliver(world, penalty(), penalty(severity=Severity.SERIOUS, observed_on=date(2026, 11, 20)))

    assert [row.state for row in again.rows] == ["KNOWN", "KNOWN"]
    assert all("stopped" in (row.message or "") for row in again.rows)
    assert shown(world, OFFICER) == []
    assert values(world.look())["penalties_24m"] == "0"


def test_another_document_counts_as_ever(small_world: World) -> None:
    record = penalised(small_world)
    decide(small_world, apply(small_world, record))

    deliver(small_world, penalty("宁金罚〔2026〕2号", made="2026-07-01"))

    assert shown(small_world, OFFICER) == ["宁金罚〔2026〕2号"]
    assert values(small_world.look())["penalties_24m"] == "1"


def test_whoever_saw_the_item_is_told_and_nobody_else(world: World) -> None:
    record = penalised(world)
    world.grant("tax")
    world.look()

    decide(world, apply(world, record))

    (notice,) = notices(world)
    assert (notice.party, notice.item, notice.cause) == (FIRM, record.id, NoticeCause.REPAIRED)
    assert notices(world, Principal("acc_9", Role.BANK_MANAGER, "org_other")) == ()


def test_who_looked_before_the_item_was_known_is_not_told(small_world: World) -> None:
    small_world.put()
    small_world.look()
    small_world.pass_days(1)
    deliver(small_world, penalty())

    decide(small_world, apply(small_world, record_of(small_world)))

    assert notices(small_world) == ()


def test_the_fact_of_a_stop_names_nobody_and_says_nothing_of_the_item(small_world: World) -> None:
    record = penalised(small_world)

    decide(small_world, apply(small_world, record))

    (fact,) = stopped(small_world)
    assert (fact.item, fact.firm_key) == (record.id, firm_key(FIRM))
    assert fact.cause == pb.NOTICE_CAUSE_REPAIRED
    assert not {FIRM, FIRM.removeprefix("uscc:"), NAME, "PENALTY", record.reference} & set(
        str(fact).replace('"', " ").split()
    )


def test_a_stopped_item_is_audited_with_a_reason_that_the_firm_reads(world: World) -> None:
    record = penalised(world)
    decide(world, apply(world, record))

    seen = world.write(audits.audit_stopped_record, OPERATOR, record.id, Audit(reason="信访复核"))

    assert (seen.reference, seen.cause, seen.stopped_on) == (
        record.reference,
        NoticeCause.REPAIRED,
        date(2026, 11, 22),
    )
    with world.database.read() as tx:
        (look,) = reading.list_reads(tx, firm(), FIRM).items
    assert (look.reader, look.what, look.reason) == ("org_platform", "AUDIT", "信访复核")


@pytest.mark.parametrize("by", [firm(), CENTRE, OFFICER, Principal("acc_r", Role.REGULATOR, "org_reg", "64")])
def test_nobody_but_an_operator_audits(small_world: World, by: Principal) -> None:
    record = penalised(small_world)
    decide(small_world, apply(small_world, record))

    with pytest.raises(Forbidden):
        small_world.write(audits.audit_stopped_record, by, record.id, Audit(reason="好奇"))


def test_what_is_in_use_is_not_audited(small_world: World) -> None:
    record = penalised(small_world)

    with pytest.raises(NotFound):
        small_world.write(audits.audit_stopped_record, OPERATOR, record.id, Audit(reason="复核"))


def test_the_whole_way_over_http(world: World) -> None:
    record = penalised(world)
    applicant, centre = (
        client(world, Role.SME, FIRM),
        client(world, Role.SERVICE_CENTRE, "org_centre", "acc_2"),
    )
    body: dict[str, Any] = {
        "record_id": record.id,
        "evidence": [paper(world)],
        "commitment_hash": "0" * 64,
        "corrected_on": "2026-06-10",
    }

    repair = applicant.post("/v1/repairs", body).json()
    open_ones = centre.get("/v1/repairs", status="APPLIED").json()["items"]
    decided = centre.post(
        f"/v1/repairs/{repair['id']}/decide", {"accepted": True, "reason": "义务已履行"}
    ).json()

    assert [one["id"] for one in open_ones] == [repair["id"]]
    assert decided["status"] == "ACCEPTED"
    assert applicant.get(f"/v1/repairs/{repair['id']}").json() == decided
    assert centre.get("/v1/repairs", status="APPLIED").json()["items"] == []
    assert client(world, Role.BANK_OFFICER, BANK).get("/v1/repair-notices").json()["items"] == []


def test_evidence_and_commitment_are_asked_for(small_world: World) -> None:
    record = penalised(small_world)
    good = application(record)

    for wrong in ({"evidence": ()}, {"evidence": ("doc_1", "doc_1")}, {"commitment_hash": "x"}):
        with pytest.raises(Violation):
            type(good)(**({name: getattr(good, name) for name in good.__dataclass_fields__} | wrong))
