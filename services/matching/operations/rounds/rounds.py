"""Market rounds: a service centre opens one, banks confirm their quotas, firms enter and leave until it closes.

What a closed round comes to is in `closing`. Nothing here or there reserves anything.
"""

import secrets
from collections import defaultdict
from dataclasses import replace
from hashlib import sha256

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import BANK, Principal, Role
from libs.chassis.problems import Conflict, Forbidden, Invalid, NotFound
from libs.chassis.vault import vault
from libs.registry.regions import within
from services.matching.domain.firm import firm_on
from services.matching.domain.rounds.round import (
    NewRound,
    NewRoundEntry,
    NewRoundQuota,
    Round,
    RoundCertificateFile,
    RoundEntry,
    RoundEntryPage,
    RoundPage,
    RoundPlace,
    RoundPlacedFirm,
    RoundQuota,
    RoundQuotaResultList,
    RoundReport,
    RoundStatus,
)
from services.matching.operations.access import is_of, shown
from services.matching.store import profiles
from services.matching.store import rounds as store

ENTERERS = (Role.SME, Role.SERVICE_CENTRE)
OBSERVERS = (Role.SERVICE_CENTRE, Role.REGULATOR, Role.OPERATOR)


def open_round(tx: WriteTx, by: Principal, new: NewRound) -> Round:
    """A round for the centre's own territory. The seed of its lottery is fixed now, and its hash told."""
    by.require(Role.SERVICE_CENTRE)
    if new.closes_on < tx.today:
        raise Invalid(f"{new.closes_on} is over.", field="closes_on", mend="Give a day from today on.")
    seed = secrets.token_hex(32)
    made = Round(
        id=tx.new_id("rnd"),
        name=new.name.strip(),
        campaign=new.campaign,
        centre=by.organisation,
        territory=by.territory,
        status=RoundStatus.OPEN,
        closes_on=new.closes_on,
        rule=new.rule,
        quotas=tuple(_asked_for(one) for one in new.quotas),
        ceilings=new.ceilings,
        seed_sha256=sha256(seed.encode()).hexdigest(),
        opened_at=tx.now,
    )
    store.add_round(tx, made, seed)
    return made


def list_rounds(tx: ReadTx, by: Principal, cursor: str | None, limit: int) -> RoundPage:
    """Rounds are public: what they offer, until when, and by which rule."""
    return store.list_rounds(tx, cursor, limit)


def get_round(tx: ReadTx, by: Principal, round_id: str) -> Round:
    return store.round_of(tx, round_id)


def confirm_quota(tx: WriteTx, by: Principal, round_id: str, product_id: str) -> Round:
    """The bank agrees to give its product this quota; without it the product takes no part."""
    by.require(Role.BANK_MANAGER)
    found = _open(tx, round_id)
    _require_time(tx, found)
    mine = [one for one in found.quotas if one.product_id == product_id and one.bank == by.organisation]
    if not mine:
        raise NotFound(f"The round asks your bank for no quota of {product_id}.", field="product_id")
    agreed = replace(mine[0], confirmed_at=mine[0].confirmed_at or tx.now)
    changed = replace(found, quotas=tuple(agreed if one is mine[0] else one for one in found.quotas))
    store.put_round(tx, changed)
    return changed


def cancel_round(tx: WriteTx, by: Principal, round_id: str) -> Round:
    by.require(Role.SERVICE_CENTRE)
    found = _open(tx, round_id)
    if found.centre != by.organisation:
        raise Forbidden("Another centre opened this round.", field="round_id")
    changed = replace(found, status=RoundStatus.CANCELLED)
    store.put_round(tx, changed)
    return changed


def enter(tx: WriteTx, by: Principal, round_id: str, new: NewRoundEntry) -> RoundEntry:
    """The firm itself, or a service centre of its territory for it."""
    by.require(*ENTERERS)
    county = _county_of(tx, by, new.party)
    found = _open(tx, round_id)
    _require_time(tx, found)
    if not within(county, found.territory):
        raise Forbidden(f"The round is for firms of {found.territory}.", field="party")
    _check_wishes(found, new)
    if store.active_entry(tx, round_id, new.party) is not None:
        raise Conflict("The firm has entered.", field="party", mend="Leave the round first to enter anew.")
    entry = RoundEntry(
        id=tx.new_id("ent"),
        round_id=round_id,
        pseudonym=vault().blind_index(f"round/{round_id}/{new.party}"),
        asked=new,
        entered_at=tx.now,
    )
    store.add_entry(tx, entry, county)
    return entry


def leave(tx: WriteTx, by: Principal, round_id: str, entry_id: str) -> RoundEntry:
    """Out of the round again, as long as it is open."""
    by.require(*ENTERERS)
    found = _open(tx, round_id)
    entry = _entry(tx, by, round_id, entry_id)
    _require_time(tx, found)
    if entry.withdrawn_at is not None:
        return entry
    ended = replace(entry, withdrawn_at=tx.now)
    store.end_entry(tx, ended)
    return ended


def list_entries(tx: ReadTx, by: Principal, round_id: str, cursor: str | None, limit: int) -> RoundEntryPage:
    """A firm's own, or those of a centre's territory, the newest first."""
    by.require(*ENTERERS)
    store.round_of(tx, round_id)
    only = store.of_party(by.organisation) if by.role is Role.SME else store.of_territory(by.territory)
    return store.list_entries(tx, round_id, only, cursor, limit)


def get_place(tx: ReadTx, by: Principal, round_id: str, entry_id: str) -> RoundPlace:
    """What an entry got, and why nothing better."""
    by.require(*ENTERERS)
    return shown(by, store.place_of(tx, _entry(tx, by, round_id, entry_id).id))


def get_quota_results(tx: ReadTx, by: Principal, round_id: str) -> RoundQuotaResultList:
    """Of the bank's own products: how many were placed, and who of them shows its name."""
    by.require(*BANK)
    every: RoundQuotaResultList = store.result_of(tx, round_id).quotas
    named: dict[str, list[RoundPlacedFirm]] = defaultdict(list)
    for product, entry in store.shown_to(tx, round_id, by.organisation):
        firm = RoundPlacedFirm(party=entry.asked.party, amount_fen=entry.asked.amount_fen)
        named[product].append(firm)
    own = (one for one in every.items if one.bank == by.organisation)
    return RoundQuotaResultList(items=tuple(replace(one, firms=tuple(named[one.product_id])) for one in own))


def get_report(tx: ReadTx, by: Principal, round_id: str) -> RoundReport:
    """The round beside first come, first served; by county for its own centre only."""
    by.require(*OBSERVERS)
    report: RoundReport = store.result_of(tx, round_id).report
    own = by.role is Role.SERVICE_CENTRE and store.round_of(tx, round_id).centre == by.organisation
    return report if own else replace(report, counties=())


def get_certificate(tx: ReadTx, by: Principal, round_id: str) -> RoundCertificateFile:
    """For everybody: no name is in it."""
    return RoundCertificateFile(content=store.result_of(tx, round_id).certificate)


def _asked_for(new: NewRoundQuota) -> RoundQuota:
    return RoundQuota(product_id=new.product_id, bank=new.bank, places=new.places, amount_fen=new.amount_fen)


def _open(tx: WriteTx, round_id: str) -> Round:
    found = store.locked_round(tx, round_id)
    if found.status is not RoundStatus.OPEN:
        raise Conflict(f"The round is {found.status}.", field="round_id", mend="Choose an open one.")
    return found


def _require_time(tx: ReadTx, found: Round) -> None:
    if found.closes_on < tx.today:
        raise Conflict(
            f"The round closed on {found.closes_on}.", field="round_id", mend="Choose an open one."
        )


def _check_wishes(found: Round, new: NewRoundEntry) -> None:
    offered = {one.product_id for one in found.quotas}
    for number, wish in enumerate(new.wishes):
        if wish not in offered:
            raise Invalid(
                f"The round has no product {wish}.",
                field=f"wishes/{number}",
                mend="Name products of the round.",
            )


def _county_of(tx: ReadTx, by: Principal, party: str) -> str:
    if by.role is Role.SME:
        by.require_organisation(party)
    county = firm_on(profiles.profile(tx, party), tx.today).dimensions.county
    if not is_of(by, party, county):
        raise profiles.not_known(party)
    return county


def _entry(tx: ReadTx, by: Principal, round_id: str, entry_id: str) -> RoundEntry:
    entry, county = store.entry_of(tx, round_id, entry_id)
    if not is_of(by, entry.asked.party, county):
        raise store.no_entry(entry_id)
    return entry
