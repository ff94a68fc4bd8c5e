"""Whatever banks, firm, guarantor and time do with the applications of a request in whatever order: the rules hold."""

import atexit
import shutil
import tempfile
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from itertools import pairwise
from typing import Any

import sqlalchemy as sa
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from libs.chassis.ids import new_id
from libs.chassis.principal import Principal, Role
from libs.chassis.tables import intents
from libs.criteria.violation import Violation
from libs.registry.loan_terms import GuaranteeMode
from rongqiao.lending.v1 import events_pb2 as events
from rongqiao.lending.v1 import lending_pb2 as pb
from services.lending.domain.application import (
    Answer,
    Application,
    ApplicationStatus,
    Contracts,
    Cover,
    Question,
)
from services.lending.domain.drawdown import Disbursement
from services.lending.domain.life import ENDED_UNDRAWN
from services.lending.domain.offer import Approval, Declination
from services.lending.domain.product import Product
from services.lending.operations import applications, choices, covers, decisions, loans, products, timers
from services.lending.store import applications as application_store
from services.lending.store import metadata, quotas
from tests.support.lending import GUARANTEED, new_application, new_product
from tests.support.services import opened
from tests.unit.lending.desk import (
    BANK,
    CANCELLED,
    CONFIRMED,
    COORDINATION,
    EFFECTIVE,
    MANAGER,
    NO_ROOM,
    OFFICER,
    OTHER_BANK,
    OWNER,
    REJECTED,
    RELEASED,
    RESERVED,
    THEIR_MANAGER,
    Desk,
    reservation,
)

S = ApplicationStatus
THEIR_OFFICER = Principal("acc_their_officer", Role.BANK_OFFICER, OTHER_BANK)
QUOTA_FEN = 100_000_000
ASKED_FEN = 80_000_000
NEWS = (RESERVED, CONFIRMED, EFFECTIVE, RELEASED, REJECTED, CANCELLED)
# What a status may have been reached from, written down a second time on purpose.
BEFORE: dict[S, set[S]] = {
    S.ACCEPTED: {S.SUBMITTED, S.INFORMATION_ASKED},
    S.INFORMATION_ASKED: {S.SUBMITTED, S.ACCEPTED},
    S.APPROVED: {S.SUBMITTED, S.ACCEPTED, S.INFORMATION_ASKED},
    S.DECLINED: {S.SUBMITTED, S.ACCEPTED, S.INFORMATION_ASKED},
    S.OFFER_ACCEPTED: {S.APPROVED},
    S.CONTRACTED: {S.OFFER_ACCEPTED},
    S.DISBURSED: {S.CONTRACTED},
    S.LAPSED: {S.APPROVED},
}


@cache
def shared_desk() -> Desk:
    """One database for all examples, each of which has products and a request of its own; gone with the process."""
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder)
    return Desk(opened(f"sqlite:///{folder}/one.db", metadata).__enter__())


class Applications(RuleBasedStateMachine):
    """Up to three applications of one request at two banks; one bank's product has a quota."""

    @initialize(ready=st.sets(st.integers(0, 1)))
    def open_business(self, ready: set[int]) -> None:
        self.desk = shared_desk()
        self.request = new_id("req")
        covered = {"guarantee_modes": (GuaranteeMode.UNSECURED, GuaranteeMode.FINANCING_GUARANTEE)}
        self.products = [
            self._published(OFFICER, MANAGER, quota_fen=QUOTA_FEN, **covered),
            self._published(THEIR_OFFICER, THEIR_MANAGER, **covered),
        ]
        self.checked: list[Application] = []
        self.drawn: str | None = None
        self.ids = [self._opened(0, guaranteed=False), self._opened(1, guaranteed=True)]
        for which in ready:
            self.approve(which, ASKED_FEN, go_on=True)

    def _published(self, officer: Principal, manager: Principal, **changes: Any) -> Product:
        draft = self.desk.act(products.register_product, officer, new_product(new_id("P"), **changes))
        return self.desk.act(products.publish_product, manager, draft.id)

    @precondition(lambda self: len(self.ids) < 3)
    @rule(which=st.integers(0, 1), guaranteed=st.booleans())
    def open(self, which: int, guaranteed: bool) -> None:
        self.ids.append(self._opened(which, guaranteed))

    def _opened(self, which: int, guaranteed: bool) -> str:
        more = GUARANTEED if guaranteed else {}
        new = new_application(self.products[which], request_id=self.request, **more)
        return self.desk.act(applications.open_application, COORDINATION, new).id

    @rule(which=st.integers(0, 2), asks=st.booleans(), answers=st.booleans())
    def take_up(self, which: int, asks: bool, answers: bool) -> None:
        self._bank(which, decisions.accept_application)
        if asks:
            self._bank(which, decisions.ask_information, Question(question="订单？"))
        if answers:
            self._firm(which, choices.answer_question, Answer(answer="已寄出。"))

    @rule(which=st.integers(0, 2), fen=st.integers(ASKED_FEN // 2, ASKED_FEN), go_on=st.booleans())
    def approve(self, which: int, fen: int, go_on: bool) -> None:
        offer = Approval(amount_fen=fen, rate_ppm=43_500, term_months=12)
        if self._bank(which, decisions.approve_application, offer) and go_on:
            self.hear_of_guarantee(which, CONFIRMED)
            self.accept_offer(which, sign_too=True)

    @rule(which=st.integers(0, 2), by_bank=st.booleans(), surely=st.booleans())
    def end(self, which: int, by_bank: bool, surely: bool) -> None:
        if not surely:
            return
        if by_bank:
            told = Declination(reason_codes=("TAX_GRADE",))
            self._bank(which, decisions.decline_application, told)
        else:
            self._firm(which, choices.withdraw_application)

    @rule(which=st.integers(0, 2), sign_too=st.booleans())
    def accept_offer(self, which: int, sign_too: bool) -> None:
        self._firm(which, choices.accept_offer)
        if sign_too:
            self.sign(which)

    @rule(which=st.integers(0, 2))
    def sign(self, which: int) -> None:
        papers = Contracts(loan_contract="C", guarantee_contract="G", signed_on=self._today())
        self._bank(which, decisions.sign_contracts, papers)

    @rule(which=st.integers(0, 2))
    def disburse(self, which: int) -> None:
        before = self._application(which)
        told = Disbursement(disbursed_on=self._today(), external_id=new_id("L"))
        if self._bank(which, loans.disburse, told):
            assert before.status in (S.CONTRACTED, S.DISBURSED) and before.contracts is not None
            assert before.cover in (Cover.NOT_NEEDED, Cover.CONFIRMED, Cover.EFFECTIVE)
            assert self.drawn in (None, before.id)
            self.drawn = before.id

    @rule(which=st.integers(0, 2), status=st.sampled_from(NEWS))
    def hear_of_guarantee(self, which: int, status: int) -> None:
        application = self._application(which)
        if application.programme and application.decision and application.decision.approved:
            self.desk.heard(application, status)

    @rule(which=st.integers(0, 2), room=st.booleans())
    def answer_of_guarantee(self, which: int, room: bool) -> None:
        application = self._application(which)
        if covers.RESERVE in self.desk.intended(application):
            self.desk.answered(application, reservation(application) if room else NO_ROOM)
            self._finish(application, covers.RESERVE)

    @rule(days=st.sampled_from([1, 2, 7, 31]))
    def go_by(self, days: int) -> None:
        self.desk.database.clock.instant += timedelta(days=days)  # type: ignore[attr-defined]
        timers.note_overdue(self.desk.database)
        timers.lapse_offers(self.desk.database)

    @invariant()
    def the_rules_hold(self) -> None:
        known = self._all()
        if known == self.checked:
            return
        self.checked = known
        for item in known:
            self._check_life(item)
            self._check_room(item)
            self._check_events(item)
        self._check_drawn(known)
        self._check_quota(known)

    def _check_drawn(self, known: list[Application]) -> None:
        """At most one is drawn."""
        drawn = [item.id for item in known if item.status is S.DISBURSED]
        assert drawn == ([self.drawn] if self.drawn else [])
        assert all((item.drawn_fen > 0) == (item.status is S.DISBURSED) for item in known)

    def _check_life(self, item: Application) -> None:
        reached = [step.status for step in item.timeline]
        assert reached[0] is S.SUBMITTED and reached[-1] is item.status
        for earlier, later in pairwise(reached):
            assert earlier in BEFORE.get(later, set(S) - {S.DISBURSED, *ENDED_UNDRAWN})
        assert [step.at for step in item.timeline] == sorted(step.at for step in item.timeline)

    def _check_room(self, item: Application) -> None:
        """What ended gives its room back, or will as soon as the reservation is answered."""
        held = item.cover in (Cover.RESERVING, Cover.RESERVED, Cover.CONFIRMED)
        if item.status in ENDED_UNDRAWN and held:
            assert {covers.RELEASE, covers.RESERVE} & set(self.desk.intended(item))

    def _check_quota(self, known: list[Application]) -> None:
        """What is taken is what living applications took, and never more than there is."""
        with self.desk.database.read() as tx:
            mine = quotas.product_quotas.c.product_id == self.products[0].id
            taken = tx.scalar(sa.select(quotas.product_quotas.c.taken_fen).where(mine)) or 0
        living = [item for item in known if item.bank == BANK and item.status not in ENDED_UNDRAWN]
        assert taken == sum(item.decision.amount_fen for item in living if item.decision) <= QUOTA_FEN

    def _check_events(self, item: Application) -> None:
        """They tell the same life, numbered without holes."""
        told = [event for event in self.desk.events("ApplicationChanged") if event.subject == item.id]
        assert [event.sequence for event in told] == list(range(1, len(told) + 1))
        seen = [event.decode(events.ApplicationChanged).status for event in told]
        changes = [status for place, status in enumerate(seen) if not place or seen[place - 1] != status]
        names = [pb.ApplicationStatus.Name(status) for status in changes]
        assert names == [f"APPLICATION_STATUS_{step.status}" for step in item.timeline]

    def _bank(self, which: int, operation: Callable[..., Any], *told: Any) -> bool:
        application = self._application(which)
        return self._try(
            OFFICER if application.bank == BANK else THEIR_OFFICER, operation, application, *told
        )

    def _firm(self, which: int, operation: Callable[..., Any], *told: Any) -> bool:
        return self._try(OWNER, operation, self._application(which), *told)

    def _try(
        self, by: Principal, operation: Callable[..., Any], application: Application, *told: Any
    ) -> bool:
        """Whether it was done. What the rules refuse changes nothing."""
        try:
            self.desk.act(operation, by, application.id, *told)
        except Violation:
            assert application in self._all()
            return False
        return True

    def _application(self, which: int) -> Application:
        with self.desk.database.read() as tx:
            return application_store.get(tx, self.ids[which % len(self.ids)])

    def _all(self) -> list[Application]:
        with self.desk.database.read() as tx:
            return [application_store.get(tx, known) for known in self.ids]

    def _today(self) -> Any:
        with self.desk.database.read() as tx:
            return tx.today

    def _finish(self, application: Application, kind: str) -> None:
        mine = (intents.c.subject == application.id) & (intents.c.kind == kind)
        self.desk.database.transact(lambda tx: tx.execute(sa.delete(intents).where(mine)))


TestApplications = Applications.TestCase
TestApplications.settings = settings(
    max_examples=15, stateful_step_count=30, deadline=None, phases=[Phase.generate]
)
