"""Chains: programmes in force with local guarantors, and with what stands above them."""

from collections.abc import Sequence
from dataclasses import replace

from libs.chassis.database import ReadTx
from services.guarantee.domain.guarantor import Guarantor
from services.guarantee.domain.limits import Chain
from services.guarantee.domain.programme import Status
from services.guarantee.store import guarantors as guarantor_store
from services.guarantee.store import parties as party_store
from services.guarantee.store import rules as rule_store


def chain(tx: ReadTx, programme_id: str, guarantor_id: str) -> Chain:
    """A programme in force today with a guarantor, by the rules of today; Violation or NotFound without them."""
    return Chain(
        programme=rule_store.rulebook(tx).programme(programme_id, tx.today),
        guarantor=guarantor_store.get(tx, guarantor_id),
        lines=rule_store.lines(tx),
        day=tx.today,
        admission=party_store.admission(tx, guarantor_id),
        tiers=guarantor_store.tiers(tx),
    )


def all_of(tx: ReadTx, guarantors: Sequence[Guarantor]) -> list[Chain]:
    """Every programme in force today with each of these guarantors."""
    lines, tiers = rule_store.lines(tx), guarantor_store.tiers(tx)
    admissions = {one.guarantor: one for one in party_store.list_admissions(tx)}
    programmes = rule_store.rulebook(tx).programmes_on(tx.today)
    return [
        Chain(
            programme=programme,
            guarantor=guarantor,
            lines=lines,
            day=tx.today,
            admission=admissions.get(guarantor.id),
            tiers=tiers,
        )
        for programme in programmes
        if programme.status is Status.ACTIVE
        for guarantor in guarantors
    ]


def as_it_stands(tx: ReadTx, found: Chain) -> Chain:
    """The chain with all that may have changed since it was read."""
    return replace(
        found,
        guarantor=guarantor_store.get(tx, found.guarantor.id),
        lines=rule_store.lines(tx),
        admission=party_store.admission(tx, found.guarantor.id),
        tiers=guarantor_store.tiers(tx),
    )
