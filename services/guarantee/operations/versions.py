"""Which version of a programme a guarantee goes by on a day."""

from datetime import date

from libs.chassis.database import ReadTx
from services.guarantee.domain.guarantee import Guarantee
from services.guarantee.domain.programme import Programme
from services.guarantee.store import rules as rule_store


def of(tx: ReadTx, guarantee: Guarantee, day: date) -> Programme:
    """The last version up to a day; where today's rules do not know the programme, as it was at reservation."""
    newest = rule_store.rulebook(tx).last_version(guarantee.programme, day)
    if newest is not None:
        return newest
    then = rule_store.rulebook_of(tx, guarantee.policy_set)
    found = then.last_version(guarantee.programme, guarantee.programme_effective)
    if found is None:
        raise LookupError(f"{guarantee.policy_set} has no {guarantee.programme}, which {guarantee.id} names")
    return found


def of_reservation(tx: ReadTx, guarantee: Guarantee) -> Programme:
    return of(tx, guarantee, guarantee.programme_effective)
