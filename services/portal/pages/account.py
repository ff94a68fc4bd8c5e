"""Signing in and out, and a firm's registration."""

from datetime import timedelta
from urllib.parse import quote

from starlette.responses import Response

from libs.chassis.principal import Role
from libs.chassis.problems import Problem
from libs.chassis.tokens import LIFETIME
from rongqiao.identity.v1 import identity_pb2 as pb
from services.portal import safety
from services.portal.audiences import audience_of
from services.portal.choices import counties_by_city
from services.portal.forms import Form, fresh, returned
from services.portal.routes import page_router
from services.portal.troubles import back, status_of, told
from services.portal.visit import NAME, TOKEN, Posting, Visit, Visiting, keep

router = page_router()


@router.get("/sign-in")
def sign_in_form(visit: Visiting) -> Response:
    form = fresh(next=safety.inside(visit.query("next")))
    return _sign_in_page(visit, form)


@router.post("/sign-in")
def sign_in(visit: Visiting, posted: Posting) -> Response:
    request = pb.SignInRequest(login=posted.text("login"), password=posted.text("password"))
    try:
        token = visit.ask(visit.services.identity.SignIn, request)
    except Problem as refusal:
        form = returned(posted, [told(refusal, visit.words)])
        return _sign_in_page(visit, form, status_of(refusal))
    return _welcome(visit, token, safety.inside(posted.text("next")))


@router.post("/sign-out")
def sign_out(visit: Visiting, posted: Posting) -> Response:
    response = visit.go("/", done="signed_out")
    for cookie in (TOKEN, NAME):
        response.delete_cookie(cookie)
    return response


@router.get("/enrol")
def enrol_form(visit: Visiting) -> Response:
    return _enrol_page(visit, fresh())


@router.post("/enrol")
def enrol(visit: Visiting, posted: Posting) -> Response:
    """A firm joins; signed in at once, it goes on to complete its file."""
    names = ("uscc", "name", "county", "login", "password", "display_name")
    request = pb.EnrolRequest(**{name: posted.text(name) for name in names})
    try:
        visit.act(visit.services.identity.Enrol, request, posted.key)
        credentials = pb.SignInRequest(login=request.login, password=request.password)
        token = visit.ask(visit.services.identity.SignIn, credentials)
    except Problem as refusal:
        return _enrol_page(visit, back(posted, refusal, visit.words), status_of(refusal))
    return _welcome(visit, token, "/file?done=enrolled")


def _enrol_page(visit: Visit, form: Form, status: int = 200) -> Response:
    return visit.page("account/enrol.html", status, form=form, counties=counties_by_city())


def _sign_in_page(visit: Visit, form: Form, status: int = 200) -> Response:
    return visit.page(
        "account/sign_in.html", status, form=form, signed_out=visit.query("why") == "signed_out"
    )


def _welcome(visit: Visit, token: pb.Token, path: str) -> Response:
    """Signed in: to where the person wanted to go, else to the home of the audience."""
    audience = audience_of(Role(pb.Role.Name(token.account.role).removeprefix("ROLE_")))
    response = visit.go(audience.home if path == "/" and audience else path)
    seconds = token.expires_in or int(LIFETIME / timedelta(seconds=1))
    keep(response, visit.request, TOKEN, token.access_token, seconds)
    keep(response, visit.request, NAME, quote(token.account.display_name), seconds)
    return response
