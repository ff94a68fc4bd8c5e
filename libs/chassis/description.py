"""The OpenAPI document of a service: what each route does, how it refuses, and how a caller signs in."""

from types import FunctionType, ModuleType
from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer

PROBLEM_JSON = "application/problem+json"

# A parameter named Authorization is one that readers of OpenAPI ignore; this they know how to fill in.
TOKEN = HTTPBearer(
    auto_error=False, scheme_name="token", description="The access token from `POST /v1/tokens`."
)

_TEXT: dict[str, object] = {"type": "string"}
_PROBLEM: dict[str, object] = {
    "type": "object",
    "title": "Problem",
    "required": ["type", "title", "status"],
    "properties": {
        "type": _TEXT | {"description": "`urn:rongqiao:problem:…`, by which programs tell problems apart"},
        "title": _TEXT,
        "status": {"type": "integer"},
        "detail": _TEXT | {"description": "What is wrong"},
        "field": _TEXT | {"description": "Where"},
        "mend": _TEXT | {"description": "What to do about it"},
        "source": _TEXT | {"description": "The document that says so"},
    },
    "example": {
        "type": "urn:rongqiao:problem:invalid",
        "title": "The input breaks a rule",
        "status": 422,
        "detail": "term_min_months 6 is above term_max_months 3.",
        "field": "terms/term_min_months",
        "mend": "Swap or mend the two.",
    },
}
PROBLEMS: dict[int | str, dict[str, Any]] = {
    "4XX": {
        "description": "Refused: 401 no good token, 403 not for this account, 404 no such thing, 409 not in this state "
        "or the same call is still being worked on, 422 the input breaks a rule, 429 too many calls.",
        "content": {PROBLEM_JSON: {"schema": _PROBLEM}},
    }
}


def describe(router: APIRouter) -> None:
    """Let each route say what it does, and stand with those of its collection."""
    for route in router.routes:
        if isinstance(route, APIRoute):
            route.description = route.description or said_of(route.endpoint)
            route.tags = route.tags or [route.path.split("/")[2 if route.path.startswith("/v1/") else 1]]


def said_of(endpoint: Any) -> str:
    """What a route says of itself, or else what the operation that it calls does; empty where both are silent."""
    names: tuple[str, ...] = endpoint.__code__.co_names
    modules = [part for name in names if isinstance(part := endpoint.__globals__.get(name), ModuleType)]
    called = [getattr(module, name, None) for module in modules for name in names]
    for part in (endpoint, *called):
        if isinstance(part, FunctionType) and part.__doc__:
            return " ".join(part.__doc__.split())
    return ""
