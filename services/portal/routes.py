"""The route class of all pages: safe headers, and refusals as pages instead of problem documents."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from libs.chassis.problems import Forbidden, NotFound, Problem, Unauthenticated
from libs.criteria.violation import Violation
from services.portal import safety
from services.portal.audiences import Audience
from services.portal.troubles import Refusal, status_of, told
from services.portal.visit import TOKEN, VISIT, YEAR, Visit, keep, only_for, visit_of

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class PageRoute(APIRoute):
    def get_route_handler(self) -> Handler:
        answer = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                response = await answer(request)
            except (Problem, Violation) as refusal:
                response = refused(visit_of(request), refusal)
            except RequestValidationError:
                response = refused(visit_of(request), NotFound("There is no such page."))
            return dressed(visit_of(request), response)

        return handle


def page_router(audience: Audience | None = None) -> APIRouter:
    """A router of pages, of one audience or of everybody."""
    guards = [only_for(audience)] if audience else []
    return APIRouter(route_class=PageRoute, include_in_schema=False, dependencies=guards)


def refused(visit: Visit, refusal: Refusal) -> Response:
    """A page that says what a service refused; to the sign-in where that is what is missing."""
    if isinstance(refusal, Unauthenticated):
        here = visit.request.url.path if visit.request.method == "GET" else "/"
        response = visit.go("/sign-in", next=here, why="signed_out")
        response.delete_cookie(TOKEN)
        return response
    status = status_of(refusal)
    kind = refusal.slug if isinstance(refusal, Forbidden | NotFound) else "problem"
    return visit.page(
        "problem.html", status, trouble=told(refusal, visit.words), kind=kind, problem_status=status
    )


def dressed(visit: Visit, response: Response) -> Response:
    """The answer with the headers that every page has, and with the visit's own cookie."""
    for name, value in safety.HEADERS.items():
        response.headers.setdefault(name, value)  # a file that is shown has a stricter policy of its own
    response.headers.setdefault("Cache-Control", "no-store")
    if VISIT not in visit.request.cookies:
        keep(response, visit.request, VISIT, visit.id, YEAR)
    return response
