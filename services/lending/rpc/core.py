"""The gRPC service `Core`: a bank's core system, by streams. Every item is one operation with an outcome of its own."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from threading import BoundedSemaphore, Event
from time import monotonic

import grpc

from libs.chassis.call import KEY_LENGTH, Call
from libs.chassis.failures import problem_of
from libs.chassis.problems import Invalid, Problem, TooMany
from libs.chassis.rpc import RpcDoor
from libs.chassis.wire import from_message, from_plain, to_message
from rongqiao.lending.v1 import core_pb2 as pb
from rongqiao.lending.v1 import core_pb2_grpc
from rongqiao.lending.v1 import lending_pb2 as lending
from services.lending.domain.drawdown import Disbursement
from services.lending.domain.offer import Approval, Declination
from services.lending.domain.product import NewProduct
from services.lending.domain.repayment import Repayment
from services.lending.operations import decisions, loans, products, watching

Context = grpc.ServicerContext

LOOK_AGAIN = 0.5  # seconds until the feed is asked for more
FOLLOWED_FOR = 900.0  # seconds; then the caller watches on from its position, with a token that is still good
MOST_FOLLOWERS = 6  # each keeps one of the door's threads

# Does an item, and says whose state changed: the id of the product, application or loan.
_Act = Callable[[Call], str]


@dataclass
class CoreServicer(core_pb2_grpc.CoreServicer):
    door: RpcDoor
    _seats: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(MOST_FOLLOWERS))

    def PutProducts(
        self, request_iterator: Iterable[pb.ProductItem], context: Context
    ) -> Iterator[pb.ItemOutcome]:
        call = self.door.call(context)
        return (_outcome(call, item.key, _product(item)) for item in request_iterator)

    def PostDecisions(
        self, request_iterator: Iterable[pb.DecisionItem], context: Context
    ) -> Iterator[pb.ItemOutcome]:
        call = self.door.call(context)
        return (_outcome(call, item.key, _decision(item)) for item in request_iterator)

    def PostDrawdowns(
        self, request_iterator: Iterable[pb.DrawdownItem], context: Context
    ) -> Iterator[pb.ItemOutcome]:
        call = self.door.call(context)
        return (_outcome(call, item.key, _drawdown(item)) for item in request_iterator)

    def PostRepayments(
        self, request_iterator: Iterable[pb.RepaymentItem], context: Context
    ) -> Iterator[pb.ItemOutcome]:
        call = self.door.call(context)
        return (_outcome(call, item.key, _repayment(item)) for item in request_iterator)

    def WatchApplications(
        self, request: pb.WatchRequest, context: Context
    ) -> Iterator[pb.WatchedApplication]:
        call = self.door.call(context)
        if not request.follow:
            yield from _watched(call, request.after, lambda: False)
            return
        if not self._seats.acquire(blocking=False):
            raise TooMany(
                f"{MOST_FOLLOWERS} streams are followed already.",
                mend="Follow with fewer, or ask now and then.",
            )
        try:
            yield from _watched(call, request.after, _patience(context))
        finally:
            self._seats.release()


def _watched(call: Call, after: int, waits: Callable[[], bool]) -> Iterator[pb.WatchedApplication]:
    """All that the feed tells of now, and as long as `waits` says so what it tells of later."""
    while True:
        sight = call.read(watching.look, after)
        yield from (to_message(pb.WatchedApplication, one) for one in sight.items)
        after = sight.next
        if sight.caught_up and not waits():
            return


def _patience(context: Context) -> Callable[[], bool]:
    """Waits a moment before the next look; False when the caller has hung up or was followed for long enough."""
    hung_up, until = Event(), monotonic() + FOLLOWED_FOR
    context.add_callback(hung_up.set)
    return lambda: not hung_up.wait(LOOK_AGAIN) and monotonic() < until


def _outcome(call: Call, key: str, act: _Act) -> pb.ItemOutcome:
    outcome = pb.ItemOutcome(key=key)

    def tell_replay() -> None:
        outcome.replayed = True

    try:
        _check(key)
        outcome.id = act(replace(call, key=key, key_wanted=True, on_replay=tell_replay))
    except Exception as error:  # noqa: BLE001 - the outcome of this item; the others go on
        outcome.problem.CopyFrom(_told(problem_of(error)))
    return outcome


def _check(key: str) -> None:
    if not 0 < len(key) <= KEY_LENGTH:
        mend = f"Give each item a key of your own, 1 to {KEY_LENGTH} characters."
        raise Invalid(f"The item's key has {len(key)} characters.", field="key", mend=mend)


def _told(problem: Problem) -> pb.ItemProblem:
    return from_plain(pb.ItemProblem, problem.document())


def _product(item: pb.ProductItem) -> _Act:
    return lambda call: call.write(products.register_product, from_message(NewProduct, item.product)).id


def _decision(item: pb.DecisionItem) -> _Act:
    if item.WhichOneof("decision") == "approve":
        return lambda call: _approve(call, item.approve)
    if item.WhichOneof("decision") == "decline":
        return lambda call: _decline(call, item.decline)
    return _undecided


def _approve(call: Call, told: lending.ApproveRequest) -> str:
    approval = from_message(Approval, told, without=("application_id",))
    return call.write(decisions.approve_application, told.application_id, approval).id


def _decline(call: Call, told: lending.DeclineRequest) -> str:
    declination = from_message(Declination, told, without=("application_id",))
    return call.write(decisions.decline_application, told.application_id, declination).id


def _undecided(call: Call) -> str:
    raise Invalid("The item holds no decision.", field="decision", mend="Give approve or decline.")


def _drawdown(item: pb.DrawdownItem) -> _Act:
    told = item.drawdown
    return lambda call: (
        call.write(
            loans.disburse, told.application_id, from_message(Disbursement, told, without=("application_id",))
        ).id
    )


def _repayment(item: pb.RepaymentItem) -> _Act:
    told = item.repayment
    return lambda call: (
        call.write(loans.repay, told.loan_id, from_message(Repayment, told, without=("loan_id",))).id
    )
