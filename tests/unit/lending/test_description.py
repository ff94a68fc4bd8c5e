"""Lending's API description: a bank's engineer reads in it what a call does, and finds a body to start from."""

import pytest
from fastapi.routing import APIRoute

from libs.chassis.codec import adapter
from libs.chassis.description import describe
from services.lending.http import routers

ROUTES = [route for router in routers for route in router.routes if isinstance(route, APIRoute)]
EXAMPLES = [
    (field.field_info.annotation, example)
    for route in ROUTES
    for field in route.dependant.body_params
    for example in field.field_info.examples or ()
]


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_every_route_says_what_it_does(route: APIRoute) -> None:
    for router in routers:
        describe(router)

    assert route.description


@pytest.mark.parametrize(("shape", "example"), EXAMPLES, ids=lambda part: getattr(part, "__name__", ""))
def test_an_example_fits_the_shape_that_it_shows(shape: object, example: object) -> None:
    adapter(shape).validate_python(example)


def test_most_calls_with_a_body_have_an_example() -> None:
    assert len(EXAMPLES) > 25
