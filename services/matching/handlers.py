"""What matching does when others tell it something.

HANDLERS write to its database, once for all replicas. STATES fill the memory of this process, in every replica.
"""

from collections.abc import Callable, Mapping

from libs.chassis.database import WriteTx
from libs.eventing import topics
from libs.eventing.envelope import Event
from libs.eventing.inbox import Handler
from libs.eventing.topics import Topic
from rongqiao.credit.v1 import credit_pb2 as credit
from rongqiao.guarantee.v1 import guarantee_pb2 as guarantee
from rongqiao.identity.v1 import identity_pb2 as identity
from rongqiao.lending.v1 import events_pb2 as lending_events
from rongqiao.lending.v1 import lending_pb2 as lending
from rongqiao.lending.v1 import waivers_pb2 as lending_waivers
from rongqiao.matching.v1 import events_pb2 as events
from services.matching import messages
from services.matching.catalogue import Catalogue
from services.matching.domain.replay.edition import State, StateKind
from services.matching.operations import decisions, records
from services.matching.operations.batches import batches


def on_party(tx: WriteTx, event: Event) -> None:
    records.follow_party(tx, event.decode(credit.PartySummary))


def on_application(tx: WriteTx, event: Event) -> None:
    decisions.follow_application(tx, event.decode(lending_events.ApplicationChanged), event.time)


def on_wanted(tx: WriteTx, event: Event) -> None:
    """The row waits; it is worked on with those of files. Only what belongs to no batch is parked."""
    batches.receive(tx, event.subject, messages.wanted(event.decode(events.RowWanted)))


HANDLERS: Mapping[Topic, Handler] = {
    topics.CREDIT_PARTY: on_party,
    topics.LENDING_APPLICATION: on_application,
    topics.MATCHING_WANTED: on_wanted,
}


def states(catalogue: Catalogue) -> Mapping[Topic, Callable[[Event], None]]:
    def on_product(event: Event) -> None:
        product = event.decode(lending.Product)
        if product.status == lending.PRODUCT_STATUS_PUBLISHED and not product.sandbox:
            catalogue.put(State(StateKind.PRODUCT, product.id, event.data))
        else:
            catalogue.withdraw(StateKind.PRODUCT, product.id)

    def on_programme(event: Event) -> None:
        catalogue.put_programme(messages.programme(event.decode(guarantee.Programme)))

    def on_headroom(event: Event) -> None:
        catalogue.put_headroom(messages.headroom(event.decode(guarantee.Headroom)))

    def on_organisation(event: Event) -> None:
        organisation = event.decode(identity.Organisation)
        catalogue.put_name(organisation.id, organisation.name)

    def on_waiver(event: Event) -> None:
        state = event.decode(lending_waivers.WaiverState)
        if state.status == lending_waivers.WAIVER_STATUS_GRANTED:
            catalogue.put_waiver(messages.waiver(state))
        else:
            catalogue.withdraw(StateKind.WAIVER, state.id)

    return {
        topics.LENDING_PRODUCT: on_product,
        topics.LENDING_WAIVER: on_waiver,
        topics.GUARANTEE_PROGRAMME: on_programme,
        topics.GUARANTEE_HEADROOM: on_headroom,
        topics.IDENTITY_ORGANISATION: on_organisation,
    }
