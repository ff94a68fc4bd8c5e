"""Batches by file: an outcome for each row, answered once, whatever is in the file and whoever works on it."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
import sqlalchemy as sa

from libs.chassis.clock import SettableClock
from libs.chassis.ids import new_id
from libs.chassis.principal import Role
from rongqiao.credit.v1 import credit_pb2 as credit
from services.matching.batching import Batcher
from services.matching.store.batches import batch_rows
from services.matching.store.tables import matches
from tests.support.services import Client, emitted
from tests.unit.matching.house import House
from tests.unit.matching.rules import ruled
from tests.unit.matching.world import PARTY

STRANGER = "uscc:91640100MA77XXXX11"
HEAD = "row,party,amount_fen,term_months"


@dataclass
class Works:
    """The house, and who works off its batches."""

    house: House
    batcher: Batcher

    @property
    def centre(self) -> Client:
        return self.house.client(Role.SERVICE_CENTRE, "org_centre", "acc_centre")

    def all_off(self) -> None:
        while self.batcher.round():
            pass


@pytest.fixture
def works(house: House) -> Iterator[Works]:
    ready = Event()
    ready.set()
    yield Works(house, Batcher(house.database, house.desk, ready))


def send(client: Client, lines: list[str], name: str = "wanted.csv", key: str = "", **form: str) -> Any:
    headers = client._headers(key or new_id("key"))
    files = {"file": (name, "\n".join(lines).encode(), "application/octet-stream")}
    return client.http.post("/v1/match-batches", files=files, data=form, headers=headers)


def sent(client: Client, lines: list[str], **form: str) -> str:
    answer = send(client, lines, **form)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def look(client: Client, batch: str) -> tuple[str, int, int, int, int]:
    found = client.get(f"/v1/match-batches/{batch}").json()
    return found["state"], found["waiting"], found["done"], found["failed"], found["cancelled"]


def rows(client: Client, batch: str, **params: Any) -> list[Any]:
    return list(client.get(f"/v1/match-batches/{batch}/rows", **params).json()["items"])


def stored(works: Works) -> int:
    with works.house.database.read() as tx:
        return int(tx.scalar(sa.select(sa.func.count()).select_from(matches)))


def line(row: str, party: str = PARTY, amount: str = "100000000", months: str = "12") -> str:
    return f"{row},{party},{amount},{months}"


def test_each_row_of_a_file_has_its_outcome_and_a_bad_one_stops_no_other(works: Works) -> None:
    batch = sent(
        works.centre,
        [
            HEAD,
            line("a"),
            line("b", amount="0"),
            line("c", STRANGER),
            line("d", amount="1e9"),
            "e",
            line("f"),
        ],
        reference="campaign",
    )
    assert look(works.centre, batch) == ("RUNNING", 3, 0, 3, 0)
    works.all_off()

    assert look(works.centre, batch) == ("DONE", 0, 2, 4, 0)
    found = rows(works.centre, batch)
    kinds = [(row["row"], (row["problem"] or {}).get("field")) for row in found]
    assert kinds == [
        ("a", None),
        ("b", "amount_fen"),
        ("c", "party"),
        ("d", "amount_fen"),
        ("5", "row"),
        ("f", None),
    ]
    assert all(row["problem"]["mend"] for row in found[1:5])
    whole = works.centre.get(f"/v1/matches/{found[0]['answer']['match_id']}").json()
    assert (whole["party"], len(whole["plans"])) == (PARTY, found[0]["answer"]["plans"])
    assert found[0]["answer"]["first"]["product_id"] == whole["plans"][0]["product_id"]
    assert stored(works) == len(emitted(works.house.database)) == 2
    assert [row["number"] for row in rows(works.centre, batch, state="FAILED")] == [2, 3, 4, 5]
    (listed,) = works.centre.get("/v1/match-batches", reference="campaign").json()["items"]
    assert listed["id"] == batch


def test_json_lines_are_read_and_written(works: Works) -> None:
    asked = {"party": PARTY, "amount_fen": 100_000_000, "term_months": 12, "kinds": ["WORKING_CAPITAL"]}
    lines = [
        json.dumps(asked),
        "",
        json.dumps(asked | {"colour": 1}),
        "[1]",
        "{",
        json.dumps(asked | {"row": "z"}),
    ]
    batch = sent(works.centre, lines, name="wanted.jsonl")
    works.all_off()

    text = works.centre.get(f"/v1/match-batches/{batch}/rows.jsonl").text
    found = [json.loads(one) for one in text.splitlines()]
    assert found == rows(works.centre, batch)
    assert [(row["row"], row["state"]) for row in found] == [
        ("1", "DONE"),
        ("2", "FAILED"),
        ("3", "FAILED"),
        ("4", "FAILED"),
        ("z", "DONE"),
    ]


@pytest.mark.parametrize("lines", [[], [""], [HEAD]], ids=["nothing", "a line", "a header"])
@pytest.mark.parametrize("name", ["empty.csv", "empty.jsonl"])
def test_an_empty_batch_is_a_success(works: Works, lines: list[str], name: str) -> None:
    if name == "empty.jsonl" and lines == [HEAD]:
        lines = ["", "  "]
    assert look(works.centre, sent(works.centre, lines, name=name)) == ("DONE", 0, 0, 0, 0)


def test_one_name_twice_has_one_answer_and_another_request_under_it_is_refused(works: Works) -> None:
    batch = sent(
        works.centre,
        [HEAD, line("a"), line("a"), line("a", months="6"), line("b", STRANGER), line("b", STRANGER)],
    )
    works.all_off()
    found = rows(works.centre, batch)

    assert [row["repeats"] for row in found] == [None, 1, None, None, 4]
    assert found[1]["answer"] == found[0]["answer"] is not None
    assert found[2]["problem"]["type"] == "urn:rongqiao:problem:idempotency-key-reused"
    assert found[4]["problem"] == found[3]["problem"] is not None
    assert (look(works.centre, batch), stored(works)) == (("DONE", 0, 2, 3, 0), 1)


def test_a_file_sent_again_under_its_key_is_the_same_batch(works: Works) -> None:
    lines, key = [HEAD, line("a"), line("b")], new_id("key")
    first = send(works.centre, lines, key=key).json()
    works.all_off()
    again = send(works.centre, lines, key=key).json()
    other = send(works.centre, [*lines, line("c")], key=key)

    assert (again["id"], again["state"], again["rows"]) == (first["id"], "DONE", 2)
    assert (other.status_code, stored(works)) == (422, 2)


@pytest.mark.parametrize(
    ("bad", "asked"), [(line("c", amount="0"), 0), (line("c", STRANGER), 2)], ids=["unreadable", "refused"]
)
def test_at_the_first_bad_row_a_batch_stops_where_that_was_chosen(works: Works, bad: str, asked: int) -> None:
    batch = sent(works.centre, [HEAD, line("a"), line("b"), bad, line("d")], on_error="ABORT")
    works.all_off()
    found = works.centre.get(f"/v1/match-batches/{batch}").json()

    assert (found["state"], found["done"], found["failed"], found["waiting"]) == ("ABORTED", asked, 1, 0)
    assert "Row 3" in found["problem"]
    assert found["rows"] == found["done"] + found["failed"] + found["cancelled"]
    assert stored(works) == asked


def test_a_cancelled_batch_keeps_what_was_answered(works: Works) -> None:
    ruled(works.house, "matching.batch", at_once=2)
    batch = sent(works.centre, [HEAD, *(line(str(number)) for number in range(5))])
    works.batcher.round()
    ended = works.centre.post(f"/v1/match-batches/{batch}/cancel")
    works.all_off()

    assert (ended.status_code, ended.json()["state"]) == (200, "CANCELLED")
    assert look(works.centre, batch) == ("CANCELLED", 0, 2, 0, 3)
    assert stored(works) == 2
    assert works.centre.post(f"/v1/match-batches/{batch}/cancel").json() == ended.json()
    done = sent(works.centre, [])
    assert works.centre.post(f"/v1/match-batches/{done}/cancel").status_code == 409


def test_batches_take_turns(works: Works) -> None:
    ruled(works.house, "matching.batch", at_once=2)
    long = sent(works.centre, [HEAD, *(line(str(number)) for number in range(9))])
    short = sent(works.house.sme, [HEAD, line("a"), line("b")])
    works.batcher.round()
    assert look(works.house.sme, short)[0] == "DONE"
    assert look(works.centre, long) == ("RUNNING", 7, 2, 0, 0)


def test_a_firm_asks_for_itself_and_the_service_centre_within_its_territory(works: Works) -> None:
    works.house.tell(works.house.summary(party=STRANGER))
    lines = [HEAD, line("a"), line("b", STRANGER)]
    own, far = sent(works.house.sme, lines), replace(works.centre.principal, territory="6402")
    elsewhere = Client(works.centre.http, far)
    away = sent(elsewhere, lines)
    works.all_off()

    assert [row["state"] for row in rows(works.house.sme, own)] == ["DONE", "FAILED"]
    refused = [row["problem"]["type"] for row in rows(elsewhere, away)]
    assert refused == ["urn:rongqiao:problem:not-found"] * 2


def test_nobody_else_sees_a_batch(works: Works) -> None:
    batch = sent(works.centre, [HEAD, line("a")])
    county = Client(works.centre.http, replace(works.centre.principal, territory="6402"))
    operator = works.house.client(Role.OPERATOR, "org_platform")
    for other in (works.house.sme, county, operator):
        assert other.get(f"/v1/match-batches/{batch}").status_code == 404
        for path in ("/rows", "/rows.csv", "/rows.jsonl"):
            refused = 403 if other is operator else 404  # rows name parties, and are nothing for an operator
            assert other.get(f"/v1/match-batches/{batch}{path}").status_code == refused
        assert other.post(f"/v1/match-batches/{batch}/cancel").status_code == 404
        assert other.get("/v1/match-batches").json()["items"] == []
    bank = works.house.client(Role.BANK_OFFICER, "org_east")
    assert bank.get(f"/v1/match-batches/{batch}").status_code == 403
    assert send(bank, [HEAD]).status_code == 403


def test_what_a_firm_withdrew_meanwhile_is_not_used(works: Works) -> None:
    batch = sent(works.centre, [HEAD, line("a")])
    works.house.tell(works.house.summary(status=credit.PARTY_STATUS_WITHDRAWN))
    works.all_off()
    (row,) = rows(works.centre, batch)
    assert (row["state"], row["problem"]["field"], stored(works)) == ("FAILED", "party", 0)


def test_no_cell_of_the_outcomes_is_a_formula(works: Works) -> None:
    names = ["=1+1", "@x", "+1", "-1", "plain"]
    batch = sent(works.centre, [HEAD, *(line(name) for name in names), line("q", '"=cmd()"')])
    works.all_off()
    lines = list(csv.DictReader(io.StringIO(works.centre.get(f"/v1/match-batches/{batch}/rows.csv").text)))

    assert [one["row"] for one in lines] == ["'=1+1", "'@x", "'+1", "'-1", "plain", "q"]
    assert lines[5]["party"] == "'=cmd()"
    assert lines[0]["product_name"] == rows(works.centre, batch)[0]["answer"]["first"]["product_name"]


def test_parties_of_rows_are_encrypted_at_rest(works: Works) -> None:
    sent(works.centre, [HEAD, line("a"), line("b", STRANGER)])
    works.all_off()
    with works.house.database.read() as tx:
        held = tx.rows(sa.select(*(sa.cast(column, sa.Text) for column in batch_rows.c)))
    assert held
    assert not [row for row in held if any(PARTY in str(cell) or STRANGER in str(cell) for cell in row)]


@pytest.mark.parametrize(
    ("lines", "form", "field"),
    [
        (["party,amount_fen"], {}, "header"),
        ([HEAD + ",colour"], {}, "header"),
        ([HEAD], {"name": "wanted.pdf"}, "file"),
        ([HEAD], {"on_error": "MAYBE"}, "on_error"),
        ([HEAD], {"reference": "x" * 121}, "reference"),
        ([HEAD, '"open'], {}, "file"),
        ([HEAD, line("a", "x" * 70_000)], {}, "file"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(
    works: Works, lines: list[str], form: dict[str, str], field: str
) -> None:
    refused = send(works.centre, lines, **form)
    assert (refused.status_code, refused.json()["field"].strip("/")) == (422, field)
    assert refused.json()["mend"]
    works.all_off()
    assert stored(works) == 0


def test_a_file_has_an_end_and_an_organisation_a_measure(works: Works) -> None:
    ruled(works.house, "matching.batch", rows=2, most_open=1)
    refused = send(works.centre, [HEAD, line("a"), line("b"), line("c")])
    assert (refused.status_code, refused.json()["field"]) == (422, "file")
    sent(works.centre, [HEAD, line("a")])
    assert send(works.centre, [HEAD, line("a")]).status_code == 409
    assert send(works.house.sme, [HEAD, line("a")]).status_code == 201


def test_nothing_is_computed_before_the_market_is_known(works: Works) -> None:
    batch = sent(works.centre, [HEAD, line("a")])
    known = Event()
    batcher = Batcher(works.house.database, works.house.desk, known)
    batcher.work()
    assert look(works.centre, batch)[:3] == ("RUNNING", 1, 0)
    known.set()
    batcher.work()
    assert look(works.centre, batch)[:3] == ("DONE", 0, 1)


def test_batches_are_forgotten_after_their_days_and_answers_are_not(works: Works) -> None:
    batch = sent(works.centre, [HEAD, line("a")])
    works.all_off()
    clock = works.house.database.clock
    assert isinstance(clock, SettableClock)
    clock.instant += timedelta(days=29)
    assert works.batcher.forget() == 0
    clock.instant += timedelta(days=2)
    assert works.batcher.forget() == 1
    assert (works.centre.get(f"/v1/match-batches/{batch}").status_code, stored(works)) == (404, 1)


def test_a_mistake_of_ours_in_one_row_is_its_outcome_and_no_more(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    compute, seen = works.house.desk.compute, []

    def broken(firm: Any, request: Any) -> Any:
        seen.append(request)
        if len(seen) == 2:
            raise ZeroDivisionError
        return compute(firm, request)

    monkeypatch.setattr(works.house.desk, "compute", broken)
    batch = sent(works.centre, [HEAD, line("a"), line("b"), line("c")])
    works.all_off()
    assert [row["state"] for row in rows(works.centre, batch)] == ["DONE", "FAILED", "DONE"]
