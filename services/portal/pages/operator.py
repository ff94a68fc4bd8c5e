"""The operator: organisations that take part, and the accounts of their people."""

from starlette.responses import Response

from libs.chassis.problems import Problem
from rongqiao.identity.v1 import identity_pb2 as pb
from services.portal.audiences import OPERATORS
from services.portal.choices import territories
from services.portal.codes import enum_codes, enum_number
from services.portal.forms import Form, fresh
from services.portal.routes import page_router
from services.portal.troubles import back, status_of
from services.portal.visit import Posting, Visit, Visiting

router = page_router(OPERATORS)

KINDS = enum_codes(pb.OrganisationKind.DESCRIPTOR)
ROLES = [role for role in enum_codes(pb.Role.DESCRIPTOR) if role != "SERVICE"]


@router.get("/organisations")
def organisations(visit: Visiting) -> Response:
    return _list_page(visit, fresh(territory="64"))


@router.post("/organisations")
def register(visit: Visiting, posted: Posting) -> Response:
    request = pb.PutOrganisationRequest(
        id=posted.text("id") or None,
        kind=enum_number(pb.OrganisationKind.DESCRIPTOR, posted.text("kind")),
        name=posted.text("name"),
        territory=posted.text("territory"),
    )
    try:
        visit.act(visit.services.identity.PutOrganisation, request, posted.key)
    except Problem as refusal:
        return _list_page(visit, back(posted, refusal, visit.words), status_of(refusal))
    return visit.go("/organisations", done="registered")


@router.get("/accounts/new")
def account_form(visit: Visiting) -> Response:
    return _account_page(visit, fresh(organisation=visit.query("organisation")))


@router.post("/accounts")
def give_account(visit: Visiting, posted: Posting) -> Response:
    texts = ("login", "password", "organisation", "territory", "display_name")
    request = pb.PutAccountRequest(
        role=enum_number(pb.Role.DESCRIPTOR, posted.text("role")),
        **{name: posted.text(name) for name in texts},
    )
    try:
        visit.act(visit.services.identity.PutAccount, request, posted.key)
    except Problem as refusal:
        return _account_page(visit, back(posted, refusal, visit.words), status_of(refusal))
    return visit.go("/accounts/new", done="account_given")


def _list_page(visit: Visit, form: Form, status: int = 200) -> Response:
    state = visit.query("status")
    request = pb.ListOrganisationsRequest(
        kind=enum_number(pb.OrganisationKind.DESCRIPTOR, state), cursor=visit.optional("cursor")
    )
    page = visit.ask(visit.services.identity.ListOrganisations, request)
    return visit.page(
        "operator/organisations.html",
        status,
        organisations=page,
        state=state,
        kinds=KINDS,
        territories=territories(),
        form=form,
    )


def _account_page(visit: Visit, form: Form, status: int = 200) -> Response:
    return visit.page("operator/account.html", status, form=form, roles=ROLES, territories=territories())
