"""What a regulator gets to see."""

from libs.chassis.database import ReadTx
from libs.chassis.principal import Principal, Role
from libs.criteria.violation import Violation
from services.oversight import store
from services.oversight.domain.cube import flow_of
from services.oversight.domain.flows import FlowQuery, FlowTable, month_of
from services.oversight.domain.view import place_of, table_of

RULES = "oversight.min_firms oversight.min_banks oversight.dominance"


def get_flows(tx: ReadTx, by: Principal, query: FlowQuery) -> FlowTable:
    """The regulator's own territory, from batches that are public already."""
    by.require(Role.REGULATOR)
    this_month = month_of(tx.today)
    if query.month_to > this_month:
        raise Violation(
            "month_to", f"{query.month_to} is still to come.", f"Ask for months up to {this_month}."
        )
    place = place_of(by.territory)
    window = (query.month_from, query.month_to)
    sets = store.policy_sets(tx, flow_of(query.measure), *window)
    told = store.told_cells(tx, query.measure, place, *window)
    return table_of(query, place, told, " ".join((RULES, *sets)))
