"""A credit service in small: its database, the people who call it, and what it told matching."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from libs import policy
from libs.chassis.clock import SettableClock
from libs.chassis.database import Database
from libs.chassis.principal import Principal, Role
from libs.eventing import topics
from libs.eventing.envelope import Event
from libs.policy import PolicySet
from libs.registry.dimensions import OwnerKind
from rongqiao.credit.v1 import credit_pb2 as pb
from services.credit import jobs
from services.credit.domain.bulk import BulkOutcome
from services.credit.domain.consent import Authority, Consent, ConsentMethod, NewConsent, Purpose
from services.credit.domain.facts import NewFact, NewFacts, Source
from services.credit.domain.flows import History, Row, history, tally
from services.credit.domain.invoices import Invoice, InvoiceDirection, InvoiceStatus
from services.credit.domain.party import Registration
from services.credit.domain.view import Party
from services.credit.operations import consents, files, reading
from tests.support.services import emitted

FIRM = "uscc:91640100MA7ADEM08K"  # made up, with a valid check character
OTHER = "uscc:91640181MA7ADEM16Q"
FARMER = "person:farmer-000001"
NAME = "银川市蓝鹊测试科技有限公司"
SIGNER = "张测试"
BANK = "org_bank_of_the_yellow_river"
TEXT_HASH = hashlib.sha256("同意".encode()).hexdigest()
TODAY = date(2026, 11, 22)
POLICIES: PolicySet = policy.load()

OPERATOR = Principal("acc_operator", Role.OPERATOR, "org_platform")
OFFICER = Principal("acc_officer", Role.BANK_OFFICER, BANK)


def firm(party: str = FIRM) -> Principal:
    return Principal("acc_firm", Role.SME, party)


def registration(**changes: Any) -> Registration:
    told = {
        "kind": OwnerKind.ENTERPRISE,
        "name": NAME,
        "county": "640106",
        "industry": "6513",
        "established_on": date(2023, 3, 10),
    }
    return Registration(**(told | changes))


def fact(name: str, value: str, observed: str = "2026-10-31", source: Source | None = None) -> NewFact:
    return NewFact(fact=name, value=value, source=source, observed_on=date.fromisoformat(observed))


def sale(number: str, issued: str, net_fen: int, customer: str = "B1", void: bool = False) -> Invoice:
    return Invoice(
        number=number,
        direction=InvoiceDirection.SALE,
        issued_on=date.fromisoformat(issued),
        counterparty=customer,
        net_fen=net_fen,
        status=InvoiceStatus.VOID if void else InvoiceStatus.VALID,
    )


def new_consent(
    *scopes: str, recipient: str = BANK, until: date = date(2027, 11, 21), **terms: Any
) -> NewConsent:
    purpose = Purpose.MATCHING if recipient == "platform" else Purpose.CREDIT_DECISION
    told: dict[str, Any] = {
        "signer": SIGNER,
        "authority": Authority.LEGAL_REPRESENTATIVE,
        "scopes": scopes,
        "purpose": purpose,
        "recipient": recipient,
        "valid_until": until,
        "method": ConsentMethod.PLATFORM_ACCOUNT,
        "text_version": "2026-1",
        "text_hash": TEXT_HASH,
    }
    return NewConsent(**(told | terms))


@dataclass
class World:
    database: Database

    def put(self, party: str = FIRM, by: Principal = OPERATOR, **changes: Any) -> Party:
        return self.write(files.put_party, by, party, registration(**changes))

    def say(self, *facts: NewFact, party: str = FIRM, by: Principal = OPERATOR) -> BulkOutcome:
        return self.write(files.add_facts, by, party, NewFacts(facts=facts))

    def grant(self, *scopes: str, party: str = FIRM, **terms: Any) -> Consent:
        return self.write(consents.grant_consent, firm(party), party, new_consent(*scopes, **terms))

    def revoke(self, consent: Consent) -> Consent:
        return self.write(consents.revoke_consent, firm(consent.party), consent.id)

    def look(self, by: Principal = OFFICER, party: str = FIRM, **when: Any) -> Party:
        return self.write(reading.get_party, by, party, **when)

    def write(self, operation: Any, by: Principal, *args: Any, **kwargs: Any) -> Any:
        return self.database.transact(lambda tx: operation(tx, by, *args, **kwargs))

    def tell(self) -> int:
        return jobs.tell_due_summaries(self.database)

    def summaries(self) -> list[pb.PartySummary]:
        """Every state that was told, after telling what is due."""
        self.tell()
        return [
            event.decode(pb.PartySummary)
            for event in self.events()
            if event.topic == topics.CREDIT_PARTY.name
        ]

    def summary(self, party: str = FIRM) -> pb.PartySummary:
        return [summary for summary in self.summaries() if summary.party == party][-1]

    def events(self) -> list[Event]:
        return emitted(self.database)

    def pass_days(self, days: int) -> None:
        clock = self.database.clock
        assert isinstance(clock, SettableClock)
        clock.instant += timedelta(days=days)


def values(party: Party) -> dict[str, str]:
    """What a reader can read: fact -> value, of the items that are known."""
    return {item.fact: item.value for item in party.items if item.state == "KNOWN"}


def closed(party: Party) -> set[str]:
    return {item.fact for item in party.items if item.state == "NOT_AUTHORISED"}


def told(summary: pb.PartySummary) -> dict[str, str]:
    return {item.fact: item.value for item in summary.items if item.state == pb.ITEM_STATE_KNOWN}


def history_of(invoices: Iterable[Invoice], covers_until: date) -> History:
    """What files of invoices come to offline."""
    return history(tally(map(_row, invoices)), covers_until)


def _row(invoice: Invoice) -> Row:
    return (
        invoice.direction,
        invoice.number,
        invoice.issued_on,
        invoice.counterparty,
        invoice.net_fen,
        invoice.tax_fen,
        invoice.status is InvoiceStatus.VOID,
    )
