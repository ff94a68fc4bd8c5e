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
from rongqiao.lending.v1 import lending_pb2 as lending
from services.matching import messages
from services.matching.catalogue import Catalogue
from services.matching.operations import records


def on_party(tx: WriteTx, event: Event) -> None:
    records.follow_party(tx, event.decode(credit.PartySummary))


HANDLERS: Mapping[Topic, Handler] = {
    topics.CREDIT_PARTY: on_party,
}


def states(catalogue: Catalogue) -> Mapping[Topic, Callable[[Event], None]]:
    def on_product(event: Event) -> None:
        product = event.decode(lending.Product)
        if product.status == lending.PRODUCT_STATUS_PUBLISHED and not product.sandbox:
            catalogue.index.put(product)
        else:
            catalogue.index.withdraw(product.id)

    def on_programme(event: Event) -> None:
        catalogue.put_programme(messages.programme(event.decode(guarantee.Programme)))

    def on_headroom(event: Event) -> None:
        catalogue.put_headroom(messages.headroom(event.decode(guarantee.Headroom)))

    def on_organisation(event: Event) -> None:
        organisation = event.decode(identity.Organisation)
        catalogue.put_name(organisation.id, organisation.name)

    return {
        topics.LENDING_PRODUCT: on_product,
        topics.GUARANTEE_PROGRAMME: on_programme,
        topics.GUARANTEE_HEADROOM: on_headroom,
        topics.IDENTITY_ORGANISATION: on_organisation,
    }
