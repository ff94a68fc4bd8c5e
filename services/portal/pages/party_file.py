"""A firm's own file: who it is, what is known of it and with whose consent, and the score that follows."""

from collections.abc import Iterator
from datetime import date
from hashlib import sha256

from starlette.responses import Response

from libs.chassis.problems import NotFound, Problem
from libs.criteria.violation import Violation
from libs.registry.persons import is_person
from rongqiao.common.v1 import common_pb2 as common
from rongqiao.credit.v1 import credit_pb2 as pb
from rongqiao.identity.v1 import identity_pb2 as identity
from services.portal import dossier
from services.portal.audiences import SME
from services.portal.choices import (
    AUTHORITIES,
    consent_scopes,
    counties_by_city,
    declared_facts,
    declared_value,
    divisions_by_section,
    owner_kinds,
)
from services.portal.forms import Form, Posted, Trouble, fresh, returned
from services.portal.pages.my_documents import documents_of
from services.portal.routes import page_router
from services.portal.troubles import back, status_of
from services.portal.visit import Posting, Visit, Visiting

router = page_router(SME)

PLATFORM = "platform"
CONSENT_VERSION = "portal-2026-3"


@router.get("/file")
def my_file(visit: Visiting) -> Response:
    return _file_page(visit)


@router.post("/file")
def keep_file(visit: Visiting, posted: Posting) -> Response:
    request = pb.PutPartyRequest(
        id=visit.organisation,
        kind=common.OwnerKind.Value(f"OWNER_KIND_{posted.text('kind') or 'UNSPECIFIED'}"),
        name=posted.text("name"),
        county=posted.text("county"),
        industry=posted.text("industry"),
        established_on=posted.text("established_on") or None,
    )
    try:
        visit.act(visit.services.credit.PutParty, request, posted.key)
    except Problem as refusal:
        return _file_page(visit, back(posted, refusal, visit.words), status=status_of(refusal))
    return visit.go("/file", done="file_kept")


@router.post("/file/statements")
def declare(visit: Visiting, posted: Posting) -> Response:
    """What the firm states of itself, as of one day."""
    try:
        facts = list(_declared(posted))
        request = pb.AddFactsRequest(party=visit.organisation, facts=facts)
        outcome = visit.act(visit.services.credit.AddFacts, request, posted.key)
    except (Problem, Violation) as refusal:
        form = back(posted, refusal, visit.words)
        return _file_page(visit, statements=form, status=status_of(refusal))
    if outcome.rejected:
        return _file_page(visit, statements=_rejected(posted, facts, outcome), status=422)
    return visit.go("/file", done="declared")


@router.get("/consents")
def my_consents(visit: Visiting) -> Response:
    until = _a_year_after(date.fromisoformat(visit.today)).isoformat()
    scopes = consent_scopes()
    asked = scopes[:1] if is_person(visit.organisation) else scopes
    form = fresh(
        scopes=asked, recipient=PLATFORM, valid_until=until, signer="", authority="LEGAL_REPRESENTATIVE"
    )
    return _consents_page(visit, form)


@router.post("/consents")
def grant(visit: Visiting, posted: Posting) -> Response:
    """The platform matches; an institution decides on credit: the recipient settles the purpose."""
    recipient, person = posted.text("recipient"), is_person(visit.organisation)
    request = pb.GrantConsentRequest(
        party=visit.organisation,
        signer=posted.text("signer"),
        authority=pb.AUTHORITY_OWNER
        if person
        else pb.Authority.Value(f"AUTHORITY_{posted.text('authority') or 'UNSPECIFIED'}"),
        authority_reference=posted.text("authority_reference") or None,
        scopes=posted.all("scopes"),
        documents=() if recipient == PLATFORM else posted.all("documents"),
        purpose=pb.PURPOSE_MATCHING if recipient == PLATFORM else pb.PURPOSE_CREDIT_DECISION,
        recipient=recipient,
        valid_until=posted.text("valid_until"),
        method=pb.CONSENT_METHOD_PLATFORM_ACCOUNT,
        text_version=CONSENT_VERSION,
        text_hash=sha256(visit.words(_consent_text(person)).encode()).hexdigest(),
        separate=person,
    )
    try:
        visit.act(visit.services.credit.GrantConsent, request, posted.key)
    except Problem as refusal:
        return _consents_page(visit, back(posted, refusal, visit.words), status_of(refusal))
    return visit.go("/consents", done="granted")


@router.post("/consents/{consent_id}/revoke")
def revoke(consent_id: str, visit: Visiting, posted: Posting) -> Response:
    visit.act(visit.services.credit.RevokeConsent, pb.ConsentId(consent_id=consent_id), posted.key)
    return visit.go("/consents", done="revoked")


def _declared(posted: Posted) -> Iterator[pb.NewFact]:
    """The facts that were filled in; Violation for one that is no number."""
    for kind in declared_facts():
        if text := posted.text(kind.name):
            value = str(declared_value(kind.name, text))
            yield pb.NewFact(fact=kind.name, value=value, observed_on=posted.text("observed_on"))


def _rejected(posted: Posted, facts: list[pb.NewFact], outcome: pb.BulkOutcome) -> Form:
    rejected = [row for row in outcome.rows if row.state == pb.ROW_STATE_REJECTED]
    troubles = [Trouble(text=row.message, field=facts[row.row - 1].fact, mend=row.mend) for row in rejected]
    return returned(posted, troubles, new=True)


def _file_page(
    visit: Visit, form: Form | None = None, statements: Form | None = None, status: int = 200
) -> Response:
    credit, who = visit.services.credit, pb.PartyId(party=visit.organisation)
    try:
        party = visit.ask(credit.GetParty, who)
    except NotFound:
        return _first_page(visit, form, status)
    consents = visit.ask(credit.ListConsents, who)
    return visit.page(
        "sme/file.html",
        status,
        party=party,
        groups=dossier.groups(party, consents.items, visit.today),
        score=_score(visit),
        reads=visit.ask(credit.ListReads, pb.ListReadsRequest(party=visit.organisation, limit=10)).items,
        form=form or _form_of(party),
        statements=statements or fresh(observed_on=visit.today),
        declared=declared_facts(),
        **_choices(visit),
    )


def _first_page(visit: Visit, form: Form | None, status: int) -> Response:
    """A firm without a file begins one, with what it said of itself when it enrolled."""
    own = identity.OrganisationId(organisation_id=visit.organisation)
    mine = visit.ask(visit.services.identity.GetOrganisation, own)
    start = fresh(name=mine.name, county=mine.territory)
    return visit.page("sme/file_first.html", status, form=form or start, **_choices(visit))


def _choices(visit: Visit) -> dict[str, object]:
    kinds = owner_kinds(is_person(visit.organisation))
    return {"counties": counties_by_city(), "industries": divisions_by_section(), "kinds": kinds}


def _form_of(party: pb.Party) -> Form:
    return fresh(
        kind=common.OwnerKind.Name(party.kind).removeprefix("OWNER_KIND_"),
        name=party.name,
        county=party.county,
        industry=party.industry[:2],
        established_on=party.established_on,
    )


def _score(visit: Visit) -> pb.Score | None:
    try:
        return visit.ask(visit.services.credit.GetScore, pb.PartyId(party=visit.organisation))
    except NotFound:
        return None


def _consents_page(visit: Visit, form: Form, status: int = 200) -> Response:
    consents = visit.ask(visit.services.credit.ListConsents, pb.PartyId(party=visit.organisation))
    return visit.page(
        "sme/consents.html",
        status,
        consents=consents.items,
        form=form,
        scopes=consent_scopes(),
        papers=documents_of(visit),
        person=is_person(visit.organisation),
        text=visit.words(_consent_text(is_person(visit.organisation))),
        authorities=AUTHORITIES,
        banks=visit.portal.names.banks(),
    )


def _consent_text(person: bool) -> str:
    """A natural person signs for one group of items alone."""
    return "consents.text_separate" if person else "consents.text"


def _a_year_after(today: date) -> date:
    try:
        return today.replace(year=today.year + 1)
    except ValueError:  # the 29th of February
        return date(today.year + 1, 2, 28)
