"""What tests of repair, disputes and classes share: records, applications, decisions."""

from datetime import date
from typing import Any

from libs.chassis.principal import Principal, Role
from libs.eventing import topics
from rongqiao.credit.v1 import events_pb2 as events
from services.credit import jobs
from services.credit.domain.bulk import BulkOutcome
from services.credit.domain.dispute import Dispute, FactAt, NewDispute, Verdict
from services.credit.domain.documents import DocumentKind, NewDocument
from services.credit.domain.facts import Source
from services.credit.domain.notices import Notice
from services.credit.domain.records import NewRecord, NewRecords, Record, RecordKind, Severity
from services.credit.domain.repair import Decision, NewRepair, Repair
from services.credit.domain.risk_class import ClassDelivery, ClassRow, Draw, NewDraw, RiskClass
from services.credit.domain.view import Item
from services.credit.operations import disputes, records, repairs, risk_classes
from services.credit.store import documents
from services.credit.store import records as store
from tests.unit.credit.world import FIRM, OFFICER, OPERATOR, TEXT_HASH, TODAY, World, fact, firm

CENTRE = Principal("acc_centre", Role.SERVICE_CENTRE, "org_centre", "6401")
YES = Decision(accepted=True, reason="义务已履行")
NO = Decision(accepted=False, reason="材料不足")
WRONG = Verdict(corrected=True, reason="来源单位已更正")
TAX = FactAt(fact="tax_grade", source=Source.TAX, observed_on=date(2026, 4, 30))
RIGHT = Verdict(corrected=False, reason="核实无误")


def penalty(reference: str = "宁金罚〔2026〕1号", made: str = "2026-06-01", **said: Any) -> NewRecord:
    told = {
        "kind": RecordKind.PENALTY,
        "reference": reference,
        "dated_on": date.fromisoformat(made),
        "severity": Severity.GENERAL,
        "observed_on": date.fromisoformat(made),
    }
    return NewRecord(**(told | said))


def deliver(world: World, *rows: NewRecord, party: str = FIRM) -> BulkOutcome:
    return world.write(records.add_records, OPERATOR, party, NewRecords(records=rows))


def record_of(world: World, party: str = FIRM) -> Record:
    """The one record of a party, whatever its state."""
    with world.database.read() as tx:
        (record,) = store.records_of(tx, party, with_stopped=True)
    return record


def penalised(world: World, made: str = "2026-06-01", **said: Any) -> Record:
    """A firm with one penalty."""
    world.put()
    deliver(world, penalty(made=made, **said))
    return record_of(world)


def paper(world: World, party: str = FIRM) -> str:
    """A document of the party's file, without content."""
    new = NewDocument(kind=DocumentKind.PENALTY_OR_REPAIR_RECORD)
    series = documents.series_of(party, new)
    with world.database.write() as tx:
        return documents.living_of_series(tx, series) or documents.open_document(tx, party, new, series)


def application(record: Record, evidence: str = "doc_1") -> NewRepair:
    return NewRepair(
        record_id=record.id,
        evidence=(evidence,),
        commitment_hash=TEXT_HASH,
        corrected_on=record.dated_on,
    )


def apply(world: World, record: Record, by: Principal | None = None) -> Repair:
    asked = application(record, paper(world, record.party))
    return world.write(repairs.apply_for_repair, by or firm(record.party), asked)


def decide(world: World, repair: Repair, decision: Decision = YES, by: Principal = CENTRE) -> Repair:
    return world.write(repairs.decide_repair, by, repair.id, decision)


def dispute(world: World, record: Record) -> Dispute:
    return world.write(
        disputes.open_dispute, firm(record.party), NewDispute(record_id=record.id, claim="处罚已撤销")
    )


def judge(world: World, found: Dispute, verdict: Verdict, by: Principal = CENTRE) -> Dispute:
    return world.write(disputes.decide_dispute, by, found.id, verdict)


def stop_overdue(world: World) -> int:
    return jobs.stop_overdue_records(world.database)


def notices(world: World, by: Principal = OFFICER) -> tuple[Notice, ...]:
    with world.database.read() as tx:
        return repairs.list_repair_notices(tx, by).items


def stopped(world: World) -> list[events.ItemStopped]:
    """Every fact that an item was stopped."""
    return [
        event.decode(events.ItemStopped)
        for event in world.events()
        if event.topic == topics.CREDIT_REPAIR.name
    ]


def shown(world: World, by: Principal) -> list[str]:
    """The references of the records that a reader is shown."""
    return [item.reference for item in world.write(records.list_records, by, FIRM).items]


def graded(world: World, grade: str = "D") -> None:
    world.put()
    world.say(fact("tax_grade", "B", "2025-04-30", Source.TAX))
    world.say(fact("tax_grade", grade, "2026-04-30", Source.TAX))


def dispute_fact(world: World, at: FactAt = TAX) -> Dispute:
    return world.write(disputes.open_dispute, firm(), NewDispute(fact=at, claim="级别已复评"))


def item(world: World, name: str, by: Principal = OFFICER) -> Item:
    (found,) = [item for item in world.look(by).items if item.fact == name]
    return found


def state(world: World, found: Dispute) -> Dispute:
    with world.database.read() as tx:
        return disputes.get_dispute(tx, firm(), found.id)


def row(party: str = FIRM, of: str = "C", on: date = TODAY) -> ClassRow:
    return ClassRow(party=party, risk_class=RiskClass(of), classed_on=on)


def bring(world: World, *rows: ClassRow, by: Principal = OPERATOR) -> Any:
    return world.write(risk_classes.deliver_classes, by, ClassDelivery(rows=rows))


def draw(world: World, territory: str = "640106") -> Draw:
    return world.write(risk_classes.draw_inspections, OPERATOR, NewDraw(territory=territory))
