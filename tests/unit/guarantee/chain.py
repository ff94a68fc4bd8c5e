"""A small guarantee business to test with: the real programmes, two guarantors, and short ways to act on them."""

from collections import Counter
from dataclasses import replace
from datetime import date
from typing import Any

import sqlalchemy as sa

from libs import policy
from libs.chassis.database import Database, ReadTx
from libs.chassis.principal import Principal, Role, service
from libs.registry.dimensions import Dimensions, OwnerKind
from libs.registry.size import Size
from rongqiao.lending.v1 import events_pb2 as lending_events
from services.guarantee.domain import opening
from services.guarantee.domain.admission import AdmissionDecision, decided
from services.guarantee.domain.compliance import Compliance
from services.guarantee.domain.exposure import weigh
from services.guarantee.domain.guarantee import Guarantee, Reservation
from services.guarantee.domain.guarantor import Guarantor, Tier
from services.guarantee.domain.limits import (
    Chain,
    borrower_key,
    concentration_key,
    group_key,
    joint_key,
    leverage_key,
)
from services.guarantee.domain.procedure import Check
from services.guarantee.domain.programme import Programme, Rulebook
from services.guarantee.domain.quote import Proposal
from services.guarantee.operations import compliance, drawing, guarantees, guarantors, parties, rules
from services.guarantee.operations.rulebook import read
from services.guarantee.store import exposures as exposure_store
from services.guarantee.store import guarantees as guarantee_store
from services.guarantee.store import guarantors as guarantor_store
from services.guarantee.store import opening as opening_store
from services.guarantee.store import party_tables, tables
from services.guarantee.store import rules as rule_store

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
PROVINCE = Guarantor(
    id="org_province", name="宁夏再担保", tier=Tier.PROVINCIAL, net_assets_fen=2_000 * MILLION
)
FUND = Guarantor(id="org_fund", name="国家融资担保基金", tier=Tier.NATIONAL, net_assets_fen=66_000 * MILLION)
CREDIT_LINE = 20_000 * MILLION
TIERS = ("local", "national", "provincial")
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


def with_figures(rulebook: Rulebook, programme: str, **figures: Any) -> Rulebook:
    """The rulebook with other figures in all versions of a programme."""

    def changed(one: Programme) -> Programme:
        return replace(one, **figures) if one.id == programme else one

    return replace(rulebook, programmes=tuple(changed(one) for one in rulebook.programmes))


def chain_of(rulebook: Rulebook, programme: str, guarantor: Guarantor = HELAN) -> Chain:
    """A programme with a guarantor on the list, and all tiers above it."""
    return Chain(
        programme=rulebook.programme(programme, TODAY),
        guarantor=guarantor,
        lines=rulebook.red_lines_on(TODAY),
        day=TODAY,
        admission=decided(guarantor.id, AdmissionDecision(credit_line_fen=CREDIT_LINE), "acc", TODAY),
        tiers=TIERS,
    )


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
    """The rules, the tiers above, and these guarantors, all of them on the re-guarantor's list."""
    database.transact(lambda tx: rules.load(tx, SELF, rulebook))
    for one in (PROVINCE, FUND, *registered):
        database.transact(lambda tx, one=one: guarantors.put_guarantor(tx, OPERATOR, one.id, one))
    for one in registered:
        admit(database, one.id)


def admit(database: Database, guarantor: str, **other: Any) -> None:
    decision = AdmissionDecision(**({"credit_line_fen": CREDIT_LINE} | other))
    database.transact(lambda tx: parties.decide_admission(tx, OPERATOR, guarantor, decision))


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
        "term_months": guarantee.term_months,
        "business_date": TODAY.isoformat(),
        "guarantee_id": guarantee.id,
    }
    told = lending_events.LoanDisbursed(**(plain | other))
    database.transact(lambda tx: drawing.take_effect(tx, told))
    return read_back(database, guarantee)


def repay(
    database: Database, guarantee: Guarantee, left_fen: int, on: date = TODAY, loan_id: str | None = None
) -> Guarantee:
    told = lending_events.RepaymentReceived(
        loan_id=loan_id or f"loan_of_{guarantee.application_id}",
        outstanding_fen=left_fen,
        business_date=on.isoformat(),
        guarantee_id=guarantee.id,
    )
    database.transact(lambda tx: drawing.follow_repayment(tx, told))
    return read_back(database, guarantee)


def pass_line(database: Database, guarantee: Guarantee, **other: Any) -> Guarantee:
    """The guarantor lets a listed loan into cover, or keeps it out."""
    by = replace(MANAGER, organisation=guarantee.guarantor)
    plain = {"passed": True, "checks": (Check(item="BORROWER_KIND", done=True),)}
    word = Compliance(**(plain | other))
    return database.transact(lambda tx: compliance.check_compliance(tx, by, guarantee.id, word))


def read_back(database: Database, guarantee: Guarantee) -> Guarantee:
    with database.read() as tx:
        return guarantee_store.get(tx, guarantee.id)


def held(database: Database) -> dict[str, int]:
    """What every limit holds that holds anything."""
    with database.read() as tx:
        rows = tx.rows(sa.select(tables.limits).where(tables.limits.c.held_fen > 0))
    return {row.key: row.held_fen for row in rows}


def limits_out_of_order(database: Database) -> list[str]:
    """The limits that break the law: those astray, and those that hold more than they allow."""
    with database.read() as tx:
        rows = tx.rows(sa.select(tables.limits).where(tables.limits.c.held_fen > tables.limits.c.limit_fen))
    return [*limits_astray(database), *(row.key for row in rows if not row.key.startswith("group/"))]


def limits_astray(database: Database) -> list[str]:
    """The limits that do not hold the sum of their holds and of what is returned; for liability: of what their
    borrowers weigh."""
    with database.read() as tx:
        owed = _owed(tx)
        rows = tx.rows(sa.select(tables.limits))
    return [row.key for row in rows if (row.held_fen, row.returned_fen) != owed.get(row.key, (0, 0))]


def exposures_out_of_order(database: Database) -> list[str]:
    """The exposures whose platform part is not the sum of the unweighted holds."""
    with database.read() as tx:
        known = tx.rows(sa.select(tables.exposures))
        held_by = _holds(tx)
    keys = {concentration_key(row.guarantor, row.party): row.platform_fen for row in known}
    return [key for key, fen in keys.items() if fen != held_by.get(key, 0)]


def _holds(tx: ReadTx) -> dict[str, int]:
    sums = sa.select(tables.holds.c.limit_key, sa.func.sum(tables.holds.c.amount_fen).label("held"))
    return {row.limit_key: int(row.held) for row in tx.rows(sums.group_by(tables.holds.c.limit_key))}


def _owed(tx: ReadTx) -> dict[str, tuple[int, int]]:
    """What each limit should hold, and of that from returns, from holds, exposures and returned contracts."""
    found: Counter[str] = Counter()
    returned: Counter[str] = Counter()
    lines = rule_store.lines(tx)
    for one in guarantor_store.all_of_them(tx):
        opening_fen = one.opening_liability_fen
        for exposure in exposure_store.of_guarantor(tx, one.id):
            usage = weigh(exposure, lines)
            groups = exposure_store.groups_of(tx, [exposure.party]).get(exposure.party, ())
            for key in (
                leverage_key(one.id),
                concentration_key(one.id, exposure.party),
                *(group_key(one.id, group) for group in groups),
            ):
                found[key] += usage.held_fen
                returned[key] += usage.returned_fen
        found[leverage_key(one.id)] += opening_fen
        returned[leverage_key(one.id)] += opening_fen
        contracts = opening_store.contracts(tx, one.id).values()
        schemes = {programme.id: programme.scheme for programme in rule_store.rulebook(tx).programmes}
        of_returns = opening.principal(one.id, contracts, schemes, TODAY.year)
        found.update(of_returns)
        returned.update(of_returns)
    found.update({key: fen for key, fen in _holds(tx).items() if "/borrower/" not in key})
    for row in tx.rows(sa.select(party_tables.related_parties)):
        for scheme in {one.scheme for one in rule_store.rulebook(tx).programmes}:
            found[joint_key(row.related_group, scheme)] += found[borrower_key(row.party, scheme)]
            returned[joint_key(row.related_group, scheme)] += returned[borrower_key(row.party, scheme)]
    return {key: (fen, returned[key]) for key, fen in found.items()}
