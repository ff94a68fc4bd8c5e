"""A stream of requests: an outcome for each row, bounded in every direction, and a row acts once."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import grpc
import pytest
import sqlalchemy as sa

from libs.chassis.ids import new_id
from libs.chassis.principal import Principal, Role
from rongqiao.matching.v1 import matching_pb2 as pb
from rongqiao.matching.v1 import matching_pb2_grpc
from services.matching.domain.many import StreamRules
from services.matching.rpc.matches import MatchingServicer
from services.matching.store.tables import matches
from services.matching.stream import Stream
from tests.support import patience
from tests.support.rpc import door_of, serving, token_of
from tests.unit.matching.house import BODY, COORDINATION, SME, House
from tests.unit.matching.rules import ruled

Stub = matching_pb2_grpc.MatchingStub
CENTRE = Principal("acc_centre", Role.SERVICE_CENTRE, "org_centre", "64")


@pytest.fixture
def stub(house: House) -> Iterator[Stub]:
    servicer = MatchingServicer(door_of(house.database), house.desk)
    with serving(
        lambda server: matching_pb2_grpc.add_MatchingServicer_to_server(servicer, server)
    ) as channel:
        yield Stub(channel)


def wanted(row: str, **changed: Any) -> pb.MatchWanted:
    return pb.MatchWanted(row=row, request=pb.MatchRequest(**(BODY | changed)))


def by(principal: Principal, key: str | None = None) -> list[tuple[str, str]]:
    own = [("authorization", f"Bearer {token_of(principal)}")]
    return own if key is None else [*own, ("idempotency-key", key)]


def stored(house: House) -> int:
    with house.database.read() as tx:
        return int(tx.scalar(sa.select(sa.func.count()).select_from(matches)))


def comes_to_rest(house: House) -> bool:
    """Whether no answer is added any more, once those under way are kept."""
    before, deadline = -1, time.monotonic() + patience.SECONDS
    while time.monotonic() < deadline:
        before, now = stored(house), before
        if before == now:
            return True
        time.sleep(0.3)
    return False


def test_each_row_has_its_outcome_in_order_and_a_bad_one_ends_nothing(house: House, stub: Stub) -> None:
    rows = [
        wanted("a"),
        wanted("b", amount_fen=0),
        wanted("c", party="uscc:91640100MA77XXXX11"),
        wanted(""),
        wanted("a"),
        wanted("a", term_months=6),
        wanted("d"),
    ]
    outcomes = list(stub.MatchMany(iter(rows), metadata=by(COORDINATION, new_id("key"))))

    assert [one.row for one in outcomes] == ["a", "b", "c", "", "a", "a", "d"]
    kinds = [one.problem.type.rpartition(":")[2] for one in outcomes]
    assert kinds == ["", "invalid", "not-found", "invalid", "", "idempotency-key-reused", ""]
    assert [one.problem.field for one in outcomes[1:4]] == ["amount_fen", "party", "row"]
    assert all(one.problem.mend for one in outcomes[1:4])
    assert (outcomes[4].match, outcomes[4].replayed) == (outcomes[0].match, True)
    assert stub.GetMatch(pb.MatchId(match_id=outcomes[6].match.id), metadata=by(SME)) == outcomes[6].match
    assert stored(house) == 2


def test_a_row_is_answered_before_the_next_is_asked(stub: Stub) -> None:
    answered = threading.Semaphore(0)

    def rows() -> Iterator[pb.MatchWanted]:
        for row in "abc":
            yield wanted(row)
            assert answered.acquire(timeout=patience.SECONDS)

    seen = []
    for outcome in stub.MatchMany(rows(), metadata=by(SME, new_id("key"))):
        seen.append(outcome.row)
        answered.release()
    assert seen == ["a", "b", "c"]


def test_a_stream_that_is_sent_again_acts_once(house: House, stub: Stub) -> None:
    key = new_id("key")
    first = list(stub.MatchMany(map(wanted, "abc"), metadata=by(SME, key)))
    again = list(stub.MatchMany(map(wanted, "abcd"), metadata=by(SME, key)))

    assert [one.match for one in again[:3]] == [one.match for one in first]
    assert [one.replayed for one in again] == [True, True, True, False]
    assert stored(house) == 4


def test_keys_and_rows_do_not_run_into_each_other(house: House, stub: Stub) -> None:
    list(stub.MatchMany(iter([wanted("b/c")]), metadata=by(SME, "a")))
    (other,) = stub.MatchMany(iter([wanted("c")]), metadata=by(SME, "a/b"))
    assert (other.replayed, stored(house)) == (False, 2)


def test_nothing_is_read_ahead_of_what_may_be_under_way() -> None:
    asked: list[int] = []
    pending: Future[str] = Future()

    def ask(row: int) -> Future[str]:
        asked.append(row)
        return pending

    rules = StreamRules(rows=1_000, seconds=60, outstanding=3, at_once=1)
    outcomes = Stream(rules, ask).outcomes(iter(range(100)))
    assert next(outcomes) == (0, pending)
    assert comes_to_ask(asked, 3) == [0, 1, 2]  # the first is still with whom it was given to
    assert next(outcomes) == (1, pending)
    assert comes_to_ask(asked, 4) == [0, 1, 2, 3]


def comes_to_ask(asked: list[int], count: int) -> list[int]:
    """What was asked, once it is so many and after a moment in which more could have been."""
    deadline = time.monotonic() + patience.SECONDS
    while len(asked) < count and time.monotonic() < deadline:
        time.sleep(0.005)
    time.sleep(0.1)
    return asked


@pytest.mark.parametrize(("changed", "least"), [({"rows": 3}, 3), ({"seconds": 1}, 0)])
def test_a_stream_without_end_is_ended_and_says_how_to_go_on(
    house: House, stub: Stub, changed: dict[str, int], least: int
) -> None:
    """By its rows all of them are answered before; by its time as many as the machine manages."""
    ruled(house, "matching.stream", **changed)
    hold = threading.Event()

    def rows() -> Iterator[pb.MatchWanted]:
        yield from map(wanted, "abc")
        hold.wait(patience.SECONDS)
        yield wanted("d")

    answered: list[str] = []
    with pytest.raises(grpc.RpcError) as ended:
        for outcome in stub.MatchMany(rows(), metadata=by(SME, new_id("key"))):
            answered.append(outcome.row)
    hold.set()
    assert answered == list("abc")[: max(least, len(answered))]
    assert ended.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED  # type: ignore[attr-defined]


def endless() -> Iterator[pb.MatchWanted]:
    number = 0
    while True:
        number += 1
        yield wanted(f"{number}")


@pytest.mark.parametrize("how", ["cancelled", "deadline"])
def test_who_hangs_up_gives_the_seat_back_and_what_was_answered_stays(
    house: House, stub: Stub, how: str
) -> None:
    ruled(house, "matching.stream", at_once=1)
    key = new_id("key")
    first = hung_up(stub, key, how)
    again = seated(stub, key)
    assert (again.match, again.replayed) == (first.match, True)
    assert comes_to_rest(house)


def hung_up(stub: Stub, key: str, how: str) -> pb.MatchOutcome:
    """The first answer of a stream whose caller then hangs up, or whose time then runs out."""
    if how == "cancelled":
        outcomes = stub.MatchMany(endless(), metadata=by(SME, key))
        first = next(outcomes)
        outcomes.cancel()
    else:
        first, outcomes = begun(stub, key)
    with pytest.raises(grpc.RpcError):
        list(outcomes)
    return first


def begun(stub: Stub, key: str) -> tuple[pb.MatchOutcome, Iterator[pb.MatchOutcome]]:
    """The first answer and those to come, with a second in all, or more where the machine needs it for the first."""
    seconds = 1.0
    while True:
        outcomes = stub.MatchMany(endless(), metadata=by(SME, key), timeout=seconds)
        try:
            return next(outcomes), outcomes
        except grpc.RpcError:
            assert seconds < patience.SECONDS
        seconds += 1.0
        time.sleep(0.2)  # for the seat to be given back


def seated(stub: Stub, key: str) -> pb.MatchOutcome:
    """The outcome of the first row once there is a seat: the server hears a moment later of who hung up."""
    deadline = time.monotonic() + patience.SECONDS
    while True:
        try:
            (outcome,) = stub.MatchMany(iter([wanted("1")]), metadata=by(SME, key))
        except grpc.RpcError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        else:
            return outcome


def test_streams_leave_threads_to_single_calls(house: House, stub: Stub) -> None:
    ruled(house, "matching.stream", at_once=1)
    hold = threading.Event()

    def rows() -> Iterator[pb.MatchWanted]:
        yield wanted("a")
        hold.wait(patience.SECONDS)

    held = stub.MatchMany(rows(), metadata=by(SME, new_id("key")))
    next(held)
    with pytest.raises(grpc.RpcError) as refused:
        list(stub.MatchMany(map(wanted, "a"), metadata=by(SME, new_id("key"))))
    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED  # type: ignore[attr-defined]
    assert stub.Match(pb.MatchRequest(**BODY), metadata=by(SME, new_id("key"))).plans
    hold.set()
    assert list(held) == []


@pytest.mark.parametrize(
    ("principal", "key", "code"),
    [
        (Principal("acc_b", Role.BANK_OFFICER, "org_east", "64"), "k", "PERMISSION_DENIED"),
        (SME, None, "INVALID_ARGUMENT"),
    ],
)
def test_a_stream_that_may_not_be_is_refused_as_a_whole(
    stub: Stub, principal: Principal, key: str | None, code: str
) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        list(stub.MatchMany(map(wanted, "a"), metadata=by(principal, key)))
    assert refused.value.code().name == code  # type: ignore[attr-defined]


def test_the_service_centre_asks_for_its_territory_alone(stub: Stub) -> None:
    near, far = (replace(CENTRE, territory=place) for place in ("6401", "6402"))
    (answered,) = stub.MatchMany(iter([wanted("a")]), metadata=by(near, new_id("key")))
    (refused,) = stub.MatchMany(iter([wanted("a")]), metadata=by(far, new_id("key")))
    assert answered.match.plans
    assert (refused.problem.type.rpartition(":")[2], refused.problem.field) == ("not-found", "party")
