"""An edition is a market by its content: whoever knows the same states names the same one, and can have it back."""

import threading
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.chassis.database import Database
from libs.criteria.violation import Violation
from rongqiao.lending.v1 import lending_pb2 as pb
from services.matching.catalogue import Catalogue
from services.matching.domain.answer import MatchRequest
from services.matching.domain.replay.edition import Market, State, StateKind, name_of
from services.matching.operations.answering import Given, book_of, give
from services.matching.operations.rulebook import rulebook
from services.matching.store import editions, metadata
from services.matching.store.editions import market_states
from tests.support.services import opened
from tests.unit.matching.world import (
    FIRM,
    FIRST_LOAN,
    GUARANTEED,
    IP_LOAN,
    POLICIES,
    TODAY,
    YUAN,
    catalogue,
    product,
    rule,
)

BOOK = book_of(rulebook(POLICIES, TODAY))
REQUEST = MatchRequest(party=FIRM.party, amount_fen=1_000_000 * YUAN, term_months=12)

places = st.sampled_from([(kind, subject) for kind in StateKind for subject in "abc"])
changes = st.lists(st.tuples(places, st.none() | st.sampled_from([b"1", b"2", b"3"])), max_size=30)


def follow(market: Market, told: list[tuple[tuple[StateKind, str], bytes | None]]) -> None:
    for (kind, subject), data in told:
        if data is None:
            market.forget(kind, subject)
        else:
            market.learn(State(kind, subject, data))


def named(*products: pb.Product) -> str:
    with catalogue(*products).reading() as edition:
        return edition.id


@given(changes, st.randoms(use_true_random=False))
def test_the_name_tells_the_content_and_not_how_it_came_about(
    told: list[tuple[tuple[StateKind, str], bytes | None]], random: Random
) -> None:
    market, shuffled = Market(), Market()
    follow(market, told)
    last = list(dict(told).items())
    random.shuffle(last)
    follow(shuffled, last)
    content = [State(kind, subject, data).digest for (kind, subject), data in last if data is not None]
    assert market.edition().id == shuffled.edition().id == name_of(content)
    assert sorted(market) == sorted(content)


@given(changes, st.integers(0, 30))
def test_what_an_edition_adds_and_removes_leads_to_it_from_the_one_before(
    told: list[tuple[tuple[StateKind, str], bytes | None]], cut: int
) -> None:
    market = Market()
    follow(market, told[:cut])
    then = set(market)
    before = market.edition()
    follow(market, told[cut:])
    after = market.edition()
    if after is not before:
        assert (then - after.removed) | after.added.keys() == set(market)
        assert not after.removed - then
        assert not after.added.keys() & then
    assert (after is before) == (then == set(market))


def test_a_market_that_comes_back_to_what_it_was_has_its_old_name() -> None:
    market = catalogue(FIRST_LOAN)
    with market.reading() as edition:
        first = edition.id
    market.put_product(IP_LOAN)
    with market.reading() as edition:
        assert edition.id != first
    market.withdraw(StateKind.PRODUCT, IP_LOAN.id)
    with market.reading() as edition:
        assert edition.id == first


def test_a_product_that_cannot_be_read_is_in_no_edition() -> None:
    market, strange = (
        catalogue(FIRST_LOAN, IP_LOAN),
        product("patent", criteria=[rule("shoe_size", "GE", "40")]),
    )
    with pytest.raises(Violation):
        market.put_product(strange)
    with market.reading() as edition:
        assert edition.id == named(FIRST_LOAN)


def test_states_that_read_alike_side_by_side_are_told_apart() -> None:
    one, other = State(StateKind.NAME, "a", b"bc"), State(StateKind.NAME, "ab", b"c")
    assert one.digest != other.digest


def stored(database: Database, market: Catalogue) -> str:
    with market.reading() as edition:
        pass
    database.transact(lambda tx: editions.keep_edition(tx, edition))
    return edition.id


@settings(max_examples=25)
@given(changes=st.lists(changes, min_size=1, max_size=6))
def test_every_stored_edition_is_found_again_with_its_members(
    changes: list[list[tuple[tuple[StateKind, str], bytes | None]]],
) -> None:
    with opened("sqlite://", metadata) as database:
        market, known = Market(), dict[str, set[bytes]]()
        for told in changes:
            follow(market, told)
            edition = market.edition()
            known[edition.id] = set(market)
            database.transact(lambda tx, one=edition: editions.keep_edition(tx, one))
        with database.read() as tx:
            for name, members in known.items():
                assert editions.members(tx, name) == members
                assert {state.digest for _, state in editions.states(tx, members)} == members


def test_many_changes_make_a_checkpoint_and_every_edition_stays_in_reach(database_url: str) -> None:
    with opened(database_url, metadata) as database:
        market, known = catalogue(FIRST_LOAN), dict[str, set[bytes]]()
        for version in range(150):
            market.put_product(product("turning", decision_days=1 + version))
            known[stored(database, market)] = set(market.market)
        with database.read() as tx:
            checkpoints = tx.rows(
                sa.select(editions.editions.c.id).where(editions.editions.c.members.is_not(None))
            )
            assert len(checkpoints) == 5  # at the start, and whenever more than 64 states had come or gone
            assert all(editions.members(tx, name) == members for name, members in known.items())


def test_a_start_on_a_known_market_writes_nothing_and_one_on_another_what_differs(database_url: str) -> None:
    with opened(database_url, metadata) as database:
        stored(database, catalogue(FIRST_LOAN, IP_LOAN))
        stored(database, catalogue(IP_LOAN, FIRST_LOAN))
        stored(database, catalogue(IP_LOAN, GUARANTEED))
        with database.read() as tx:
            rows = tx.rows(sa.select(editions.editions).order_by(editions.editions.c.recorded_at))
            states = tx.rows(sa.select(market_states.c.subject).where(market_states.c.kind == "PRODUCT"))
        last = max(rows, key=lambda row: row.since)
        assert len(rows) == 2
        assert (len(last.added), len(last.removed), last.members) == (32, 32, None)
        assert sorted(row.subject for row in states) == [GUARANTEED.id, FIRST_LOAN.id, IP_LOAN.id]


def test_replicas_that_store_the_same_editions_at_once_do_not_disturb_each_other(database_url: str) -> None:
    with opened(database_url, metadata) as database:
        start = threading.Barrier(4)

        def replica(number: int) -> str:
            """Each hears of the same products in an order of its own, and stores every edition on its way."""
            market, heard = catalogue(), [product(f"{one}") for one in range(20)]
            Random(number).shuffle(heard)
            start.wait()
            for one in heard:
                market.put_product(one)
                last = stored(database, market)
            return last

        with ThreadPoolExecutor(4) as replicas:
            (name,) = set(replicas.map(replica, range(4)))
        with database.read() as tx:
            assert len(editions.members(tx, name)) == 20 + 5


def test_an_answer_names_exactly_the_market_that_it_was_computed_from() -> None:
    """A writer changes the market between any two steps of a computation that it can get between."""
    market, done = catalogue(IP_LOAN, GUARANTEED), threading.Event()
    market.put_product(turning(1))

    def change() -> None:
        while not done.is_set():
            for days in range(1, 30):
                market.put_product(turning(days))
                market.put_name("org_east", f"bank of {days} days")

    writer = threading.Thread(target=change)
    writer.start()
    try:
        answers = [give(market, BOOK, FIRM, REQUEST, "mat_1") for _ in range(300)]
    finally:
        done.set()
        writer.join()
    assert len({answer.match.edition for answer in answers}) > 1
    assert all(is_of_its_market(answer) for answer in answers)


def is_of_its_market(answer: Given) -> bool:
    """What it says of the product and of the bank, which change one after the other, makes the edition it names."""
    plan = next(plan for plan in answer.match.plans if plan.product_id == "prd_first")
    again = catalogue(FIRST_LOAN, IP_LOAN, GUARANTEED)
    again.put_product(turning(plan.decision_days))
    again.put_name("org_east", plan.bank_name)
    with again.reading() as edition:
        return answer.match.edition == edition.id


def turning(days: int) -> pb.Product:
    return product("first", flags=[pb.PRODUCT_FLAG_FIRST_LOAN], decision_days=days)
