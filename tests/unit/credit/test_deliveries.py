"""Deliveries of many rows about many parties: an outcome for each row, at every door the same."""

import gzip
import io
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from libs.chassis.ids import new_id
from libs.chassis.principal import Principal, Role, service
from libs.chassis.problems import Conflict
from services.credit.domain.delivery import DeliveryKind, NewDelivery, Row
from services.credit.domain.mandates import NewMandate
from services.credit.operations import deliveries, files, mandates
from services.credit.store import tables
from tests.support.services import Client
from tests.unit.credit.doors import client
from tests.unit.credit.world import FIRM, OPERATOR, OTHER, World, firm, sale, values

INVOICES = "party,number,direction,issued_on,counterparty,net_fen,tax_fen,status\n"
FACTS = "party,fact,value,observed_on\n"
PARTIES = "party,kind,name,county,industry,established_on\n"
ABROAD = "uscc:91620100MA7ADEM04L"
ACCOUNTANT = "uscc:91640106ACC000017K"


@pytest.fixture
def operator(world: World) -> Client:
    return client(world, Role.OPERATOR, "org_platform")


def post(sender: Client, content: str | bytes, kind: str, **terms: str) -> Any:
    raw = content.encode() if isinstance(content, str) else content
    headers = {**sender._headers(terms.pop("key", new_id("key")))}
    file = {"file": ("rows.csv", raw)}
    return sender.http.post("/v1/deliveries", data={"kind": kind} | terms, files=file, headers=headers)


def delivered(sender: Client, content: str | bytes, kind: str, **terms: str) -> Any:
    answer = post(sender, content, kind, **terms)
    assert answer.status_code == 201, answer.text
    return answer.json()


def spans(sender: Client, delivery: Any, **asked: str) -> list[tuple[int, int, str, str | None]]:
    items = sender.get(f"/v1/deliveries/{delivery['id']}/outcomes", **asked).json()["items"]
    return [(span["from_row"], span["to_row"], span["state"], span["field"]) for span in items]


def seen(world: World, party: str = FIRM) -> dict[str, str]:
    return values(world.look(firm(party), party))


def test_one_file_registers_parties_the_next_brings_their_facts_and_the_third_their_invoices(
    world: World, operator: Client
) -> None:
    registered = delivered(
        operator,
        PARTIES
        + f"{FIRM},ENTERPRISE,甲公司,640106,6513,2023-03-10\n"
        + f"{OTHER},ENTERPRISE,乙公司,640181,,2020-01-02\n",
        "PARTIES",
    )
    facts = delivered(
        operator,
        FACTS + f"{FIRM},tax_grade,A,2026-04-30\n{OTHER},tax_grade,B,2026-04-30\n",
        "FACTS",
        source="TAX",
    )
    sold = delivered(
        operator,
        INVOICES
        + f"{FIRM},1,SALE,2026-10-01,B1,500,65,VALID\n"
        + f"{OTHER},1,SALE,2026-10-01,B1,700,65,VALID\n",
        "INVOICES",
        covers_until="2026-10-31",
    )

    assert [(one["state"], one["recorded"]) for one in (registered, facts, sold)] == [("DONE", 2)] * 3
    assert (seen(world)["tax_grade"], seen(world)["invoiced_12m_fen"]) == ("A", "500")
    assert (seen(world, OTHER)["tax_grade"], seen(world, OTHER)["invoiced_12m_fen"]) == ("B", "700")
    assert spans(operator, sold) == [(1, 2, "RECORDED", None)]


def test_dated_records_and_monthly_figures_come_in_files_too(world: World, operator: Client) -> None:
    world.put()
    records = delivered(
        operator,
        "party,kind,reference,dated_on,severity,observed_on\n"
        + f"{FIRM},PENALTY,银市监罚〔2026〕1号,2026-05-01,GENERAL,2026-05-02\n"
        + f"{FIRM},PENALTY,银市监罚〔2026〕2号,2026-05-01,,2026-05-02\n",
        "RECORDS",
        source="MARKET_REGULATION",
    )
    figures = delivered(
        operator,
        "party,series,month,value\n"
        + "".join(f"{FIRM},TAX_PAID,2026-{month:02},100\n" for month in range(1, 11)),
        "SERIES",
        source="TAX",
    )

    assert spans(operator, records) == [(1, 1, "RECORDED", None), (2, 2, "REJECTED", "severity")]
    assert figures["recorded"] == 10
    assert seen(world)["penalties_24m"] == "1"


def test_every_bad_row_is_told_and_stops_no_other(world: World, operator: Client) -> None:
    world.put()
    world.put(OTHER)
    world.write(files.withdraw_party, firm(OTHER), OTHER)
    told = delivered(
        operator,
        INVOICES
        + f"{FIRM},1,SALE,2026-10-01,B1,500,65,VALID\n"
        + f"{FIRM},2,SALE,2026-10-01,B1,5.00,65,VALID\n"
        + f"{FIRM},3,SALE,2026-10-01,B1,500,65\n"
        + f"{ABROAD},4,SALE,2026-10-01,B1,500,65,VALID\n"
        + f"{OTHER},5,SALE,2026-10-01,B1,500,65,VALID\n"
        + f"{FIRM},6,SALE,2026-10-01,B1,500,65,VALID\n"
        + f"{FIRM},6,SALE,2026-10-01,B1,500,65,VALID\n",
        "INVOICES",
    )

    assert (told["rows"], told["recorded"], told["known"], told["rejected"]) == (7, 2, 1, 4)
    assert spans(operator, told) == [
        (1, 1, "RECORDED", None),
        (2, 2, "REJECTED", "net_fen"),
        (3, 3, "REJECTED", "row"),
        (4, 4, "REJECTED", "party"),
        (5, 5, "REJECTED", "party"),
        (6, 6, "RECORDED", None),
        (7, 7, "KNOWN", None),
    ]
    assert spans(operator, told, state="KNOWN") == [(7, 7, "KNOWN", None)]
    lines = operator.get(f"/v1/deliveries/{told['id']}/outcomes.csv").text.splitlines()
    assert len(lines) == 8
    assert lines[2].startswith("2,REJECTED,net_fen,The cell cannot be read.,")
    assert seen(world)["invoiced_12m_fen"] == "1000"


def test_who_may_write_is_decided_row_by_row(world: World) -> None:
    world.put()
    world.put(OTHER, county="640181")
    rows = f"{FIRM},tax_grade,A,2026-04-30\n{OTHER},tax_grade,B,2026-04-30\n"
    centre = Client(
        client(world, Role.SERVICE_CENTRE, "org_centre").http,
        Principal("acc_centre", Role.SERVICE_CENTRE, "org_centre", "640181"),
    )
    own = client(world, Role.SME, FIRM)

    assert spans(centre, delivered(centre, FACTS + rows, "FACTS")) == [
        (1, 1, "REJECTED", "county"),
        (2, 2, "RECORDED", None),
    ]
    said = delivered(own, FACTS + rows, "FACTS", source="TAX")
    assert [span[2] for span in spans(own, said)] == ["RECORDED", "REJECTED"]
    assert said["source"] == "SELF_DECLARED"
    assert post(client(world, Role.BANK_OFFICER, "org_bank"), FACTS + rows, "FACTS").status_code == 403


def test_an_accountant_delivers_what_the_mandates_of_its_clients_name(small_world: World) -> None:
    small_world.put()
    small_world.put(OTHER)
    mandate = NewMandate(agent=ACCOUNTANT, scopes=("tax",), valid_until=date(2027, 1, 1))
    small_world.write(mandates.grant_mandate, firm(), FIRM, mandate)
    sender = client(small_world, Role.SME, ACCOUNTANT)
    rows = f"{FIRM},tax_grade,A,2026-04-30\n{FIRM},employees,7,2026-04-30\n{OTHER},tax_grade,A,2026-04-30\n"
    facts = delivered(sender, FACTS + rows, "FACTS")
    sold = delivered(sender, INVOICES + f"{FIRM},1,SALE,2026-10-01,B1,500,65,VALID\n", "INVOICES")

    assert [span[2:] for span in spans(sender, facts)] == [
        ("RECORDED", None),
        ("REJECTED", "fact"),
        ("REJECTED", "party"),
    ]
    assert spans(sender, sold) == [(1, 1, "REJECTED", "party")]
    with small_world.database.read() as tx:
        assert tx.rows(sa.select(tables.invoice_deliveries)) == []


@pytest.mark.parametrize("party", ["", "x" * 81, "uscc:\x7f", "uscc:none"])
def test_what_is_no_party_is_told_and_stops_no_other(small_world: World, party: str) -> None:
    small_world.put()
    sender = client(small_world, Role.OPERATOR, "org_platform")
    rows = f"{party},tax_grade,A,2026-04-30\n{FIRM},tax_grade,A,2026-04-30\n"

    told = delivered(sender, FACTS + rows, "FACTS")
    assert spans(sender, told) == [(1, 1, "REJECTED", "party"), (2, 2, "RECORDED", None)]


def test_a_table_in_another_encoding_is_no_table(small_world: World) -> None:
    sender = client(small_world, Role.OPERATOR, "org_platform")
    answer = post(sender, FACTS.encode("utf-16-le"), "FACTS")

    assert (answer.status_code, answer.json()["field"]) == (422, "file")


def test_a_delivery_is_shown_to_its_sender_alone(world: World, operator: Client) -> None:
    world.put()
    told = delivered(operator, FACTS + f"{FIRM},tax_grade,A,2026-04-30\n", "FACTS", reference="batch 7")
    other = client(world, Role.SERVICE_CENTRE, "org_centre")

    assert [one["id"] for one in operator.get("/v1/deliveries", reference="batch 7").json()["items"]] == [
        told["id"]
    ]
    assert other.get("/v1/deliveries").json()["items"] == []
    for path in ("", "/outcomes", "/outcomes.csv"):
        assert other.get(f"/v1/deliveries/{told['id']}{path}").status_code == 404


def test_the_same_file_again_says_that_all_is_known(world: World, operator: Client) -> None:
    world.put()
    content = (
        INVOICES + f"{FIRM},1,SALE,2026-10-01,B1,500,65,VALID\n{FIRM},2,SALE,2026-10-01,B1,500,65,VALID\n"
    )
    first, again = delivered(operator, content, "INVOICES"), delivered(operator, content, "INVOICES")

    assert first["id"] != again["id"]
    assert first["sha256"] == again["sha256"]
    assert spans(operator, again) == [(1, 2, "KNOWN", None)]


def test_the_same_file_under_the_same_key_is_one_delivery(world: World, operator: Client) -> None:
    world.put()
    content = FACTS + f"{FIRM},tax_grade,A,2026-04-30\n"
    first, again = (delivered(operator, content, "FACTS", key="one key") for _ in range(2))

    assert first == again
    other = post(operator, FACTS + f"{FIRM},tax_grade,B,2026-04-30\n", "FACTS", key="one key")
    assert other.status_code == 422
    assert seen(world)["tax_grade"] == "A"


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"kind": "FACTS", "source": "INVOICES"}, "source"),
        ({"kind": "FACTS", "covers_until": "2026-10-31"}, "covers_until"),
        ({"kind": "INVOICES", "covers_until": "2026-12-31"}, "covers_until"),
        ({"kind": "RUMOURS"}, "/kind"),
        ({"kind": "FACTS", "reference": "x" * 121}, "reference"),
    ],
)
def test_a_delivery_that_cannot_be_is_refused_as_a_whole(
    small_world: World, terms: dict[str, str], field: str
) -> None:
    sender = client(small_world, Role.OPERATOR, "org_platform")
    answer = post(sender, {"FACTS": FACTS, "INVOICES": INVOICES}.get(terms["kind"], ""), **terms)

    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert sender.get("/v1/deliveries").json()["items"] == []


@pytest.mark.parametrize(
    "header", ["", "party,fact\n", "party,fact,value,observed_on,rumour\n", "party,party\n"]
)
def test_a_file_with_other_columns_is_refused_before_anything_is_opened(
    small_world: World, header: str
) -> None:
    sender = client(small_world, Role.OPERATOR, "org_platform")
    answer = post(sender, header, "FACTS")

    assert (answer.status_code, answer.json()["field"]) == (422, "header")
    assert sender.get("/v1/deliveries").json()["items"] == []


def test_a_file_that_breaks_off_says_how_far_it_came_and_covers_no_day(
    world: World, operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.put()
    monkeypatch.setattr(deliveries, "CHUNK", 50)
    good = "".join(f"{FIRM},{number},SALE,2026-10-01,B1,500,65,VALID\n" for number in range(300))
    answer = post(operator, (INVOICES + good).encode() + b"\xff\xfe\n", "INVOICES")

    assert (answer.status_code, answer.json()["field"]) == (422, "file")
    (told,) = operator.get("/v1/deliveries").json()["items"]
    assert told["state"] == "BROKEN"
    assert 0 < told["rows"] == told["recorded"] < 300
    assert "UTF-8" in told["problem"]
    assert "invoiced_12m_fen" not in seen(world)
    again = delivered(operator, INVOICES + good, "INVOICES")
    kept = told["rows"]
    assert spans(operator, again) == [(1, kept, "KNOWN", None), (kept + 1, 300, "RECORDED", None)]
    assert seen(world)["invoiced_12m_fen"] == "150000"


class Crash(Exception):
    """The process is gone."""


def test_a_crash_leaves_no_half_chunk_and_a_delivery_that_says_so(
    world: World, operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.put()
    monkeypatch.setattr(deliveries, "CHUNK", 2)
    new = NewDelivery(kind=DeliveryKind.INVOICES, covers_until=date(2026, 10, 31))
    delivery = world.write(deliveries.open_delivery, OPERATOR, new)
    with pytest.raises(Crash):
        deliveries.load(world.database, OPERATOR, delivery, crashing(3))

    told = operator.get(f"/v1/deliveries/{delivery.id}").json()
    assert (told["state"], told["rows"]) == ("RUNNING", 2)
    world.pass_days(1)
    assert deliveries.give_up_broken(world.database, service("credit")) == 1
    told = operator.get(f"/v1/deliveries/{delivery.id}").json()
    assert (told["state"], told["rows"], told["recorded"]) == ("BROKEN", 2, 2)
    assert spans(operator, told) == [(1, 2, "RECORDED", None)]
    with pytest.raises(Conflict):
        world.write(deliveries.keep, OPERATOR, delivery.id, [Row(3, FIRM, sale("3", "2026-10-01", 1))])


def crashing(after: int) -> Iterator[Row]:
    for number in range(1, after + 1):
        yield Row(number, FIRM, sale(str(number), "2026-10-01", 500))
    raise Crash


def test_two_who_work_on_one_delivery_do_not_record_its_rows_twice(small_world: World) -> None:
    small_world.put()
    delivery = small_world.write(deliveries.open_delivery, OPERATOR, NewDelivery(kind=DeliveryKind.INVOICES))
    rows = [Row(1, FIRM, sale("1", "2026-10-01", 500))]
    small_world.write(deliveries.keep, OPERATOR, delivery.id, rows)

    with pytest.raises(Conflict):
        small_world.write(deliveries.keep, OPERATOR, delivery.id, rows)


def test_a_parquet_is_read_like_a_csv(world: World, operator: Client) -> None:
    world.put()
    file = io.BytesIO()
    table = pa.table(
        {
            "party": [FIRM] * 3,
            "number": ["1", "2", "3"],
            "direction": ["SALE"] * 3,
            "issued_on": [datetime(2026, 10, 1)] * 3,  # noqa: DTZ001 - as tables hold days
            "counterparty": ["客户，“甲”", 'B"2', "B3"],
            "net_fen": [500, 700, -30],
            "tax_fen": [65.0, 70.5, None],
            "status": ["VALID"] * 3,
        }
    )
    pq.write_table(table, file)
    told = delivered(operator, file.getvalue(), "INVOICES")

    assert spans(operator, told) == [(1, 1, "RECORDED", None), (2, 3, "REJECTED", "tax_fen")]
    assert seen(world)["invoiced_12m_fen"] == "500"


def test_a_csv_may_come_packed(small_world: World) -> None:
    small_world.put()
    sender = client(small_world, Role.OPERATOR, "org_platform")
    content = gzip.compress((FACTS + f"{FIRM},tax_grade,A,2026-04-30\n").encode())

    assert delivered(sender, content, "FACTS")["recorded"] == 1
    broken = post(sender, content[:-9], "FACTS")
    assert (broken.status_code, broken.json()["field"]) == (422, "file")


def test_a_parquet_that_is_none_is_refused_and_says_so(small_world: World) -> None:
    sender = client(small_world, Role.OPERATOR, "org_platform")
    answer = post(sender, b"PAR1 and nothing else", "INVOICES")

    assert (answer.status_code, answer.json()["field"]) == (422, "file")


def test_what_is_said_of_a_bad_row_is_kept_under_encryption(small_world: World) -> None:
    sender = client(small_world, Role.OPERATOR, "org_platform")
    delivered(sender, PARTIES + f"{FIRM},张测试,甲公司,999999,,2020-01-01\n", "PARTIES")

    with small_world.database.engine.connect() as connection:
        stored = connection.exec_driver_sql("SELECT * FROM delivery_spans").all()
    assert "张" not in str(stored)
    assert "kind" in str(stored)
