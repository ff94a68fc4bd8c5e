"""First loans (首贷): attested under consent, counted once in the country, at the earliest drawdown that is known."""

from dataclasses import replace
from datetime import date

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import BANK, Principal
from libs.criteria.violation import Violation
from rongqiao.credit.v1 import credit_pb2 as credit
from rongqiao.credit.v1 import events_pb2 as credit_events
from services.lending.domain import first_loan as rules
from services.lending.domain.application import Application, ApplicationStatus
from services.lending.domain.first_loan import Attestation, FirstLoanFinding, FirstLoanRules
from services.lending.domain.life import ENDED_UNDRAWN
from services.lending.domain.loan import FirstLoanState, Loan, LoanChange
from services.lending.operations import loan_rules, loan_telling, rights
from services.lending.store import consents as consent_store
from services.lending.store import first_loans as first_store
from services.lending.store import loans as loan_store
from services.lending.store.consents import KnownConsent

_DECISION = credit.Purpose.Name(credit.PURPOSE_CREDIT_DECISION)
COUNTED = (FirstLoanState.COUNTED, FirstLoanState.COUNTED_APART)


def attest(tx: WriteTx, by: Principal, application_id: str, told: Attestation) -> FirstLoanFinding:
    """What the bank's query of the credit system found, before it pays out. The last word before that holds."""
    by.require(*BANK)
    application = rights.own_application(tx, by, application_id)
    if application.status in (ApplicationStatus.DISBURSED, *ENDED_UNDRAWN):
        message = f"The application is {application.status}: a first loan is attested before it is drawn."
        raise Violation("status", message, "Nothing can be attested any more.", rules.SOURCE)
    if told.report_on > tx.today:
        raise Violation("report_on", f"{told.report_on} is still to come.", "Give the day of the report.")
    if not application.sandbox:
        _check_consent(tx, application, told)
    finding = FirstLoanFinding(
        application_id=application.id,
        bank=application.bank,
        report_on=told.report_on,
        report_number=told.report_number,
        history=told.history,
        consent_id=told.consent_id,
        first=rules.is_first(told, _rules_of_today(tx)),
        attested_by=by.subject,
        attested_at=tx.now,
    )
    first_store.keep_finding(tx, finding)
    return finding


def follow_consent(tx: WriteTx, told: credit_events.ConsentChanged) -> None:
    """News of a consent that a firm gave or took back."""
    consent_store.keep(
        tx,
        KnownConsent(
            id=told.consent_id,
            firm_key=told.firm_key,
            recipient=told.recipient,
            purpose=credit.Purpose.Name(told.purpose),
            valid_until=date.fromisoformat(told.valid_until),
            revoked=told.revoked,
        ),
    )


def count(tx: WriteTx, loan: Loan, application: Application) -> tuple[Loan, Loan | None]:
    """The loan with what it is as a first loan, and the loan that was taken for the first and is not.

    Of a firm's drawdowns the earliest is the first, also where it is reported late; of two on one day the one that was
    reported first. Counted is what the bank confirmed; what is presumed stays so.
    """
    firm, kind = application.dimensions, application.product_kind
    numbers = loan_rules.first_loan(tx.policies, loan.disbursed_on)
    if loan.sandbox or numbers is None or kind in numbers.kinds_excluded:
        return loan, None
    earliest = first_store.lock_firm(tx, firm.firm_key)
    if earliest is not None and earliest[1] <= loan.disbursed_on:
        return loan, None
    first_store.keep_earliest(tx, firm.firm_key, loan.id, loan.disbursed_on)
    state = rules.state_of(firm, kind, first_store.finding_of(tx, application.id), numbers)
    if state is FirstLoanState.CONFIRMED:
        state = rules.may_count(firm, kind, numbers)
    before = None if earliest is None else loan_store.to_change(tx, earliest[0])
    return replace(loan, first_loan=state), before


def move(tx: WriteTx, before: Loan | None, earlier: Loan) -> None:
    """What was taken for the first loan is none: an earlier drawdown came to light."""
    if before is not None and before.first_loan is not None:
        after = replace(before, first_loan=None)
        counted = earlier.id if earlier.first_loan in COUNTED else None
        loan_telling.keep(tx, after, LoanChange.FIRST_LOAN_MOVED, earlier.disbursed_on, counted)


def _rules_of_today(tx: ReadTx) -> FirstLoanRules:
    found = loan_rules.first_loan(tx.policies, tx.today)
    assert found is not None  # they are older than the platform
    return found


def _check_consent(tx: ReadTx, application: Application, told: Attestation) -> None:
    """The report was asked for under a consent of this firm for this bank that holds today."""
    known = consent_store.find(tx, told.consent_id)
    wanted = (application.dimensions.firm_key, application.bank, _DECISION)
    if known is None or (known.firm_key, known.recipient, known.purpose) != wanted:
        problem = "There is no such consent of this firm to this bank for a credit decision."
        raise Violation("consent_id", problem, "Give the id of the firm's consent.", _CONSENT)
    if known.revoked or known.valid_until < max(tx.today, told.report_on):
        raise Violation("consent_id", "The consent does not hold any more.", "Ask the firm anew.", _CONSENT)


_CONSENT = "征信业管理条例，第十八条、第二十八条"
