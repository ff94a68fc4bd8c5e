"""A bank's core system by streams: an outcome for every item, and each item once."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import Thread
from typing import Any

import grpc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.chassis.ids import new_id
from libs.chassis.principal import Principal
from libs.chassis.wire import from_plain, to_message
from rongqiao.lending.v1 import core_pb2 as pb
from rongqiao.lending.v1 import core_pb2_grpc
from services.lending.domain.application import Application
from services.lending.domain.product import Product
from services.lending.operations import feed
from services.lending.rpc import core
from services.lending.rpc.core import CoreServicer
from services.lending.store import metadata
from services.lending.store import products as product_store
from tests.support import patience
from tests.support.lending import new_product
from tests.support.rpc import door_of, serving, token_of
from tests.support.services import opened
from tests.unit.lending.desk import BANK, MANAGER, OFFICER, OWNER, THEIR_MANAGER, Desk

Call = Callable[..., Any]


@pytest.fixture
def desk(sqlite_url: str) -> Iterator[Desk]:
    with opened(sqlite_url, metadata) as database:
        yield Desk(database)


@pytest.fixture
def stub(desk: Desk) -> Iterator[core_pb2_grpc.CoreStub]:
    with served(desk) as stub:
        yield stub


@pytest.fixture(scope="module")
def one_stub(one_desk: Desk) -> Iterator[core_pb2_grpc.CoreStub]:
    with served(one_desk) as stub:
        yield stub


@contextmanager
def served(desk: Desk) -> Iterator[core_pb2_grpc.CoreStub]:
    servicer = CoreServicer(door_of(desk.database))
    with serving(partial(core_pb2_grpc.add_CoreServicer_to_server, servicer)) as channel:
        yield core_pb2_grpc.CoreStub(channel)


def told(call: Call, items: Iterable[Any], by: Principal = OFFICER) -> list[pb.ItemOutcome]:
    return list(call(iter(items), metadata=as_one(by), timeout=patience.SECONDS))


def as_one(by: Principal) -> list[tuple[str, str]]:
    return [("authorization", f"Bearer {token_of(by)}")]


def product_item(key: str, external_id: str, **changes: Any) -> pb.ProductItem:
    new = new_product(external_id, **changes)
    item = pb.ProductItem(key=key)
    item.product.CopyFrom(to_message(type(item.product), new))
    return item


def numbered(desk: Desk, external_id: str) -> Product:
    found = desk.database.transact(lambda tx: product_store.numbered_to_change(tx, BANK, external_id))
    assert found is not None
    return found


def decision(key: str, kind: str, application: Application, **fields: Any) -> pb.DecisionItem:
    return from_plain(pb.DecisionItem, {"key": key, kind: {"application_id": application.id, **fields}})


APPROVED = {"amount_fen": 80_000_000, "rate_ppm": 43_500, "term_months": 12}


def test_a_bad_product_stops_no_other_and_says_what_to_mend(desk: Desk, stub: core_pb2_grpc.CoreStub) -> None:
    good, also_good = product_item("a", "P-1"), product_item("c", "P-3")
    bad = product_item("b", "P-2")
    bad.product.terms.amount_min_fen = 999_999_999_999

    first, second, third = told(stub.PutProducts, [good, bad, also_good])

    assert [one.key for one in (first, second, third)] == ["a", "b", "c"]
    assert (first.id, third.id) == tuple(numbered(desk, number).id for number in ("P-1", "P-3"))
    assert second.problem.field.endswith("amount_min_fen") and second.problem.mend
    assert not first.HasField("problem") and not second.id


def test_a_stream_that_is_sent_again_acts_once(desk: Desk, stub: core_pb2_grpc.CoreStub) -> None:
    items = [product_item("a", "P-1"), product_item("b", "P-2")]

    before = told(stub.PutProducts, items)
    after = told(stub.PutProducts, items)

    assert [one.id for one in before] == [one.id for one in after]
    assert [one.replayed for one in before + after] == [False, False, True, True]
    assert [numbered(desk, number).version for number in ("P-1", "P-2")] == [1, 1]


def test_a_key_with_another_item_and_an_item_without_a_key_are_told(stub: core_pb2_grpc.CoreStub) -> None:
    used, again, without = product_item("a", "P-1"), product_item("a", "P-2"), product_item("", "P-3")

    _, reused, keyless = told(stub.PutProducts, [used, again, without])

    assert reused.problem.type == "urn:rongqiao:problem:idempotency-key-reused"
    assert keyless.problem.field == "key"


def test_decisions_are_taken_one_by_one(desk: Desk, stub: core_pb2_grpc.CoreStub) -> None:
    product = desk.published()
    one, two, three = (desk.opened(product, request_id=f"req_{place}") for place in range(3))

    approved, declined, undecided = told(
        stub.PostDecisions,
        [
            decision("a", "approve", one, **APPROVED),
            decision("b", "decline", two, reason_codes=["INSUFFICIENT_CASH_FLOW"]),
            pb.DecisionItem(key="c"),
        ],
    )

    assert (approved.id, declined.id, undecided.problem.field) == (one.id, two.id, "decision")
    assert [desk.seen(each).status for each in (one, two, three)] == ["APPROVED", "DECLINED", "SUBMITTED"]


def test_drawdowns_and_repayments_come_in_bulk(desk: Desk, stub: core_pb2_grpc.CoreStub) -> None:
    application = desk.contracted(desk.opened())
    paid_out = {"application_id": application.id, "disbursed_on": "2026-11-22", "external_id": "L-1"}
    drawdown = from_plain(pb.DrawdownItem, {"key": "d", "drawdown": paid_out})

    (loan,) = told(stub.PostDrawdowns, [drawdown])
    part = {"loan_id": loan.id, "principal_fen": 30_000_000, "paid_on": "2026-11-22"}
    payments = [
        from_plain(pb.RepaymentItem, {"key": f"r{place}", "repayment": part | {"external_id": f"R-{place}"}})
        for place in range(3)
    ]
    outcomes = told(stub.PostRepayments, payments)

    assert [one.problem.field for one in outcomes] == ["", "", "principal_fen"]  # 80 million fen are owed
    assert told(stub.PostRepayments, payments)[0].replayed


def test_another_bank_and_a_firm_decide_nothing(desk: Desk, stub: core_pb2_grpc.CoreStub) -> None:
    item = decision("a", "approve", desk.opened(), **APPROVED)

    for stranger in (THEIR_MANAGER, OWNER):
        (outcome,) = told(stub.PostDecisions, [item], stranger)
        assert outcome.problem.type == "urn:rongqiao:problem:forbidden"


def test_without_a_token_no_stream_begins(stub: core_pb2_grpc.CoreStub) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        list(stub.PutProducts(iter([product_item("a", "P-1")]), timeout=patience.SECONDS))

    assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED


def test_a_bank_reads_its_applications_from_a_position_on(desk: Desk, stub: core_pb2_grpc.CoreStub) -> None:
    product = desk.published()
    first, second = (desk.opened(product, request_id=f"req_{place}") for place in range(2))
    desk.accepted(first)
    feed.number_notices(desk.database)

    seen = list(stub.WatchApplications(pb.WatchRequest(), metadata=as_one(MANAGER), timeout=patience.SECONDS))
    rest = stub.WatchApplications(
        pb.WatchRequest(after=seen[0].position), metadata=as_one(MANAGER), timeout=patience.SECONDS
    )

    assert [one.application.id for one in seen] == [second.id, first.id]  # the first was told of again
    assert [one.application.id for one in rest] == [first.id]
    others = stub.WatchApplications(
        pb.WatchRequest(), metadata=as_one(THEIR_MANAGER), timeout=patience.SECONDS
    )
    assert list(others) == []


def test_nobody_watches_from_beyond_the_feed(stub: core_pb2_grpc.CoreStub) -> None:
    request = pb.WatchRequest(after=7, follow=True)

    with pytest.raises(grpc.RpcError) as refused:
        next(stub.WatchApplications(request, metadata=as_one(MANAGER), timeout=patience.SECONDS))

    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_who_follows_hears_of_what_comes_later(desk: Desk, stub: core_pb2_grpc.CoreStub) -> None:
    product = desk.published()
    following = stub.WatchApplications(
        pb.WatchRequest(follow=True), metadata=as_one(OFFICER), timeout=patience.SECONDS
    )

    def later() -> None:
        desk.opened(product)
        feed.number_notices(desk.database)

    comes = Thread(target=later)
    comes.start()
    heard = next(following)
    comes.join()
    following.cancel()

    assert heard.application.product_id == product.id


def test_only_so_many_are_followed_at_once(desk: Desk, stub: core_pb2_grpc.CoreStub) -> None:
    desk.opened()
    feed.number_notices(desk.database)
    request, metadata = pb.WatchRequest(follow=True), as_one(OFFICER)
    streams = [
        stub.WatchApplications(request, metadata=metadata, timeout=patience.SECONDS)
        for _ in range(core.MOST_FOLLOWERS)
    ]
    assert all(next(stream).position for stream in streams)

    with pytest.raises(grpc.RpcError) as refused:
        next(stub.WatchApplications(request, metadata=metadata, timeout=patience.SECONDS))

    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    for stream in streams:
        stream.cancel()


@settings(max_examples=15)
@given(sends=st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=8))
def test_whatever_is_sent_how_often_each_key_acts_once(
    one_stub: core_pb2_grpc.CoreStub, sends: list[str]
) -> None:
    run = new_id("run")
    items = [product_item(f"{run}{key}", f"{run[-20:]}{key}") for key in sends]

    outcomes = told(one_stub.PutProducts, items)

    assert [one.replayed for one in outcomes] == [key in sends[:place] for place, key in enumerate(sends)]
    assert len({one.id for one in outcomes}) == len(set(sends))
