"""What lending tells the others of its applications."""

from libs.chassis.database import WriteTx
from libs.eventing import topics
from libs.eventing.outbox import emit
from services.lending import messages
from services.lending.domain.application import Application
from services.lending.store import applications as application_store
from services.lending.store import products as product_store


def keep(tx: WriteTx, application: Application) -> Application:
    application_store.update(tx, application)
    tell(tx, application)
    return application


def tell(tx: WriteTx, application: Application) -> None:
    product = product_store.get(tx, application.product_id, application.product_version)
    fact = messages.application_changed(application, product, tx.today)
    emit(tx, topics.LENDING_APPLICATION, application.id, fact)
