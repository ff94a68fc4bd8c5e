"""What credit says is publicly recognised of a firm counts, whether a caller names it or not."""

from libs.chassis.database import Database
from libs.eventing import topics
from libs.eventing.envelope import Event
from libs.eventing.inbox import Inbox
from rongqiao.credit.v1 import credit_pb2 as credit
from services.guarantee.domain.quote import RECOGNITIONS
from services.guarantee.handlers import HANDLERS
from services.guarantee.operations import quotes
from tests.support.services import NOON
from tests.unit.guarantee.chain import LENDING, TODAY, house_rules, proposal, reserve, wish

LITTLE_GIANT = credit.SummaryItem(fact="little_giant", state=credit.ITEM_STATE_KNOWN, value="true")


def tell(database: Database, sequence: int, *items: credit.SummaryItem) -> None:
    summary = credit.PartySummary(party="uscc:a", items=items)
    event = Event(
        topic=topics.CREDIT_PARTY.name,
        subject="uscc:a",
        sequence=sequence,
        id=f"evt_{sequence}",
        type=summary.DESCRIPTOR.full_name,
        source=topics.CREDIT_PARTY.source,
        time=NOON,
        data=summary.SerializeToString(),
    )
    database.transact(lambda tx: Inbox(HANDLERS).receive(tx, event, {}))


def feasible(database: Database) -> set[str]:
    with database.read() as tx:
        found = quotes.quote(tx, LENDING, proposal()).structures
    return {one.programme for one in found if not one.breaches}


def test_every_label_of_a_programme_is_a_recognition_that_is_followed() -> None:
    programmes = house_rules().programmes_on(TODAY)

    named = {label for one in programmes for label in (*one.labels, *one.labels_excluded)}

    assert named == set(RECOGNITIONS)


def test_a_recognised_firm_is_covered_without_anybody_naming_it(database: Database) -> None:
    tell(database, 1, LITTLE_GIANT)

    assert feasible(database) == {"batch", "ordinary", "technology_40"}
    assert reserve(database, wish(programme="technology_40")).programme == "technology_40"


def test_a_recognition_that_ended_counts_no_longer(database: Database) -> None:
    tell(database, 1, LITTLE_GIANT)
    tell(database, 2, credit.SummaryItem(fact="little_giant", state=credit.ITEM_STATE_KNOWN, value="false"))

    assert feasible(database) == {"batch", "ordinary"}


def test_what_is_not_public_is_not_looked_at(database: Database) -> None:
    hidden = credit.SummaryItem(fact="high_tech", state=credit.ITEM_STATE_NOT_AUTHORISED, value="true")
    by_consent = credit.SummaryItem(
        fact="srdi", state=credit.ITEM_STATE_KNOWN, value="true", valid_until="2027-01-01"
    )

    tell(database, 1, hidden, by_consent)

    assert feasible(database) == {"batch", "ordinary"}
