"""The credit report: given to the firm always, to a lender under a consent to a credit decision, and kept sealed."""

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Forbidden, NotFound
from services.credit.domain.consent import Opened, ReadKind
from services.credit.domain.report import IssuedReport, ReportRecord, ScoreSection, ScoreState
from services.credit.domain.view import SCORE
from services.credit.operations import scores
from services.credit.operations.gate import current_basis
from services.credit.operations.reading import LENDERS, for_reader, log_read, opened_to
from services.credit.report.composition import compose, issued
from services.credit.store import reports
from services.credit.store.files import PartyRecord


def issue_report(tx: WriteTx, by: Principal, party: str) -> IssuedReport:
    """A report of today, numbered and kept. A lender's is made of what is opened to it, and every one is logged."""
    by.require(Role.SME, *LENDERS)
    record = for_reader(tx, by, party)
    seen = None if by.role is Role.SME else _seen(tx, by, record)
    score = _score(tx, by, record, seen)
    report = issued(compose(tx, record, seen, by.organisation, tx.new_id("rep"), score))
    reports.insert_report(tx, report, by.subject)
    return report


def note_file(tx: WriteTx, by: Principal, report_id: str, sha256: str) -> ReportRecord:
    """What the page or PDF of a report hashes to, that a copy of it can be confirmed later."""
    confirm_report(tx, by, report_id)
    reports.note_file(tx, report_id, sha256)
    return reports.report_record(tx, report_id)


def confirm_report(tx: ReadTx, by: Principal, report_id: str) -> ReportRecord:
    """That a report was given, to whom and when, and what it hashes to; its content is not opened again."""
    by.require(Role.SME, *LENDERS, Role.OPERATOR)
    record = reports.report_record(tx, report_id)
    if by.role is not Role.OPERATOR and by.organisation not in (record.party, record.reader):
        raise NotFound(
            f"There is no report {report_id}.", field="report_id", mend="Copy its number from the report."
        )
    return record


def _seen(tx: WriteTx, by: Principal, record: PartyRecord) -> Opened:
    """What is opened to a lender; Forbidden where that is nothing."""
    seen = opened_to(tx, by, record)
    if not seen:
        raise Forbidden(
            "NOT_AUTHORISED: no consent opens anything of this party to you.",
            field="party",
            mend="Ask the firm to consent to a credit decision of yours.",
        )
    log_read(tx, by, record, ReadKind.REPORT, seen)
    return seen


def _score(tx: WriteTx, by: Principal, record: PartyRecord, seen: Opened | None) -> ScoreSection:
    """The firm's own always; a lender's needs its consent and the platform's legal basis."""
    if seen is None:
        return ScoreSection(state=ScoreState.SHOWN, score=scores.own_score(tx, record))
    if SCORE not in seen:
        return ScoreSection(state=ScoreState.NO_CONSENT)
    basis = current_basis(tx)
    if basis is None:
        return ScoreSection(state=ScoreState.NO_LEGAL_BASIS)
    score = scores.told(scores.lender_score(tx, by, record, seen), basis)
    return ScoreSection(state=ScoreState.SHOWN, score=score)
