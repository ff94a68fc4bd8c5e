"""Parties: whom the re-guarantor takes on, who belongs together, and which counties have a guarantor."""

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import GUARANTOR, Principal, Role
from libs.chassis.problems import Forbidden, NotFound
from libs.registry.regions import counties
from services.guarantee.domain import coverage
from services.guarantee.domain.admission import Admission, AdmissionDecision, AdmissionList, decided
from services.guarantee.domain.coverage import CoverageMap
from services.guarantee.domain.limits import credit_line
from services.guarantee.domain.related import NewRelatedGroup, RelatedGroup, RelatedGroupList
from services.guarantee.operations import rules, weighing
from services.guarantee.store import guarantors as guarantor_store
from services.guarantee.store import limits as limit_store
from services.guarantee.store import parties as party_store

_WATCHERS = (Role.REGUARANTOR, Role.REGULATOR, Role.OPERATOR)


def decide_admission(tx: WriteTx, by: Principal, guarantor_id: str, decision: AdmissionDecision) -> Admission:
    """Take a guarantor on the list, change its line, suspend it or restore it; nothing that stands is cancelled."""
    by.require(Role.REGUARANTOR, Role.OPERATOR)
    if guarantor_store.to_change(tx, guarantor_id) is None:
        raise NotFound(f"There is no guarantor {guarantor_id}.", field="guarantor_id")
    admission = decided(guarantor_id, decision, by.subject, tx.today)
    party_store.put_admission(tx, admission)
    limit_store.ensure(tx, [credit_line(admission)])
    rules.refresh_limits(tx)
    return admission


def list_admissions(tx: ReadTx, by: Principal) -> AdmissionList:
    """The list: a guarantor sees itself on it, those who watch over all see all."""
    by.require(*GUARANTOR, *_WATCHERS)
    found = party_store.list_admissions(tx)
    mine = (one for one in found if by.role not in GUARANTOR or one.guarantor == by.organisation)
    return AdmissionList(items=tuple(mine))


def put_group(tx: WriteTx, by: Principal, group_id: str, found: NewRelatedGroup) -> RelatedGroup:
    """Record who belongs together; without parties the group binds nobody any more. Only its finder changes it."""
    by.require(Role.GUARANTOR_MANAGER, Role.OPERATOR)
    guarantor_store.lock_all(tx)
    known = party_store.group(tx, group_id)
    if known is not None and by.role is not Role.OPERATOR and known.recorded_by != by.organisation:
        raise Forbidden(
            "Another organisation recorded this group.", field="group_id", mend="Record one of your own."
        )
    group = RelatedGroup(
        id=group_id,
        name=found.name,
        kind=found.kind,
        parties=tuple(sorted(found.parties)),
        recorded_by=by.organisation if known is None else known.recorded_by,
    )
    party_store.put_group(tx, group)
    weighing.join(tx, group_id, group.parties)
    return group


def list_groups(tx: ReadTx, by: Principal, party: str | None = None) -> RelatedGroupList:
    """All groups, or those of a party: for those who judge borrowers or watch over it."""
    by.require(*GUARANTOR, *_WATCHERS)
    return RelatedGroupList(items=party_store.list_groups(tx, party))


def get_coverage(tx: ReadTx, by: Principal) -> CoverageMap:
    """Which counties have a direct guarantor: public to all who sign in."""
    return coverage.coverage_map(counties(), guarantor_store.all_of_them(tx))
