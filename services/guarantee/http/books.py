"""Statements, entries and roots over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query

from libs.chassis.http import Caller
from services.guarantee.domain.ledger import EntryPage, RootList
from services.guarantee.domain.statement import Statement
from services.guarantee.operations import audit, statements

router = APIRouter(prefix="/v1")


@router.get("/statements/{month}/{counterparty}")
def get_statement(month: str, counterparty: str, call: Caller) -> Statement:
    return call.read(statements.get_statement, month, counterparty)


@router.post("/statements/{month}/{counterparty}/agree")
def agree(month: str, counterparty: str, call: Caller) -> Statement:
    return call.write(statements.agree, month, counterparty)


@router.get("/ledger-entries")
def list_entries(
    call: Caller,
    after: Annotated[int, Query(description="The number of the last entry that you have", ge=0)] = 0,
    limit: Annotated[int, Query(description="Entries on a page, 200 at most; 0: the default of 50")] = 0,
) -> EntryPage:
    return call.read(audit.list_entries, after, limit)


@router.get("/ledger-roots")
def list_roots(call: Caller) -> RootList:
    return call.read(audit.list_roots)
