"""First loans: attested under consent before the drawdown, counted once in the country, at the earliest drawdown."""

from dataclasses import replace
from datetime import date
from itertools import count
from typing import Any

import pytest

from libs.chassis.principal import Principal
from libs.chassis.problems import Forbidden
from libs.criteria.violation import Violation
from libs.registry.dimensions import OwnerKind
from libs.registry.loan_terms import ProductKind
from libs.registry.size import Size
from rongqiao.credit.v1 import credit_pb2 as credit
from rongqiao.credit.v1 import events_pb2 as credit_events
from rongqiao.lending.v1 import events_pb2, lending_pb2
from services.lending.domain.application import Application, Contracts
from services.lending.domain.drawdown import Disbursement
from services.lending.domain.first_loan import Attestation, CreditHistory
from services.lending.domain.loan import FirstLoanState, Inclusive, Loan
from services.lending.operations import first_loans, loan_rules, loans
from tests.support.lending import DIMENSIONS, new_product
from tests.support.services import house_policies
from tests.unit.lending.desk import APPROVAL, BANK, OFFICER, OTHER_BANK, OWNER, THEIR_MANAGER, Desk, later

TODAY = date(2026, 11, 22)
CONSENT = "con_1"
REPORT = Attestation(
    report_on=TODAY, report_number="R-2026-1", history=CreditHistory.NONE, consent_id=CONSENT
)
_numbers = count()


def firm(**changes: Any) -> Any:
    return replace(DIMENSIONS, firm_key=f"firm_{next(_numbers)}", **changes)


def consent(desk: Desk, dimensions: Any = DIMENSIONS, **changes: Any) -> None:
    """Credit tells of a consent that the firm gave to the bank."""
    plain = {
        "consent_id": CONSENT,
        "purpose": credit.PURPOSE_CREDIT_DECISION,
        "recipient": BANK,
        "valid_until": "2027-11-22",
        "business_date": "2026-11-22",
        "firm_key": dimensions.firm_key,
    }
    told = credit_events.ConsentChanged(**(plain | changes))
    desk.database.transact(lambda tx: first_loans.follow_consent(tx, told))


def approved(
    desk: Desk, dimensions: Any = DIMENSIONS, approval: Any = APPROVAL, **product: Any
) -> Application:
    number = next(_numbers)
    sold = desk.published(new_product(f"P-{number}", **product))
    application = desk.opened(sold, request_id=f"req_{number}", dimensions=dimensions)
    return desk.offer_accepted(desk.approved(application, approval))


def attest(desk: Desk, application: Application, told: Attestation = REPORT, by: Principal = OFFICER) -> Any:
    return desk.act(first_loans.attest, by, application.id, told)


def drawn(desk: Desk, application: Application, on: date = TODAY) -> Loan:
    desk.signed(application, Contracts(loan_contract="C-1", signed_on=on))
    return desk.disbursed(application, Disbursement(disbursed_on=on, external_id=f"L-{next(_numbers)}"))


def attested(desk: Desk, dimensions: Any, **how: Any) -> Application:
    application = approved(desk, dimensions, **how)
    mine = f"con_{dimensions.firm_key}"
    consent(desk, dimensions, consent_id=mine)
    attest(desk, application, replace(REPORT, consent_id=mine))
    return application


def read(desk: Desk, loan: Loan) -> Loan:
    return desk.ask(loans.get_loan, OFFICER, loan.id)


def test_what_the_bank_found_is_kept_and_counted_at_the_drawdown(desk: Desk) -> None:
    application = approved(desk)
    consent(desk)

    finding = attest(desk, application)
    loan = drawn(desk, application)

    assert (finding.first, finding.report_number, finding.attested_by) == (True, "R-2026-1", OFFICER.subject)
    assert loan.first_loan is FirstLoanState.COUNTED
    (fact,) = [event.decode(events_pb2.LoanDisbursed) for event in desk.events("LoanDisbursed")]
    assert (fact.first_loan, fact.inclusive.nfra) == (lending_pb2.FIRST_LOAN_STATE_COUNTED, True)


def test_without_a_report_it_is_only_presumed(one_desk: Desk) -> None:
    assert drawn(one_desk, approved(one_desk, firm())).first_loan is FirstLoanState.PRESUMED
    known = firm(first_time_borrower=False)
    assert drawn(one_desk, approved(one_desk, known)).first_loan is None


def test_a_report_outweighs_the_data(one_desk: Desk) -> None:
    dimensions = firm()
    application = approved(one_desk, dimensions)
    consent(one_desk, dimensions, consent_id=f"con_{dimensions.firm_key}")
    settled = replace(
        REPORT, history=CreditHistory.BANK_LOAN_SETTLED, consent_id=f"con_{dimensions.firm_key}"
    )

    assert not attest(one_desk, application, settled).first
    assert drawn(one_desk, application).first_loan is None


NOT_IN_FORCE: dict[str, dict[str, Any]] = {
    "of nobody": {"consent_id": "con_other"},
    "of another firm": {"firm_key": "k_other"},
    "to another bank": {"recipient": OTHER_BANK},
    "for another purpose": {"purpose": credit.PURPOSE_MATCHING},
    "taken back": {"revoked": True},
    "over": {"valid_until": "2026-11-21"},
}


@pytest.mark.parametrize("changes", NOT_IN_FORCE.values(), ids=NOT_IN_FORCE.keys())
def test_a_report_needs_a_consent_that_is_in_force(one_desk: Desk, changes: dict[str, Any]) -> None:
    dimensions = firm()
    mine = f"con_{dimensions.firm_key}"
    consent(one_desk, dimensions, **({"consent_id": mine} | changes))

    with pytest.raises(Violation) as refused:
        attest(one_desk, approved(one_desk, dimensions), replace(REPORT, consent_id=mine))

    assert refused.value.field == "consent_id"
    assert "征信业管理条例" in str(refused.value.source)


def test_a_consent_that_was_taken_back_stays_so(one_desk: Desk) -> None:
    dimensions = firm()
    for revoked in (True, False):
        consent(one_desk, dimensions, consent_id="con_back", revoked=revoked)

    with pytest.raises(Violation, match="does not hold any more"):
        attest(one_desk, approved(one_desk, dimensions), replace(REPORT, consent_id="con_back"))


def test_nothing_is_attested_after_the_drawdown_or_for_the_future(one_desk: Desk) -> None:
    dimensions = firm()
    application = attested(one_desk, dimensions)
    with pytest.raises(Violation, match="still to come"):
        attest(one_desk, application, replace(REPORT, report_on=date(2026, 11, 23)))
    drawn(one_desk, application)

    with pytest.raises(Violation, match="before it is drawn") as refused:
        attest(one_desk, application)

    assert refused.value.field == "status"


def test_only_the_bank_of_the_application_attests(one_desk: Desk) -> None:
    application = approved(one_desk, firm())

    for by in (THEIR_MANAGER, OWNER):
        with pytest.raises(Forbidden):
            attest(one_desk, application, by=by)


def test_a_firm_has_one_first_loan_the_earliest(desk: Desk) -> None:
    dimensions = firm()
    first, second = attested(desk, dimensions), attested(desk, dimensions)

    assert drawn(desk, first).first_loan is FirstLoanState.COUNTED
    assert drawn(desk, second).first_loan is None


def test_an_earlier_drawdown_that_is_reported_late_is_the_first(desk: Desk) -> None:
    """The count moves to it, and the others are told."""
    dimensions = firm()
    early, late = attested(desk, dimensions), attested(desk, dimensions)
    desk.signed(early, Contracts(loan_contract="C-1", signed_on=TODAY))
    with later(desk, 10):
        counted = drawn(desk, late, date(2026, 12, 2))
        told = Disbursement(disbursed_on=date(2026, 11, 25), external_id="L-early")
        earlier = desk.disbursed(early, told)

    assert (counted.first_loan, earlier.first_loan) == (FirstLoanState.COUNTED, FirstLoanState.COUNTED)
    assert read(desk, counted).first_loan is None
    moved = [event.decode(events_pb2.LoanChanged) for event in desk.events("LoanChanged")][-1]
    assert (moved.change, moved.loan_id, moved.counted_loan_id) == (
        events_pb2.LOAN_CHANGE_FIRST_LOAN_MOVED,
        counted.id,
        earlier.id,
    )


def test_an_earlier_drawdown_that_nobody_confirmed_ends_the_count(one_desk: Desk) -> None:
    dimensions = firm()
    early, late = approved(one_desk, dimensions), attested(one_desk, dimensions)
    one_desk.signed(early, Contracts(loan_contract="C-1", signed_on=TODAY))
    with later(one_desk, 10):
        counted = drawn(one_desk, late, date(2026, 12, 2))
        told = Disbursement(disbursed_on=date(2026, 11, 25), external_id=f"L-{next(_numbers)}")
        earlier = one_desk.disbursed(early, told)

    assert (earlier.first_loan, read(one_desk, counted).first_loan) == (FirstLoanState.PRESUMED, None)


def test_what_a_firm_drew_while_it_was_larger_was_its_first(one_desk: Desk) -> None:
    large = firm(size=Size.MEDIUM)
    drawn(one_desk, attested(one_desk, large))

    assert drawn(one_desk, attested(one_desk, replace(large, size=Size.SMALL))).first_loan is None


def test_two_on_one_day_and_the_one_reported_first_counts(one_desk: Desk) -> None:
    dimensions = firm()
    one, other = (drawn(one_desk, attested(one_desk, dimensions)) for _ in range(2))

    assert (one.first_loan, other.first_loan) == (FirstLoanState.COUNTED, None)


@pytest.mark.parametrize(
    ("changes", "product", "state"),
    [
        ({"owner_kind": OwnerKind.INDIVIDUAL_BUSINESS, "size": None}, {}, FirstLoanState.COUNTED_APART),
        ({"size": Size.MEDIUM}, {}, None),
        ({}, {"kind": ProductKind.BILL_DISCOUNT}, None),
    ],
)
def test_who_and_what_is_counted(one_desk: Desk, changes: Any, product: Any, state: Any) -> None:
    assert drawn(one_desk, attested(one_desk, firm(**changes), **product)).first_loan is state


@pytest.mark.parametrize(
    ("line_fen", "wanted"),
    [
        (None, Inclusive(nfra=True, pbc=True)),
        (1_000_000_000, Inclusive(nfra=True, pbc=True)),
        (1_000_000_001, Inclusive(nfra=False, pbc=True)),
        (2_000_000_001, Inclusive(nfra=False, pbc=False)),
    ],
)
def test_a_loan_is_inclusive_by_the_whole_line_of_its_borrower(
    one_desk: Desk, line_fen: int | None, wanted: Inclusive
) -> None:
    approval = replace(APPROVAL, borrower_line_fen=line_fen)

    assert drawn(one_desk, approved(one_desk, firm(), approval)).inclusive == wanted


def test_before_there_was_a_rule_nothing_is_judged() -> None:
    long_ago = date(2015, 1, 1)

    assert loan_rules.first_loan(house_policies(), long_ago) is None
    assert loan_rules.inclusive_if_any(house_policies(), long_ago) is None
    with pytest.raises(Violation) as refused:
        loan_rules.renewal(house_policies(), long_ago)
    assert refused.value.field == "contracts/signed_on"
