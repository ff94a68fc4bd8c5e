"""Domain values as protobuf states and facts."""

from datetime import date

from libs.chassis import wire
from libs.chassis.codec import dump
from libs.chassis.vault import firm_key
from rongqiao.lending.v1 import events_pb2 as events
from rongqiao.lending.v1 import house_pb2 as house_pb
from rongqiao.lending.v1 import lending_pb2 as pb
from rongqiao.lending.v1 import waivers_pb2 as waivers_pb
from services.lending.domain.application import Application
from services.lending.domain.feed import Notice
from services.lending.domain.loan import Loan, LoanChange, days_past_due
from services.lending.domain.product import Product
from services.lending.domain.repayment import RecordedRepayment
from services.lending.domain.waiver import Waiver, state


def product_state(product: Product) -> pb.Product:
    return wire.to_message(pb.Product, product)


def waiver_state(waiver: Waiver) -> waivers_pb.WaiverState:
    return wire.to_message(waivers_pb.WaiverState, state(waiver, firm_key(waiver.party)))


def application_changed(application: Application, product: Product, on: date) -> events.ApplicationChanged:
    decision = application.decision
    return wire.from_plain(
        events.ApplicationChanged,
        dump(application)
        | {
            "application_id": application.id,
            "amount_fen": decision.amount_fen if decision and decision.approved else application.amount_fen,
            "business_date": on.isoformat(),
            "reason_codes": decision.reason_codes if decision else (),
            "product_flags": product.terms.flags,
            "by_waiver": bool(decision and decision.eligible_by_waiver),
        },
    )


def notice(told: Notice) -> house_pb.Notice:
    message = wire.to_message(house_pb.Notice, told)
    message.data.update(told.data)
    return message


def notice_event(told: Notice, late: bool) -> house_pb.Notice:
    """On the bank's own topic. `late`: something newer about the subject went out before it."""
    message = notice(told)
    message.data.update({"late": late})
    return message


def application_notice(application: Application) -> dict[str, str | int | None]:
    """What the bank's feed tells: enough to know whether to look, and nothing of a person."""
    decision = application.decision
    approved = decision is not None and decision.approved
    return {
        "request_id": application.request_id,
        "product_id": application.product_id,
        "status": application.status,
        "cover": application.cover,
        "amount_fen": decision.amount_fen if decision and approved else application.amount_fen,
        "decision_due_on": application.decision_due_on and application.decision_due_on.isoformat(),
        "offer_valid_until": application.offer_valid_until and application.offer_valid_until.isoformat(),
        "reason_codes": ",".join(decision.reason_codes) if decision else "",
    }


def loan_disbursed(
    loan: Loan, application: Application, product: Product, renewed: Loan | None = None
) -> events.LoanDisbursed:
    renewal = application.renewal
    return wire.from_plain(
        events.LoanDisbursed,
        dump(loan)
        | {
            "loan_id": loan.id,
            "product_kind": product.terms.kind,
            "product_flags": product.terms.flags,
            "business_date": loan.disbursed_on.isoformat(),
            "dimensions": dump(application.dimensions),
            "without_repayment": renewed is not None and renewal is not None and renewal.without_repayment,
            "renewed_guarantee_id": renewed and renewed.guarantee_id,
        },
    )


def loan_changed(
    loan: Loan,
    application: Application,
    change: LoanChange,
    on: date,
    today: date,
    counted_loan_id: str | None = None,
) -> events.LoanChanged:
    return wire.from_plain(
        events.LoanChanged,
        dump(loan)
        | {
            "loan_id": loan.id,
            "change": change,
            "days_past_due": days_past_due(loan, today),
            "business_date": on.isoformat(),
            "product_kind": application.product_kind,
            "dimensions": dump(application.dimensions),
            "counted_loan_id": counted_loan_id,
        },
    )


def loan_notice(loan: Loan, on: date) -> dict[str, str | int | None]:
    """What the bank's feed tells of a loan."""
    return {
        "application_id": loan.application_id,
        "external_id": loan.external_id,
        "status": loan.status,
        "loan_class": loan.loan_class,
        "amount_fen": loan.amount_fen,
        "outstanding_fen": loan.outstanding_fen,
        "rate_ppm": loan.rate_ppm,
        "matures_on": loan.matures_on.isoformat(),
        "past_due_since": loan.past_due_since and loan.past_due_since.isoformat(),
        "first_loan": loan.first_loan,
        "business_date": on.isoformat(),
    }


def repayment_notice(repayment: RecordedRepayment) -> dict[str, str | int | None]:
    return {
        "repayment_id": repayment.id,
        "repayment_number": repayment.external_id,
        "kind": repayment.kind,
        "principal_fen": repayment.principal_fen,
        "interest_fen": repayment.interest_fen,
    }


def repayment_received(
    repayment: RecordedRepayment, loan: Loan, application: Application
) -> events.RepaymentReceived:
    return wire.from_plain(
        events.RepaymentReceived,
        dump(loan)
        | dump(repayment)
        | {
            "repayment_id": repayment.id,
            "business_date": repayment.paid_on.isoformat(),
            "product_kind": application.product_kind,
            "dimensions": dump(application.dimensions),
        },
    )
