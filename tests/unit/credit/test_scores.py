"""Every score ever given is kept, and named; one look is one transaction; kept features say what fresh ones say."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

import pytest
import sqlalchemy as sa

from libs.chassis.principal import Principal
from libs.chassis.problems import Forbidden
from libs.eventing import topics
from rongqiao.credit.v1 import credit_pb2 as credit
from rongqiao.credit.v1 import events_pb2, scores_pb2_grpc
from rongqiao.credit.v1 import scores_pb2 as pb
from services.credit.domain.facts import Fact
from services.credit.domain.given import GivenScore
from services.credit.domain.invoices import NewInvoices
from services.credit.domain.score import Score
from services.credit.operations import files as file_operations
from services.credit.operations import invoices, reading, scores
from services.credit.rpc.scores import ScoresServicer
from services.credit.store import files, summaries
from services.credit.store.scores import scores as kept_scores
from tests.support import patience
from tests.support.rpc import door_of, serving, token_of
from tests.unit.credit.card_shop import open_gate, promote
from tests.unit.credit.world import BANK, FIRM, NAME, OFFICER, OPERATOR, OTHER, World, fact, firm, sale, told

PLATFORM = "platform"


def score(world: World, by: Principal | None = None, party: str = FIRM) -> Score:
    return world.write(scores.get_score, by or firm(party), party)


def given(world: World) -> tuple[GivenScore, ...]:
    with world.database.read() as tx:
        return scores.list_scores(tx, firm(), FIRM).items


def facts_given(world: World) -> list[events_pb2.ScoreGiven]:
    found = [event for event in world.events() if event.topic == topics.CREDIT_SCORE.name]
    return [event.decode(events_pb2.ScoreGiven) for event in found]


def open_to_bank(world: World) -> World:
    world.put()
    world.say(fact("tax_grade", "A"), fact("employees", "12"))
    open_gate(world)
    world.grant("score", "tax")
    return world


def test_the_firm_reads_what_was_given_of_it_to_whom_and_by_which_card(world: World) -> None:
    open_to_bank(world)
    for_bank = score(world, OFFICER)
    own = score(world)

    latest, earlier = given(world)

    assert (latest.score_id, latest.reader, latest.purpose) == (own.score_id, FIRM, None)
    assert (earlier.score_id, earlier.reader, earlier.card) == (
        for_bank.score_id,
        BANK,
        "expert_first_loan/1",
    )
    assert (earlier.points, earlier.grade, earlier.card_sha256) == (
        for_bank.points,
        for_bank.grade,
        for_bank.card_sha256,
    )
    assert len(earlier.consents) == 1
    with world.database.read() as tx, pytest.raises(Forbidden):
        scores.list_scores(tx, OFFICER, FIRM)


def test_the_same_reader_is_given_the_same_score_all_day(world: World) -> None:
    open_to_bank(world)
    first = score(world, OFFICER)

    assert score(world, OFFICER) == first
    assert len(given(world)) == 1

    world.say(fact("tax_grade", "B", "2026-11-01"))
    second = score(world, OFFICER)
    world.pass_days(1)
    third = score(world, OFFICER)

    assert len({first.score_id, second.score_id, third.score_id}) == 3
    assert (first.points > second.points, second.points) == (True, third.points)


def test_two_looks_at_one_moment_are_given_one_score(world: World) -> None:
    open_to_bank(world)
    with ThreadPoolExecutor(4) as pool:
        shown = list(pool.map(lambda _: score(world, OFFICER), range(8)))

    assert len({one.score_id for one in shown}) == 1
    assert len(given(world)) == len(facts_given(world)) == 1


def test_what_a_score_was_made_of_is_kept_sealed_and_only_what_was_opened(world: World) -> None:
    open_to_bank(world)
    score(world, OFFICER)

    with world.database.read() as tx:
        made_of = tx.scalar(sa.select(kept_scores.c.made_of))
        stored = tx.connection.exec_driver_sql("SELECT made_of FROM scores").scalar_one()
    assert made_of["tax_grade"] == "A"
    assert "employees" not in made_of
    assert "tax_grade" not in stored


def test_what_matching_is_told_is_kept_when_it_changes_and_not_whenever_it_is_told(world: World) -> None:
    world.put()
    world.grant("score", recipient=PLATFORM)
    world.tell()
    world.grant("tax", recipient=PLATFORM)
    world.tell()
    assert [one.reader for one in given(world)] == [PLATFORM]

    world.say(fact("tax_grade", "A"))
    world.tell()

    latest = given(world)[0]
    assert (len(given(world)), str(latest.points)) == (2, told(world.summary())["score"])


def test_a_score_is_told_as_a_fact_that_names_nobody(world: World) -> None:
    open_to_bank(world)
    shown = score(world, OFFICER)

    fact_told = facts_given(world)[0]

    assert (fact_told.score_id, fact_told.grade, fact_told.card) == (
        shown.score_id,
        shown.grade,
        shown.scorecard,
    )
    assert (fact_told.kind, fact_told.purpose) == (pb.CARD_KIND_EXPERT, credit.PURPOSE_CREDIT_DECISION)
    assert fact_told.dimensions.county == "640106"
    for event in world.events():
        if event.topic == topics.CREDIT_SCORE.name:
            assert FIRM.encode() not in event.data
            assert NAME.encode() not in event.data


def test_only_the_firm_is_told_what_would_raise_its_score_and_what_a_late_payment_costs(world: World) -> None:
    open_to_bank(world)

    assert score(world).improvements
    assert score(world).late_payment is not None
    assert score(world, OFFICER).improvements == ()
    assert score(world, OFFICER).late_payment is None


def test_a_bank_without_the_facts_that_a_learned_card_needs_is_answered_by_the_expert_card(
    world: World,
) -> None:
    open_to_bank(world)
    world.say(fact("invoiced_12m_fen", "60000000"))
    promote(world)

    assert score(world).scorecard == "sales_card/1"
    assert score(world, OFFICER).scorecard == "expert_first_loan/1"
    world.grant("invoices")
    learned = score(world, OFFICER)
    assert (learned.scorecard, learned.expert) == ("sales_card/1", False)
    assert learned.pd_ppm is not None
    assert [one.pd_ppm for one in given(world)[:1]] == [learned.pd_ppm]


def fresh_and_kept(world: World) -> tuple[dict[str, str], dict[str, str] | None]:
    with world.database.read() as tx:
        record = files.party_record(tx, FIRM)
        kept = summaries.kept_features(tx, FIRM)
        return _values(reading.held_facts(tx, record, tx.today).values()), _values(kept)


def _values(held_facts: Iterator[Fact] | tuple[Fact, ...] | None) -> dict[str, str] | None:
    return None if held_facts is None else {one.fact: one.value for one in held_facts}


def test_kept_features_are_those_that_would_be_worked_out_anew_until_anything_changes(world: World) -> None:
    world.put()
    world.say(fact("tax_grade", "A"), fact("employees", "12"))
    world.write(invoices.add_invoices, OPERATOR, FIRM, NewInvoices(invoices=(sale("1", "2026-10-05", 900),)))
    assert fresh_and_kept(world)[1] is None
    world.tell()

    fresh, kept = fresh_and_kept(world)
    assert kept == fresh
    assert kept["invoiced_12m_fen"] == "900"

    world.say(fact("tax_grade", "B", "2026-11-01"))
    assert fresh_and_kept(world)[1] is None
    world.tell()
    assert fresh_and_kept(world)[1]["tax_grade"] == "B"
    world.pass_days(30)
    assert fresh_and_kept(world)[1] is None


def test_a_score_from_kept_features_is_the_score_from_fresh_ones(world: World) -> None:
    open_to_bank(world)
    fresh = score(world)
    world.tell()

    assert score(world) == fresh


def test_what_is_kept_is_what_a_score_is_made_of(world: World) -> None:
    open_to_bank(world)
    world.tell()
    with world.database.write() as tx:
        kept = summaries.kept_features(tx, FIRM) or ()
        summaries.keep_features(tx, FIRM, [one for one in kept if one.fact != "tax_grade"])

    reasons = {reason.fact: reason.text for reason in score(world).reasons}
    assert reasons["tax_grade"] == "未授权或没有纳税信用级别"


def test_nothing_is_kept_of_a_party_that_withdrew(world: World) -> None:
    world.put()
    world.tell()
    world.write(file_operations.withdraw_party, firm(), FIRM)
    world.tell()

    with world.database.read() as tx:
        assert tx.rows(sa.select(summaries.party_features)) == []


@contextmanager
def stub_of(world: World) -> Iterator[scores_pb2_grpc.ScoresStub]:
    servicer = ScoresServicer(door_of(world.database))
    with serving(partial(scores_pb2_grpc.add_ScoresServicer_to_server, servicer)) as channel:
        yield scores_pb2_grpc.ScoresStub(channel)


def test_a_stream_is_answered_in_order_and_one_bad_party_does_not_end_it(small_world: World) -> None:
    world = open_to_bank(small_world)
    asked = [OTHER, FIRM, "nonsense", FIRM]
    with stub_of(small_world) as stub:
        parties = (credit.PartyId(party=party) for party in asked)
        metadata = [("authorization", f"Bearer {token_of(OFFICER)}")]
        outcomes = list(stub.ScoreMany(parties, metadata=metadata, timeout=patience.SECONDS))

    assert [one.party for one in outcomes] == asked
    assert [one.HasField("score") for one in outcomes] == [False, True, False, True]
    assert outcomes[0].refusal.type.endswith("not-found")
    assert (outcomes[0].refusal.field, bool(outcomes[0].refusal.mend)) == ("party", True)
    assert outcomes[1].score.score_id == outcomes[3].score.score_id
    with world.database.read() as tx:
        assert [read.what for read in reading.list_reads(tx, firm(), FIRM).items] == ["SCORE", "SCORE"]


def test_a_stream_of_a_firm_opens_no_other_file(small_world: World) -> None:
    small_world.put()
    small_world.put(OTHER)
    with stub_of(small_world) as stub:
        metadata = [("authorization", f"Bearer {token_of(firm())}")]
        parties = iter([credit.PartyId(party=OTHER), credit.PartyId(party=FIRM)])
        refused, shown = stub.ScoreMany(parties, metadata=metadata, timeout=patience.SECONDS)

    assert refused.refusal.type.endswith("forbidden")
    assert shown.score.points > 0
