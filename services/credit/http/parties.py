"""Party files and consents. Collections: parties, consents."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, UploadFile

from libs.chassis.http import Caller
from services.credit.domain.bulk import BulkOutcome
from services.credit.domain.consent import Consent, ConsentList, NewConsent, ReadPage, Revocation
from services.credit.domain.facts import NewFacts
from services.credit.domain.invoices import NewInvoices
from services.credit.domain.party import Registration
from services.credit.domain.view import Party
from services.credit.http import examples
from services.credit.http.parts import Cursor, Known, Limit
from services.credit.intake import files as files_in
from services.credit.operations import consents, files, invoices, reading

router = APIRouter(prefix="/v1")


@router.put("/parties/{party}")
def put_party(party: str, body: Annotated[Registration, examples.REGISTRATION], call: Caller) -> Party:
    return call.each_time().write(files.put_party, party, body)


@router.get("/parties/{party}")
def get_party(party: str, call: Caller, as_of: date | None = None, known: Known = None) -> Party:
    return call.each_time().write(reading.get_party, party, as_of, known)


@router.post("/parties/{party}/withdraw")
def withdraw_party(party: str, call: Caller) -> Party:
    return call.each_time().write(files.withdraw_party, party)


@router.post("/parties/{party}/facts")
def add_facts(party: str, body: Annotated[NewFacts, examples.FACTS], call: Caller) -> BulkOutcome:
    return call.write(files.add_facts, party, body)


@router.post("/parties/{party}/invoices")
def add_invoices(party: str, body: Annotated[NewInvoices, examples.INVOICES], call: Caller) -> BulkOutcome:
    return call.write(invoices.add_invoices, party, body)


@router.put("/parties/{party}/invoices")
def load_invoices(
    party: str, file: UploadFile, call: Caller, covers_until: date | None = None
) -> BulkOutcome:
    """A CSV or Parquet of any length; invoices that are known by direction, number and day are not counted twice."""
    with files_in.lines(file.file) as lines:
        return invoices.load_file(call.database, call.principal, party, lines, covers_until)


@router.get("/parties/{party}/reads")
def list_reads(party: str, call: Caller, cursor: Cursor = None, limit: Limit = 0) -> ReadPage:
    return call.read(reading.list_reads, party, cursor, limit)


@router.post("/parties/{party}/consents", status_code=201)
def grant_consent(party: str, body: Annotated[NewConsent, examples.CONSENT], call: Caller) -> Consent:
    return call.write(consents.grant_consent, party, body)


@router.get("/parties/{party}/consents")
def list_consents(party: str, call: Caller) -> ConsentList:
    return call.read(consents.list_consents, party)


@router.post("/consents/{consent_id}/revoke")
def revoke_consent(
    consent_id: str, call: Caller, body: Annotated[Revocation | None, examples.REVOCATION] = None
) -> Consent:
    return call.write(consents.revoke_consent, consent_id, body)
