"""The rules of services/credit, by names that a reviewer of cases reads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from libs import policy
from services.credit.domain.advice import improvements, late_payment
from services.credit.domain.consent import (
    Authority,
    Consent,
    ConsentMethod,
    NewConsent,
    Purpose,
    granted,
    opened,
    revoked,
)
from services.credit.domain.facts import Fact, Source, resolve
from services.credit.domain.features import features
from services.credit.domain.flows import Flow, history
from services.credit.domain.gate import BasisKind, LegalBasis, basis_on
from services.credit.domain.invoices import InvoiceDirection, month_of
from services.credit.domain.score import Score, score
from services.credit.operations.cards import expert_on
from services.credit.operations.consents import consent_rules

TEXT_HASH = "0" * 64


def counts(records: list[dict[str, str]], as_of: str) -> dict[str, str]:
    """Which record of a fact counts on a day."""
    said = [_fact(place, record) for place, record in enumerate(records)]
    return {name: record.value for name, record in resolve(said, date.fromisoformat(as_of)).items()}


def _fact(place: int, record: dict[str, str]) -> Fact:
    return Fact(
        fact=record["fact"],
        value=record["value"],
        source=Source(record["source"]),
        observed_on=date.fromisoformat(record["observed_on"]),
        recorded_at=datetime(2026, 11, 1, 0, place, tzinfo=UTC),
    )


def invoice_features(
    as_of: str,
    sales: list[list[Any]],
    purchases: list[list[Any]] | None = None,
    covers_until: str | None = None,
    shows: list[str] | None = None,
) -> dict[str, int]:
    """`sales`: month (2026-10), customer, yuan sold, yuan refunded, void invoices; `purchases` likewise. A month's
    sales and its refunds to one counterparty are one invoice each. `shows`: only these of the features."""
    flows = [_flow(InvoiceDirection.SALE, *sale) for sale in sales]
    flows += [_flow(InvoiceDirection.PURCHASE, *purchase) for purchase in purchases or ()]
    until = date.fromisoformat(covers_until or as_of)
    known = features(history(flows, until), date.fromisoformat(as_of))
    return {name: value for name, value in known.items() if shows is None or name in shows}


def _flow(
    direction: InvoiceDirection, month: str, counterparty: str, yuan: int, refunded_yuan: int, voids: int = 0
) -> Flow:
    return Flow(
        direction=direction,
        month=month_of(date.fromisoformat(f"{month}-01")),
        counterparty=counterparty,
        gross_fen=yuan * 100,
        refunds_fen=refunded_yuan * 100,
        invoices=(yuan > 0) + (refunded_yuan > 0),
        refunds=int(refunded_yuan > 0),
        voids=voids,
    )


def expert_score(facts: dict[str, str], on: str) -> Score:
    policies, day = policy.load(), date.fromisoformat(on)
    return score(expert_on(policies, day).compiled, facts, "uscc:91640100MA7ADEM08K", day, policies.set_id)


def late_payment_costs(facts: dict[str, str], on: str) -> dict[str, object]:
    """On the expert card: points and grade now, and with one loan past due."""
    cost = late_payment(expert_on(policy.load(), date.fromisoformat(on)).compiled, facts)
    assert cost is not None
    return {"now": [cost.points, cost.grade], "late": [cost.late_points, cost.late_grade]}


def would_raise(facts: dict[str, str], on: str) -> dict[str, list[object]]:
    """On the expert card: of each fact the best answer, and what it would gain."""
    found = improvements(expert_on(policy.load(), date.fromisoformat(on)).compiled, facts)
    return {one.fact: [one.better[0].text, one.better[0].gain] for one in found}


def basis_opens(valid_from: str, valid_until: str, asked: str, revoked_on: str | None = None) -> bool:
    """Whether a lender may be given a score on the day `asked`."""
    basis = LegalBasis(
        id="lgb_1",
        kind=BasisKind.FILED_CREDIT_REPORTING,
        document="企业征信机构备案证",
        number="1",
        valid_from=date.fromisoformat(valid_from),
        valid_until=date.fromisoformat(valid_until),
        note="",
        recorded_by="acc_1",
        recorded_at=_noon(valid_from),
        revoked_at=_noon(revoked_on) if revoked_on is not None and revoked_on <= asked else None,
    )
    return basis_on([basis], date.fromisoformat(asked)) is not None


def consent_opens(
    scopes: list[str],
    given: str,
    valid_until: str,
    asked: str,
    recipient: str,
    by: str,
    revoked_on: str | None = None,
    party: str = "uscc:91640100MA7ADEM08K",
    separate: bool = False,
    valid_from: str | None = None,
) -> list[str]:
    """What a consent to `recipient` opens to `by` on the day `asked`."""
    purpose = Purpose.MATCHING if recipient == "platform" else Purpose.CREDIT_DECISION
    new = NewConsent(
        signer="张测试",
        authority=Authority.LEGAL_REPRESENTATIVE,
        method=ConsentMethod.PLATFORM_ACCOUNT,
        text_version="1",
        scopes=tuple(scopes),
        purpose=purpose,
        recipient=recipient,
        valid_from=date.fromisoformat(valid_from) if valid_from else None,
        valid_until=date.fromisoformat(valid_until),
        text_hash=TEXT_HASH,
        separate=separate,
    )
    day = date.fromisoformat(given)
    rules = consent_rules(policy.load(), new, day)
    consent: Consent = granted(new, party, "cst_1", _noon(given), day, rules)
    if revoked_on is not None and revoked_on <= asked:
        consent = revoked(consent, _noon(revoked_on))
    return list(opened([consent], by, Purpose.CREDIT_DECISION, date.fromisoformat(asked)))


def _noon(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T04:00:00+00:00")


RULES: dict[str, Callable[..., object]] = {
    "credit.counts": counts,
    "credit.invoice_features": invoice_features,
    "credit.expert_score": expert_score,
    "credit.late_payment_costs": late_payment_costs,
    "credit.would_raise": would_raise,
    "credit.basis_opens": basis_opens,
    "credit.consent_opens": consent_opens,
}
