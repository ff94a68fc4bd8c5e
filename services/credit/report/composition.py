"""What stands in a report: put together here and nowhere else, from what its reader may see."""

import json
from hashlib import sha256

from libs.chassis import codec
from libs.chassis.database import ReadTx
from libs.criteria.vocabulary import FACTS, SCOPES
from libs.registry.size import SizeIndicator, size_rule
from services.credit.domain import report as shapes
from services.credit.domain.consent import Consent, Opened, holds
from services.credit.domain.report import (
    Group,
    Identity,
    InvoiceMonth,
    IssuedReport,
    Report,
    ReportConsent,
    ReportRead,
    ScoreSection,
    SizeBound,
)
from services.credit.domain.sources import ItemState
from services.credit.domain.view import SCORE, Party, scope_open
from services.credit.operations.reading import whole_file
from services.credit.operations.records import seen_records
from services.credit.operations.relations import seen_relations
from services.credit.store import consents, invoices, reports
from services.credit.store.files import PartyRecord

LAST_READS = 20
_INDICATORS = {
    SizeIndicator.EMPLOYEES: "employees",
    SizeIndicator.REVENUE: "revenue_year_fen",
    SizeIndicator.ASSETS: "assets_total_fen",
}


def compose(
    tx: ReadTx, record: PartyRecord, seen: Opened | None, reader: str, report_id: str, score: ScoreSection
) -> Report:
    """`seen` None: the firm itself reads, `reader` is its own id."""
    file = whole_file(tx, record, seen)
    own = seen is None
    return Report(
        id=report_id,
        party=record.id,
        reader=reader,
        reader_name=file.name if own else reports.reader_name(tx, reader),
        own=own,
        made_at=tx.now,
        as_of=tx.today,
        policy_set=tx.policies.set_id,
        identity=_identity(file),
        score=score,
        groups=_groups(file, seen),
        months=_months(tx, record.id, seen),
        ip_rights=file.ip_rights,
        records=seen_records(tx, record, seen),
        relations=seen_relations(tx, record.id, seen),
        consents=_consents(tx, record.id, seen),
        reads=_reads(tx, record.id) if own else (),
    )


def issued(report: Report) -> IssuedReport:
    """With the SHA-256 of the report as canonical JSON: whoever has the data can count it again."""
    plain = codec.dump(report)
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return IssuedReport(report=report, sha256=sha256(text.encode()).hexdigest())


def _identity(file: Party) -> Identity:
    return Identity(
        name=file.name,
        kind=file.kind,
        county=file.county,
        industry=file.industry,
        established_on=file.established_on,
        status=file.status,
        size=file.size,
        size_basis=file.size_basis,
        size_bounds=_size_bounds(file),
        code_doubtful=file.code_doubtful,
    )


def _size_bounds(file: Party) -> tuple[SizeBound, ...]:
    """The rule of the firm's industry, beside what the reader may know of the firm."""
    rule = size_rule(file.industry)
    if rule is None:
        return ()
    values = {item.fact: item.value for item in file.items if item.state is ItemState.KNOWN}
    return tuple(
        SizeBound(
            indicator=indicator,
            value=int(values[_INDICATORS[indicator]]) if _INDICATORS[indicator] in values else None,
            large=large,
            medium=medium,
            small=small,
        )
        for indicator, (large, medium, small) in rule.bounds.items()
    )


def _groups(file: Party, seen: Opened | None) -> tuple[Group, ...]:
    """Every group in the order of the vocabulary but the score, which has a section of its own."""
    return tuple(_group(scope, file, seen) for scope in SCOPES if scope != SCORE)


def _group(scope: str, file: Party, seen: Opened | None) -> Group:
    if not scope_open(scope, seen):
        return Group(scope=scope, state=ItemState.NOT_AUTHORISED)
    consent = seen.get(scope) if seen else None
    items = (item for item in file.items if item.state is ItemState.KNOWN)
    return Group(
        scope=scope,
        state=ItemState.KNOWN,
        consent_id=consent.id if consent else None,
        items=tuple(item for item in items if FACTS[item.fact].scope == scope),
    )


def _months(tx: ReadTx, party: str, seen: Opened | None) -> tuple[InvoiceMonth, ...]:
    if not scope_open("invoices", seen):
        return ()
    return shapes.invoice_months(invoices.history(tx, party, tx.today), tx.today)


def _consents(tx: ReadTx, party: str, seen: Opened | None) -> tuple[ReportConsent, ...]:
    """The firm sees all that hold, a lender those under which it reads."""
    under = None if seen is None else {consent.id for consent in seen.values()}
    given = [consent for consent in consents.consents_of(tx, party) if holds(consent, tx.today)]
    return tuple(_consent(tx, consent) for consent in given if under is None or consent.id in under)


def _consent(tx: ReadTx, consent: Consent) -> ReportConsent:
    return ReportConsent(
        id=consent.id,
        recipient=reports.reader_name(tx, consent.recipient),
        purpose=consent.purpose,
        scopes=consent.scopes,
        valid_from=consent.valid_from,
        valid_until=consent.valid_until,
    )


def _reads(tx: ReadTx, party: str) -> tuple[ReportRead, ...]:
    page = consents.read_page(tx, party, None, LAST_READS)
    return tuple(
        ReportRead(
            reader=reports.reader_name(tx, read.reader),
            what=read.what,
            consents=read.consents,
            read_at=read.read_at,
        )
        for read in page.items
    )
