"""Lending's calls to a guarantor over real gRPC: one reservation, whatever happens on the way."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

import grpc
import pytest

from libs.chassis.intents import run_due
from libs.chassis.problems import InFlight, Problem, Unavailable
from rongqiao.guarantee.v1 import guarantee_pb2 as pb
from rongqiao.guarantee.v1 import guarantee_pb2_grpc
from services.lending.clients import GuaranteeClient
from services.lending.domain.application import Application, Cover
from services.lending.jobs import runners
from tests.support.lending import DIMENSIONS, FIRM, GUARANTEED
from tests.support.rpc import serving
from tests.unit.lending.desk import BANK, NO_ROOM, Desk


@dataclass
class Guarantor(guarantee_pb2_grpc.GuaranteesServicer):
    """A guarantor that reserves what it is asked for, once under a key, unless it is told to fail."""

    fails: list[Problem] = field(default_factory=list)
    reserved: dict[str, pb.ReserveRequest] = field(default_factory=dict)
    released: list[str] = field(default_factory=list)
    callers: set[str] = field(default_factory=set)

    def Reserve(self, request: pb.ReserveRequest, context: grpc.ServicerContext) -> pb.Guarantee:
        sent = dict(context.invocation_metadata())
        self.callers.add(sent["authorization"])
        if self.fails:
            raise self.fails.pop(0)
        self.reserved[sent["idempotency-key"]] = request
        return pb.Guarantee(
            id="gua_1", application_id=request.application_id, status=pb.GUARANTEE_STATUS_RESERVED
        )

    def Release(self, request: pb.GuaranteeId, context: grpc.ServicerContext) -> pb.Guarantee:
        self.released.append(request.guarantee_id)
        return pb.Guarantee(id=request.guarantee_id, status=pb.GUARANTEE_STATUS_CANCELLED)


@dataclass
class Together:
    desk: Desk
    guarantor: Guarantor
    client: GuaranteeClient

    def call(self) -> int:
        """What the job does: carry out what is due."""
        return run_due(self.desk.database, runners(self.client))

    def wait(self) -> None:
        self.desk.database.clock.instant += timedelta(minutes=5)  # type: ignore[attr-defined]

    def approved(self) -> Application:
        return self.desk.approved(self.desk.opened(**GUARANTEED))


@pytest.fixture
def both(desk: Desk) -> Iterator[Together]:
    guarantor = Guarantor()
    with serving(partial(guarantee_pb2_grpc.add_GuaranteesServicer_to_server, guarantor)) as channel:
        yield Together(desk, guarantor, GuaranteeClient(desk.database, channel, lambda: "a-token"))


def test_an_approval_reserves_what_the_bank_approved(both: Together) -> None:
    application = both.approved()

    both.call()

    (asked,) = both.guarantor.reserved.values()
    assert (asked.application_id, asked.programme, asked.guarantor) == (
        application.id,
        GUARANTEED["programme"],
        GUARANTEED["guarantor"],
    )
    assert (asked.proposal.party, asked.proposal.bank, asked.proposal.amount_fen) == (FIRM, BANK, 80_000_000)
    assert (asked.proposal.term_months, asked.proposal.dimensions.county) == (12, DIMENSIONS.county)
    assert both.guarantor.callers == {"Bearer a-token"}
    known = both.desk.seen(application)
    assert (known.cover, known.guarantee_id) == (Cover.RESERVED, "gua_1")


def test_what_was_reserved_is_not_reserved_again(both: Together) -> None:
    both.approved()

    both.call()
    both.wait()

    assert both.call() == 0
    assert len(both.guarantor.reserved) == 1


def test_a_guarantor_without_room_refuses(both: Together) -> None:
    both.guarantor.fails = [NO_ROOM]
    application = both.approved()

    both.call()

    known = both.desk.seen(application)
    assert (known.cover, known.cover_note) == (Cover.REFUSED, NO_ROOM.detail)


@pytest.mark.parametrize(
    "passing", [InFlight("It is being worked on."), Unavailable("The database is away.")]
)
def test_a_guarantor_that_is_busy_has_not_refused(both: Together, passing: Problem) -> None:
    both.guarantor.fails = [passing]
    application = both.approved()

    both.call()
    meanwhile = both.desk.seen(application).cover
    both.wait()
    both.call()

    assert meanwhile is Cover.RESERVING
    assert both.desk.seen(application).cover is Cover.RESERVED


def test_a_firm_that_stepped_back_meanwhile_has_its_room_given_back(both: Together) -> None:
    application = both.approved()
    both.desk.withdrawn(application)

    both.call()
    both.call()

    assert len(both.guarantor.reserved) == 1
    assert set(both.guarantor.released) == {
        "gua_1"
    }  # asked for once or twice: the second finds it given back
