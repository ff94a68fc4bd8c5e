"""An answer is computed again from what was kept of it: who may ask, what they see, and when it cannot be done."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from libs.chassis import codec
from libs.chassis.database import Database
from libs.chassis.ids import new_id
from libs.chassis.principal import Principal, Role
from libs.eventing import topics
from rongqiao.credit.v1 import credit_pb2 as credit
from rongqiao.lending.v1 import lending_pb2 as lending
from rongqiao.matching.v1 import matching_pb2 as pb
from rongqiao.matching.v1 import matching_pb2_grpc
from services.matching.catalogue import Catalogue
from services.matching.domain.answer import Match, MatchRequest
from services.matching.domain.replay.edition import StateKind
from services.matching.index.engine import load_kernels
from services.matching.operations.answering import book_of, give
from services.matching.operations.replay import replay
from services.matching.operations.rulebook import rulebook
from services.matching.replayer import Replayer
from services.matching.rpc.matches import MatchingServicer
from services.matching.store import metadata
from services.matching.store.rulebooks import rulebooks
from services.matching.store.tables import matches
from services.matching.store.traces import traces
from tests.support.rpc import door_of, serving, token_of
from tests.support.services import opened
from tests.unit.matching.house import BODY, House
from tests.unit.matching.storing import store
from tests.unit.matching.world import (
    FIRM,
    FIRST_LOAN,
    GUARANTEED,
    GUARANTOR,
    IP_LOAN,
    ORDINARY,
    PARTY,
    POLICIES,
    TODAY,
    YUAN,
    catalogue,
    product,
    rule,
    with_facts,
)

OPERATOR = Principal("acc_o", Role.OPERATOR, "platform")
BOOK = book_of(rulebook(POLICIES, TODAY))


def asked(house: House) -> str:
    return house.sme.post("/v1/matches", BODY).json()["id"]


def replayed(house: House, match_id: str, role: Role = Role.SME, organisation: str = PARTY) -> Any:
    return house.client(role, organisation).get(f"/v1/matches/{match_id}/replay").json()


def change_the_market(house: House) -> None:
    newer = product("first", flags=[lending.PRODUCT_FLAG_FIRST_LOAN], decision_days=30)
    house.show(topics.LENDING_PRODUCT, newer.id, newer)
    house.show(topics.LENDING_PRODUCT, GUARANTEED.id, lending.Product(id=GUARANTEED.id))


def test_an_answer_says_what_it_was_computed_from(house: House) -> None:
    answer = house.sme.post("/v1/matches", BODY).json()
    with house.desk.catalogue.reading() as edition:
        assert answer["edition"] == edition.id
    assert (answer["model"], answer["algorithm"]) == ("cold-start v1", 2)
    again = house.sme.post("/v1/matches", BODY).json()
    other = house.sme.post("/v1/matches", BODY | {"term_months": 13}).json()
    assert again["input_hash"] == answer["input_hash"] != other["input_hash"]


def test_what_belongs_to_the_party_is_sealed(house: House) -> None:
    asked(house)
    with house.database.read() as tx:
        held = tx.execute(sa.text("SELECT inputs FROM traces")).scalar_one()
    assert PARTY not in held
    assert "score" not in held


@pytest.mark.parametrize("changed", [False, True], ids=["on the market of today", "on that of then"])
def test_an_answer_comes_out_the_same(house: House, changed: bool) -> None:
    match_id = asked(house)
    if changed:
        change_the_market(house)
    found = replayed(house, match_id)
    assert found["outcome"] == "EQUAL"
    assert found["stored_hash"] == found["replayed_hash"]
    assert found["differences"] == []


def test_the_profile_of_today_changes_nothing_in_an_answer_of_then(house: House) -> None:
    match_id = asked(house)
    house.tell(house.summary(industry="6510", items=[]))
    assert replayed(house, match_id)["outcome"] == "EQUAL"


def tamper(house: House, match_id: str) -> None:
    with house.database.write() as tx:
        held = tx.execute(sa.select(matches.c.document).where(matches.c.id == match_id)).scalar_one()
        match = codec.from_json(Match, held)
        cheaper = replace(match.plans[0], rate_ppm=1)
        document = codec.to_json(replace(match, plans=(cheaper, *match.plans[1:]))).decode()
        tx.execute(sa.update(matches).values(document=document))


def test_an_answer_that_was_changed_where_it_is_kept_is_found_out(house: House) -> None:
    match_id = asked(house)
    tamper(house, match_id)
    found = replayed(house, match_id)
    (difference,) = found["differences"]
    assert (found["outcome"], difference["field"], difference["stored"]) == (
        "DIFFERENT",
        "plans/0/rate_ppm",
        "1",
    )
    assert found["stored_hash"] != found["replayed_hash"]


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.REGULATOR, Role.SERVICE_CENTRE])
def test_who_may_not_read_a_firm_s_values_learns_only_which_fields_differ(house: House, role: Role) -> None:
    match_id = asked(house)
    tamper(house, match_id)
    found = replayed(house, match_id, role, "org_other")
    assert found["differences"] == [{"field": "plans/0/rate_ppm", "stored": "", "replayed": ""}]
    assert PARTY not in str(found)


@pytest.mark.parametrize(
    ("role", "organisation", "status"),
    [
        (Role.SME, PARTY, 200),
        (Role.SME, "uscc:91640100MA77XXXX11", 404),
        (Role.SERVICE_CENTRE, "org_centre", 200),
        (Role.OPERATOR, "platform", 200),
        (Role.BANK_MANAGER, "org_east", 403),
        (Role.GUARANTOR_MANAGER, "org_cover", 403),
    ],
)
def test_who_may_have_an_answer_computed_again(
    house: House, role: Role, organisation: str, status: int
) -> None:
    path = f"/v1/matches/{asked(house)}/replay"
    assert house.client(role, organisation).get(path).status_code == status


def test_of_a_party_that_left_nothing_is_kept_to_compute_with(house: House) -> None:
    match_id = asked(house)
    house.tell(credit.PartySummary(party=PARTY, status=credit.PARTY_STATUS_WITHDRAWN))
    with house.database.read() as tx:
        assert tx.execute(sa.select(traces.c.inputs)).scalar_one() is None
    assert replayed(house, match_id)["outcome"] == "ERASED"


def test_answers_of_other_formulas_and_of_before_traces_say_so(house: House) -> None:
    match_id = asked(house)
    with house.database.write() as tx:
        tx.execute(sa.update(traces).values(algorithm=1))
    assert replayed(house, match_id)["outcome"] == "OTHER_ALGORITHM"
    with house.database.write() as tx:
        tx.execute(sa.delete(traces))
    assert replayed(house, match_id)["outcome"] == "UNTRACED"


def test_an_answer_of_before_editions_is_still_read(house: House) -> None:
    match_id = asked(house)
    with house.database.write() as tx:
        held = codec.dump(codec.from_json(Match, tx.execute(sa.select(matches.c.document)).scalar_one()))
        for name in ("edition", "input_hash", "model", "algorithm"):
            del held[name]
        older = codec.to_json(held, dict[str, object]).decode()
        tx.execute(sa.update(matches).values(document=older))
    answer = house.sme.get(f"/v1/matches/{match_id}").json()
    assert (answer["id"], answer["edition"], answer["algorithm"]) == (match_id, "", 0)


@pytest.fixture
def stub(house: House) -> Iterator[matching_pb2_grpc.MatchingStub]:
    servicer = MatchingServicer(door_of(house.database), house.desk)
    with serving(
        lambda server: matching_pb2_grpc.add_MatchingServicer_to_server(servicer, server)
    ) as channel:
        yield matching_pb2_grpc.MatchingStub(channel)


def test_grpc_replays_too(house: House, stub: matching_pb2_grpc.MatchingStub) -> None:
    token = token_of(OPERATOR)
    found = stub.ReplayMatch(
        pb.MatchId(match_id=asked(house)), metadata=[("authorization", f"Bearer {token}")]
    )
    assert found.outcome == pb.REPLAY_OUTCOME_EQUAL


offers = st.builds(
    lambda number, days, score, mode, place: product(
        f"{number}",
        bank=f"org_{number}",
        modes=(mode,),
        decision_days=days,
        criteria=[rule("score", "GE", str(score))],
        regions=place,
    ),
    st.integers(0, 5),
    st.integers(1, 9),
    st.sampled_from([500, 640, 700]),
    st.sampled_from(["UNSECURED", "FINANCING_GUARANTEE", "MORTGAGE"]),
    st.sampled_from([[], ["6401"], ["61"]]),
)
rooms = st.builds(
    lambda room: replace(GUARANTOR, programmes=(replace(GUARANTOR.programmes[0], room_fen=room * YUAN),)),
    st.sampled_from([0, 100_000, 2_000_000]),
)
fees = st.builds(lambda fee: replace(ORDINARY, fee_rate_ppm=fee), st.sampled_from([5_000, 10_000]))
steps = st.lists(offers | rooms | fees | st.integers(0, 5), min_size=1, max_size=8)


def hear(market: Catalogue, told: Any) -> None:
    """A number: the product of that number is gone."""
    if isinstance(told, int):
        market.withdraw(StateKind.PRODUCT, f"prd_{told}")
    elif isinstance(told, lending.Product):
        market.put_product(told)
    elif told.__class__ is GUARANTOR.__class__:
        market.put_headroom(told)
    else:
        market.put_programme(told)


def subject(told: Any) -> str:
    return f"prd_{told}" if isinstance(told, int) else getattr(told, "id", "") or told.guarantor


@pytest.fixture
def kept(sqlite_url: str) -> Iterator[Database]:
    with opened(sqlite_url, metadata) as database:
        yield database


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    heard=steps,
    score=st.sampled_from([600, 650, 720, None]),
    months=st.sampled_from([6, 12]),
    random=st.randoms(use_true_random=False),
)
def test_replicas_answer_alike_and_every_answer_is_computed_again(
    kept: Database, heard: list[Any], score: int | None, months: int, random: Any
) -> None:
    """One replica hears every change and answers after each, another only the last of each, in any order."""
    market, late = catalogue(), catalogue()
    market.index.use(load_kernels())
    firm = with_facts(score=score)
    request = MatchRequest(party=firm.party, amount_fen=500_000 * YUAN, term_months=months)
    answers = []
    for told in heard:
        hear(market, told)
        answers.append(give(market, BOOK, firm, request, new_id("mat")))
    last = list({subject(told): told for told in heard}.values())
    random.shuffle(last)
    for told in last:
        hear(late, told)
    assert codec.to_json(give(late, BOOK, firm, request, answers[-1].match.id).match) == codec.to_json(
        answers[-1].match
    )
    store(kept, answers)
    with kept.read() as tx:
        for kernels in (None, load_kernels()):
            replayer = Replayer(kernels=kernels)
            found = [replay.replay(tx, OPERATOR, replayer, one.match.id).outcome for one in answers]
            assert found == ["EQUAL"] * len(answers)


def test_answers_over_many_markets_are_replayed_in_any_order(database_url: str) -> None:
    market, answers = catalogue(FIRST_LOAN, IP_LOAN, GUARANTEED), []
    request = MatchRequest(party=FIRM.party, amount_fen=500_000 * YUAN, term_months=12)
    with opened(database_url, metadata) as database:
        for days in range(1, 60):
            market.put_product(product("turning", decision_days=days))
            answers.append(give(market, BOOK, FIRM, request, new_id("mat")))
        store(database, answers)
        replayer = Replayer()
        with database.read() as tx:
            for one in (*answers[::-7], *answers[::5]):
                assert replay.replay(tx, OPERATOR, replayer, one.match.id).outcome == "EQUAL"
            assert len(tx.rows(sa.select(rulebooks))) == 1
