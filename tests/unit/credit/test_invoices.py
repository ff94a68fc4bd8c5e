"""Invoices: delivered in bulk, counted by month, void and negative ones handled."""

import io
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from libs.chassis.database import WriteTx
from libs.chassis.principal import Principal, service
from libs.chassis.problems import Forbidden
from libs.criteria.violation import Violation
from services.credit.domain.bulk import BulkOutcome, RowOutcome
from services.credit.domain.delivery import DeliveryKind, NewDelivery, Row
from services.credit.domain.invoices import COLUMNS, Invoice, NewInvoices
from services.credit.operations import deliveries, invoices
from services.credit.store import tables
from tests.unit.credit.world import FIRM, OFFICER, OPERATOR, World, firm, sale, values

HEADER = ",".join(COLUMNS) + "\n"


def deliver(world: World, *rows: Invoice, **terms: Any) -> BulkOutcome:
    return world.write(invoices.add_invoices, OPERATOR, FIRM, NewInvoices(invoices=rows, **terms))


def load(world: World, text: str, covers_until: date | None = None) -> BulkOutcome:
    return invoices.load_file(world.database, OPERATOR, FIRM, io.StringIO(text), covers_until)


def seen(world: World) -> dict[str, str]:
    return values(world.look(firm()))


def test_invoices_become_features_of_the_file(world: World) -> None:
    world.put()
    deliver(world, sale("1", "2026-10-01", 700_000), sale("2", "2026-09-30", 300_000, "B2"))

    assert seen(world)["invoiced_12m_fen"] == "1000000"
    assert seen(world)["largest_customer_share_bp"] == "7000"
    assert seen(world)["invoice_active_months_12m"] == "2"


def test_the_same_invoices_again_change_nothing(world: World) -> None:
    world.put()
    rows = (sale("1", "2026-10-01", 700_000), sale("2", "2026-09-30", 300_000))
    deliver(world, *rows)
    before = seen(world)

    assert deliver(world, *rows).known == 2
    assert seen(world) == before


def test_a_number_that_comes_again_after_years_is_another_invoice(world: World) -> None:
    world.put()

    assert deliver(world, sale("1", "2026-10-01", 500), sale("1", "2024-10-01", 500)).recorded == 2


def test_a_void_invoice_counts_for_nothing_even_when_it_is_voided_later(world: World) -> None:
    world.put()
    deliver(
        world,
        sale("1", "2026-10-01", 500),
        sale("2", "2026-10-02", 900),
        sale("3", "2026-10-03", 100, void=True),
    )
    assert seen(world)["invoiced_12m_fen"] == "1400"

    assert deliver(world, sale("2", "2026-10-02", 900, void=True)).recorded == 1
    assert deliver(world, sale("2", "2026-10-02", 900)).known == 1
    assert seen(world)["invoiced_12m_fen"] == "500"


def test_negative_invoices_are_refunds(world: World) -> None:
    world.put()
    deliver(world, sale("1", "2026-10-01", 1_000), sale("2", "2026-10-05", -50))

    assert seen(world)["invoiced_12m_fen"] == "950"
    assert seen(world)["refund_share_bp"] == "500"


def test_invoices_of_a_month_in_progress_wait_for_its_end(world: World) -> None:
    world.put()
    deliver(
        world, sale("1", "2026-10-01", 500), sale("2", "2026-11-20", 900), covers_until=date(2026, 11, 22)
    )
    assert seen(world)["invoiced_12m_fen"] == "500"

    world.pass_days(9)
    deliver(world, covers_until=date(2026, 11, 30))
    assert seen(world)["invoiced_12m_fen"] == "1400"


def test_no_counterparty_is_kept_by_name(world: World) -> None:
    world.put()
    deliver(world, sale("1", "2026-10-01", 500, "宁夏某某采购有限公司"))

    with world.database.read() as tx:
        row = tx.row(sa.select(tables.invoices))
    assert row is not None
    assert "宁夏" not in str(row)
    assert len(row.counterparty) == 26


def test_bad_rows_of_a_file_are_named_by_their_column_and_the_good_ones_kept(world: World) -> None:
    world.put()
    outcome = load(
        world,
        HEADER
        + "1,SALE,2026-10-01,B1,500,65,VALID\n"
        + "2,SOLD,2026-10-01,B1,500,65,VALID\n"
        + "3,SALE,2026-10-32,B1,500,65,VALID\n"
        + "4,SALE,2026-10-01,B1,5.00,65,VALID\n"
        + "5,SALE,2027-10-01,B1,500,65,VALID\n"
        + "6,SALE,2026-10-01,B1,500,65\n"
        + "7,PURCHASE,2026-10-01,B1,500,65,VOID\n",
    )

    assert (outcome.recorded, outcome.rejected) == (2, 5)
    assert outcome.delivery is not None
    assert [(row.row, row.field) for row in outcome.rows] == [
        (2, "direction"),
        (3, "issued_on"),
        (4, "net_fen"),
        (5, "issued_on"),
        (6, "row"),
    ]
    assert seen(world)["invoiced_12m_fen"] == "500"


def test_a_file_with_other_columns_or_another_encoding_is_refused(world: World) -> None:
    world.put()

    with pytest.raises(Violation, match="header"):
        load(world, "number,amount\n1,2\n")
    with pytest.raises(Violation, match="UTF-8"):
        text = io.TextIOWrapper(io.BytesIO("发票号码\n".encode("gb18030")), encoding="utf-8")
        invoices.load_file(world.database, OPERATOR, FIRM, text, None)


def test_neither_a_bank_nor_another_firm_delivers_invoices(world: World) -> None:
    world.put()

    for somebody in (OFFICER, firm("uscc:91640181MA7ADEM16Q")):
        with pytest.raises(Forbidden):
            invoices.load_file(world.database, somebody, FIRM, io.StringIO(HEADER), None)


class Endless(io.TextIOBase):
    """A file that is nowhere as a whole: its lines are made when they are asked for, and counted."""

    def __init__(self, rows: int) -> None:
        self.made = 0
        self._rows = rows

    def __iter__(self) -> Iterator[str]:
        yield HEADER
        for number in range(self._rows):
            self.made = number + 1
            yield f"{number},SALE,{date(2025, 1, 1) + timedelta(days=number % 600)},B{number % 50},{number},0,VALID\n"


def test_a_large_file_is_recorded_while_it_is_read(
    small_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_world.put()
    file = Endless(3 * deliveries.CHUNK)
    ahead: list[int] = []
    keep = deliveries.keep

    def watched(tx: WriteTx, by: Principal, delivery: str, rows: Sequence[Row]) -> list[RowOutcome]:
        ahead.append(file.made - rows[0].number + 1)
        return keep(tx, by, delivery, rows)

    monkeypatch.setattr(deliveries, "keep", watched)
    outcome = invoices.load_file(small_world.database, OPERATOR, FIRM, file, None)  # type: ignore[arg-type]

    assert outcome.recorded == 3 * deliveries.CHUNK
    assert ahead == [deliveries.CHUNK] * 3


def test_an_upload_that_broke_off_is_counted_but_covers_no_day(world: World) -> None:
    world.put()
    deliver(world, sale("1", "2026-08-01", 500), covers_until=date(2026, 8, 31))
    new = NewDelivery(kind=DeliveryKind.INVOICES, covers_until=date(2026, 10, 31))
    delivery = world.write(deliveries.open_delivery, OPERATOR, new, FIRM)
    rows = [
        Row(1, FIRM, sale("2", "2026-08-02", 70)),
        Row(2, FIRM, sale("3", "2026-10-02", 7)),
    ]
    world.write(deliveries.keep, OPERATOR, delivery.id, rows)

    assert seen(world)["invoiced_12m_fen"] == "500"
    assert deliveries.give_up_broken(world.database, service("credit")) == 0
    world.pass_days(1)
    assert deliveries.give_up_broken(world.database, service("credit")) == 1
    assert deliveries.give_up_broken(world.database, service("credit")) == 0

    assert seen(world)["invoiced_12m_fen"] == "570"
    with world.database.read() as tx:
        ended = deliveries.get_delivery(tx, OPERATOR, delivery.id)
    assert (ended.state, ended.rows, ended.recorded) == ("BROKEN", 2, 2)


def test_only_the_service_itself_gives_deliveries_up(world: World) -> None:
    with pytest.raises(Forbidden):
        deliveries.give_up_broken(world.database, OPERATOR)
