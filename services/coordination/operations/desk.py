"""What both doors do around an operation."""

from dataclasses import dataclass

from libs.chassis.call import Call
from libs.chassis.clock import business_date
from libs.chassis.intents import Runners, run_subject
from libs.policy import PolicySet
from services.coordination.domain.request import FinancingRequest
from services.coordination.operations.requests import get_request


@dataclass(frozen=True)
class Desk:
    runners: Runners
    policies: PolicySet

    def similar_days(self, call: Call) -> int:
        today = business_date(call.database.clock.now())
        return self.policies.integer_on("coordination.similar_request_days", today)

    def answer(self, call: Call, request: FinancingRequest) -> FinancingRequest:
        """How the request stands after what was just decided was tried at once; the job goes on with the rest."""
        run_subject(call.database, self.runners, request.id)
        return call.read(get_request, request.id)
