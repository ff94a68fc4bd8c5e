"""Credit over HTTP. Collections: parties, consents."""

import io
from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, cast

from fastapi import APIRouter, Query, Request, UploadFile

from libs.chassis.call import Call
from libs.chassis.http import Caller, door_of
from libs.policy import PolicySet
from services.credit.domain.bulk import BulkOutcome
from services.credit.domain.consent import Consent, ConsentList, NewConsent, ReadPage
from services.credit.domain.facts import NewFacts
from services.credit.domain.invoices import NewInvoices
from services.credit.domain.party import Registration
from services.credit.domain.scorecard import Score
from services.credit.domain.view import Party
from services.credit.operations import consents, files, invoices, reading

router = APIRouter(prefix="/v1")

Limit = Annotated[int, Query(description="Items on a page, 200 at most; 0: the default of 50")]
Known = Annotated[datetime | None, Query(description="As the file was known at this instant")]


def each_time(call: Call) -> Call:
    """For a look that leaves a trace: every one counts, none is answered from the one before."""
    return replace(call, key=None, key_wanted=False)


@router.put("/parties/{party}")
def put_party(party: str, body: Registration, call: Caller) -> Party:
    return call.write(files.put_party, party, body)


@router.get("/parties/{party}")
def get_party(party: str, call: Caller, as_of: date | None = None, known: Known = None) -> Party:
    return each_time(call).write(reading.get_party, party, as_of, known)


@router.post("/parties/{party}/withdraw")
def withdraw_party(party: str, call: Caller) -> Party:
    return call.write(files.withdraw_party, party)


@router.post("/parties/{party}/facts")
def add_facts(party: str, body: NewFacts, call: Caller) -> BulkOutcome:
    return call.write(files.add_facts, party, body)


@router.post("/parties/{party}/invoices")
def add_invoices(party: str, body: NewInvoices, call: Caller) -> BulkOutcome:
    return call.write(invoices.add_invoices, party, body)


@router.put("/parties/{party}/invoices")
def load_invoices(
    party: str, file: UploadFile, call: Caller, covers_until: date | None = None
) -> BulkOutcome:
    """A CSV of any length; invoices that are known by direction, number and day are not counted twice."""
    text = io.TextIOWrapper(file.file, encoding="utf-8-sig", newline="")
    return invoices.load_file(call.database, call.principal, party, text, covers_until)


@router.get("/parties/{party}/score")
def get_score(party: str, call: Caller, request: Request) -> Score:
    policies = cast(PolicySet, door_of(request).parts)
    return each_time(call).write(reading.get_score, policies, party)


@router.get("/parties/{party}/reads")
def list_reads(party: str, call: Caller, cursor: str | None = None, limit: Limit = 0) -> ReadPage:
    return call.read(reading.list_reads, party, cursor, limit)


@router.post("/parties/{party}/consents", status_code=201)
def grant_consent(party: str, body: NewConsent, call: Caller) -> Consent:
    return call.write(consents.grant_consent, party, body)


@router.get("/parties/{party}/consents")
def list_consents(party: str, call: Caller) -> ConsentList:
    return call.read(consents.list_consents, party)


@router.post("/consents/{consent_id}/revoke")
def revoke_consent(consent_id: str, call: Caller) -> Consent:
    return call.write(consents.revoke_consent, consent_id)
