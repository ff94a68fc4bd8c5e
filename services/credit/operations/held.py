"""What counts of a party today: as it was kept with its summary, or worked out anew where that may have changed."""

from collections.abc import Mapping

from libs.chassis.database import ReadTx
from libs.chassis.vault import firm_key
from libs.registry.dimensions import Dimensions
from libs.registry.industries import division_of
from services.credit.domain.facts import Held, size_from
from services.credit.operations.reading import held_facts
from services.credit.store import summaries
from services.credit.store.files import PartyRecord


def held_of(tx: ReadTx, record: PartyRecord) -> Held:
    """The one place that decides between kept and fresh; both are the same facts."""
    kept = summaries.kept_features(tx, record.id)
    return held_facts(tx, record, tx.today) if kept is None else {fact.fact: fact for fact in kept}


def dimensions_of(record: PartyRecord, held: Held, values: Mapping[str, str]) -> Dimensions:
    """For statistics. A first-time borrower is one whose opened credit record says that no bank ever lent to it."""
    registration = record.registration
    division = division_of(registration.industry) if registration.industry else None
    return Dimensions(
        county=registration.county,
        industry_division=division.code if division else "",
        size=size_from(registration, held),
        owner_kind=registration.kind,
        firm_key=firm_key(record.id),
        first_time_borrower=values.get("bank_loan_record") == "false",
    )
