"""The HTTP door: one FastAPI application a service, problem details, and `Caller` for every route.

A route parses, makes one call of an operation and answers:

    @router.post("/v1/products", status_code=201)
    def register_product(body: NewProduct, call: Caller) -> Product:
        return call.write(operations.register_product, body)
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, FastAPI, Header, Request, Response, Security
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from libs.chassis import telemetry
from libs.chassis.call import KEY_LENGTH, Call
from libs.chassis.codec import pointer, told
from libs.chassis.database import Database
from libs.chassis.description import PROBLEM_JSON, PROBLEMS, TOKEN, describe
from libs.chassis.failures import problem_of
from libs.chassis.limits import RateLimit
from libs.chassis.origin import FORWARDED, NO_PROXIES, Origin, Proxies
from libs.chassis.problems import Invalid, Problem
from libs.chassis.tokens import TokenChecker, bearer
from libs.criteria.violation import Violation

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Door:
    """What the routes of one service stand on; kept as `app.state.door`."""

    database: Database
    tokens: TokenChecker
    limit: RateLimit
    parts: object  # what else the service's routes need: an index, clients ...
    proxies: Proxies = NO_PROXIES

    def origin(self, request: Request) -> Origin:
        headers = {name: ",".join(request.headers.getlist(name)) for name in (FORWARDED, self.proxies.header)}
        told = {name: value for name, value in headers.items() if value}
        return self.proxies.origin(request.client.host if request.client else None, told)


def make_app(title: str, routers: Sequence[APIRouter], door: Door) -> FastAPI:
    app = FastAPI(
        title=f"Rongqiao {title}",
        version="1",
        docs_url=f"/docs/{title}",
        openapi_url=f"/openapi/{title}.json",
        responses=PROBLEMS,
    )
    app.state.door = door
    for router in routers:
        describe(router)
        app.include_router(router)
    for kind, answer in _TRANSLATIONS:
        app.add_exception_handler(kind, answer)
    telemetry.observe_http(app, title)
    return app


def door_of(request: Request) -> Door:
    return cast(Door, request.app.state.door)


async def caller(
    request: Request,
    response: Response,
    _described: Annotated[object, Security(TOKEN)],
    idempotency_key: Annotated[
        str | None,
        Header(
            max_length=KEY_LENGTH, min_length=1, description="Any text of yours; wanted on a changing POST"
        ),
    ] = None,
) -> Call:
    """Nothing here waits for anything: so it needs no thread, of which a request of a plain function gets another."""
    door = door_of(request)
    token = bearer(request.headers.get("authorization"))
    principal = door.tokens.principal(token, door.origin(request))
    door.limit.count(principal.subject)

    def tell_replay() -> None:
        response.headers["Idempotency-Replayed"] = "true"

    return Call(door.database, principal, token or "", idempotency_key, request.method == "POST", tell_replay)


Caller = Annotated[Call, Depends(caller)]


def anonymous(request: Request) -> Door:
    """The door itself, for the few routes that need no token; each address has a limit of its own."""
    door = door_of(request)
    door.limit.count(f"anonymous {door.origin(request).address}")
    return door


Anonymous = Annotated[Door, Depends(anonymous)]


def problem_response(problem: Problem) -> JSONResponse:
    return JSONResponse(problem.document(), problem.status, media_type=PROBLEM_JSON)


def _on_failure(_request: Request, error: Exception) -> Response:
    return problem_response(problem_of(error))


def _on_bad_request(request: Request, error: Exception) -> Response:
    mistakes = cast(RequestValidationError, error).errors()
    first = mistakes[0]
    where = first["loc"][1:] if first["loc"][0] == "body" else first["loc"]
    mend = _mend(first, f"See the API description at {request.app.openapi_url}.")
    more = f" {len(mistakes) - 1} more to mend." if len(mistakes) > 1 else ""
    return problem_response(Invalid(told(first), field=pointer(where), mend=mend + more))


def _mend(mistake: Mapping[str, Any], otherwise: str) -> str:
    if mistake["type"] == "json_invalid":
        return f"Look at character {mistake['loc'][-1]}: {mistake['ctx']['error']}."
    if mistake["loc"] == ("body",):
        return "Send a body of JSON with Content-Type: application/json."
    return otherwise


def _on_http_error(_request: Request, error: Exception) -> Response:
    known = cast(HTTPException, error)
    document = {"type": "about:blank", "title": str(known.detail), "status": known.status_code}
    return JSONResponse(document, known.status_code, headers=known.headers, media_type=PROBLEM_JSON)


# Starlette answers a named kind and is done; whatever falls to Exception it also raises again, for its server's log.
_TRANSLATIONS: Sequence[tuple[Any, Callable[[Request, Exception], Response]]] = (
    (Problem, _on_failure),
    (Violation, _on_failure),
    (SQLAlchemyError, _on_failure),
    (RequestValidationError, _on_bad_request),
    (HTTPException, _on_http_error),
    (Exception, _on_failure),
)
