"""Which of several records of a fact counts."""

from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.chassis.principal import Principal
from libs.criteria.violation import Violation
from libs.registry.size import Size
from services.credit.domain.facts import (
    Fact,
    FactHistory,
    NewFact,
    Source,
    check_fact,
    resolve,
    size_from,
    whole_months,
)
from services.credit.domain.sources import Because, Confidence, ItemState
from services.credit.operations import reading
from tests.unit.credit.world import FIRM, OFFICER, TODAY, World, fact, firm, registration


def said(value: str, observed: date, source: Source, minute: int = 0, name: str = "tax_grade") -> Fact:
    recorded = datetime(2026, 11, 1, 8, minute, tzinfo=UTC)
    return Fact(fact=name, value=value, source=source, observed_on=observed, recorded_at=recorded)


def counts(*records: Fact, as_of: date = TODAY, known: datetime | None = None) -> str:
    return resolve(records, as_of, known)[records[0].fact].value


OCTOBER, JUNE = date(2026, 10, 31), date(2026, 6, 30)


def test_the_newest_observation_counts_before_the_more_trusted_source() -> None:
    assert counts(said("A", JUNE, Source.TAX), said("B", OCTOBER, Source.DATA_SHARING)) == "B"


def test_on_the_same_day_the_more_trusted_source_counts() -> None:
    assert counts(said("B", OCTOBER, Source.TAX), said("A", OCTOBER, Source.DATA_SHARING)) == "B"


def test_a_later_correction_of_the_same_source_counts() -> None:
    assert counts(said("A", OCTOBER, Source.TAX, 1), said("C", OCTOBER, Source.TAX, 2)) == "C"


def test_what_a_firm_says_of_itself_fills_a_gap_but_overrules_no_record() -> None:
    own_word = said("A", OCTOBER, Source.SELF_DECLARED)

    assert counts(own_word) == "A"
    assert counts(own_word, said("D", JUNE, Source.TAX)) == "D"


def test_of_its_statements_the_firm_itself_speaks_with_full_weight() -> None:
    old = said("12", JUNE, Source.MARKET_REGULATION, name="employees")

    assert counts(old, said("15", OCTOBER, Source.SELF_DECLARED, name="employees")) == "15"


def test_an_earlier_day_shows_what_was_true_and_known_then() -> None:
    records = (said("B", JUNE, Source.TAX, 1), said("A", OCTOBER, Source.TAX, 2))

    assert counts(*records, as_of=date(2026, 7, 1)) == "B"
    assert counts(*records, known=datetime(2026, 11, 1, 8, 1, tzinfo=UTC)) == "B"


@given(
    st.lists(
        st.builds(
            said,
            st.sampled_from("ABMCD"),
            st.dates(date(2026, 1, 1), date(2026, 12, 31)),
            st.sampled_from(list(Source)),
            st.integers(0, 59),
        ),
        min_size=1,
        max_size=4,
        unique_by=lambda record: record.recorded_at,
    )
)
def test_the_order_in_which_records_come_changes_nothing(records: list[Fact]) -> None:
    held = [dict(resolve(order, TODAY)) for order in permutations(records)]

    assert all(one == held[0] for one in held)
    assert all(record.observed_on <= TODAY for record in held[0].values())


@pytest.mark.parametrize(
    ("new", "field"),
    [
        (fact("turnover", "5"), "fact"),
        (fact("score", "800"), "fact"),
        (fact("size", "MICRO"), "fact"),
        (fact("tax_grade", "E"), "value"),
        (fact("employees", "twelve"), "value"),
        (fact("employees", "12", "2026-11-23"), "observed_on"),
        (fact("invoiced_12m_fen", "12", source=Source.INVOICES), "source"),
    ],
)
def test_a_fact_that_cannot_be_is_refused_with_its_field(new: object, field: str) -> None:
    with pytest.raises(Violation) as refused:
        check_fact(new, TODAY)  # type: ignore[arg-type]

    assert refused.value.field == field


def test_size_is_judged_by_the_official_rule_and_never_guessed() -> None:
    employees = said("9", JUNE, Source.SELF_DECLARED, name="employees")
    revenue = said("60000000", JUNE, Source.SELF_DECLARED, name="revenue_year_fen")

    assert size_from(registration(), {"employees": employees, "revenue_year_fen": revenue}) is Size.MICRO
    assert size_from(registration(), {"employees": employees}) is None


@pytest.mark.parametrize(
    ("since", "until", "months"),
    [
        (date(2023, 3, 10), date(2026, 11, 22), 44),
        (date(2026, 10, 23), date(2026, 11, 22), 0),
        (date(2026, 10, 22), date(2026, 11, 22), 1),
        (date(2024, 1, 31), date(2024, 2, 29), 0),
        (date(2024, 1, 31), date(2024, 3, 1), 1),
    ],
)
def test_only_completed_months_count(since: date, until: date, months: int) -> None:
    assert whole_months(since, until) == months


def test_every_saying_is_told_with_the_one_that_counts_and_why(world: World) -> None:
    world.put()
    world.say(
        fact("tax_grade", "B", "2025-04-30", Source.TAX), fact("tax_grade", "A", "2026-04-30", Source.TAX)
    )
    world.say(fact("tax_grade", "C", "2026-06-30"), by=firm())

    mine = history(world)
    assert [(one.value, one.confidence, one.counts) for one in mine.sayings] == [
        ("A", "HIGH", True),
        ("B", "HIGH", False),
        ("C", "LOW", False),
    ]
    assert mine.because is Because.NEWEST_OBSERVATION
    assert history(world, as_of=date(2025, 12, 31)).sayings[0].value == "B"
    assert history(world, by=OFFICER).state is ItemState.NOT_AUTHORISED
    assert history(world, by=OFFICER).sayings == ()
    consent = world.grant("tax")
    assert history(world, by=OFFICER).consent_id == consent.id


@pytest.mark.parametrize(
    ("second", "why"),
    [
        (fact("penalties_24m", "2", "2026-09-30", Source.COURT), Because.NEWEST_OBSERVATION),
        (fact("penalties_24m", "2", "2026-10-31", Source.DATA_SHARING), Because.MORE_TRUSTED_SOURCE),
        (fact("penalties_24m", "2", "2026-10-31", Source.COURT), Because.LATER_CORRECTION),
    ],
)
def test_one_word_says_why_a_saying_counts(small_world: World, second: NewFact, why: Because) -> None:
    small_world.put()
    small_world.say(fact("penalties_24m", "1", "2026-10-31", Source.COURT))
    small_world.pass_days(1)
    small_world.say(second)

    assert history(small_world, "penalties_24m").because is why


def test_a_firms_own_word_only_fills(small_world: World) -> None:
    small_world.put()
    small_world.say(fact("penalties_24m", "0", "2026-11-01"), by=firm())
    small_world.say(fact("penalties_24m", "1", "2026-10-31", Source.COURT))

    told = history(small_world, "penalties_24m")
    assert (told.sayings[0].value, told.because) == ("1", Because.OWN_WORD_ONLY_FILLS)


def test_who_brings_data_may_say_how_far_to_rely_on_it_and_a_firm_may_not(small_world: World) -> None:
    small_world.put()
    doubtful = replace(fact("srdi", "true", source=Source.TECHNOLOGY), confidence=Confidence.LOW)
    sure = replace(fact("employees", "12"), confidence=Confidence.HIGH)
    small_world.say(doubtful)
    small_world.say(sure, by=firm())

    shown = {item.fact: item.confidence for item in small_world.look(firm()).items}
    assert (shown["srdi"], shown["employees"]) == (Confidence.LOW, Confidence.LOW)


def test_a_derived_fact_has_one_saying_and_the_score_its_own_door(small_world: World) -> None:
    small_world.put()

    assert history(small_world, "owner_kind").sayings[0].value == "ENTERPRISE"
    assert history(small_world, "score").state is ItemState.NOT_AUTHORISED
    with pytest.raises(Violation):
        history(small_world, "shoe_size")


def history(world: World, name: str = "tax_grade", by: Principal | None = None, **when: date) -> FactHistory:
    return world.write(reading.get_fact, by or firm(), FIRM, name, **when)
