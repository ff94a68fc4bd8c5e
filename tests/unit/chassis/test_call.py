"""An idempotency key makes a change happen once, however often and from wherever it is asked for."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from libs.chassis.call import Call
from libs.chassis.database import Database, WriteTx
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Conflict, Forbidden, InFlight, Invalid, KeyReused
from libs.chassis.tables import idempotency_keys
from tests.support import patience
from tests.support.services import opened
from tests.unit.chassis import jars
from tests.unit.chassis.conftest import call_of, officer
from tests.unit.chassis.jars import Jar, NewJar

HUNDRED = NewJar(held_fen=10_000)


def jars_of(database: Database, by: Principal) -> int:
    return call_of(database, by).read(jars.count)


def test_a_repeated_request_acts_once_and_answers_the_same(database: Database) -> None:
    replays: list[str] = []
    call = Call(database, officer(), "token", "key-1", True, lambda: replays.append("replayed"))

    first = call.write(jars.make, HUNDRED)
    again = call.write(jars.make, HUNDRED)

    assert again == first
    assert replays == ["replayed"]
    assert jars_of(database, officer()) == 1


def until_answered(call: Call) -> Jar:
    deadline = time.monotonic() + patience.SECONDS
    while time.monotonic() < deadline:
        try:
            return call.write(jars.make, HUNDRED)
        except InFlight:
            time.sleep(0.01)
    raise AssertionError("never answered")


def test_twenty_at_once_under_one_key_act_once(database: Database) -> None:
    calls = [call_of(database, officer(), "key-1") for _ in range(20)]

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(until_answered, calls))

    assert len(set(answers)) == 1
    assert jars_of(database, officer()) == 1


def test_two_processes_under_one_key_act_once(database_url: str) -> None:
    with opened(database_url, jars.metadata) as one, opened(database_url, jars.metadata) as other:
        calls = [call_of(database, officer(), "key-1") for database in (one, other) * 5]
        with ThreadPoolExecutor(10) as pool:
            answers = list(pool.map(until_answered, calls))

        assert len(set(answers)) == 1
        assert jars_of(one, officer()) == 1


def test_a_key_with_another_body_is_refused(database: Database) -> None:
    call = call_of(database, officer(), "key-1")
    call.write(jars.make, HUNDRED)

    with pytest.raises(KeyReused) as refused:
        call.write(jars.make, NewJar(held_fen=10_001))

    assert (refused.value.status, refused.value.field) == (422, "Idempotency-Key")
    assert jars_of(database, officer()) == 1


def test_a_body_is_told_from_another_by_the_names_of_its_parts(database: Database) -> None:
    call = call_of(database, officer(), "key-1")
    call.write(tag, colour="red")

    with pytest.raises(KeyReused):
        call.write(tag, shape="red")


def tag(tx: WriteTx, by: Principal, colour: str = "", shape: str = "") -> str:
    return f"{colour}/{shape}"


def test_a_repeat_that_overtakes_the_first_is_told_to_wait(database: Database) -> None:
    begun, let_go = threading.Event(), threading.Event()
    call = call_of(database, officer(), "key-1")

    def slow(tx: WriteTx, by: Principal) -> int:
        begun.set()
        let_go.wait(patience.SECONDS)
        return 7

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(call.write, slow)
        begun.wait(patience.SECONDS)
        with pytest.raises(InFlight) as overtaken:
            call.write(slow)
        let_go.set()
        answer = first.result(patience.SECONDS)

    assert overtaken.value.status == 409
    assert answer == 7
    assert call.write(slow) == 7


def test_nothing_is_kept_of_an_operation_that_failed(database: Database) -> None:
    call = call_of(database, officer(), "key-1")

    with pytest.raises(Conflict):
        call.write(jars.make_and_fail, HUNDRED)

    assert jars_of(database, officer()) == 0
    with database.read() as tx:
        assert tx.rows(sa.select(idempotency_keys)) == []
    assert call.write(jars.make, HUNDRED).held_fen == 10_000


def test_organisations_do_not_share_keys(database: Database) -> None:
    mine = call_of(database, officer("org_bank_a"), "key-1").write(jars.make, HUNDRED)
    theirs = call_of(database, officer("org_bank_b"), "key-1").write(jars.make, HUNDRED)

    assert (mine.owner, theirs.owner) == ("org_bank_a", "org_bank_b")
    assert mine.id != theirs.id


def test_operations_do_not_share_keys(database: Database) -> None:
    call = call_of(database, officer(), "key-1")
    jar = call.write(jars.make, HUNDRED)

    assert call.write(jars.put_in, jar.id).held_fen == 10_001
    assert call.write(jars.put_in, jar.id).held_fen == 10_001


def test_an_answer_is_not_replayed_to_another_role(database: Database) -> None:
    call_of(database, officer(), "key-1").write(jars.make, HUNDRED)
    stranger = officer(role=Role.REGULATOR)

    with pytest.raises((Forbidden, KeyReused)):
        call_of(database, stranger, "key-1").write(jars.make, HUNDRED)


def test_what_was_answered_cannot_be_read_in_the_file(database: Database) -> None:
    call_of(database, officer("org_named"), "key-1").write(jars.make, HUNDRED)

    with database.engine.connect() as connection:
        stored = connection.execute(sa.text("SELECT body_hash, answer FROM idempotency_keys")).one()

    assert "org_named" not in stored.answer
    assert "10000" not in stored.answer


def test_a_changing_post_without_a_key_is_told_to_bring_one(sqlite: Database) -> None:
    with pytest.raises(Invalid, match="Idempotency-Key") as refused:
        call_of(sqlite, officer()).write(jars.make, HUNDRED)

    assert refused.value.field == "Idempotency-Key"
    assert jars_of(sqlite, officer()) == 0


def test_without_a_key_where_none_is_wanted_each_call_acts(sqlite: Database) -> None:
    call = Call(sqlite, officer(), "token")

    call.write(jars.make, HUNDRED)
    call.write(jars.make, HUNDRED)

    assert jars_of(sqlite, officer()) == 2
