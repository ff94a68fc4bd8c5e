"""Guarantors: registered by the operator, read by all; what they can still take."""

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import GUARANTOR, Principal, Role
from libs.chassis.problems import Invalid
from libs.registry.regions import county_of
from services.guarantee.domain.guarantor import Guarantor, GuarantorList, Headroom
from services.guarantee.operations import rooms, rules
from services.guarantee.store import guarantors as guarantor_store
from services.guarantee.store import opening as opening_store


def put_guarantor(tx: WriteTx, by: Principal, guarantor_id: str, guarantor: Guarantor) -> Guarantor:
    """Register a guarantor, or bring its figures up to date. A limit that falls below what is held cancels nothing."""
    by.require(Role.OPERATOR)
    if guarantor.id != guarantor_id:
        raise Invalid(
            f"The body names {guarantor.id}.", field="/id", mend=f"Give {guarantor_id}, as in the address."
        )
    before = guarantor_store.to_change(tx, guarantor_id)
    _check_opening(tx, guarantor)
    guarantor_store.put(tx, guarantor)
    opened_fen = 0 if before is None else before.opening_liability_fen
    rooms.note_opening(tx, guarantor, guarantor.opening_liability_fen - opened_fen)
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
    return rules.headroom_of(tx, [guarantor])[0]


def _check_opening(tx: WriteTx, guarantor: Guarantor) -> None:
    if guarantor.opening_liability_fen and opening_store.newest_approved(tx, guarantor.id) is not None:
        raise Invalid(
            "The book from before the platform is loaded, contract by contract.",
            field="opening_liability_fen",
            mend="Give 0, and correct the book by a return.",
        )
