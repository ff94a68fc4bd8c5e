"""Guarantee over HTTP. Collections: admissions, related-groups, opening-books, red-lines, coverage."""

from enum import StrEnum

from fastapi import APIRouter

from libs.chassis.http import Caller
from services.guarantee.domain.admission import Admission, AdmissionDecision, AdmissionList
from services.guarantee.domain.coverage import CoverageMap
from services.guarantee.domain.measures import RedLineList, RedLineOverview
from services.guarantee.domain.opening import (
    BookRejection,
    BookReport,
    NewBook,
    OpeningBook,
    OpeningBookPage,
)
from services.guarantee.domain.related import NewRelatedGroup, RelatedGroup, RelatedGroupList
from services.guarantee.http.guarantees import Limit
from services.guarantee.operations import opening_books, parties, red_lines

router = APIRouter(prefix="/v1")


class By(StrEnum):
    """How red lines are listed: a guarantor a list, or a guarantor with one bank."""

    GUARANTOR = "guarantor"
    BANK = "bank"


@router.put("/admissions/{guarantor_id}")
def decide_admission(guarantor_id: str, body: AdmissionDecision, call: Caller) -> Admission:
    return call.write(parties.decide_admission, guarantor_id, body)


@router.get("/admissions")
def list_admissions(call: Caller) -> AdmissionList:
    return call.read(parties.list_admissions)


@router.put("/related-groups/{group_id}")
def put_group(group_id: str, body: NewRelatedGroup, call: Caller) -> RelatedGroup:
    return call.write(parties.put_group, group_id, body)


@router.get("/related-groups")
def list_groups(call: Caller, party: str | None = None) -> RelatedGroupList:
    return call.read(parties.list_groups, party)


@router.post("/opening-books")
def upload(body: NewBook, call: Caller) -> BookReport:
    return call.write(opening_books.upload, body)


@router.get("/opening-books")
def list_books(call: Caller, cursor: str | None = None, limit: Limit = 0) -> OpeningBookPage:
    return call.read(opening_books.list_books, cursor, limit)


@router.get("/opening-books/{book_id}")
def get_book(book_id: str, call: Caller) -> OpeningBook:
    return call.read(opening_books.get_book, book_id)


@router.post("/opening-books/{book_id}/approve")
def approve(book_id: str, call: Caller) -> OpeningBook:
    return call.write(opening_books.approve, book_id)


@router.post("/opening-books/{book_id}/reject")
def reject(book_id: str, body: BookRejection, call: Caller) -> OpeningBook:
    return call.write(opening_books.reject, book_id, body)


@router.get("/guarantors/{guarantor_id}/red-lines")
def get_red_lines(guarantor_id: str, call: Caller) -> RedLineList:
    return call.read(red_lines.get_red_lines, guarantor_id)


@router.get("/red-lines")
def list_red_lines(call: Caller, by: By = By.GUARANTOR) -> RedLineOverview:
    return call.read(red_lines.list_red_lines, by is By.BANK)


@router.get("/coverage")
def get_coverage(call: Caller) -> CoverageMap:
    return call.read(parties.get_coverage)
