"""Mandates: who fills in for a party may fill in and read what it was told to, and nothing else, at any door."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Forbidden, NotFound
from libs.criteria.violation import Violation
from services.credit.domain.bulk import RowState
from services.credit.domain.facts import Source
from services.credit.domain.invoices import NewInvoices
from services.credit.domain.mandates import Mandate, NewMandate
from services.credit.operations import invoices, mandates, reading
from tests.support.rpc import token_of
from tests.unit.credit.doors import client
from tests.unit.credit.world import (
    FIRM,
    NAME,
    OFFICER,
    OPERATOR,
    OTHER,
    TODAY,
    World,
    closed,
    fact,
    firm,
    sale,
    values,
)

AGENT = Principal("acc_bookkeeper", Role.SME, OTHER)
ROUTES: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parents[2] / "access" / "routes.yaml").read_text(encoding="utf-8")
)["credit"]

ALLOWED = {
    "GET /v1/parties/{party}",
    "GET /v1/parties/{party}/facts/{fact}",
    "POST /v1/parties/{party}/facts",
    "POST /v1/parties/{party}/invoices",
    "PUT /v1/parties/{party}/invoices",
    "GET /v1/parties/{party}/records",
    "POST /v1/parties/{party}/records",
    "GET /v1/parties/{party}/series",
    "GET /v1/parties/{party}/relations",
    "GET /v1/parties/{party}/documents",
    "POST /v1/parties/{party}/documents",
    "GET /v1/deliveries",
    "POST /v1/deliveries",
    "GET /v1/mandates",
    "GET /v1/legal-bases",
}
ITS_OWN = {"GET /v1/repairs", "GET /v1/disputes"}
"""Lists without a party: an account sees what is its own organisation's, and the firm's is not."""


def new_mandate(*scopes: str, agent: str = OTHER, until: date = date(2027, 11, 22)) -> NewMandate:
    return NewMandate(agent=agent, scopes=scopes, valid_until=until)


def mandated(world: World, *scopes: str, **terms: Any) -> Mandate:
    world.put()
    return world.write(mandates.grant_mandate, firm(), FIRM, new_mandate(*scopes, **terms))


def test_an_agent_fills_in_what_its_mandate_names_and_it_counts_as_the_firms_own_word(world: World) -> None:
    mandated(world, "tax", "statements")

    outcome = world.say(
        fact("tax_grade", "A", source=Source.TAX),
        fact("employees", "12"),
        fact("bank_loan_record", "false"),
        by=AGENT,
    )

    assert [row.state for row in outcome.rows] == [
        RowState.RECORDED,
        RowState.RECORDED,
        RowState.REJECTED,
    ]
    assert outcome.rows[2].field == "fact"
    grade = next(item for item in world.look(firm()).items if item.fact == "tax_grade")
    assert (grade.source, grade.confidence) == ("SELF_DECLARED", "LOW")


def test_an_agent_reads_what_is_public_and_its_scopes_under_the_mandate_and_the_firm_sees_it(
    world: World,
) -> None:
    mandate = mandated(world, "tax")
    world.say(fact("tax_grade", "A"), fact("bank_loan_record", "false"), fact("srdi", "true"))

    shown = world.look(AGENT)

    assert (shown.name, values(shown)["tax_grade"], values(shown)["srdi"]) == (NAME, "A", "true")
    assert "bank_loan_record" in closed(shown)
    with world.database.read() as tx:
        (read,) = reading.list_reads(tx, firm(), FIRM).items
    assert (read.reader, read.scopes, read.consents) == (OTHER, ("tax",), (mandate.id,))


def test_a_mandate_opens_nothing_to_a_bank(world: World) -> None:
    mandated(world, "tax")
    world.say(fact("tax_grade", "A"))

    assert "tax_grade" in closed(world.look(OFFICER))


@pytest.mark.parametrize("end", ["revoked", "over"])
def test_a_mandate_that_ended_opens_no_door(world: World, end: str) -> None:
    mandate = mandated(world, "tax", until=TODAY + timedelta(days=1))
    if end == "revoked":
        assert world.write(mandates.revoke_mandate, firm(), mandate.id).revoked_at is not None
    else:
        world.pass_days(2)

    for attempt in (lambda: world.look(AGENT), lambda: world.say(fact("tax_grade", "A"), by=AGENT)):
        with pytest.raises(Forbidden):
            attempt()
    with world.database.read() as tx:
        assert mandates.list_my_mandates(tx, AGENT).items == ()
        assert len(mandates.list_given_mandates(tx, firm(), FIRM).items) == 1


def test_an_agent_lists_the_firms_it_fills_in_for_page_by_page(small_world: World) -> None:
    given = [mandated(small_world, "tax", agent="person:book-keeper-1") for _ in range(3)]
    keeper = Principal("acc_keeper", Role.SME, "person:book-keeper-1")

    with small_world.database.read() as tx:
        first = mandates.list_my_mandates(tx, keeper, None, 2)
        rest = mandates.list_my_mandates(tx, keeper, first.next_cursor, 2)
    assert [*first.items, *rest.items] == given[::-1]
    assert rest.next_cursor is None


def test_only_the_firm_gives_and_ends_a_mandate(world: World) -> None:
    mandate = mandated(world, "tax")

    for somebody in (AGENT, OPERATOR, OFFICER):
        with pytest.raises(Forbidden):
            world.write(mandates.grant_mandate, somebody, FIRM, new_mandate("tax", agent=OTHER))
        with pytest.raises(Forbidden):
            world.write(mandates.revoke_mandate, somebody, mandate.id)
    with pytest.raises(NotFound):
        world.write(mandates.revoke_mandate, firm(), "mdt_none")


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"scopes": ()}, "scopes"),
        ({"scopes": ("score",)}, "scopes/0"),
        ({"scopes": ("tax", "tax")}, "scopes/1"),
        ({"agent": "uscc:91640100MA7ADEM08L"}, "agent"),
        ({"agent": "person:640104199001011234"}, "agent"),
        ({"agent": FIRM}, "agent"),
        ({"valid_until": date(2026, 11, 21)}, "valid_until"),
        ({"valid_until": date(2029, 1, 1)}, "valid_until"),
    ],
)
def test_a_mandate_that_cannot_hold_is_refused(small_world: World, told: dict[str, Any], field: str) -> None:
    small_world.put()

    with pytest.raises(Violation) as refused:
        new = NewMandate(**({"agent": OTHER, "scopes": ("tax",), "valid_until": TODAY} | told))
        small_world.write(mandates.grant_mandate, firm(), FIRM, new)

    assert refused.value.field == field


def test_an_agent_comes_in_at_the_doors_of_its_mandate_and_at_no_other(small_world: World) -> None:
    mandate = mandated(small_world, "tax", "invoices", "public")
    small_world.say(fact("tax_grade", "A"))
    one = NewInvoices(invoices=(sale("1", "2026-10-01", 500),))
    small_world.write(invoices.add_invoices, firm(), FIRM, one)
    ids = {"party": FIRM, "consent_id": small_world.grant("tax").id, "mandate_id": mandate.id}
    http = client(small_world, Role.SME, OTHER).http

    came_in: set[str] = set()
    for route, row in ROUTES.items():
        method, path = route.split(" ")
        where = _filled(path, row.get("ids", {}) | ids)
        answer = http.request(method, where, headers=_headers(), **_content(row))
        if answer.status_code not in (403, 404):
            came_in.add(route)
        assert route in ALLOWED or FIRM not in answer.text, answer.text

    assert came_in == ALLOWED | ITS_OWN


def _filled(path: str, ids: dict[str, str]) -> str:
    for name in _names(path):
        path = path.replace(f"{{{name}}}", ids.get(name, "none"))
    return path


def _names(path: str) -> Iterator[str]:
    yield from (part[1:-1] for part in path.split("/") if part.startswith("{"))


def _headers() -> dict[str, str]:
    return {"Authorization": f"Bearer {token_of(AGENT)}", "Idempotency-Key": "k"}


def _content(row: dict[str, Any]) -> dict[str, Any]:
    if "file" in row:
        return {"files": {"file": ("a.csv", row["file"])}, "data": {"kind": "CONTRACT"}}
    return {"json": row["json"]} if "json" in row else {}


def test_who_has_no_mandate_is_told_to_ask_for_one(small_world: World) -> None:
    small_world.put()

    with pytest.raises(Forbidden) as refused:
        small_world.say(fact("employees", "12"), by=AGENT)

    assert refused.value.mend == "Ask the party for a mandate."
