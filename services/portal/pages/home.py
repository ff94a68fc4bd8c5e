"""The start page, the files beside the pages, the language, and what is said where no page is."""

from fastapi import APIRouter
from starlette.responses import FileResponse, Response

from libs.chassis.problems import NotFound
from services.portal import safety
from services.portal.rendering import STATIC
from services.portal.routes import page_router
from services.portal.visit import LANGUAGE, YEAR, Visiting, keep
from services.portal.wording import LANGUAGES

router = page_router()
files = APIRouter(include_in_schema=False)
nowhere = page_router()

_FILES = {path.name: path for path in STATIC.iterdir()}


@router.get("/")
def home(visit: Visiting) -> Response:
    return visit.page("home.html")


@router.get("/language/{language}")
def choose_language(language: str, visit: Visiting) -> Response:
    if language not in LANGUAGES:
        raise NotFound("There is no such page.")
    response = visit.go(safety.inside(visit.query("next")))
    keep(response, visit.request, LANGUAGE, language, YEAR)
    return response


@files.get("/static/{name}")
def static_file(name: str) -> Response:
    """Addresses change with the content of a file, so browsers may keep it; no cookie is set beside a page's own."""
    if name not in _FILES:
        return Response(status_code=404)
    headers = {**safety.HEADERS, "Cache-Control": "public, max-age=31536000, immutable"}
    return FileResponse(_FILES[name], headers=headers)


@nowhere.get("/{path:path}")
def no_page(path: str) -> Response:
    raise NotFound("There is no such page.")
