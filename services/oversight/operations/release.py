"""Publishing in batches: facts wait until enough of them can be told together, and are told once and for all."""

from dataclasses import fields
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from libs.chassis.database import Database, ReadTx, WriteTx
from libs.chassis.problems import Conflict
from libs.policy import PolicySet
from libs.registry.industries import is_industry, section_of
from services.oversight import store
from services.oversight.domain.cube import Cube, CubeCell, published
from services.oversight.domain.flows import UNKNOWN, Flow, FlowRow, month_of
from services.oversight.domain.sensitivity import Rules

# What is reported in one go is told in one go: larger batches hide fewer cells.
QUIET = timedelta(seconds=5)


def release_ripe(database: Database, policies: PolicySet) -> int:
    """Publish every batch that is ripe; returns how many. Protecting one takes its time, so it is no transaction."""
    with database.read() as tx:
        today, batches = tx.today, ripe_batches(tx, policies)
    for rows in batches:
        cells = published(Cube(rows), rules_on(policies, today))
        database.transact(lambda tx, rows=rows, cells=cells: record(tx, rows, cells, policies.set_id))
    return len(batches)


def ripe_batches(tx: ReadTx, policies: PolicySet) -> list[list[FlowRow]]:
    """The unpublished facts of each flow and month, where there are enough of them."""
    found = (
        _ripe(tx, flow, month, policies)
        for flow, month, last in store.waiting_groups(tx)
        if last <= tx.now - QUIET
    )
    return [rows for rows in found if rows]


def record(tx: WriteTx, rows: list[FlowRow], cells: dict[CubeCell, int | None], policy_set: str) -> None:
    """Make a batch public. Conflict when another replica has published some of its facts meanwhile."""
    release_id = tx.new_id("rel")
    store.insert_release(tx, release_id, rows, cells, policy_set)
    if store.claim_flows(tx, release_id, [row.id for row in rows]) != len(rows):
        raise Conflict("Some of these facts were published meanwhile.", mend="Nothing to do: the rest waits.")


def rules_on(policies: PolicySet, day: date) -> Rules:
    return Rules(
        min_firms=policies.integer_on("oversight.min_firms", day),
        min_banks=policies.integer_on("oversight.min_banks", day),
        dominance_bp=policies.integer_on("oversight.dominance", day),
    )


def _ripe(tx: ReadTx, flow: Flow, month: str, policies: PolicySet) -> list[FlowRow]:
    rows = [_flow_row(row) for row in store.waiting_rows(tx, flow, month)]
    early = policies.integer_on("oversight.early_batch_firms", tx.today)
    enough = month < month_of(tx.today) or len({row.firm_key for row in rows}) >= early
    return rows if enough and Cube(rows).tellable(rules_on(policies, tx.today)) else []


def _flow_row(row: sa.Row[Any]) -> FlowRow:
    own: dict[str, Any] = {
        field.name: getattr(row, field.name) for field in fields(FlowRow) if field.name != "industry"
    }
    own["guaranteed_fen"] = min(row.guaranteed_fen, row.amount_fen)
    return FlowRow(**own, industry=_section(row.industry_division))


def _section(division: str) -> str:
    return section_of(division).code if is_industry(division) else UNKNOWN
