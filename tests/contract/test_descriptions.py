"""The API description of each service: what a call does, and a body to start from that fits its shape."""

import pytest
from fastapi.params import File
from fastapi.routing import APIRoute

from libs.chassis.codec import adapter
from libs.chassis.description import describe
from services.credit.http import routers as credit
from services.lending.http import routers as lending

ROUTERS = (*credit, *lending)
ROUTES = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
BODIES = {
    f"{route.name}-{field.name}": field.field_info
    for route in ROUTES
    for field in route.dependant.body_params
    if not isinstance(field.field_info, File)
}


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_every_route_says_what_it_does(route: APIRoute) -> None:
    for router in ROUTERS:
        describe(router)

    assert route.description


@pytest.mark.parametrize("name", BODIES)
def test_an_example_is_a_body_that_would_be_read(name: str) -> None:
    body = BODIES[name]
    for example in body.examples or ():
        read = adapter(body.annotation).validate_python(example)
        assert read is not None and read != example


def test_every_body_has_an_example_but_single_texts_and_what_only_services_send() -> None:
    bare = {name.removesuffix("-body") for name, body in BODIES.items() if not body.examples}

    assert bare == {"answer_question", "explain_difference", "import_products", "open_application"}
