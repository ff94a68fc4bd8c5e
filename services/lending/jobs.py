"""What lending does from time to time."""

from collections.abc import Sequence

from libs.chassis.database import Database
from libs.chassis.intents import Runner, Runners, run_due
from libs.chassis.service import Job
from services.lending.clients import GuaranteeClient
from services.lending.courier import Courier
from services.lending.operations import (
    covers,
    deliveries,
    feed,
    loan_life,
    pledges,
    products,
    timers,
    waivers,
)


def runners(client: GuaranteeClient) -> Runners:
    return {
        covers.RESERVE: Runner(client.reserve, covers.record_reservation),
        covers.RELEASE: Runner(client.release, covers.record_release),
    }


def jobs(database: Database, kinds: Runners, courier: Courier) -> Sequence[Job]:
    return (
        Job("unfinished intents", 0.5, lambda: run_due(database, kinds), wakes=True),
        Job("lapsed offers", 60.0, lambda: timers.lapse_offers(database)),
        Job("overdue decisions", 60.0, lambda: timers.note_overdue(database)),
        Job("loans past due", 60.0, lambda: loan_life.review(database)),
        Job("rates that follow the LPR", 60.0, lambda: loan_life.reprice(database)),
        Job("pledge watch", 60.0, lambda: pledges.watch(database)),
        Job("products on the market", 60.0, lambda: products.keep_market(database)),
        Job("waivers that are over", 60.0, lambda: waivers.end_expired(database)),
        Job("feed", 1.0, lambda: feed.number_notices(database), wakes=True),
        Job("webhooks", 0.5, courier.run),
        Job("old deliveries", 3_600.0, lambda: database.transact(deliveries.forget_delivered)),
    )
