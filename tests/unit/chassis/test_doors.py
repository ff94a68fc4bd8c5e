"""Both doors say the same: a problem met over HTTP is the problem met over gRPC."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import grpc
import pytest
from fastapi import APIRouter
from fastapi.testclient import TestClient
from google.protobuf.wrappers_pb2 import StringValue
from sqlalchemy.exc import DataError, IntegrityError, OperationalError

from libs.chassis.call import Call
from libs.chassis.database import Database
from libs.chassis.http import Caller, Door, make_app
from libs.chassis.limits import RateLimit
from libs.chassis.problems import (
    Conflict,
    Forbidden,
    InFlight,
    Invalid,
    KeyReused,
    LegalGateClosed,
    NotFound,
    Problem,
    StaleVersion,
    TooMany,
    Unauthenticated,
    Unavailable,
)
from libs.chassis.rpc import RpcDoor, invoke
from libs.chassis.tokens import TokenChecker, issue
from libs.criteria.violation import Violation
from tests.support import patience
from tests.support.rpc import serving
from tests.support.services import KEYS
from tests.unit.chassis import jars
from tests.unit.chassis.conftest import officer
from tests.unit.chassis.jars import Jar, NewJar

METHOD = "/jars.v1.Jars/Make"


@dataclass
class Doors:
    """One operation behind an HTTP and a gRPC door; `behave` is what it does."""

    database: Database
    behave: Callable[[Call], Any] = lambda call: "done"
    limit: RateLimit = field(default_factory=lambda: RateLimit(60_000))

    def app(self) -> TestClient:
        router = APIRouter(prefix="/v1")

        @router.post("/jars")
        def make(body: NewJar, call: Caller) -> Jar:
            return call.write(jars.make, body)

        @router.post("/failures")
        def fail(call: Caller) -> str:
            return self.behave(call)

        door = Door(self.database, TokenChecker(KEYS), self.limit, None)
        return TestClient(make_app("test", [router], door), raise_server_exceptions=False)

    def add_servicer(self, server: grpc.Server) -> None:
        door = RpcDoor(self.database, TokenChecker(KEYS), self.limit)

        def fail(request: StringValue, context: grpc.ServicerContext) -> StringValue:
            return StringValue(value=self.behave(door.call(context, writes=True)))

        handler = grpc.unary_unary_rpc_method_handler(
            fail,
            request_deserializer=StringValue.FromString,
            response_serializer=StringValue.SerializeToString,
        )
        server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler("jars.v1.Jars", {"Make": handler}),)
        )


@pytest.fixture
def doors(sqlite: Database) -> Doors:
    return Doors(sqlite)


@pytest.fixture
def channel(doors: Doors) -> Iterator[grpc.Channel]:
    with serving(doors.add_servicer) as channel:
        yield channel


def over_grpc(channel: grpc.Channel, token: str = "", key: str | None = "key-1") -> StringValue:
    method = channel.unary_unary(METHOD, StringValue.SerializeToString, StringValue.FromString)
    return invoke(method, StringValue(), token=token or issue(KEYS, officer()), key=key)


def over_http(doors: Doors, path: str = "/v1/failures", body: Any = None, **headers: str) -> Any:
    known = {"Authorization": f"Bearer {issue(KEYS, officer())}", "Idempotency-Key": "key-1"}
    wanted = {name: value for name, value in (known | headers).items() if value}
    return doors.app().post(path, json=body, headers=wanted)


def raising(error: Exception) -> Callable[[Call], Any]:
    def fail(call: Call) -> Any:
        raise error

    return fail


PROBLEMS = [
    Invalid("出生日期不对", field="/born_on", mend="改正日期。", source="银发〔2021〕3号"),
    Unauthenticated("No token came with the call."),
    Forbidden("This belongs to another organisation."),
    LegalGateClosed("Nobody has recorded one.", mend="Record it."),
    NotFound("There is no jar jar_1.", field="jar_id"),
    Conflict("The shelf is full.", mend="Take a jar away first."),
    StaleVersion("It was changed at 12:00.", field="If-Match"),
    KeyReused("This key came with another body.", field="Idempotency-Key"),
    InFlight("It is being worked on.", mend="Ask again shortly."),
    TooMany("More than 60 calls a minute."),
    Unavailable("The guarantee service does not answer."),
]


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.slug)
def test_a_problem_arrives_whole_through_either_door(
    doors: Doors, channel: grpc.Channel, problem: Problem
) -> None:
    doors.behave = raising(problem)

    answer = over_http(doors)
    with pytest.raises(type(problem)) as met:
        over_grpc(channel)

    assert answer.status_code == problem.status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == problem.document() == met.value.document()


def test_every_problem_of_the_house_is_among_them() -> None:
    assert {type(problem) for problem in PROBLEMS} == set(Problem.kinds())


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (Violation("held_fen", "Too full.", "Take some.", "银发〔2021〕3号"), 422, Invalid),
        (IntegrityError("INSERT", {}, Exception("duplicate key")), 409, Conflict),
        (DataError("INSERT", {}, Exception("value too long")), 422, Invalid),
        (OverflowError("Python int too large to convert to SQLite INTEGER"), 422, Invalid),
        (OperationalError("SELECT", {}, Exception("connection refused")), 503, Unavailable),
        (KeyError("a bug with 张三 in it"), 500, Unavailable),
    ],
    ids=["rule", "collision", "value", "number", "outage", "bug"],
)
def test_a_failure_is_told_equally_without_its_inside(
    doors: Doors, channel: grpc.Channel, error: Exception, status: int, kind: type[Problem]
) -> None:
    doors.behave = raising(error)

    answer = over_http(doors)
    with pytest.raises(kind) as met:
        over_grpc(channel)

    assert answer.status_code == status
    assert "张三" not in answer.text + met.value.detail
    if status != 500:  # whoever called a service that broke can only try again
        assert met.value.document() == answer.json()


def test_a_broken_rule_is_told_with_field_mend_and_source(doors: Doors) -> None:
    answer = over_http(doors, "/v1/jars", {"held_fen": -1})

    assert answer.status_code == 422
    assert (answer.json()["field"], answer.json()["mend"]) == ("held_fen", "Give fen from 0.")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"held_fen": "many"}, "/held_fen"),
        ({}, "/held_fen"),
        ({"held_fen": 1, "colour": "red"}, "/colour"),
        ([], "/"),
    ],
)
def test_a_body_that_does_not_fit_names_its_first_wrong_field(doors: Doors, body: Any, field: str) -> None:
    answer = over_http(doors, "/v1/jars", body)

    assert (answer.status_code, answer.json()["field"]) == (422, field)


def test_text_that_is_no_json_is_a_problem_too(doors: Doors) -> None:
    headers = {"Authorization": f"Bearer {issue(KEYS, officer())}", "Content-Type": "application/json"}

    answer = doors.app().post("/v1/jars", content=b'{"held_fen": 1,}', headers=headers)

    assert (answer.status_code, answer.json()["type"]) == (422, "urn:rongqiao:problem:invalid")
    assert answer.json()["mend"].startswith("Look at character 1")


def test_a_body_that_is_missing_or_of_another_kind_is_asked_for(doors: Doors) -> None:
    headers = {"Authorization": f"Bearer {issue(KEYS, officer())}", "Content-Type": "text/csv"}

    answers = [doors.app().post("/v1/jars", content=content, headers=headers) for content in (b"", b"a,b")]

    wanted = "Send a body of JSON with Content-Type: application/json."
    assert [answer.json()["mend"] for answer in answers] == [wanted, wanted]


def test_the_description_tells_how_to_sign_in_and_how_it_refuses(doors: Doors) -> None:
    described = doors.app().get("/openapi/test.json").json()

    call = described["paths"]["/v1/jars"]["post"]
    assert call["security"] == [{"token": []}]
    assert described["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    assert [*call["responses"]["4XX"]["content"]] == ["application/problem+json"]
    assert "422" not in call["responses"]
    assert call["tags"] == ["jars"]


def test_a_path_that_nobody_owns_is_a_problem_too(doors: Doors) -> None:
    answer = doors.app().get("/v1/bottles")

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_replay_says_that_it_is_one(doors: Doors) -> None:
    first = over_http(doors, "/v1/jars", {"held_fen": 5})
    again = over_http(doors, "/v1/jars", {"held_fen": 5})

    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"


def test_both_doors_share_the_keys(doors: Doors, channel: grpc.Channel) -> None:
    doors.behave = lambda call: call.write(jars.make, NewJar(held_fen=5)).id

    assert over_grpc(channel).value == over_http(doors).json()


def test_a_changing_call_without_a_key_is_refused_at_both_doors(doors: Doors, channel: grpc.Channel) -> None:
    doors.behave = lambda call: call.write(jars.make, NewJar(held_fen=5)).id

    with pytest.raises(Invalid, match="Idempotency-Key"):
        over_grpc(channel, key=None)

    assert over_http(doors, **{"Idempotency-Key": ""}).json()["field"] == "Idempotency-Key"


def test_a_key_that_is_too_long_is_refused_at_both_doors(doors: Doors, channel: grpc.Channel) -> None:
    with pytest.raises(Invalid) as met:
        over_grpc(channel, key="k" * 129)

    assert "key" in (met.value.field or "")
    assert over_http(doors, **{"Idempotency-Key": "k" * 129}).status_code == 422


@pytest.mark.parametrize("token", ["nonsense", "a.b.c", "é"])
def test_a_bad_token_is_refused_at_both_doors(doors: Doors, channel: grpc.Channel, token: str) -> None:
    if token.isascii():
        with pytest.raises(Unauthenticated):
            over_grpc(channel, token)

    headers = {"Authorization": f"Bearer {token}".encode()}
    assert doors.app().post("/v1/failures", headers=headers).status_code == 401  # type: ignore[arg-type]


def test_no_token_is_refused_before_the_body_is_judged(doors: Doors) -> None:
    answer = over_http(doors, "/v1/jars", {"held_fen": "many"}, Authorization="")

    assert answer.status_code == 401


def test_the_word_bearer_may_be_written_as_one_likes(doors: Doors) -> None:
    answer = over_http(doors, Authorization=f"bearer {issue(KEYS, officer())}")

    assert answer.json() == "done"


def test_an_account_that_calls_too_often_is_told(doors: Doors) -> None:
    doors.limit = RateLimit(4)  # one at once
    over_http(doors)

    assert over_http(doors).status_code == 429


def test_nobody_who_listens_is_unavailable() -> None:
    with grpc.insecure_channel("127.0.0.1:1") as nowhere, pytest.raises(Unavailable, match="deadline"):
        method = nowhere.unary_unary(METHOD, StringValue.SerializeToString, StringValue.FromString)
        invoke(method, StringValue(), token="t", deadline=0.2)


def test_a_server_tells_its_health(channel: grpc.Channel) -> None:
    from grpc_health.v1 import health_pb2, health_pb2_grpc

    answer = health_pb2_grpc.HealthStub(channel).Check(
        health_pb2.HealthCheckRequest(), timeout=patience.SECONDS
    )

    assert answer.status == health_pb2.HealthCheckResponse.SERVING
