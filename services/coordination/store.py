"""Coordination's tables: rows in, domain values out."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from libs.chassis import codec
from libs.chassis.columns import Document, Encrypted, Instant
from libs.chassis.database import ReadTx, WriteTx, new_metadata
from libs.chassis.problems import NotFound
from libs.chassis.rows import from_row, page_rows, to_row
from libs.registry.loan_terms import ProductKind
from services.coordination.domain.case import Case, CasePage, CaseStatus
from services.coordination.domain.request import (
    FinancingRequest,
    Referral,
    Renewal,
    RequestPage,
    RequestStatus,
    counted,
)

metadata = new_metadata()

requests = sa.Table(
    "requests",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("party", sa.String(80), nullable=False),
    sa.Column(
        "county", sa.String(6), nullable=False
    ),  # for the service centre; a longer territory where the county is not known
    sa.Column("amount_fen", sa.BigInteger, nullable=False),
    sa.Column("term_months", sa.Integer, nullable=False),
    sa.Column("kinds", Document(tuple[ProductKind, ...]), nullable=False),
    sa.Column("purpose", Encrypted, nullable=False),  # free text: anything may stand there
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("match", Document(dict[str, Any])),
    sa.Column("opened_at", Instant, nullable=False),
    sa.Column("similar_request", sa.String(40)),
    sa.Column("note", sa.Text),
    sa.Index("ix_requests_party_id", "party", "id"),
)

referrals = sa.Table(
    "referrals",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("request_id", sa.String(40), sa.ForeignKey("requests.id"), nullable=False, index=True),
    sa.Column("plan", sa.Integer, nullable=False),
    sa.Column("product_id", sa.String(40), nullable=False),
    sa.Column("product_name", sa.String(200), nullable=False),
    sa.Column("bank", sa.String(80), nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("application_id", sa.String(40), unique=True),
    sa.Column("reason_codes", Document(tuple[str, ...]), nullable=False),
    sa.Column("note", sa.Text),
    sa.Column("renewal", Document(Renewal)),
)

cases = sa.Table(
    "cases",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("request_id", sa.String(40), sa.ForeignKey("requests.id"), nullable=False, index=True),
    sa.Column("county", sa.String(6), nullable=False),
    sa.Column("cause", sa.String(20), nullable=False),
    sa.Column("reason_codes", Document(tuple[str, ...]), nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("opened_at", Instant, nullable=False),
    sa.Column("resolution", Encrypted),
    sa.Index("ix_cases_county_id", "county", "id"),
)

_DERIVED = ("referrals", "query_count")
_OWN = tuple(field.name for field in fields(FinancingRequest) if field.name not in _DERIVED)
_OF_CASE = tuple(field.name for field in fields(Case) if field.name != "advice")


def request(tx: ReadTx, request_id: str) -> FinancingRequest:
    found = find_request(tx, request_id)
    if found is None:
        raise NotFound(f"There is no request {request_id}.", field="request_id")
    return found


def find_request(tx: ReadTx, request_id: str) -> FinancingRequest | None:
    row = tx.row(sa.select(requests).where(requests.c.id == request_id))
    return None if row is None else _request(row, _referrals(tx, [request_id]).get(request_id, ()))


def request_to_change(tx: WriteTx, request_id: str) -> FinancingRequest:
    """The request, with its row locked: what a firm decides and what a bank tells cannot pass each other."""
    tx.lock_rows(sa.select(requests.c.id).where(requests.c.id == request_id))
    return request(tx, request_id)


def county_of(tx: ReadTx, request_id: str) -> str:
    return str(tx.scalar(sa.select(requests.c.county).where(requests.c.id == request_id)))


def newest_requests(tx: ReadTx, party: str, since: datetime) -> Sequence[tuple[str, tuple[ProductKind, ...]]]:
    """Ids and kinds of a party's requests since then that it still stands by, newest first."""
    mine = (requests.c.party == party) & (requests.c.opened_at >= since)
    query = sa.select(requests.c.id, requests.c.kinds).where(
        mine, requests.c.status != RequestStatus.WITHDRAWN
    )
    return [(row.id, row.kinds) for row in tx.rows(query.order_by(requests.c.id.desc()))]


def request_page(
    tx: ReadTx, party: str, status: RequestStatus | None, cursor: str | None, limit: int
) -> RequestPage:
    """A party's requests, newest first, without their plans."""
    query = sa.select(requests).where(requests.c.party == party)
    if status is not None:
        query = query.where(requests.c.status == status)
    items, following = page_rows(tx, query, requests.c.id, cursor, limit)
    known = _referrals(tx, [row.id for row in items])
    listed = (_request(row, known.get(row.id, ()), with_match=False) for row in items)
    return RequestPage(items=tuple(listed), next_cursor=following)


def insert_request(tx: WriteTx, new: FinancingRequest, county: str) -> None:
    tx.execute(sa.insert(requests).values(_request_row(new) | {"county": county}))


def update_request(tx: WriteTx, changed: FinancingRequest) -> None:
    """The request itself; its referrals are kept one by one."""
    tx.execute(sa.update(requests).where(requests.c.id == changed.id).values(_request_row(changed)))


def set_county(tx: WriteTx, request_id: str, county: str) -> None:
    tx.execute(sa.update(requests).where(requests.c.id == request_id).values(county=county))


def insert_referral(tx: WriteTx, request_id: str, new: Referral) -> None:
    tx.execute(sa.insert(referrals).values(to_row(new) | {"request_id": request_id}))


def update_referral(tx: WriteTx, changed: Referral) -> None:
    tx.execute(sa.update(referrals).where(referrals.c.id == changed.id).values(to_row(changed)))


def insert_case(tx: WriteTx, new: Case) -> None:
    tx.execute(sa.insert(cases).values(_case_row(new)))


def update_case(tx: WriteTx, changed: Case) -> None:
    tx.execute(sa.update(cases).where(cases.c.id == changed.id).values(_case_row(changed)))


def case_to_change(tx: WriteTx, case_id: str) -> Case:
    rows = tx.lock_rows(sa.select(cases).where(cases.c.id == case_id))
    if not rows:
        raise NotFound(f"There is no case {case_id}.", field="case_id")
    return _case(rows[0])


def open_case(tx: ReadTx, request_id: str) -> Case | None:
    waiting = (cases.c.request_id == request_id) & (cases.c.status == CaseStatus.OPEN)
    row = tx.row(sa.select(cases).where(waiting))
    return None if row is None else _case(row)


def has_case(tx: ReadTx, request_id: str) -> bool:
    return bool(tx.scalar(sa.select(sa.exists().where(cases.c.request_id == request_id))))


def case_page(
    tx: ReadTx, territory: str, status: CaseStatus | None, cursor: str | None, limit: int
) -> CasePage:
    """The cases of the counties inside a territory; those without a county only for the whole country."""
    query = sa.select(cases).where(cases.c.county.startswith(territory, autoescape=True))
    if status is not None:
        query = query.where(cases.c.status == status)
    rows, following = page_rows(tx, query, cases.c.id, cursor, limit)
    return CasePage(items=tuple(map(_case, rows)), next_cursor=following)


def _request(row: sa.Row[Any], known: Sequence[Referral], *, with_match: bool = True) -> FinancingRequest:
    plain = {name: getattr(row, name) for name in _OWN}
    if not with_match:
        plain["match"] = None
    return counted(codec.load(FinancingRequest, plain | {"referrals": known}))


def _case(row: sa.Row[Any]) -> Case:
    return codec.load(Case, {name: getattr(row, name) for name in _OF_CASE})


def _case_row(value: Case) -> dict[str, Any]:
    return {name: getattr(value, name) for name in _OF_CASE}


def _request_row(value: FinancingRequest) -> dict[str, Any]:
    return {name: getattr(value, name) for name in _OWN}


def _referrals(tx: ReadTx, request_ids: Collection[str]) -> Mapping[str, list[Referral]]:
    """The referrals of these requests, oldest first."""
    found: dict[str, list[Referral]] = {}
    for row in tx.rows(
        sa.select(referrals).where(referrals.c.request_id.in_(request_ids)).order_by(referrals.c.id)
    ):
        found.setdefault(row.request_id, []).append(from_row(Referral, row))
    return found
