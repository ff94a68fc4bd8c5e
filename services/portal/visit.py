"""One visit of one person to one page: who, in which language, with which token; and the ways to answer."""

import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar, cast
from urllib.parse import quote, unquote, urlencode

from fastapi import Depends
from google.protobuf.message import Message
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from libs.chassis.clock import business_date
from libs.chassis.http import Door, door_of
from libs.chassis.principal import Principal
from libs.chassis.problems import Forbidden, InFlight, Unauthenticated
from libs.chassis.rpc import invoke, stream
from services.portal import forms
from services.portal.audiences import Audience, audience_of
from services.portal.clients import Clients
from services.portal.forms import Posted
from services.portal.portal import Portal
from services.portal.wording import LANGUAGES, Wording, wording

M = TypeVar("M", bound=Message)

TOKEN, NAME, LANGUAGE, VISIT = "rongqiao_token", "rongqiao_name", "rongqiao_language", "rongqiao_visit"
YEAR = 365 * 24 * 3600  # seconds
DEADLINE = 10.0  # seconds that a person is let wait
_PATIENCE = (0.1, 0.2, 0.4, 0.8, 1.5)  # seconds between looks at what the first of two clicks is still doing


@dataclass
class Visit:
    request: Request
    portal: Portal
    language: str
    principal: Principal | None
    token: str
    id: str  # of the browser: what form tokens are bound to

    @property
    def words(self) -> Wording:
        return wording(self.language)

    @property
    def services(self) -> Clients:
        return self.portal.clients

    @property
    def audience(self) -> Audience | None:
        return audience_of(self.principal.role) if self.principal else None

    @property
    def organisation(self) -> str:
        """The party or organisation that the person speaks for; Unauthenticated without one."""
        if self.principal is None:
            raise Unauthenticated("Nobody is signed in.", mend="Sign in first.")
        return self.principal.organisation

    @property
    def address(self) -> str | None:
        """Of the browser: a bank may have said from where its people work."""
        return door_of(self.request).origin(self.request).address

    @property
    def menu_path(self) -> str:
        """The entry of the menu under which this page stands: the nearest above it."""
        here = self.request.url.path
        above = [path for path, _ in self.audience.menu if here.startswith(path)] if self.audience else []
        return max(above, key=len, default="")

    @property
    def name(self) -> str:
        return unquote(self.request.cookies.get(NAME, ""))

    @property
    def today(self) -> str:
        return business_date(self.portal.clock.now()).isoformat()

    def ask(self, method: Callable[..., M], request: Message, deadline: float = DEADLINE) -> M:
        """A question to a service."""
        return invoke(method, request, token=self.token, deadline=deadline, forwarded=self.address)

    def parts(self, method: Callable[..., Iterable[M]], request: Message) -> Iterator[M]:
        """A question that is answered in parts."""
        return stream(method, request, token=self.token, deadline=DEADLINE, forwarded=self.address)

    def act(self, method: Callable[..., M], request: Message, key: str) -> M:
        """A change at a service, once per key: the second click waits for the answer of the first."""
        for pause in _PATIENCE:
            try:
                return self._act(method, request, key)
            except InFlight:
                time.sleep(pause)
        return self._act(method, request, key)

    def _act(self, method: Callable[..., M], request: Message, key: str) -> M:
        return invoke(method, request, token=self.token, key=key, deadline=DEADLINE, forwarded=self.address)

    def page(self, template: str, status: int = 200, **values: object) -> HTMLResponse:
        text = self.portal.pages[self.language].get_template(template).render(self._common() | values)
        return HTMLResponse(text, status)

    def go(self, path: str, **query: str) -> Response:
        """On to another page after something was done; `done` names the sentence that it then shows."""
        return RedirectResponse(f"{path}?{urlencode(query)}" if query else path, 303)

    def query(self, name: str) -> str:
        return self.request.query_params.get(name, "").strip()

    def query_with(self, **changed: str) -> str:
        """The query of this page with some of it changed: the address of its next part."""
        return urlencode(
            {name: value for name, value in self.request.query_params.items() if name != "done"} | changed
        )

    def optional(self, name: str) -> str | None:
        return self.query(name) or None

    def _common(self) -> dict[str, object]:
        done = self.query("done")
        return {
            "visit": self,
            "csrf": self.portal.guard.token(self.id, self.token),
            "done": done if f"done.{done}" in self.words else None,
            "here": quote(self.request.url.path) + (f"?{query}" if (query := self.request.url.query) else ""),
        }


def visit_of(request: Request) -> Visit:
    """The visit, made once a request. A token that is no longer good is as none."""
    known = getattr(request.state, "visit", None)
    if known is None:
        known = request.state.visit = _new_visit(request)
    return cast(Visit, known)


def _new_visit(request: Request) -> Visit:
    door = door_of(request)
    principal, token = _who(door, request)
    language = request.cookies.get(LANGUAGE, "")
    return Visit(
        request=request,
        portal=cast(Portal, door.parts),
        language=language if language in LANGUAGES else LANGUAGES[0],
        principal=principal,
        token=token,
        id=request.cookies.get(VISIT) or secrets.token_urlsafe(18),
    )


def _who(door: Door, request: Request) -> tuple[Principal | None, str]:
    token = request.cookies.get(TOKEN, "")
    try:
        return door.tokens.principal(token, door.origin(request)), token
    except (Unauthenticated, Forbidden):
        return None, ""


Visiting = Annotated[Visit, Depends(visit_of)]


async def posted(request: Request) -> Posted:
    """The form that came; Forbidden when another site made the browser send it."""
    visit = visit_of(request)
    form = await forms.read(request)
    if not visit.portal.guard.holds(form.text(forms.CSRF), request.cookies.get(VISIT, ""), visit.token):
        raise Forbidden("This form is no longer valid.", mend="Open the page again and send it from there.")
    return form


Posting = Annotated[Posted, Depends(posted)]


def only_for(audience: Audience) -> Any:
    """A dependency of a router: its pages are this audience's. Rights are decided by the services all the same."""

    def check(visit: Visiting) -> None:
        if visit.principal is None:
            raise Unauthenticated("Nobody is signed in.", mend="Sign in first.")
        if visit.principal.role not in audience.roles:
            raise Forbidden("This page is for others.", mend="Sign in with an account of that role.")

    return Depends(check)


def keep(response: Response, request: Request, name: str, value: str, seconds: int) -> None:
    """Set a cookie that no script can read and that other sites' forms do not bring along."""
    secure = "https" in (request.url.scheme, request.headers.get("x-forwarded-proto"))
    response.set_cookie(name, value, max_age=seconds, httponly=True, samesite="lax", secure=secure)
