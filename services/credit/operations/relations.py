"""Who stands behind a party, and whom control binds to it."""

from dataclasses import replace
from datetime import date, datetime

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import Principal
from libs.chassis.vault import firm_key
from libs.criteria.violation import Violation
from libs.registry.persons import is_person
from services.credit.domain import relations as rules
from services.credit.domain.consent import Opened
from services.credit.domain.relations import MOST_RELATED, NewRelations, Relations, Shareholder
from services.credit.domain.sources import Source
from services.credit.operations.access import source_of, writable
from services.credit.operations.reading import look
from services.credit.store import files, relations


def put_relations(tx: WriteTx, by: Principal, party: str, new: NewRelations) -> Relations:
    """Record who stands behind a party; what was told before is kept beside it."""
    files.lock_party(tx, party)
    writable(tx, by, party)
    if new.observed_on > tx.today:
        raise Violation(
            "observed_on", f"{new.observed_on} is still to come.", "Give the day of which it was true."
        )
    if party in (new.legal_representative, *new.controllers, *new.same_control):
        raise Violation("party", "A party does not stand behind itself.", "Name others.")
    relations.add_relations(tx, party, new, source_of(by, new.source), by.subject)
    counts = relations.relations_of(tx, party)
    assert counts is not None
    relations.set_edges(tx, party, _binding(tx, *counts[:2]))
    return seen_relations(tx, party, None if by.organisation == party else {})


def _binding(tx: WriteTx, told: NewRelations, source: Source) -> tuple[str, ...]:
    """Whom control binds to the party. A firm's own word shows in its file, and draws nobody else into its group."""
    if source is Source.SELF_DECLARED:
        return ()
    return rules.control_edges(told, tx.policies.integer_on("credit.relations.control_share", tx.today))


def get_relations(
    tx: WriteTx, by: Principal, party: str, as_of: date | None = None, known: datetime | None = None
) -> Relations:
    """Who stands behind the party: public, as the register is. The group is that of today."""
    _, seen = look(tx, by, party)
    return seen_relations(tx, party, seen, *((as_of, known) if seen is None else (None, None)))


def seen_relations(
    tx: ReadTx,
    party: str,
    seen: Opened | None,
    as_of: date | None = None,
    known: datetime | None = None,
) -> Relations:
    """`seen` None: the party itself looks; to everybody else persons stand under a pseudonym."""
    group, cut = group_of(tx, party)
    shown = Relations(party=party, group=group, group_cut=cut)
    told = relations.relations_of(tx, party, as_of, known)
    if told is not None:
        new, source, recorded_at = told
        shown = replace(
            shown,
            legal_representative=new.legal_representative,
            controllers=new.controllers,
            shareholders=new.shareholders,
            same_control=new.same_control,
            source=source,
            observed_on=new.observed_on,
            recorded_at=recorded_at,
        )
    return shown if seen is None else _without_persons(shown)


def group_of(tx: ReadTx, party: str) -> tuple[tuple[str, ...], bool]:
    """The parties that control binds to this one, and whether there are more than are followed."""
    edges: set[tuple[str, str]] = set()
    met, ahead = {party}, {party}
    while ahead and len(met) <= MOST_RELATED:
        found = relations.edges_at(tx, ahead)
        edges.update(found)
        ahead = {end for edge in found for end in edge} - met
        met |= ahead
    group = rules.group_of(party, edges)
    return group[:MOST_RELATED], len(group) > MOST_RELATED


def _without_persons(shown: Relations) -> Relations:
    representative = shown.legal_representative
    return replace(
        shown,
        legal_representative=_shown_id(representative) if representative else None,
        controllers=tuple(map(_shown_id, shown.controllers)),
        shareholders=tuple(
            Shareholder(party=_shown_id(holder.party), share_bp=holder.share_bp)
            for holder in shown.shareholders
        ),
        same_control=tuple(map(_shown_id, shown.same_control)),
        group=tuple(map(_shown_id, shown.group)),
    )


def _shown_id(party: str) -> str:
    """A person under a pseudonym: the same person, the same one, and no way back."""
    return f"pseudonym:{firm_key(party)}" if is_person(party) else party
