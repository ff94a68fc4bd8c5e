"""What lending tells of its applications: the others by event, the bank by its feed."""

from libs.chassis.database import WriteTx
from libs.eventing import topics
from libs.eventing.outbox import emit
from services.lending import messages
from services.lending.domain.application import Application
from services.lending.operations import feed
from services.lending.store import applications as application_store
from services.lending.store import products as product_store

COVER = "cover"
OVERDUE = "overdue"


def keep(tx: WriteTx, application: Application, what: str | None = None) -> Application:
    """Store what an application has become and tell it; `what` changed, unless it is the status."""
    application_store.update(tx, application)
    tell(tx, application, what)
    return application


def tell(tx: WriteTx, application: Application, what: str | None = None) -> None:
    """Of a made-up firm's application in a sandbox only its bank hears."""
    notice = messages.application_notice(application)
    feed.note(
        tx, application.bank, f"application.{what or application.status.lower()}", application.id, notice
    )
    if application.sandbox:
        return
    product = product_store.get(tx, application.product_id, application.product_version)
    fact = messages.application_changed(application, product, tx.today)
    emit(tx, topics.LENDING_APPLICATION, application.id, fact)
