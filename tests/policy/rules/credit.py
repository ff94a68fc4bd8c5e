"""The rules of services/credit, by names that a reviewer of cases reads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from libs import policy
from services.credit.domain.consent import Consent, NewConsent, Purpose, granted, opened, revoked
from services.credit.domain.facts import Fact, Source, resolve
from services.credit.domain.features import SalesHistory, features
from services.credit.domain.invoices import Flow, month_of
from services.credit.domain.scorecard import Score, score
from services.credit.operations.reading import card_on

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


def invoice_features(sales: list[list[Any]], as_of: str, covers_until: str | None = None) -> dict[str, int]:
    """`sales`: month (2026-10), customer, yuan sold, yuan refunded."""
    flows = [_flow(*sale) for sale in sales]
    until = date.fromisoformat(covers_until or as_of)
    return features(SalesHistory(flows, min(flow.month for flow in flows), until), date.fromisoformat(as_of))


def _flow(month: str, customer: str, sold_yuan: int, refunded_yuan: int) -> Flow:
    return Flow(
        month_of(date.fromisoformat(f"{month}-01")), customer, sold_yuan * 100, refunded_yuan * 100, 1
    )


def expert_score(facts: dict[str, str], on: str) -> Score:
    policies, day = policy.load(), date.fromisoformat(on)
    return score(card_on(policies, day), facts, "uscc:91640100MA7ADEM08K", day, policies.set_id)


def consent_opens(
    scopes: list[str],
    given: str,
    valid_until: str,
    asked: str,
    recipient: str,
    by: str,
    revoked_on: str | None = None,
) -> list[str]:
    """What a consent to `recipient` opens to `by` on the day `asked`."""
    purpose = Purpose.MATCHING if recipient == "platform" else Purpose.CREDIT_DECISION
    new = NewConsent(
        signer="张测试",
        scopes=tuple(scopes),
        purpose=purpose,
        recipient=recipient,
        valid_until=date.fromisoformat(valid_until),
        text_hash=TEXT_HASH,
    )
    consent: Consent = granted(
        new, "uscc:91640100MA7ADEM08K", "cst_1", _noon(given), date.fromisoformat(given)
    )
    if revoked_on is not None and revoked_on <= asked:
        consent = revoked(consent, _noon(revoked_on))
    return list(opened([consent], by, Purpose.CREDIT_DECISION, date.fromisoformat(asked)))


def _noon(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T04:00:00+00:00")


RULES: dict[str, Callable[..., object]] = {
    "credit.counts": counts,
    "credit.invoice_features": invoice_features,
    "credit.expert_score": expert_score,
    "credit.consent_opens": consent_opens,
}
