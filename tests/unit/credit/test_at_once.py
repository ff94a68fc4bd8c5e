"""What happens at the same moment: the log tells it in an order in which it may have happened."""

from concurrent.futures import ThreadPoolExecutor

from libs.eventing import topics
from rongqiao.credit.v1 import credit_pb2 as pb
from rongqiao.credit.v1 import events_pb2 as events
from services.credit.domain.delivery import Delivery, DeliveryKind, NewDelivery, Row
from services.credit.domain.facts import Source
from services.credit.operations import deliveries
from services.credit.store import metadata
from services.credit.store.files import lock_party
from tests.support import patience
from tests.support.services import opened
from tests.unit.credit.world import FIRM, OPERATOR, OTHER, World, fact, registration, told


def test_two_deliveries_open_the_same_parties(world: World) -> None:
    def deliver(parties: tuple[str, str]) -> Delivery:
        rows = [Row(at, party, registration()) for at, party in enumerate(parties, 1)]
        return world.write(deliveries.deliver, OPERATOR, NewDelivery(kind=DeliveryKind.PARTIES), rows)

    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(deliver, [(FIRM, OTHER), (OTHER, FIRM)] * 4))

    assert sum(delivery.recorded for delivery in done) == 2
    assert sum(delivery.known for delivery in done) == 14


def test_no_summary_shows_what_a_consent_opened_behind_its_revocation(world: World) -> None:
    world.put()
    world.say(fact("tax_grade", "A", source=Source.TAX))
    with ThreadPoolExecutor(3) as pool:
        for _ in range(12):
            consent = world.grant("tax", recipient="platform")
            done = [pool.submit(world.tell), pool.submit(world.revoke, consent), pool.submit(world.tell)]
            for one in done:
                one.result()

    assert _shown_behind(world) == []


def test_a_summary_is_told_while_its_party_is_being_changed(postgres_url: str) -> None:
    """Else each could come to wait for the other, until PostgreSQL ends one of them a second later."""
    with opened(postgres_url, metadata) as database, ThreadPoolExecutor(1) as pool:
        world = World(database)
        world.put()
        with database.write() as tx:
            lock_party(tx, FIRM)
            assert pool.submit(world.tell).result(patience.SECONDS) == 1


def _shown_behind(world: World) -> list[str]:
    """Ids of the summaries that show the grade after a revocation was told."""
    found, standing = list[str](), False
    for event in world.events():
        if event.topic == topics.CREDIT_CONSENT.name:
            standing = not event.decode(events.ConsentChanged).revoked
        elif event.topic == topics.CREDIT_PARTY.name:
            shown = "tax_grade" in told(event.decode(pb.PartySummary))
            found += [event.id] if shown and not standing else []
    return found
