"""Who of a bank may touch what."""

from libs.chassis.database import WriteTx
from libs.chassis.principal import Principal
from services.lending.domain.application import Application
from services.lending.store import applications as application_store


def own_application(tx: WriteTx, by: Principal, application_id: str) -> Application:
    application = application_store.to_change(tx, application_id)
    by.require_organisation(application.bank)
    return application
