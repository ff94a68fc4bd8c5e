"""Features online and offline: what the store answers is what the same invoices say in memory, on both engines."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import count
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from libs.registry.uscc import complete, organisation_check
from services.credit.domain.features import FEATURES, features
from services.credit.domain.invoices import Invoice, InvoiceDirection, InvoiceStatus, NewInvoices
from services.credit.operations import invoices
from tests.unit.credit.world import OPERATOR, TODAY, World, firm, history_of, sale, values

_EDGES = [date(2024, 11, 30), date(2024, 12, 1), date(2025, 10, 31), date(2025, 11, 1), date(2026, 10, 31)]
some = st.lists(
    st.builds(
        Invoice,
        number=st.sampled_from("123456"),
        direction=st.sampled_from(InvoiceDirection),
        issued_on=st.one_of(st.sampled_from(_EDGES), st.dates(date(2024, 9, 1), TODAY)),
        counterparty=st.sampled_from(["B1", "B2", "B3"]),
        net_fen=st.one_of(st.just(0), st.integers(-900, 9_000_000)),
        tax_fen=st.integers(-100, 100),
        status=st.sampled_from(InvoiceStatus),
    ),
    max_size=25,
)
often = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
firms = count(1)


def new_party(world: World) -> str:
    organisation = f"FEA{next(firms):05d}"
    party = complete(f"91640106{organisation}{organisation_check(organisation)}").party
    world.put(party)
    return party


def deliver(world: World, party: str, rows: list[Invoice], covers_until: date) -> None:
    world.write(
        invoices.add_invoices,
        OPERATOR,
        party,
        NewInvoices(invoices=tuple(rows), covers_until=covers_until),
    )


def online(world: World, party: str, **when: Any) -> dict[str, int]:
    told = values(world.look(firm(party), party, **when))
    return {name: int(value) for name, value in told.items() if name in FEATURES}


@often
@given(some, some, st.dates(date(2026, 8, 1), TODAY), st.dates(date(2026, 1, 1), TODAY))
def test_the_store_answers_what_the_invoices_say(
    world: World, first: list[Invoice], second: list[Invoice], covers_until: date, as_of: date
) -> None:
    party = new_party(world)
    deliver(world, party, first, date(2026, 7, 31))
    deliver(world, party, second, covers_until)
    offline = features(history_of([*first, *second], covers_until), as_of)

    assert online(world, party, as_of=as_of) == offline


@often
@given(some, some, st.dates(date(2026, 1, 1), TODAY - timedelta(days=1)))
def test_what_is_dated_after_a_day_or_was_said_later_changes_nothing_of_what_was_known_on_it(
    world: World, first: list[Invoice], second: list[Invoice], as_of: date
) -> None:
    party = new_party(world)
    deliver(world, party, first, TODAY)
    then, known = online(world, party, as_of=as_of), world.database.clock.now()

    dated_later = [replace(one, issued_on=max(one.issued_on, as_of + timedelta(days=1))) for one in second]
    deliver(world, party, [one for one in dated_later if one not in first], TODAY)
    assert online(world, party, as_of=as_of) == then

    world.pass_days(1)
    deliver(world, party, second, TODAY)
    assert online(world, party, as_of=as_of, known=known) == then
    world.pass_days(-1)


def test_what_was_known_on_a_day_is_not_mended_by_a_void_that_came_later(world: World) -> None:
    party = new_party(world)
    before = world.database.clock.now()
    world.pass_days(1)
    deliver(world, party, [sale("1", "2026-10-01", 500), sale("2", "2026-10-02", 70)], TODAY)
    known = world.database.clock.now()
    world.pass_days(1)
    deliver(world, party, [sale("2", "2026-10-02", 70, void=True)], TODAY)

    assert online(world, party)["invoiced_12m_fen"] == 500
    assert online(world, party)["void_share_bp"] == 5_000
    assert online(world, party, known=known)["invoiced_12m_fen"] == 570
    assert online(world, party, known=before) == {}
