"""Credit over HTTP and gRPC: the same operations, problems that say what to mend."""

from collections.abc import Iterator
from functools import partial

import pytest
from fastapi.testclient import TestClient
from httpx import Response

from libs.chassis import wire
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Forbidden, Invalid
from libs.chassis.rpc import invoke
from rongqiao.common.v1 import common_pb2 as common
from rongqiao.credit.v1 import credit_pb2 as pb
from rongqiao.credit.v1 import credit_pb2_grpc
from services.credit.domain import bulk, consent, facts, invoices, party, records, series, sources
from services.credit.rpc.parties import CreditServicer
from tests.support.rpc import door_of, serving, token_of
from tests.support.services import Client
from tests.unit.credit.card_shop import open_gate
from tests.unit.credit.doors import client
from tests.unit.credit.world import BANK, FIRM, NAME, OFFICER, OPERATOR, TEXT_HASH, World, firm

REGISTERED = {
    "kind": "ENTERPRISE",
    "name": NAME,
    "county": "640106",
    "industry": "6513",
    "established_on": "2023-03-10",
}
AGREED = {
    "signer": "张测试",
    "authority": "LEGAL_REPRESENTATIVE",
    "scopes": ["tax", "score"],
    "valid_until": "2027-11-21",
    "method": "ELECTRONIC_SIGNATURE",
    "text_version": "2026-1",
    "text_hash": TEXT_HASH,
}
TO_BANK = AGREED | {"purpose": "CREDIT_DECISION", "recipient": BANK}
GRADE = {"fact": "tax_grade", "value": "A", "source": "TAX", "observed_on": "2026-04-30"}


@pytest.fixture(autouse=True)
def gate_is_open(small_world: World) -> None:
    open_gate(small_world)


@pytest.fixture
def sme(small_world: World) -> Client:
    return client(small_world, Role.SME, FIRM)


@pytest.fixture
def bank(small_world: World) -> Client:
    return client(small_world, Role.BANK_OFFICER, BANK)


@pytest.fixture
def operator(small_world: World) -> Client:
    return client(small_world, Role.OPERATOR, "org_platform")


def test_a_firm_lets_a_bank_look_and_takes_it_back(sme: Client, bank: Client, operator: Client) -> None:
    assert sme.put(f"/v1/parties/{FIRM}", REGISTERED).json()["name"] == NAME
    outcome = operator.post(f"/v1/parties/{FIRM}/facts", {"facts": [GRADE]}).json()
    assert outcome["rows"] == [{"row": 1, "state": "RECORDED", "field": None, "message": None, "mend": None}]
    assert bank.get(f"/v1/parties/{FIRM}/score").status_code == 403

    agreed = sme.post(f"/v1/parties/{FIRM}/consents", TO_BANK)
    assert agreed.status_code == 201
    items = {item["fact"]: item for item in bank.get(f"/v1/parties/{FIRM}").json()["items"]}
    assert (items["tax_grade"]["value"], items["employees"]["state"]) == ("A", "NOT_AUTHORISED")
    assert bank.get(f"/v1/parties/{FIRM}/score").json()["expert"] is True

    assert sme.post(f"/v1/consents/{agreed.json()['id']}/revoke").json()["revoked_at"] is not None
    assert bank.get(f"/v1/parties/{FIRM}/score").status_code == 403
    assert [read["what"] for read in sme.get(f"/v1/parties/{FIRM}/reads").json()["items"]] == [
        "SCORE",
        "FILE",
    ]
    assert len(sme.get(f"/v1/parties/{FIRM}/consents").json()["items"]) == 1
    assert sme.post(f"/v1/parties/{FIRM}/withdraw").json()["status"] == "WITHDRAWN"


def test_a_look_is_never_answered_from_an_earlier_one(sme: Client, bank: Client) -> None:
    sme.put(f"/v1/parties/{FIRM}", REGISTERED)
    agreed = sme.post(f"/v1/parties/{FIRM}/consents", TO_BANK).json()
    headers = {"Authorization": f"Bearer {token_of(bank.principal)}", "Idempotency-Key": "the-same"}
    assert bank.http.get(f"/v1/parties/{FIRM}/score", headers=headers).status_code == 200

    sme.post(f"/v1/consents/{agreed['id']}/revoke")

    assert bank.http.get(f"/v1/parties/{FIRM}/score", headers=headers).status_code == 403


def test_a_repeated_delivery_under_one_key_gets_the_first_answer(sme: Client, operator: Client) -> None:
    sme.put(f"/v1/parties/{FIRM}", REGISTERED)
    first = operator.post(f"/v1/parties/{FIRM}/facts", {"facts": [GRADE]}, key="k1")
    again = operator.post(f"/v1/parties/{FIRM}/facts", {"facts": [GRADE]}, key="k1")

    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"


def test_invoices_come_one_by_one_or_as_a_file(sme: Client, operator: Client) -> None:
    sme.put(f"/v1/parties/{FIRM}", REGISTERED)
    row = {
        "number": "1",
        "direction": "SALE",
        "issued_on": "2026-10-01",
        "counterparty": "B1",
        "net_fen": 500,
    }
    assert operator.post(f"/v1/parties/{FIRM}/invoices", {"invoices": [row]}).json()["recorded"] == 1

    csv = (
        "number,direction,issued_on,counterparty,net_fen,tax_fen,status\n1,SALE,2026-10-01,B1,500,65,VALID\n"
    )
    answer = operator.http.put(
        f"/v1/parties/{FIRM}/invoices",
        params={"covers_until": "2026-10-31"},
        files={"file": ("invoices.csv", "\ufeff" + csv, "text/csv")},
        headers={"Authorization": f"Bearer {token_of(operator.principal)}"},
    )
    assert (answer.status_code, answer.json()["known"]) == (200, 1)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (REGISTERED | {"county": "640321"}, "county"),
        (REGISTERED | {"kind": "COOPERATIVE"}, "kind"),
        (REGISTERED | {"shoe_size": 43}, "/shoe_size"),
    ],
)
def test_a_refusal_names_the_field_and_the_mend(sme: Client, body: dict[str, object], field: str) -> None:
    refused = sme.put(f"/v1/parties/{FIRM}", body)

    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["field"] == field
    assert refused.json()["mend"]


PATHS = [
    ("GET", ""),
    ("PUT", ""),
    ("POST", "/withdraw"),
    ("POST", "/facts"),
    ("POST", "/invoices"),
    ("GET", "/score"),
    ("GET", "/reads"),
    ("POST", "/consents"),
    ("GET", "/consents"),
]
BODIES = {"": REGISTERED, "/facts": {"facts": [GRADE]}, "/invoices": {"invoices": []}, "/consents": TO_BANK}


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_no_route_lets_another_firm_or_a_regulator_in(
    small_world: World, sme: Client, method: str, path: str
) -> None:
    sme.put(f"/v1/parties/{FIRM}", REGISTERED)

    for stranger in (
        Principal("a", Role.SME, "uscc:91640181MA7ADEM16Q"),
        Principal("r", Role.REGULATOR, "org_r", "64"),
    ):
        refused = call(sme.http, stranger, method, f"/v1/parties/{FIRM}{path}", BODIES.get(path))
        assert refused.status_code == 403, (stranger, refused.text)


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_every_route_wants_a_token(sme: Client, method: str, path: str) -> None:
    assert call(sme.http, None, method, f"/v1/parties/{FIRM}{path}", BODIES.get(path)).status_code == 401


def call(http: TestClient, by: Principal | None, method: str, path: str, body: object) -> Response:
    headers = {"Idempotency-Key": "k"} | ({"Authorization": f"Bearer {token_of(by)}"} if by else {})
    return http.request(method, path, json=body, headers=headers)


@pytest.fixture
def stub(small_world: World) -> Iterator[credit_pb2_grpc.CreditStub]:
    servicer = CreditServicer(door_of(small_world.database))
    with serving(partial(credit_pb2_grpc.add_CreditServicer_to_server, servicer)) as channel:
        yield credit_pb2_grpc.CreditStub(channel)


def test_the_whole_story_over_grpc(stub: credit_pb2_grpc.CreditStub) -> None:
    mine, theirs, shared = token_of(firm()), token_of(OFFICER), token_of(OPERATOR)
    kind = common.OWNER_KIND_ENTERPRISE
    put = pb.PutPartyRequest(
        id=FIRM, kind=kind, name=NAME, county="640106", industry="65", established_on="2023-03-10"
    )
    assert invoke(stub.PutParty, put, token=mine, key="1").name == NAME
    grade = pb.NewFact(fact="tax_grade", value="A", source=pb.SOURCE_TAX, observed_on="2026-04-30")
    right = pb.IpRight(id="ZL1", kind=pb.IP_RIGHT_KIND_INVENTION, expires_on="2040-01-01", appraised_fen=5)
    new = pb.AddFactsRequest(party=FIRM, facts=[grade], ip_rights=[right])
    assert invoke(stub.AddFacts, new, token=shared, key="2").recorded == 2
    sale = pb.Invoice(
        number="1",
        direction=pb.INVOICE_DIRECTION_SALE,
        issued_on="2026-10-01",
        counterparty="B1",
        net_fen=5,
        status=pb.INVOICE_STATUS_VALID,
    )
    delivery = pb.AddInvoicesRequest(party=FIRM, invoices=[sale])
    assert invoke(stub.AddInvoices, delivery, token=shared, key="3").recorded == 1
    agree = pb.GrantConsentRequest(
        party=FIRM,
        signer="张测试",
        authority=pb.AUTHORITY_LEGAL_REPRESENTATIVE,
        method=pb.CONSENT_METHOD_ELECTRONIC_SIGNATURE,
        text_version="2026-1",
        scopes=["tax", "score"],
        purpose=pb.PURPOSE_CREDIT_DECISION,
        recipient=BANK,
        valid_until="2027-01-01",
        text_hash=TEXT_HASH,
    )
    agreed = invoke(stub.GrantConsent, agree, token=mine, key="4")

    shown = invoke(stub.GetParty, pb.PartyId(party=FIRM), token=theirs)
    assert next(item for item in shown.items if item.fact == "tax_grade").consent_id == agreed.id
    assert invoke(stub.GetScore, pb.PartyId(party=FIRM), token=theirs).scorecard == "expert_first_loan/1"
    assert [one.id for one in invoke(stub.ListConsents, pb.PartyId(party=FIRM), token=theirs).items] == [
        agreed.id
    ]
    reads = invoke(stub.ListReads, pb.ListReadsRequest(party=FIRM, limit=1), token=mine)
    assert (reads.items[0].what, bool(reads.next_cursor)) == (pb.READ_KIND_SCORE, True)

    assert invoke(stub.RevokeConsent, pb.ConsentId(consent_id=agreed.id), token=mine, key="5").revoked_at
    with pytest.raises(Forbidden):
        invoke(stub.GetScore, pb.PartyId(party=FIRM), token=theirs)
    with pytest.raises(Invalid) as refused:
        invoke(
            stub.PutParty, pb.PutPartyRequest(id=FIRM, kind=kind, name=NAME, county="6"), token=mine, key="6"
        )
    assert refused.value.field == "county"
    withdrawn = invoke(stub.WithdrawParty, pb.PartyId(party=FIRM), token=mine, key="7")
    assert withdrawn.status == pb.PARTY_STATUS_WITHDRAWN


ENUMS = [
    (facts.Source, pb.Source),
    (party.IpRightKind, pb.IpRightKind),
    (party.PartyStatus, pb.PartyStatus),
    (invoices.InvoiceDirection, pb.InvoiceDirection),
    (invoices.InvoiceStatus, pb.InvoiceStatus),
    (party.ValuationMethod, pb.ValuationMethod),
    (facts.SizeGap, pb.SizeGap),
    (facts.SizeIndicator, pb.SizeIndicator),
    (sources.Confidence, pb.Confidence),
    (sources.Because, pb.Because),
    (records.RecordKind, pb.RecordKind),
    (records.RecordState, pb.RecordState),
    (records.Severity, pb.Severity),
    (series.SeriesKind, pb.SeriesKind),
    (bulk.RowState, pb.RowState),
    (consent.Purpose, pb.Purpose),
    (consent.Authority, pb.Authority),
    (consent.ConsentMethod, pb.ConsentMethod),
    (consent.ReadKind, pb.ReadKind),
    (sources.ItemState, pb.ItemState),
]


@pytest.mark.parametrize(("members", "kind"), ENUMS)
def test_an_enum_and_its_contract_have_the_same_members_in_the_same_order(
    members: type, kind: object
) -> None:
    descriptor = kind.DESCRIPTOR  # type: ignore[attr-defined]
    contract = [value.name.removeprefix(wire.enum_prefix(descriptor)) for value in descriptor.values]

    assert contract == ["UNSPECIFIED", *members]  # type: ignore[misc]


def test_every_call_of_the_contract_is_served() -> None:
    methods = {method.name for method in pb.DESCRIPTOR.services_by_name["Credit"].methods}

    assert methods <= set(vars(CreditServicer))
