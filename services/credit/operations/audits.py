"""The restricted look at a stopped item: an operator's, with a reason, which the firm reads."""

from libs.chassis.database import WriteTx
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import NotFound
from services.credit.domain.consent import ReadKind
from services.credit.domain.notices import Audit, NoticeCause, StoppedRecord
from services.credit.domain.records import RecordState
from services.credit.operations.access import require_writer
from services.credit.operations.reading import log_read
from services.credit.store import files, records, repairs


def audit_stopped_record(tx: WriteTx, by: Principal, record_id: str, audit: Audit) -> StoppedRecord:
    by.require(Role.OPERATOR)
    record = records.find_record(tx, record_id)
    stop = repairs.stop_of(tx, record_id)
    if record is None or stop is None or record.state is not RecordState.STOPPED:
        raise NotFound(f"There is no stopped record {record_id}.", field="record_id")
    party = files.party_record(tx, record.party)
    require_writer(by, party.id, party.registration.county)
    log_read(tx, by, party, ReadKind.AUDIT, {}, audit.reason)
    return StoppedRecord(
        id=record.id,
        party=record.party,
        kind=record.kind,
        reference=record.reference,
        dated_on=record.dated_on,
        ended_on=record.ended_on,
        severity=record.severity,
        source=record.source,
        cause=NoticeCause(stop.cause),
        stopped_on=stop.stopped_on,
    )
