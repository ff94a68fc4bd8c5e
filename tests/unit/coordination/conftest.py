"""Coordination on a real database, with matching and lending played by two small gRPC servers."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

import grpc
import pytest
import sqlalchemy as sa

from libs import policy
from libs.chassis.database import Database
from libs.chassis.intents import Runners, run_due
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Conflict, NotFound, Unavailable
from rongqiao.common.v1 import common_pb2 as common
from rongqiao.lending.v1 import events_pb2 as lending_events
from rongqiao.lending.v1 import lending_pb2 as lending
from rongqiao.lending.v1 import lending_pb2_grpc
from rongqiao.matching.v1 import matching_pb2 as matching
from rongqiao.matching.v1 import matching_pb2_grpc
from services.coordination import jobs, operations, store
from services.coordination.clients import LendingClient, MatchingClient
from services.coordination.http import router
from tests.support.rpc import door_of, serving, token_of
from tests.support.services import Client, client_of, opened

PARTY = "uscc:91640104MA75XJ0Q31"
DIMENSIONS = common.Dimensions(
    county="640104",
    industry_division="34",
    size=common.SIZE_SMALL,
    owner_kind=common.OWNER_KIND_ENTERPRISE,
    firm_key="k" * 26,
)
NEED = {"party": PARTY, "amount_fen": 300_000_000, "term_months": 12, "purpose": "购买原材料"}


def plan(number: int, product: str, bank: str, **more: Any) -> matching.Plan:
    return matching.Plan(
        number=number,
        family=matching.FAMILY_FIRST_LOAN,
        product_id=product,
        product_version=1,
        product_name=f"首贷{number}号",
        bank=bank,
        amount_fen=300_000_000,
        term_months=12,
        repayment_method=lending.REPAYMENT_METHOD_INTEREST_FIRST,
        **more,
    )


COVERED = plan(
    2,
    "prd_ridge",
    "org_ridge",
    guarantee=matching.PlanGuarantee(programme="ordinary", guarantor="org_yinchuan_guarantee"),
    pledge=matching.PlanPledge(rights=["ZL201910000001.1"]),
)
PLANS = (plan(1, "prd_spring", "org_spring"), COVERED)


@dataclass
class Matching(matching_pb2_grpc.MatchingServicer):
    """Finds the plans it was told to find, and none when it was told so."""

    door: Any
    plans: tuple[matching.Plan, ...] = PLANS
    unknown: bool = False
    down: bool = False
    asked: list[tuple[str, str | None]] = field(default_factory=list)

    def Match(self, request: matching.MatchRequest, context: grpc.ServicerContext) -> matching.Match:
        call = self.door.call(context)
        self.asked.append((call.principal.subject, call.key))
        if self.down:
            raise Unavailable("Down for a moment.")
        if self.unknown:
            raise NotFound("There is no file of this firm.", mend="Register the firm first.")
        reasons = [
            matching.Reason(code="years_in_business", outcome=matching.OUTCOME_FAIL),
            matching.Reason(code="tax_grade", outcome=matching.OUTCOME_UNKNOWN),
        ]
        none = matching.FamilyAnswer(
            family=matching.FAMILY_FIRST_LOAN, why_none=[] if self.plans else reasons
        )
        return matching.Match(
            id="mat_1",
            party=request.party,
            amount_fen=request.amount_fen,
            term_months=request.term_months,
            dimensions=DIMENSIONS,
            plans=self.plans,
            families=[none],
        )


@dataclass
class Lending(lending_pb2_grpc.LendingServicer):
    """Opens and withdraws applications, once per key, and keeps what it was sent."""

    door: Any
    refuses: bool = False
    down: bool = False
    opened: dict[str, lending.OpenApplicationRequest] = field(default_factory=dict)
    withdrawn: list[str] = field(default_factory=list)

    def OpenApplication(
        self, request: lending.OpenApplicationRequest, context: grpc.ServicerContext
    ) -> lending.Application:
        key = self.door.call(context).key
        if self.down:
            raise Unavailable("Down for a moment.")
        if self.refuses:
            raise Conflict("The product is off the market.", mend="Ask for a new recommendation.")
        self.opened[key] = request
        return lending.Application(id=f"app_{request.product_id}")

    def Withdraw(self, request: lending.ApplicationId, context: grpc.ServicerContext) -> lending.Application:
        self.withdrawn.append(request.application_id)
        return lending.Application(id=request.application_id)


@dataclass
class Desk:
    """Everything that a test of coordination may touch."""

    database: Database
    matching: Matching
    lending: Lending
    runners: Runners
    desk: operations.Desk

    def client(self, role: Role = Role.SME, organisation: str = PARTY, territory: str = "640104") -> Client:
        client = client_of(self.database, router, role, organisation, parts=self.desk)
        client.principal = Principal("acc_1", role, organisation, territory)
        return client

    def centre(self, territory: str) -> Client:
        return self.client(Role.SERVICE_CENTRE, "org_centre", territory)

    def move_on(self) -> None:
        """Let the first pause of an intent pass."""
        self.database.clock.instant += timedelta(seconds=2)

    def run_jobs(self) -> int:
        return run_due(self.database, self.runners)

    def bank_says(self, request: dict[str, Any], product: str, status: Any, *codes: str) -> None:
        """The fact that lending would publish of the application for this product."""
        changed = lending_events.ApplicationChanged(
            application_id=f"app_{product}",
            request_id=request["id"],
            product_id=product,
            status=status,
            reason_codes=codes,
        )
        self.database.transact(lambda tx: operations.follow_application(tx, changed))


@pytest.fixture(scope="session")
def tables() -> sa.MetaData:
    return store.metadata


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with opened(database_url, store.metadata) as database:
        matching_side, lending_side = Matching(door_of(database)), Lending(door_of(database))
        add_matching = partial(matching_pb2_grpc.add_MatchingServicer_to_server, matching_side)
        add_lending = partial(lending_pb2_grpc.add_LendingServicer_to_server, lending_side)
        token = partial(token_of, Principal("service:coordination", Role.SERVICE, "platform"))
        with serving(add_matching) as to_matching, serving(add_lending) as to_lending:
            runners = jobs.runners(
                MatchingClient(database, to_matching, token), LendingClient(database, to_lending, token)
            )
            yield Desk(
                database, matching_side, lending_side, runners, operations.Desk(runners, policy.load())
            )
