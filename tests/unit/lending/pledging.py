"""Banks that lend on pledged rights, for the tests of pledges."""

from dataclasses import dataclass, replace
from datetime import date
from itertools import count
from typing import Any

from libs.chassis.principal import Principal, Role
from libs.registry.loan_terms import GuaranteeMode, IpRightKind
from services.lending.domain.application import Application
from services.lending.domain.loan import Loan
from services.lending.domain.offer import Approval
from services.lending.domain.pledge import (
    IpTerms,
    NewPledge,
    Pledge,
    PledgeContract,
    PledgeEnding,
    PledgeRegistration,
    Receivable,
    RightKind,
    Valuation,
    ValuationMethod,
)
from services.lending.domain.product import IpPledgeCap, NewProduct, Product
from services.lending.operations import applications, decisions, pledges, products
from tests.support.lending import FIRM, new_application, new_product
from tests.unit.lending.desk import BANK, COORDINATION, OTHER_BANK, Desk

TODAY = date(2026, 11, 22)
_numbers = count(1)
INVENTION = "ZL201510102030.4"
SIGNED = PledgeContract(number="Z-1", signed_on=TODAY)
REGISTERED = PledgeRegistration(number="Y2026640000123", registered_on=TODAY)
SETTLED = PledgeEnding(reason="LOAN_SETTLED")
ALIVE = IpTerms(runs_from=date(2015, 3, 10), fee_paid_until=date(2027, 3, 10))
OFFICERS = {
    BANK: Principal("acc_officer", Role.BANK_OFFICER, BANK),
    OTHER_BANK: Principal("acc_their_officer", Role.BANK_OFFICER, OTHER_BANK),
}


def fresh() -> str:
    """The number of a right that nobody used before."""
    return f"ZL2015{next(_numbers):07}"


def pledge_product(external_id: str = "P-IP", **changes: Any) -> NewProduct:
    """Lends on an invention 30 %, on a utility model 15 %, on a trademark 50 %, on receivables 60 %."""
    shape: dict[str, Any] = {
        "flags": (),
        "amount_max_fen": 1_000_000_000,
        "term_max_months": 60,
        "guarantee_modes": (GuaranteeMode.IP_PLEDGE, GuaranteeMode.PLEDGE),
        "programmes": (),
        "ip_pledge_caps": (
            IpPledgeCap(right=IpRightKind.INVENTION, cap_bp=3_000),
            IpPledgeCap(right=IpRightKind.UTILITY_MODEL, cap_bp=1_500),
            IpPledgeCap(right=IpRightKind.TRADEMARK, cap_bp=5_000),
        ),
        "receivables_cap_bp": 6_000,
    }
    return new_product(external_id, **(shape | changes))


def invention(application: Application, **changes: Any) -> NewPledge:
    """Filed 2015-03-10, worth 6,000,000 yuan."""
    sound = NewPledge(
        application_id=application.id,
        kind=RightKind.INVENTION,
        number=INVENTION,
        owner=FIRM,
        ip=ALIVE,
        valuation=Valuation(
            amount_fen=600_000_000,
            valued_on=date(2026, 10, 8),
            method=ValuationMethod.INCOME,
            valuer="某资产评估公司",
        ),
    )
    return replace(sound, **changes)


def receivable(application: Application, **changes: Any) -> NewPledge:
    claim = Receivable(debtor="91640100MA75WX4T32", amount_fen=600_000_000, due_on=date(2027, 5, 31))
    shape: dict[str, Any] = {"number": "HT-2026-018", "kind": RightKind.RECEIVABLE, "ip": None}
    return invention(application, **(shape | {"receivable": claim} | changes))


@dataclass
class Lender:
    """One bank at the desk."""

    desk: Desk
    bank: str = BANK
    usual: Product | None = None  # what is applied for where nothing else is said

    @property
    def officer(self) -> Principal:
        return OFFICERS[self.bank]

    def published(self, new: NewProduct) -> Product:
        manager = Principal("acc_manager", Role.BANK_MANAGER, self.bank)
        draft = self.desk.act(products.register_product, self.officer, new)
        return self.desk.act(products.publish_product, manager, draft.id)

    def opened(self, product: Product | None = None, **changes: Any) -> Application:
        """An application for 1,800,000 yuan over three years, of a request of its own."""
        self.usual = self.usual or self.published(pledge_product())
        chosen = product or self.usual
        asked: dict[str, Any] = {
            "request_id": self.desk.database.ids("req"),
            "amount_fen": 180_000_000,
            "term_months": 36,
        }
        new = new_application(chosen, **(asked | changes))
        return self.desk.act(applications.open_application, COORDINATION, new)

    def approved(self, application: Application, amount_fen: int = 180_000_000) -> Application:
        approval = Approval(amount_fen=amount_fen, rate_ppm=43_500, term_months=application.term_months)
        return self.desk.act(decisions.approve_application, self.officer, application.id, approval)

    def proposed(self, new: NewPledge) -> Pledge:
        return self.desk.act(pledges.propose_pledge, self.officer, new)

    def signed(self, pledge: Pledge, contract: PledgeContract = SIGNED) -> Pledge:
        return self.desk.act(pledges.sign_pledge, self.officer, pledge.id, contract)

    def entered(self, pledge: Pledge, registration: PledgeRegistration = REGISTERED) -> Pledge:
        """Registered, from its contract."""
        return self.desk.act(pledges.register_pledge, self.officer, pledge.id, registration)

    def registered(self, new: NewPledge) -> Pledge:
        return self.entered(self.signed(self.proposed(new)))

    def released(self, pledge: Pledge) -> Pledge:
        return self.desk.act(pledges.release_pledge, self.officer, pledge.id, SETTLED)

    def check(
        self,
        application: Application,
        amount_fen: int,
        matures_on: date = date(2029, 11, 22),
        disbursed_on: date = TODAY,
    ) -> None:
        """What a drawdown of so much would be told."""
        loan = Loan(
            id="loan_1",
            application_id=application.id,
            request_id=application.request_id,
            bank=self.bank,
            party=application.party,
            amount_fen=amount_fen,
            rate_ppm=43_500,
            priced_on=disbursed_on,
            term_months=36,
            repayment_method=application.repayment_method,
            disbursed_on=disbursed_on,
            matures_on=matures_on,
            outstanding_fen=amount_fen,
            external_id="L-1",
        )
        self.desk.database.transact(lambda tx: pledges.secure(tx, application, loan))
