"""Claims, dues, recoveries, caps and books through the two doors."""

from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import Any

import grpc
import pytest
from fastapi import APIRouter

from libs.chassis import rpc
from libs.chassis.codec import dump
from libs.chassis.database import Database
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Conflict, Forbidden, Invalid
from libs.chassis.wire import to_message
from rongqiao.guarantee.v1 import books_pb2, books_pb2_grpc, claims_pb2_grpc
from rongqiao.guarantee.v1 import claims_pb2 as pb
from services.guarantee.http import books, claims
from services.guarantee.rpc.books import BooksServicer
from services.guarantee.rpc.claims import ClaimsServicer
from tests.support.rpc import door_of, serving, token_of
from tests.support.services import Client, client_of
from tests.unit.guarantee.chain import HELAN, MANAGER, TODAY
from tests.unit.guarantee.losses import (
    BANK,
    FUND,
    PROVINCE,
    STORY_FEN,
    difference,
    everything,
    go_to,
    lend,
    notice,
    notify,
    pay_all,
    settled,
)

ON, MONTH = TODAY.isoformat(), "2026-11"
DECEMBER = date(2026, 12, 1)


def at(database: Database, by: Principal) -> Client:
    router = APIRouter()
    for part in (claims.router, books.router):
        router.include_router(part)
    return client_of(database, router, by.role, by.organisation)


def open_due(client: Client) -> str:
    """The newest due of the client's organisation that is open."""
    return client.get("/v1/dues", status="OPEN").json()["items"][0]["id"]


def paid(client: Client, due: str) -> Any:
    return client.post(f"/v1/dues/{due}/pay", {"paid_on": ON, "reference": f"PAY-{due}"}).json()


@pytest.fixture
def loan(database: Database) -> str:
    loan = lend(database)
    pay_all(database)
    return loan


def test_a_claim_goes_its_whole_way_over_http(database: Database, loan: str) -> None:
    bank, local, fund, province = (at(database, by) for by in (BANK, MANAGER, FUND, PROVINCE))

    claim = bank.post("/v1/claims", dump(notice(database, loan, STORY_FEN))).json()
    accepted = local.post(f"/v1/claims/{claim['id']}/accept").json()
    first = paid(local, open_due(local))
    for tier in (fund, province):
        paid(tier, open_due(tier))
    money = {"reference": "R1", "gross_fen": 90_000_000, "costs_fen": 6_000_000, "received_on": ON}
    recovered = local.post(f"/v1/claims/{claim['id']}/recoveries", money)

    assert {part["party"]: part["bears_fen"] for part in accepted["parts"]} == {
        "bank": 48_375_309,
        "national": 48_375_308,
        "provincial": 48_375_308,
        "local": 96_750_618,
    }
    assert (first["amount_fen"], first["status"]) == (193_501_234, "PAID")
    assert (recovered.status_code, [part["amount_fen"] for part in recovered.json()["parts"]]) == (
        201,
        [16_800_000, 16_800_000, 16_800_000, 33_600_000],
    )
    assert bank.get(f"/v1/claims/{claim['id']}").json()["status"] == "SETTLED"
    assert len(bank.get(f"/v1/claims/{claim['id']}/recoveries").json()["items"]) == 1
    assert [one["id"] for one in fund.get("/v1/claims").json()["items"]] == [claim["id"]]
    assert local.get(f"/v1/statements/{MONTH}/org_fund").json()["agrees"] is True
    assert [one["key"] for one in fund.get("/v1/caps").json()["items"]] == ["ordinary/*/2026"]
    assert fund.get("/v1/ledger-entries", limit=1).json()["items"][0]["number"] == 1
    assert fund.get("/v1/ledger-roots").json() == {"items": []}
    assert difference(database) is None


def test_everything_is_taken_back_over_http(business: Database) -> None:
    claim = settled(business, lend(business), STORY_FEN)
    local, fund = at(business, MANAGER), at(business, FUND)
    money = {"reference": "R1", "gross_fen": 1_000, "received_on": ON}
    recovery = local.post(f"/v1/claims/{claim.id}/recoveries", money).json()
    due = open_due(fund)
    why = {"reason": "入错账"}

    disputed = fund.post(f"/v1/dues/{due}/dispute", why).json()["status"]
    agreed = fund.post(f"/v1/dues/{due}/withdraw-dispute").json()["status"]
    seen = paid(local, due)["status"], local.post(f"/v1/dues/{due}/take-back", why).json()["status"]
    reversed_one = local.post(f"/v1/recoveries/{recovery['id']}/take-back", why).json()["status"]

    assert (disputed, agreed, seen, reversed_one) == ("DISPUTED", "OPEN", ("PAID", "OPEN"), "REVERSED")
    assert fund.get(f"/v1/dues/{due}").json()["status"] == "CANCELLED"
    assert difference(business) is None


def test_a_fee_is_given_up_a_month_agreed_to_and_a_period_settled_over_http(business: Database) -> None:
    lend(business)
    local, fund = at(business, MANAGER), at(business, FUND)
    fee = fund.post(f"/v1/dues/{open_due(fund)}/cancel", {"reason": "重复收费"}).json()
    go_to(business, DECEMBER)
    agreed = local.post(f"/v1/statements/{MONTH}/org_fund/agree").json()
    early = fund.post("/v1/caps/ordinary/*/2026/settle")
    go_to(business, DECEMBER.replace(year=2027))
    settled_one = fund.post("/v1/caps/ordinary/*/2026/settle").json()

    assert (fee["kind"], fee["status"]) == ("FEE", "CANCELLED")
    assert agreed["agreed_by"] == ["org_helan"]
    assert (early.status_code, early.json()["field"]) == (409, "key")
    assert settled_one["settled_on"] == "2027-12-01"


def test_the_same_key_gets_the_same_answer(business: Database) -> None:
    bank = at(business, BANK)
    body = dump(notice(business, lend(business), STORY_FEN))

    first, again = (bank.post("/v1/claims", body, key="k-1") for _ in range(2))
    other = bank.post("/v1/claims", body | {"principal_fen": 1}, key="k-1")

    assert (first.status_code, again.json(), other.status_code) == (201, first.json(), 422)


@pytest.mark.parametrize(
    ("change", "status", "field", "has_source"),
    [
        ({"principal_fen": STORY_FEN + 1}, 422, "principal_fen", True),
        ({"principal_fen": -1}, 422, "/principal_fen", False),
        ({"principal_fen": 0.5}, 422, "/principal_fen", False),
        ({"noticed_on": "2029-11-23"}, 422, "noticed_on", False),
        ({"noticed_on": "gestern"}, 422, "/noticed_on", False),
        ({"loan_id": "loan_9"}, 404, "loan_id", False),
        ({"amount": 1}, 422, "/amount", False),
    ],
)
def test_a_wrong_notice_is_a_problem_by_its_field_and_changes_nothing(
    business: Database, change: dict[str, Any], status: int, field: str, has_source: bool
) -> None:
    body = dump(notice(business, lend(business), STORY_FEN)) | change
    before = everything(business)

    answer = at(business, BANK).post("/v1/claims", body)

    told = answer.json()
    assert (answer.status_code, told["field"].strip("/"), bool(told.get("source"))) == (
        status,
        field.strip("/"),
        has_source,
    )
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert everything(business) == before


def test_refusals_need_grounds_of_the_list(business: Database) -> None:
    claim = notify(business, lend(business), STORY_FEN)
    local = at(business, MANAGER)
    before = everything(business)

    unknown = local.post(f"/v1/claims/{claim.id}/refuse", {"grounds": ["BAD_LUCK"], "reason": "无"})
    silent = local.post(f"/v1/claims/{claim.id}/refuse", {"grounds": [], "reason": "无"})
    forbidden = at(business, BANK).post(f"/v1/claims/{claim.id}/accept")

    assert (unknown.status_code, silent.status_code, forbidden.status_code) == (422, 422, 403)
    assert everything(business) == before
    body = {"grounds": ["OTHER"], "reason": "抵押物已释放"}
    assert local.post(f"/v1/claims/{claim.id}/refuse", body).json()["status"] == "REFUSED"


class Stubs:
    """The two services of a channel, called by whom and with what."""

    def __init__(self, channel: grpc.Channel) -> None:
        self.claims: Any = claims_pb2_grpc.ClaimsStub(channel)
        self.books: Any = books_pb2_grpc.BooksStub(channel)
        self.keys = 0

    def ask(self, method: Any, request: Any, by: Principal) -> Any:
        return rpc.invoke(method, request, token=token_of(by))

    def tell(self, method: Any, request: Any, by: Principal) -> Any:
        self.keys += 1
        return rpc.invoke(method, request, token=token_of(by), key=f"k{self.keys}")


@pytest.fixture
def stubs(database: Database) -> Iterator[Stubs]:
    door = door_of(database)

    def add(server: grpc.Server) -> None:
        for part, add_to in (
            (ClaimsServicer(door), claims_pb2_grpc.add_ClaimsServicer_to_server),
            (BooksServicer(door), books_pb2_grpc.add_BooksServicer_to_server),
        ):
            partial(add_to, part)(server)

    with serving(add) as channel:
        yield Stubs(channel)


def test_a_claim_goes_its_whole_way_over_grpc(database: Database, loan: str, stubs: Stubs) -> None:
    tell, ask, there = stubs.tell, stubs.ask, stubs.claims
    claim = tell(there.Notify, to_message(pb.Notice, notice(database, loan, STORY_FEN)), BANK)
    tell(there.AcceptClaim, pb.ClaimId(claim_id=claim.id), MANAGER)
    seen = [difference(database)]
    for by in (MANAGER, FUND, PROVINCE):
        due = ask(there.ListDues, pb.ListDuesRequest(status=pb.DUE_STATUS_OPEN), by).items[0]
        tell(there.PayDue, pb.PayRequest(due_id=due.id, paid_on=ON, reference="1"), by)
        seen.append(difference(database))
    money = pb.RecordRecoveryRequest(
        claim_id=claim.id, reference="R1", gross_fen=90_000_000, costs_fen=6_000_000, received_on=ON
    )
    recovery = tell(there.RecordRecovery, money, MANAGER)
    due = ask(there.ListDues, pb.ListDuesRequest(status=pb.DUE_STATUS_OPEN), FUND).items[0]
    why = pb.DueReasonRequest(due_id=due.id, reason="金额有误")
    states = [
        tell(there.DisputeDue, why, FUND).status,
        tell(there.WithdrawDispute, pb.DueId(due_id=due.id), FUND).status,
        tell(there.PayDue, pb.PayRequest(due_id=due.id, paid_on=ON, reference="1"), MANAGER).status,
        tell(there.TakeBackPayment, why, MANAGER).status,
        ask(there.GetDue, pb.DueId(due_id=due.id), MANAGER).status,
    ]
    back = tell(
        there.TakeBackRecovery, pb.TakeBackRecoveryRequest(recovery_id=recovery.id, reason="重复"), MANAGER
    )

    assert [part.amount_fen for part in recovery.parts] == [16_800_000, 16_800_000, 16_800_000, 33_600_000]
    assert states == [
        pb.DUE_STATUS_DISPUTED,
        pb.DUE_STATUS_OPEN,
        pb.DUE_STATUS_PAID,
        *[pb.DUE_STATUS_OPEN] * 2,
    ]
    assert back.status == pb.RECOVERY_STATUS_REVERSED
    assert ask(there.GetClaim, pb.ClaimId(claim_id=claim.id), BANK).status == pb.CLAIM_STATUS_SETTLED
    assert len(ask(there.ListRecoveries, pb.ClaimId(claim_id=claim.id), FUND).items) == 1
    assert (*seen, difference(database)) == (None,) * 5


def test_books_caps_and_refusals_over_grpc(database: Database, loan: str, stubs: Stubs) -> None:
    tell, ask, there = stubs.tell, stubs.ask, stubs.claims
    claim = tell(there.Notify, to_message(pb.Notice, notice(database, loan, STORY_FEN)), BANK)
    refusal = pb.RefuseRequest(claim_id=claim.id, grounds=[pb.REFUSAL_GROUND_OTHER], reason="抵押物已释放")
    refused = tell(there.RefuseClaim, refusal, MANAGER)
    listed = ask(there.ListClaims, pb.ListClaimsRequest(status=pb.CLAIM_STATUS_REFUSED), BANK)
    fees = ask(there.ListDues, pb.ListDuesRequest(), FUND).items
    with pytest.raises(Conflict):
        tell(there.AcceptClaim, pb.ClaimId(claim_id=claim.id), MANAGER)
    with pytest.raises(Invalid):
        month = books_pb2.StatementId(month=MONTH, counterparty="org_fund")
        tell(stubs.books.AgreeStatement, month, MANAGER)
    with pytest.raises(Forbidden):
        tell(there.SettleCap, pb.CapKey(key="ordinary/*/2026"), MANAGER)
    entries = ask(stubs.books.ListEntries, books_pb2.ListEntriesRequest(after=1, limit=1), FUND).items
    shown = ask(stubs.books.GetStatement, books_pb2.StatementId(month=MONTH, counterparty=HELAN.id), FUND)

    assert (refused.status, [one.id for one in listed.items]) == (pb.CLAIM_STATUS_REFUSED, [claim.id])
    assert [one.kind for one in fees] == [pb.DUE_KIND_FEE]
    assert [one.number for one in entries] == [2]
    assert (shown.agrees, len(shown.receipts)) == (True, 1)
    assert ask(stubs.books.ListRoots, books_pb2.ListRootsRequest(), FUND).items == []
    assert ask(there.ListCaps, pb.ListCapsRequest(), FUND).items == []
    by = Principal("acc_sme", Role.SME, "uscc:1")
    with pytest.raises(Forbidden):
        ask(there.GetClaim, pb.ClaimId(claim_id=claim.id), by)
