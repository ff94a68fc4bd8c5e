"""Dated records and monthly figures: delivered, counted into facts, stopped, shown only where they are open."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.chassis.principal import Role
from libs.chassis.problems import Forbidden
from libs.criteria.vocabulary import FACTS
from services.credit.domain import counts, series
from services.credit.domain.bulk import BulkOutcome, RowState
from services.credit.domain.records import (
    NewRecord,
    NewRecords,
    RecordKind,
    RecordState,
    Severity,
    scope_of,
)
from services.credit.domain.series import SCOPES_OF_SERIES, Figure, NewFigure, NewFigures, SeriesKind
from services.credit.domain.sources import Source
from services.credit.operations import records
from services.credit.store import records as kept
from tests.support.services import NOON
from tests.unit.credit.doors import client
from tests.unit.credit.world import FIRM, OFFICER, OPERATOR, TODAY, World, fact, firm, values


def penalty(reference: str = "银市监罚〔2026〕7号", dated: date = date(2026, 3, 1), **told: Any) -> NewRecord:
    plain = {"severity": Severity.SERIOUS, "source": Source.MARKET_REGULATION, "observed_on": TODAY}
    return NewRecord(kind=RecordKind.PENALTY, reference=reference, dated_on=dated, **(plain | told))


def loan(reference: str = "L-1", balance_fen: int = 50_000_000, **told: Any) -> NewRecord:
    plain = {"amount_fen": 80_000_000, "institution": "org_bank_a", "observed_on": TODAY}
    return NewRecord(
        kind=RecordKind.LOAN,
        reference=reference,
        dated_on=date(2025, 5, 1),
        balance_fen=balance_fen,
        **(plain | told),
    )


def deliver(world: World, *new: NewRecord, by: Any = OPERATOR) -> BulkOutcome:
    return world.write(records.add_records, by, FIRM, NewRecords(records=new))


def figures(kind: SeriesKind, values: list[int], last: str = "2026-10") -> tuple[NewFigure, ...]:
    end = series.month_number(last)
    months = range(end - len(values) + 1, end + 1)
    return tuple(
        NewFigure(series=kind, month=series.month_name(month), value=value)
        for month, value in zip(months, values, strict=True)
    )


def test_penalties_of_two_years_are_counted_and_a_later_delivery_of_the_same_says_nothing_new(
    world: World,
) -> None:
    world.put()
    old = penalty("old", date(2024, 11, 22))
    outcome = deliver(world, penalty(), penalty("second"), old, penalty())

    assert [row.state for row in outcome.rows] == [*["RECORDED"] * 3, "KNOWN"]
    assert values(world.look(firm()))["penalties_24m"] == "2"
    assert values(world.look(firm(), as_of=date(2026, 2, 28))).get("penalties_24m") is None


def test_a_listing_holds_until_the_day_on_which_it_ended(world: World) -> None:
    world.put()
    listed = NewRecord(
        kind=RecordKind.JUDGMENT_DEFAULTER,
        reference="(2026)宁0104执1号",
        dated_on=date(2026, 2, 1),
        source=Source.COURT,
        observed_on=date(2026, 2, 2),
    )
    deliver(world, listed)
    assert values(world.look(firm()))["judgment_defaulter"] == "true"

    deliver(world, replace(listed, ended_on=date(2026, 11, 20), observed_on=date(2026, 11, 20)))

    assert values(world.look(firm()))["judgment_defaulter"] == "false"
    assert values(world.look(firm(), as_of=date(2026, 11, 19)))["judgment_defaulter"] == "true"


def test_loans_say_how_many_banks_lend_and_how_much(world: World) -> None:
    world.put()
    line = replace(
        loan("C-1", 20_000_000, amount_fen=80_000_000),
        kind=RecordKind.CREDIT_LINE,
        source=Source.CREDIT_BUREAU,
    )
    deliver(world, loan(), loan("L-2", 10_000_000, institution="org_bank_b"), line)

    shown = values(world.look(firm()))
    assert (shown["bank_loan_record"], shown["lending_banks"]) == ("true", "2")
    assert (shown["loan_balance_fen"], shown["credit_used_bp"]) == ("60000000", "2500")


def test_what_a_firm_says_of_its_loans_counts_until_the_bureau_has_spoken(world: World) -> None:
    world.put()
    assert deliver(world, loan(balance_fen=1), by=firm()).recorded == 1
    refused = deliver(world, penalty(), by=firm()).rows[0]
    assert (refused.state, refused.field) == (RowState.REJECTED, "kind")
    assert values(world.look(firm()))["loan_balance_fen"] == "1"

    deliver(world, loan("L-9", 7, source=Source.CREDIT_BUREAU))

    assert values(world.look(firm()))["loan_balance_fen"] == "7"


def test_a_newer_total_counts_before_what_the_records_come_to(world: World) -> None:
    world.put()
    deliver(world, penalty(observed_on=date(2026, 3, 2)))
    world.say(fact("penalties_24m", "3", "2026-10-31"))

    assert values(world.look(firm()))["penalties_24m"] == "3"


def test_a_stopped_record_is_nowhere_and_no_older_total_brings_it_back(world: World) -> None:
    world.put()
    world.say(fact("penalties_24m", "1", "2026-10-31"))
    deliver(world, penalty())
    (held,) = records_of(world)
    stop(world, held.id)

    for as_of in (None, date(2026, 11, 1)):
        assert values(world.look(firm(), as_of=as_of))["penalties_24m"] == "0"
    assert world.write(records.list_records, firm(), FIRM).items == ()
    assert records_of(world) == ()
    assert [one.state for one in records_of(world, with_stopped=True)] == [RecordState.STOPPED]
    assert deliver(world, penalty(amount_fen=5)).recorded == 0
    assert records_of(world) == ()


def test_a_file_is_seen_as_its_records_were_known(world: World) -> None:
    world.put()
    deliver(world, penalty())
    world.pass_days(2)
    deliver(world, penalty("second"))

    known = values(world.look(firm(), known=NOON + timedelta(days=1)))
    assert (known["penalties_24m"], values(world.look(firm()))["penalties_24m"]) == ("1", "2")


def test_a_bank_sees_public_records_and_neither_loans_nor_whether_there_are_any(world: World) -> None:
    world.put()
    deliver(world, penalty(), loan())

    shown = world.write(records.list_records, OFFICER, FIRM)
    assert [one.kind for one in shown.items] == [RecordKind.PENALTY]
    assert set(shown.not_authorised) == {kind for kind in RecordKind if scope_of(kind) != "public"}
    assert world.write(records.list_figures, OFFICER, FIRM).not_authorised == tuple(SeriesKind)

    world.grant("credit_record")
    shown = world.write(records.list_records, OFFICER, FIRM)
    assert {one.kind for one in shown.items} == {RecordKind.PENALTY, RecordKind.LOAN}


@pytest.mark.parametrize(
    ("new", "field"),
    [
        (penalty(severity=None), "severity"),
        (penalty(" "), "reference"),
        (penalty("640104199001011234"), "reference"),
        (penalty(dated=TODAY + timedelta(days=1)), "observed_on"),
        (penalty(ended_on=date(2020, 1, 1)), "ended_on"),
        (loan(institution=None), "institution"),
        (loan(balance_fen=-1), "balance_fen"),
        (loan(severity=Severity.MINOR), "severity"),
    ],
)
def test_a_record_that_says_too_little_is_rejected_in_its_row(
    small_world: World, new: NewRecord, field: str
) -> None:
    small_world.put()

    outcome = deliver(small_world, new, penalty("good"))

    assert (outcome.rows[0].field, outcome.recorded) == (field, 1)


def test_monthly_figures_come_to_sums_and_trends(world: World) -> None:
    world.put()
    taxes = figures(SeriesKind.TAX_PAID, [100] * 12 + [110] * 11 + [0])
    heads = figures(SeriesKind.INSURED_HEADS, [10, *[11] * 11, 12])
    outcome = world.write(records.add_figures, OPERATOR, FIRM, NewFigures(figures=(*taxes, *heads)))
    again = world.write(records.add_figures, OPERATOR, FIRM, NewFigures(figures=taxes))

    shown = values(world.look(firm()))
    assert (outcome.recorded, again.known) == (37, 24)
    assert (shown["tax_paid_12m_fen"], shown["tax_months_12m"], shown["tax_growth_bp"]) == (
        "1210",
        "11",
        "83",
    )
    assert (shown["social_insurance_heads"], shown["insured_staff_trend_bp"]) == ("12", "2000")
    assert "electricity_trend_bp" not in shown


def test_a_month_that_is_missing_makes_no_sum_and_a_month_in_progress_is_refused(world: World) -> None:
    world.put()
    taxes = figures(SeriesKind.TAX_PAID, [100] * 12)
    running = NewFigure(series=SeriesKind.TAX_PAID, month="2026-11", value=1)
    new = NewFigures(figures=(*taxes[:5], *taxes[6:], running))
    outcome = world.write(records.add_figures, OPERATOR, FIRM, new)

    assert (outcome.recorded, outcome.rows[-1].field) == (11, "month")
    assert "tax_paid_12m_fen" not in values(world.look(firm()))


def test_a_firm_delivers_no_figures_of_offices(small_world: World) -> None:
    small_world.put()

    with pytest.raises(Forbidden):
        small_world.write(records.add_figures, firm(), FIRM, NewFigures(figures=()))


figure = st.builds(
    Figure,
    series=st.sampled_from(SeriesKind),
    month=st.integers(series.month_number("2024-06"), series.month_number("2026-12")).map(series.month_name),
    value=st.integers(0, 10**9),
    source=st.sampled_from([Source.TAX, Source.DATA_SHARING]),
    recorded_at=st.just(NOON),
)


@settings(max_examples=60)
@given(st.lists(figure, max_size=40), st.dates(date(2025, 1, 1), date(2026, 12, 31)))
def test_no_counted_figure_looks_past_its_day(said: list[Figure], as_of: date) -> None:
    counted = series.counted_from_series(series.lines(said, as_of))
    past = [one for one in said if series.month_number(one.month) <= series.last_complete_month(as_of)]

    assert counted == series.counted_from_series(series.lines(past, as_of))
    assert all(one.observed_on <= as_of for one in counted)


def test_every_counted_fact_is_of_the_scope_of_what_it_is_made_of() -> None:
    for name, (kind, _) in series.SERIES_FACTS.items():
        assert FACTS[name].scope == SCOPES_OF_SERIES[kind]
    for name, (kind, _) in counts.RECORD_FACTS.items():
        assert FACTS[name].scope == scope_of(kind)


def test_records_and_figures_have_their_doors(small_world: World) -> None:
    small_world.put()
    door = client(small_world, Role.OPERATOR, "org_platform")
    row = {"kind": "PENALTY", "reference": "7", "dated_on": "2026-03-01", "severity": "GENERAL"}
    row |= {"observed_on": "2026-03-02"}

    assert door.post(f"/v1/parties/{FIRM}/records", {"records": [row]}).json()["recorded"] == 1
    month = {"series": "TAX_PAID", "month": "2026-10", "value": 5}
    assert door.post(f"/v1/parties/{FIRM}/series", {"figures": [month]}).json()["recorded"] == 1
    mine = client(small_world, Role.SME, FIRM)
    assert mine.get(f"/v1/parties/{FIRM}/records").json()["items"][0]["state"] == "IN_USE"
    assert mine.get(f"/v1/parties/{FIRM}/series").json()["items"][0]["value"] == 5


def records_of(world: World, **how: Any) -> Any:
    with world.database.read() as tx:
        return kept.records_of(tx, FIRM, **how)


def stop(world: World, record_id: str) -> None:
    with world.database.write() as tx:
        held = kept.record_to_change(tx, record_id)
        kept.update_state(tx, replace(held, state=RecordState.STOPPED))
