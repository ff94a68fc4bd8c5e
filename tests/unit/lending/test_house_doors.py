"""The house, its feed and its webhooks through both doors."""

import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import grpc
import pytest
from fastapi import APIRouter

from libs.chassis.database import Database
from libs.chassis.outward import Gate
from libs.chassis.principal import Principal, Role
from rongqiao.lending.v1 import house_pb2 as pb
from rongqiao.lending.v1 import house_pb2_grpc
from services.lending.courier import Courier
from services.lending.http import feed as feed_door
from services.lending.http import house, webhooks
from services.lending.http.webhooks import Parts
from services.lending.operations import feed
from services.lending.rpc.house import HouseServicer
from services.lending.store import metadata
from tests.support import patience
from tests.support.receiver import receiving
from tests.support.rpc import door_of, serving, token_of
from tests.support.services import Client, client_of, opened

BANK = "org_bank_a"
AS_MANAGER = [("authorization", f"Bearer {token_of(Principal('acc_1', Role.BANK_MANAGER, BANK))}")]
add_servicer = house_pb2_grpc.add_HouseServicer_to_server


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with opened(f"sqlite:///{tmp_path_factory.mktemp('doors') / 'doors.db'}", metadata) as made:
        yield made


@pytest.fixture(scope="module")
def client(database: Database) -> Client:
    parts = Parts(Courier(database, Gate(("127.0.0.0/8",)), seconds=patience.SECONDS))
    doors = APIRouter()
    for router in (webhooks.router, house.router, feed_door.router):
        doors.include_router(router)
    return client_of(database, doors, Role.BANK_MANAGER, BANK, parts=parts)


def test_a_webhook_is_registered_tried_changed_and_deleted(client: Client, database: Database) -> None:
    with receiving() as endpoint:
        body = {"url": endpoint.url, "types": ["application.*"]}
        made = client.post("/v1/webhooks", body, "key-1")
        again = client.post("/v1/webhooks", body, "key-1")
        path = f"/v1/webhooks/{made.json()['webhook']['id']}"
        assert (made.status_code, again.json()) == (201, made.json())
        assert made.json()["secret"].startswith("whsec_")
        assert client.post(f"{path}/ping").json() == {"code": 204, "error": None}
        assert client.post(f"{path}/rotate").json()["secret"] != made.json()["secret"]
        assert client.post(f"{path}/pause").json()["status"] == "PAUSED"
        assert client.post(f"{path}/resume").json()["status"] == "ACTIVE"
        assert client.get(path).json()["waiting"] == 0
        assert "secret" not in client.get("/v1/webhooks").json()["items"][0]["webhook"]
        assert client.get(f"{path}/deliveries").json() == {"items": [], "next_cursor": None}
        refused = client.post(f"{path}/redeliver", {})
        assert (refused.status_code, refused.json()["field"]) == (422, "delivery_id")
        assert client.http.delete(path, headers=client._headers(None)).status_code == 200
        assert client.get(path).status_code == 404


def test_a_url_that_leads_inside_is_told_with_its_field(client: Client) -> None:
    refused = client.post("/v1/webhooks", {"url": "https://169.254.169.254/latest"})
    assert (refused.status_code, refused.json()["field"]) == (422, "url")
    assert "public internet" in refused.json()["mend"]


def test_what_the_documents_tell_a_bank_to_do_in_a_shell_finds_the_signature(
    client: Client, tmp_path: Path
) -> None:
    """docs/banks.md has these lines."""
    with receiving() as endpoint:
        made = client.post("/v1/webhooks", {"url": endpoint.url}).json()
        client.post(f"/v1/webhooks/{made['webhook']['id']}/ping")
        got = endpoint.got[0]
        client.http.delete(f"/v1/webhooks/{made['webhook']['id']}", headers=client._headers(None))
    (tmp_path / "body.json").write_bytes(got.body)
    script = """
    KEY=$(printf %s "${SECRET#whsec_}" | base64 -d | od -An -tx1 -v | tr -d ' \\n')
    { printf '%s.%s.' "$ID" "$STAMP"; cat body.json; } |
      openssl dgst -sha256 -mac HMAC -macopt "hexkey:$KEY" -binary | base64
    """
    known = {
        "SECRET": made["secret"],
        "ID": got.headers["webhook-id"],
        "STAMP": got.headers["webhook-timestamp"],
        "PATH": "/usr/bin:/bin",
    }
    done = subprocess.run(["sh", "-c", script], cwd=tmp_path, env=known, capture_output=True, check=True)
    assert got.headers["webhook-signature"] == "v1," + done.stdout.decode().strip()


def test_the_feed_says_the_same_at_both_doors(client: Client, database: Database) -> None:
    told = {"status": "APPROVED", "amount_fen": 80_000_000_000_000, "offer_valid_until": None}
    database.transact(lambda tx: feed.note(tx, BANK, "application.approved", "app_1", told))
    feed.number_notices(database)
    page = client.get("/v1/feed", after=0, limit=5).json()
    with serving(partial(add_servicer, HouseServicer(door_of(database)))) as channel:
        stub = house_pb2_grpc.HouseStub(channel)
        answer = stub.ListNotices(pb.ListNoticesRequest(limit=5), metadata=AS_MANAGER)
        with pytest.raises(grpc.RpcError) as beyond:
            stub.ListNotices(pb.ListNoticesRequest(after=2), metadata=AS_MANAGER)
    assert client.get("/v1/feed", after=2).json()["field"] == "after"
    assert beyond.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert page["items"][-1]["data"] == told
    assert dict(answer.items[-1].data.items()) == told
    assert (answer.next, answer.caught_up) == (page["next"], page["caught_up"]) == (1, True)


def test_a_house_is_arranged_at_both_doors(client: Client, database: Database) -> None:
    put = client.put("/v1/branches/B01", {"name": "兴庆支行", "counties": ["640104"]})
    assert put.json() == {"code": "B01", "name": "兴庆支行", "counties": ["640104"], "open": True}
    with serving(partial(add_servicer, HouseServicer(door_of(database)))) as channel:
        stub = house_pb2_grpc.HouseStub(channel)
        asked = pb.PutBranchRequest(code="B02", name="金凤支行", counties=["640106"])
        assert stub.PutBranch(asked, metadata=AS_MANAGER).open
        place = pb.PutStaffRequest(account="acc_9", branches=["B02"], rights=[pb.RIGHT_SEE, pb.RIGHT_ACT])
        assert stub.PutStaff(place, metadata=AS_MANAGER).account == "acc_9"
    assert [branch["code"] for branch in client.get("/v1/branches").json()["items"]] == ["B01", "B02"]
    assert client.get("/v1/staff").json()["items"][0]["branches"] == ["B02"]
    gone = client.http.delete("/v1/staff/acc_9", headers=client._headers(None))
    assert gone.json() == {"items": []}
