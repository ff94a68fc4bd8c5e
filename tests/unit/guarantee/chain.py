"""A small guarantee business to test with: the real programmes, two guarantors, and short ways to act on them."""

from dataclasses import replace
from datetime import date
from typing import Any

import sqlalchemy as sa

from libs import policy
from libs.chassis.database import Database
from libs.chassis.principal import Principal, Role, service
from libs.registry.dimensions import Dimensions, OwnerKind
from libs.registry.size import Size
from rongqiao.lending.v1 import events_pb2 as lending_events
from services.guarantee.domain.guarantee import Guarantee, Reservation
from services.guarantee.domain.guarantor import Guarantor
from services.guarantee.domain.programme import Programme, Rulebook
from services.guarantee.domain.quote import Proposal
from services.guarantee.operations import guarantees, guarantors, rules
from services.guarantee.operations.rulebook import read
from services.guarantee.store import guarantees as guarantee_store
from services.guarantee.store import tables

YUAN = 100
MILLION = 1_000_000 * YUAN
TODAY = date(2026, 11, 22)

LENDING = service("lending")
SELF = service("guarantee")
OPERATOR = Principal("acc_operator", Role.OPERATOR, "platform")
MANAGER = Principal("acc_manager", Role.GUARANTOR_MANAGER, "org_helan")

HELAN = Guarantor(
    id="org_helan",
    name="贺兰融资担保",
    net_assets_fen=100 * MILLION,
    counties=("640122", "640121"),
    banks=("org_bank",),
)
YINCHUAN = Guarantor(
    id="org_yinchuan",
    name="银川融资担保",
    net_assets_fen=500 * MILLION,
    counties=("640104", "640122"),
)
FIRM = Dimensions(
    county="640122",
    industry_division="13",
    size=Size.SMALL,
    owner_kind=OwnerKind.ENTERPRISE,
    firm_key="k1",
)


def house_rules() -> Rulebook:
    """The rules as policies/ spell them."""
    return read(policy.load())


def with_figures(rulebook: Rulebook, programme: str, **figures: int) -> Rulebook:
    """The rulebook with other figures in all versions of a programme."""

    def changed(one: Programme) -> Programme:
        return replace(one, **figures) if one.id == programme else one  # type: ignore[arg-type]

    return replace(rulebook, programmes=tuple(changed(one) for one in rulebook.programmes))


def proposal(amount_fen: int = 3 * MILLION, party: str = "uscc:a", **other: Any) -> Proposal:
    plain = {"bank": "org_bank", "term_months": 12, "dimensions": FIRM}
    return Proposal(party=party, amount_fen=amount_fen, **(plain | other))


def wish(
    application: str = "app_1",
    amount_fen: int = 3 * MILLION,
    party: str = "uscc:a",
    programme: str = "ordinary",
    guarantor: str = HELAN.id,
    **other: Any,
) -> Reservation:
    return Reservation(
        application_id=application,
        programme=programme,
        guarantor=guarantor,
        proposal=proposal(amount_fen, party, **other),
    )


def open_business(database: Database, rulebook: Rulebook, *registered: Guarantor) -> None:
    database.transact(lambda tx: rules.load(tx, SELF, rulebook))
    for one in registered:
        database.transact(lambda tx, one=one: guarantors.put_guarantor(tx, OPERATOR, one.id, one))


def reserve(database: Database, wanted: Reservation) -> Guarantee:
    return database.transact(lambda tx: guarantees.reserve(tx, LENDING, wanted))


def confirm(database: Database, guarantee: Guarantee) -> Guarantee:
    by = replace(MANAGER, organisation=guarantee.guarantor)
    return database.transact(lambda tx: guarantees.confirm(tx, by, guarantee.id))


def disburse(database: Database, guarantee: Guarantee, **other: Any) -> Guarantee:
    plain = {
        "loan_id": f"loan_of_{guarantee.application_id}",
        "application_id": guarantee.application_id,
        "amount_fen": guarantee.amount_fen,
        "business_date": TODAY.isoformat(),
        "guarantee_id": guarantee.id,
    }
    told = lending_events.LoanDisbursed(**(plain | other))
    database.transact(lambda tx: guarantees.take_effect(tx, told))
    return read_back(database, guarantee)


def repay(database: Database, guarantee: Guarantee, left_fen: int, on: date = TODAY) -> Guarantee:
    told = lending_events.RepaymentReceived(
        loan_id=f"loan_of_{guarantee.application_id}",
        outstanding_fen=left_fen,
        business_date=on.isoformat(),
        guarantee_id=guarantee.id,
    )
    database.transact(lambda tx: guarantees.follow_repayment(tx, told))
    return read_back(database, guarantee)


def read_back(database: Database, guarantee: Guarantee) -> Guarantee:
    with database.read() as tx:
        return guarantee_store.get(tx, guarantee.id)


def held(database: Database) -> dict[str, int]:
    """What every limit holds that holds anything."""
    with database.read() as tx:
        rows = tx.rows(sa.select(tables.limits).where(tables.limits.c.held_fen > 0))
    return {row.key: row.held_fen for row in rows}


def limits_out_of_order(database: Database) -> list[str]:
    """The limits that break the law: what a limit holds is the sum of its holds and within what it allows."""
    sums = sa.select(tables.holds.c.limit_key, sa.func.sum(tables.holds.c.amount_fen).label("held"))
    by_key = sums.group_by(tables.holds.c.limit_key)
    with database.read() as tx:
        held_by = {row.limit_key: int(row.held) for row in tx.rows(by_key)}
        rows = tx.rows(sa.select(tables.limits))
    return [
        row.key for row in rows if row.held_fen != held_by.get(row.key, 0) or row.held_fen > row.limit_fen
    ]
