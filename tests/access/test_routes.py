"""Every route lets in whom the table names, and nobody else."""

from dataclasses import replace

import pytest

from app.assembly import SERVICES
from libs.chassis.principal import Role
from libs.chassis.problems import Forbidden, Problem, Unauthenticated, Unavailable
from tests.access.house import TABLE, House, Route, routes

ROUTES = routes()
PROTECTED = [route for route in ROUTES if not route.anonymous]


def refused(routes: list[Route]) -> list[tuple[Route, Role]]:
    return [(route, role) for route in routes for role in Role if role not in route.allowed]


def let_in(routes: list[Route]) -> list[tuple[Route, Role]]:
    return [(route, role) for route in routes for role in Role if role in route.allowed]


@pytest.mark.parametrize("service", SERVICES)
def test_every_route_of_a_service_stands_in_the_table(house: House, service: str) -> None:
    paths = house.app(service).openapi()["paths"]

    offered = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}

    assert offered == set(TABLE.get(service, {}))


@pytest.mark.parametrize("route", PROTECTED, ids=str)
def test_without_a_token_nobody_is_let_in(house: House, route: Route) -> None:
    answer = house.call(route, None)

    assert (answer.status_code, answer.json()["type"]) == (401, "urn:rongqiao:problem:unauthenticated")


@pytest.mark.parametrize("route", [route for route in ROUTES if route.anonymous], ids=str)
def test_where_no_token_is_needed_none_is_asked_for(house: House, route: Route) -> None:
    answer = house.call(route, None)

    told = answer.json().get("detail", "")
    assert answer.status_code != 403
    assert "token" not in told.lower()


@pytest.mark.parametrize(("route", "role"), refused(PROTECTED), ids=lambda part: str(part))
def test_a_role_that_is_not_named_is_refused(house: House, route: Route, role: Role) -> None:
    """Before anything else is looked at: whether the thing exists is nobody else's business."""
    answer = house.call(route, role)

    assert (answer.status_code, answer.json().get("type")) == (403, "urn:rongqiao:problem:forbidden")


@pytest.mark.parametrize(("route", "role"), let_in(PROTECTED), ids=lambda part: str(part))
def test_a_role_that_is_named_gets_to_the_matter_itself(house: House, route: Route, role: Role) -> None:
    answer = house.call(route, role)

    assert answer.status_code not in (401, 403, 405, 500), answer.text


# The same through the gRPC door


# `rpc_too`: a second call of the same route, where a body that may be left out is another message.
# `rpc_too`: a second call of one route, whose body may be left out.
CALLS = [
    replace(route, row=route.row | {"rpc": route.row[key]})
    for route in ROUTES
    for key in ("rpc", "rpc_too")
    if key in route.row
]
PROTECTED_CALLS = [call for call in CALLS if not call.anonymous]


def name_of_call(part: Route | Role) -> str:
    return part.row["rpc"] if isinstance(part, Route) else str(part)


@pytest.mark.parametrize("service", TABLE)
def test_every_call_of_a_service_stands_in_the_table(house: House, service: str) -> None:
    told = [route.row["rpc"] for route in CALLS if route.service == service]

    assert sorted(told) == sorted(house.methods(service))


@pytest.mark.parametrize("route", PROTECTED_CALLS, ids=name_of_call)
def test_without_a_token_no_call_is_answered(house: House, route: Route) -> None:
    with pytest.raises(Unauthenticated):
        house.call_rpc(route, None)


@pytest.mark.parametrize(("route", "role"), refused(PROTECTED_CALLS), ids=name_of_call)
def test_a_call_of_a_role_that_is_not_named_is_refused(house: House, route: Route, role: Role) -> None:
    with pytest.raises(Forbidden):
        house.call_rpc(route, role)


@pytest.mark.parametrize(("route", "role"), let_in(PROTECTED_CALLS), ids=name_of_call)
def test_a_call_of_a_role_that_is_named_gets_to_the_matter(house: House, route: Route, role: Role) -> None:
    met: Problem | None = None
    try:
        house.call_rpc(route, role)
    except Problem as problem:
        met = problem

    assert not isinstance(met, Unauthenticated | Forbidden)
    assert not isinstance(met, Unavailable) or "(internal)" not in met.detail
