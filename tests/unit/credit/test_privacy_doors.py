"""At no door of HTTP or gRPC, in whatever order things happen, does a bank get a protected item without a consent."""

import logging
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import partial
from itertools import count
from typing import Any

import pytest
from google.protobuf.json_format import MessageToJson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from libs.chassis.masking import masked
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Problem
from libs.chassis.rpc import invoke
from libs.eventing import topics
from libs.registry.dimensions import OwnerKind
from libs.registry.loan_terms import IpRightKind
from libs.registry.uscc import complete
from rongqiao.credit.v1 import credit_pb2 as pb
from rongqiao.credit.v1 import credit_pb2_grpc
from services.credit.domain.consent import Consent, Revocation
from services.credit.domain.facts import NewFacts
from services.credit.domain.mandates import NewMandate
from services.credit.domain.party import IpRight
from services.credit.domain.records import NewRecord, NewRecords, RecordKind
from services.credit.domain.series import NewFigure, NewFigures, SeriesKind
from services.credit.operations import consents, files, mandates, records
from services.credit.rpc.parties import CreditServicer
from tests.support.rpc import door_of, serving, token_of
from tests.support.services import Client
from tests.unit.credit.card_shop import ready
from tests.unit.credit.doors import client
from tests.unit.credit.world import (
    BANK,
    FARMER,
    OFFICER,
    OPERATOR,
    OTHER,
    SIGNER,
    World,
    fact,
    firm,
)

SECRETS = {
    "tax": ("734000001", "734000002"),  # a fact, and a month of a series
    "credit_record": ("734000003", "734000004"),  # a fact, and a loan's balance
    "statements": ("734000005", "734000006"),  # a fact, and what a right is worth
}
"""By scope, what nobody may read to whom it is closed; no other text looks like it."""

AGENT = Principal("acc_bookkeeper", Role.SME, OTHER)
_numbers = count(1)

steps = st.lists(
    st.one_of(
        st.tuples(
            st.just("grant"),
            st.sampled_from(sorted(SECRETS)),
            st.sampled_from([BANK, "platform"]),
            st.integers(0, 2),
            st.integers(0, 1),
        ),
        st.tuples(st.just("mandate"), st.sampled_from(sorted(SECRETS)), st.integers(0, 2)),
        st.tuples(st.just("revoke"), st.integers(0, 3)),
        st.tuples(st.just("end"), st.integers(0, 3)),
        st.tuples(st.just("days"), st.integers(1, 2)),
        st.sampled_from([("withdraw",), ("put",)]),
    ),
    min_size=3,
    max_size=9,
)


class Firm:
    """A firm with secrets, what it agreed to kept by hand."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.party = complete(f"91640100MB{next(_numbers):07d}").party
        self.consents: list[Consent] = []
        self.mandates: list[Any] = []
        self.withdrawn = False
        world.put(self.party)
        tell_secrets(world, self.party)

    def today(self) -> date:
        with self.world.database.read() as tx:
            return tx.today

    def do(self, step: Sequence[Any]) -> None:
        if self.withdrawn and step[0] in ("grant", "mandate"):
            return
        getattr(self, f"do_{step[0]}")(*step[1:])

    def do_grant(self, scope: str, recipient: str, days: int, later: int) -> None:
        start = self.today() + timedelta(days=later)
        terms = {"until": start + timedelta(days=days), "valid_from": start}
        self.consents.append(self.world.grant(scope, party=self.party, recipient=recipient, **terms))

    def do_mandate(self, scope: str, days: int) -> None:
        new = NewMandate(agent=OTHER, scopes=(scope,), valid_until=self.today() + timedelta(days=days))
        by = firm(self.party)
        self.mandates.append(self.world.write(mandates.grant_mandate, by, self.party, new))

    def do_revoke(self, at: int) -> None:
        if self.consents:
            self.world.revoke(self.consents.pop(at % len(self.consents)))

    def do_end(self, at: int) -> None:
        if self.mandates:
            mandate = self.mandates.pop(at % len(self.mandates))
            self.world.write(mandates.revoke_mandate, firm(self.party), mandate.id)

    def do_days(self, days: int) -> None:
        self.world.pass_days(days)

    def do_withdraw(self) -> None:
        self.world.write(files.withdraw_party, firm(self.party), self.party)
        self.withdrawn = True
        self.consents.clear()
        self.mandates.clear()

    def do_put(self) -> None:
        self.world.put(self.party, by=firm(self.party))
        self.withdrawn = False

    def open_to(self, recipient: str) -> set[str]:
        today = self.today()
        good = (one for one in self.consents if one.recipient == recipient)
        return {scope for one in good if one.valid_from <= today <= one.valid_until for scope in one.scopes}

    def open_to_agent(self) -> set[str]:
        return {scope for one in self.mandates if one.valid_until >= self.today() for scope in one.scopes}


def tell_secrets(world: World, party: str) -> None:
    taxes, debts, books = SECRETS["tax"], SECRETS["credit_record"], SECRETS["statements"]
    world.say(
        fact("tax_arrears", "false"),
        fact("tax_growth_bp", taxes[0]),
        fact("loan_balance_fen", debts[0], "2026-11-22"),
        fact("receivables_fen", books[0]),
        party=party,
    )
    figure = NewFigure(series=SeriesKind.TAX_PAID, month="2026-10", value=int(taxes[1]))
    world.write(records.add_figures, OPERATOR, party, NewFigures(figures=(figure,)))
    loan = NewRecord(
        kind=RecordKind.LOAN,
        reference="L1",
        dated_on=date(2026, 1, 1),
        amount_fen=int(debts[1]),
        balance_fen=int(debts[1]),
        institution="org_x",
        observed_on=date(2026, 11, 1),
    )
    world.write(records.add_records, OPERATOR, party, NewRecords(records=(loan,)))
    right = IpRight(
        id="ZL1", kind=IpRightKind.DESIGN, expires_on=date(2030, 1, 1), appraised_fen=int(books[1])
    )
    world.write(files.add_facts, OPERATOR, party, NewFacts(ip_rights=(right,)))


FACTS = ("tax_growth_bp", "loan_balance_fen", "receivables_fen")
PATHS = (
    *("", "/records", "/series", "/relations", "/score", "/report", "/documents", "/consents", "/mandates"),
    *(f"/facts/{name}" for name in FACTS),
)


def read_over_http(door: Client, party: str) -> str:
    return " ".join(door.get(f"/v1/parties/{party}{path}").text for path in PATHS)


def read_over_grpc(stub: credit_pb2_grpc.CreditStub, token: str, party: str) -> str:
    calls = [
        (stub.GetParty, pb.PartyId(party=party)),
        (stub.ListRecords, pb.PartyOnRequest(party=party)),
        (stub.ListFigures, pb.PartyOnRequest(party=party)),
        (stub.GetRelations, pb.PartyOnRequest(party=party)),
        *((stub.GetFact, pb.GetFactRequest(party=party, fact=name)) for name in FACTS),
    ]
    return " ".join(answered(call, request, token) for call, request in calls)


def answered(call: Any, request: Any, token: str) -> str:
    try:
        return MessageToJson(invoke(call, request, token=token))
    except Problem as refusal:
        return str(refusal)


def read_in(text: str) -> set[str]:
    return {scope for scope, secrets in SECRETS.items() if any(secret in text for secret in secrets)}


@pytest.fixture
def stub(small_world: World) -> Iterator[credit_pb2_grpc.CreditStub]:
    servicer = CreditServicer(door_of(small_world.database))
    with serving(partial(credit_pb2_grpc.add_CreditServicer_to_server, servicer)) as channel:
        yield credit_pb2_grpc.CreditStub(channel)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_no_door_gives_a_bank_a_protected_item_without_a_standing_consent(
    small_world: World, stub: credit_pb2_grpc.CreditStub, history: list[tuple[Any, ...]]
) -> None:
    one = Firm(ready(small_world))
    bank = client(small_world, Role.BANK_OFFICER, BANK)
    agent = client(small_world, Role.SME, OTHER)
    for step in history:
        one.do(step)
        assert read_in(read_over_http(bank, one.party)) == one.open_to(BANK), step
        assert read_in(read_over_grpc(stub, token_of(OFFICER), one.party)) == one.open_to(BANK), step
        assert read_in(read_over_http(agent, one.party)) == one.open_to_agent(), step
        summary = MessageToJson(small_world.summary(one.party))
        assert read_in(summary) <= one.open_to("platform"), step


def test_the_secrets_would_be_seen_if_they_were_shown(small_world: World) -> None:
    one = Firm(ready(small_world))

    assert read_in(read_over_http(client(small_world, Role.SME, one.party), one.party)) == set(SECRETS)


def test_no_event_or_log_names_a_person_a_signer_or_why_a_consent_ended(
    small_world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    world, reason = ready(small_world), "不再申请了"
    person = {"kind": OwnerKind.SMALL_MICRO_OWNER, "name": "马晓测", "established_on": None}
    world.put(FARMER, **person)
    consent = world.grant("tax", party=FARMER, separate=True)
    world.write(consents.revoke_consent, firm(FARMER), consent.id, Revocation(reason=reason))
    client(world, Role.SME, FARMER).get(f"/v1/parties/{FARMER}")
    world.tell()

    told = {event.topic: event.data.decode("utf-8", "replace") for event in world.events()}
    logs = "".join(masked(record.getMessage()) for record in caplog.records)
    for text in (*told.values(), logs):
        assert not any(secret in text for secret in ("马晓测", SIGNER, reason))
    facts = [text for topic, text in told.items() if topic != topics.CREDIT_PARTY.name]
    assert facts and not any("person:" in text for text in (*facts, logs))
