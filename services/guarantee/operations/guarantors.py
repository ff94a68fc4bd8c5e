"""Guarantors: registered by the operator, read by all; what they can still take."""

from dataclasses import replace

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import GUARANTOR, Principal, Role
from libs.chassis.problems import Invalid
from libs.registry.regions import county_of
from services.guarantee.domain import limits as limit_rules
from services.guarantee.domain.guarantor import Guarantor, GuarantorList, Headroom
from services.guarantee.operations import rules
from services.guarantee.store import guarantors as guarantor_store
from services.guarantee.store import limits as limit_store
from services.guarantee.store import rules as rule_store


def put_guarantor(tx: WriteTx, by: Principal, guarantor_id: str, guarantor: Guarantor) -> Guarantor:
    """Register a guarantor, or bring its figures up to date. A limit that falls below what is held cancels nothing."""
    by.require(Role.OPERATOR)
    if guarantor.id != guarantor_id:
        raise Invalid(
            f"The body names {guarantor.id}.", field="/id", mend=f"Give {guarantor_id}, as in the address."
        )
    guarantor_store.put(tx, guarantor)
    _hold_opening_book(tx, guarantor)
    rules.refresh_limits(tx)
    return guarantor


def list_guarantors(tx: ReadTx, by: Principal, county: str | None = None) -> GuarantorList:
    """All guarantors, or those that cover a county. Net assets of a licensed guarantor are public."""
    if county is not None:
        county_of(county)
    items = guarantor_store.all_of_them(tx)
    return GuarantorList(items=tuple(one for one in items if county in (None, *one.counties)))


def get_headroom(tx: ReadTx, by: Principal, guarantor_id: str) -> Headroom:
    """What a guarantor can still take: for itself and for those who watch over all."""
    by.require(*GUARANTOR, Role.REGUARANTOR, Role.REGULATOR, Role.OPERATOR, Role.SERVICE)
    if by.role in GUARANTOR:
        by.require_organisation(guarantor_id)
    guarantor = guarantor_store.get(tx, guarantor_id)
    return limit_rules.headroom(guarantor, rule_store.rulebook(tx), limit_store.held(tx), tx.today)


def _hold_opening_book(tx: WriteTx, guarantor: Guarantor) -> None:
    """Liability from before the platform takes of the leverage limit like any guarantee."""
    lines, holder = rule_store.rulebook(tx).red_lines_on(tx.today), f"opening/{guarantor.id}"
    opening = limit_rules.opening(guarantor, lines)
    limit_store.lock(tx, [opening.limit])
    before = limit_store.lock_holds(tx, holder)
    limit_store.give_back(tx, holder, before, [replace(hold, amount_fen=0) for hold in before])
    limit_store.take(tx, holder, [opening])
