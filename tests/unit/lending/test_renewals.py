"""Renewals: the old loan is settled by the new one, in one transaction, where the rules allow it."""

from dataclasses import replace
from datetime import date
from itertools import count
from typing import Any

import pytest

from libs.criteria.violation import Violation
from libs.registry.loan_terms import ProductKind
from libs.registry.size import Size
from rongqiao.lending.v1 import events_pb2
from rongqiao.lending.v1 import loans_pb2 as pb
from services.lending.domain.application import Application, Contracts, Renewal
from services.lending.domain.drawdown import Disbursement
from services.lending.domain.loan import Loan, LoanClass, LoanStatus
from services.lending.domain.loan_class import Classification
from services.lending.domain.renewal import RenewalCondition
from services.lending.domain.repayment import Repayment, RepaymentKind
from services.lending.operations import loan_life, loans
from tests.support.lending import DIMENSIONS, new_product
from tests.unit.lending.desk import APPROVAL, OFFICER, SIGNED_WITH_ALL, Desk, later

TODAY = date(2026, 11, 22)
LENT = 80_000_000
ALL = tuple(RenewalCondition)
_numbers = count()


def asked(desk: Desk, **changes: Any) -> Application:
    number = next(_numbers)
    kind = changes.pop("kind", ProductKind.WORKING_CAPITAL)
    product = desk.published(new_product(f"P-{number}", kind=kind))
    return desk.opened(product, **({"request_id": f"req_{number}"} | changes))


def drawn(desk: Desk, application: Application, on: date = TODAY, **told: Any) -> Loan:
    return desk.disbursed(
        application, Disbursement(disbursed_on=on, external_id=f"L-{next(_numbers)}", **told)
    )


def lent(desk: Desk, **changes: Any) -> Loan:
    return drawn(desk, desk.contracted(asked(desk, **changes)))


def renewing(desk: Desk, old: Loan, *, without: bool = True, **changes: Any) -> Application:
    """An application that the firm accepted; its contract is still to be signed."""
    plan = {"renewal": Renewal(loan_id=old.id, without_repayment=without)}
    return desk.offer_accepted(desk.approved(asked(desk, **(plan | changes)), APPROVAL))


def read(desk: Desk, loan: Loan) -> Loan:
    return desk.ask(loans.get_loan, OFFICER, loan.id)


def test_a_renewal_without_repayment_settles_the_old_loan_at_its_drawdown(desk: Desk) -> None:
    old = lent(desk)
    new = drawn(desk, desk.signed(renewing(desk, old)), renewal_conditions=ALL)

    settled = read(desk, old)
    assert (settled.status, settled.outstanding_fen, settled.renewed_by) == (LoanStatus.SETTLED, 0, new.id)
    assert (new.renews, new.loan_class, new.outstanding_fen) == (old.id, LoanClass.NORMAL, LENT)
    (payment,) = desk.ask(loans.list_repayments, OFFICER, old.id).items
    assert (payment.kind, payment.principal_fen, payment.external_id) == (
        RepaymentKind.RENEWAL,
        LENT,
        new.external_id,
    )


def test_the_others_hear_of_both_ends(desk: Desk) -> None:
    old = lent(desk)
    new = drawn(desk, desk.signed(renewing(desk, old)), renewal_conditions=ALL)

    lent_facts = [event.decode(events_pb2.LoanDisbursed) for event in desk.events("LoanDisbursed")]
    (paid,) = [event.decode(events_pb2.RepaymentReceived) for event in desk.events("RepaymentReceived")]
    changed = [event.decode(events_pb2.LoanChanged) for event in desk.events("LoanChanged")]

    assert (lent_facts[-1].renews, lent_facts[-1].without_repayment) == (old.id, True)
    assert (paid.loan_id, paid.kind, paid.outstanding_fen) == (old.id, pb.REPAYMENT_KIND_RENEWAL, 0)
    told = [(one.loan_id, events_pb2.LoanChange.Name(one.change)) for one in changed]
    assert told[1:] == [
        (new.id, "LOAN_CHANGE_DISBURSED"),
        (old.id, "LOAN_CHANGE_RENEWED"),
        (old.id, "LOAN_CHANGE_SETTLED"),
    ]


def test_a_renewal_for_less_leaves_the_rest_to_be_paid(one_desk: Desk) -> None:
    old = lent(one_desk)
    drawn(one_desk, one_desk.signed(renewing(one_desk, old)), amount_fen=50_000_000, renewal_conditions=ALL)

    left = read(one_desk, old)
    assert (left.status, left.outstanding_fen) == (LoanStatus.ACTIVE, 30_000_000)


def test_a_contract_signed_after_the_old_loan_fell_due_is_refused(one_desk: Desk) -> None:
    old = lent(one_desk)
    application = renewing(one_desk, old)

    for days, allowed in ((365, True), (366, False)):
        with later(one_desk, days):
            signed = Contracts(loan_contract="C", signed_on=one_desk.database.clock.now().date())
            if not allowed:
                with pytest.raises(Violation, match="falls due on 2027-11-22") as refused:
                    one_desk.signed(application, signed)
                assert (refused.value.field, refused.value.source) == (
                    "contracts/signed_on",
                    "关于做好续贷工作提高小微企业金融服务水平的通知（金规〔2024〕13号）",
                )
    with later(one_desk, 365):
        one_desk.signed(application, Contracts(loan_contract="C", signed_on=old.matures_on))


def test_all_that_stands_against_it_is_told_at_once(one_desk: Desk) -> None:
    old = lent(one_desk, kind=ProductKind.FIXED_ASSET, dimensions=replace(DIMENSIONS, size=Size.LARGE))

    with pytest.raises(Violation) as refused:
        one_desk.signed(renewing(one_desk, old), SIGNED_WITH_ALL)

    for said in ("The old loan is FIXED_ASSET", "The borrower is LARGE"):
        assert said in refused.value.message


@pytest.mark.parametrize(
    ("old_class", "attested", "left"),
    [
        (LoanClass.NORMAL, ALL, LoanClass.NORMAL),
        (LoanClass.NORMAL, ALL[1:], LoanClass.SPECIAL_MENTION),
        (LoanClass.SPECIAL_MENTION, ALL, LoanClass.SPECIAL_MENTION),
        (LoanClass.SUBSTANDARD, ALL, LoanClass.SUBSTANDARD),
    ],
)
def test_the_class_is_kept_only_by_a_normal_loan_and_five_words(
    one_desk: Desk, old_class: LoanClass, attested: Any, left: LoanClass
) -> None:
    old = lent(one_desk)
    judged = Classification(loan_class=old_class, classified_on=TODAY)
    one_desk.act(loan_life.classify, OFFICER, old.id, judged)

    new = drawn(one_desk, one_desk.signed(renewing(one_desk, old)), renewal_conditions=attested)

    assert new.loan_class is left


def test_a_renewal_is_not_larger_than_what_it_settles(one_desk: Desk) -> None:
    old = lent(one_desk)
    one_desk.repaid(old, Repayment(principal_fen=1, paid_on=TODAY, external_id="R-1"))

    with pytest.raises(Violation, match="at most 79999999 fen") as refused:
        drawn(one_desk, one_desk.signed(renewing(one_desk, old)), renewal_conditions=ALL)

    assert refused.value.field == "amount_fen"


def test_a_loan_is_renewed_once(one_desk: Desk) -> None:
    old = lent(one_desk)
    first, second = (one_desk.signed(renewing(one_desk, old)) for _ in range(2))
    drawn(one_desk, first, amount_fen=10_000_000, renewal_conditions=ALL)

    with pytest.raises(Violation, match="renews it already"):
        drawn(one_desk, second, renewal_conditions=ALL)
    with pytest.raises(Violation, match="drawn once"):
        drawn(one_desk, first, amount_fen=10_000_000)


def test_a_renewal_is_not_older_than_what_it_renews(one_desk: Desk) -> None:
    with later(one_desk, 10):
        old = drawn(one_desk, one_desk.contracted(asked(one_desk)), date(2026, 12, 2))
        one_desk.repaid(old, Repayment(principal_fen=LENT, paid_on=date(2026, 12, 2), external_id="R-older"))
        second = one_desk.signed(renewing(one_desk, old, without=False))
        with pytest.raises(Violation) as refused:
            drawn(one_desk, second, date(2026, 11, 25))

    assert refused.value.field == "disbursed_on"


def test_a_renewal_with_repayment_waits_for_it(desk: Desk) -> None:
    old = lent(desk)
    application = desk.signed(renewing(desk, old, without=False))
    with pytest.raises(Violation, match="80000000 fen of it are not repaid"):
        drawn(desk, application)

    desk.repaid(old, Repayment(principal_fen=LENT, paid_on=TODAY, external_id="R-1"))
    new = drawn(desk, application)

    assert (new.renews, read(desk, old).renewed_by, new.loan_class) == (old.id, new.id, LoanClass.NORMAL)
    assert [payment.kind for payment in desk.ask(loans.list_repayments, OFFICER, old.id).items] == [
        RepaymentKind.EARLY
    ]
