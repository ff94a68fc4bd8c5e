"""A waiver through each door."""

from typing import Any

import pytest
from fastapi import APIRouter

from libs.chassis.ids import new_id
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Forbidden, Invalid
from libs.chassis.rpc import invoke
from rongqiao.lending.v1 import waivers_pb2 as pb
from rongqiao.lending.v1 import waivers_pb2_grpc
from services.lending.http import waivers
from services.lending.rpc.waivers import WaiversServicer
from tests.support.lending import FIRM, new_product
from tests.support.rpc import door_of, serving, token_of
from tests.support.services import Client, client_of
from tests.unit.lending.desk import MANAGER, OFFICER, OWNER, THEIR_MANAGER, Desk
from tests.unit.lending.test_waivers import OLD_ENOUGH

ROUTER = APIRouter()
ROUTER.include_router(waivers.router)
FACT = "months_since_registration"


def http_of(desk: Desk, by: Principal) -> Client:
    return client_of(desk.database, ROUTER, by.role, by.organisation, by.subject)


def product_of(desk: Desk) -> str:
    return desk.published(new_product(criteria=(OLD_ENOUGH,))).id


def test_a_waiver_lives_over_http(light_desk: Desk) -> None:
    officer, manager, owner = (http_of(light_desk, by) for by in (OFFICER, MANAGER, OWNER))
    body = {
        "product_id": product_of(light_desk),
        "party": FIRM,
        "fact": FACT,
        "reason": "同业经历",
        "valid_until": "2027-06-30",
    }

    proposed = officer.post("/v1/waivers", body)
    again = officer.post("/v1/waivers", body)
    wrong = officer.post("/v1/waivers", body | {"fact": "score"})
    here = f"/v1/waivers/{proposed.json()['id']}"
    unseen = owner.get(here)
    answers = (manager.post(f"{here}/grant"), manager.post(f"{here}/withdraw"))

    assert [one.status_code for one in (proposed, again, wrong, unseen)] == [201, 409, 422, 404]
    assert wrong.json()["field"] == "fact"
    assert [one.json()["status"] for one in answers] == ["GRANTED", "WITHDRAWN"]
    assert owner.get("/v1/waivers", status="WITHDRAWN").json()["items"] == [owner.get(here).json()]
    assert http_of(light_desk, THEIR_MANAGER).get(here).status_code == 403


def test_a_waiver_lives_over_grpc(light_desk: Desk) -> None:
    servicer = WaiversServicer(door_of(light_desk.database))
    request = pb.ProposeWaiverRequest(
        product_id=product_of(light_desk), party=FIRM, fact=FACT, reason="同业经历", valid_until="2027-06-30"
    )
    manager_elsewhere = Principal("acc_y", Role.BANK_MANAGER, THEIR_MANAGER.organisation)

    with serving(lambda server: waivers_pb2_grpc.add_WaiversServicer_to_server(servicer, server)) as channel:
        stub = waivers_pb2_grpc.WaiversStub(channel)

        def call(name: str, by: Principal, message: Any) -> Any:
            return invoke(getattr(stub, name), message, token=token_of(by), key=new_id("key"))

        proposed = call("ProposeWaiver", MANAGER, request)
        known = pb.WaiverId(waiver_id=proposed.id)
        with pytest.raises(Invalid, match="may not grant"):
            call("GrantWaiver", MANAGER, known)
        with pytest.raises(Forbidden):
            call("WithdrawWaiver", manager_elsewhere, known)
        withdrawn = call("WithdrawWaiver", MANAGER, known)
        listed = call("ListWaivers", OFFICER, pb.ListWaiversRequest(status=pb.WAIVER_STATUS_WITHDRAWN))

        assert withdrawn.status == pb.WAIVER_STATUS_WITHDRAWN
        assert list(listed.items) == [call("GetWaiver", OFFICER, known)] == [withdrawn]
