"""Domain values as protobuf states and facts."""

from datetime import date

from libs.chassis import wire
from libs.chassis.codec import dump
from rongqiao.lending.v1 import events_pb2 as events
from rongqiao.lending.v1 import lending_pb2 as pb
from services.lending.domain.application import Application
from services.lending.domain.loan import Loan, Repayment
from services.lending.domain.product import Product


def product_state(product: Product) -> pb.Product:
    return wire.to_message(pb.Product, product)


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
        },
    )


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


def loan_disbursed(loan: Loan, application: Application, product: Product) -> events.LoanDisbursed:
    return wire.from_plain(
        events.LoanDisbursed,
        dump(loan)
        | {
            "loan_id": loan.id,
            "request_id": application.request_id,
            "product_kind": product.terms.kind,
            "product_flags": product.terms.flags,
            "business_date": loan.disbursed_on.isoformat(),
            "dimensions": dump(application.dimensions),
        },
    )


def repayment_received(
    repayment_id: str, repayment: Repayment, loan: Loan, application: Application
) -> events.RepaymentReceived:
    return wire.from_plain(
        events.RepaymentReceived,
        dump(loan)
        | dump(repayment)
        | {
            "repayment_id": repayment_id,
            "loan_id": loan.id,
            "business_date": repayment.paid_on.isoformat(),
            "product_kind": application.product_kind,
            "dimensions": dump(application.dimensions),
        },
    )
