"""Whatever a caller sends that fits the API description, no service breaks over it."""

from functools import cache
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from libs.chassis.principal import Role
from tests.access.asking import ask
from tests.access.house import House, Route, routes

EXAMPLES = 5  # of each route; a longer search is a matter of this number

quick = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@cache
def schema_of(house: House, service: str) -> Any:
    return schemathesis.openapi.from_asgi(f"/openapi/{service}.json", house.app(service))


@pytest.mark.parametrize("route", [route for route in routes() if not route.anonymous], ids=str)
def test_no_request_breaks_a_service(house: House, route: Route) -> None:
    operation = schema_of(house, route.service)[route.path][route.method]
    roles = sorted(route.allowed or Role)  # where no ordinary account gets in: all of them, refused

    @quick
    @given(case=operation.as_strategy(), role=st.sampled_from(roles))
    def holds(case: Any, role: Role) -> None:
        assert ask(house, case, house.token(role)).status_code in (*range(200, 300), *range(400, 500), 503)

    holds()
