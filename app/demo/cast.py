"""Who plays in the demo, and what each does at a door."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from app.demo import catalogue, seeding
from app.demo.doors import Account, Doors, wait_for
from app.demo.population import DemoFirm, credit_query
from libs.chassis.ids import new_id
from libs.chassis.problems import Invalid
from rongqiao.credit.v1 import credit_pb2 as credit
from rongqiao.credit.v1 import reports_pb2 as reports
from rongqiao.credit.v1.reports_pb2_grpc import ReportsStub
from rongqiao.guarantee.v1 import filings_pb2 as filings
from rongqiao.guarantee.v1 import guarantee_pb2 as guarantee
from rongqiao.guarantee.v1.filings_pb2_grpc import FilingsStub
from rongqiao.guarantee.v1.guarantee_pb2_grpc import GuaranteesStub
from rongqiao.lending.v1 import lending_pb2 as lending
from rongqiao.lending.v1 import loans_pb2 as loans
from rongqiao.lending.v1.lending_pb2_grpc import LendingStub
from rongqiao.lending.v1.loans_pb2_grpc import LoansStub

Json = dict[str, Any]

# What a guarantor looks at in batch business: the bank has underwritten.
COMPLIANCE = ("BORROWER_KIND", "AMOUNT_AND_TERM", "PURPOSE", "NO_OTHER_COVER")


@dataclass
class Cast:
    """Signs people in once. SMEs and the regulator come over HTTP, banks and guarantors over gRPC."""

    doors: Doors
    _accounts: dict[str, Account] = field(default_factory=dict[str, Account])
    _keys: dict[str, str] = field(default_factory=dict[str, str])
    _firms: dict[str, DemoFirm] = field(default_factory=dict[str, DemoFirm])

    def account(self, login: str) -> Account:
        if login not in self._accounts:
            self._accounts[login] = self.doors.sign_in(login, seeding.PASSWORD)
        return self._accounts[login]

    def sme(self, firm: DemoFirm) -> Account:
        if firm.key not in self._accounts:
            self._accounts[firm.key] = seeding.sme_of(self.doors, firm)
            self._firms[firm.party["id"]] = firm
        return self._accounts[firm.key]

    def sme_of(self, application: Json) -> Account:
        """The firm whose application it is, which chose its plan here."""
        return self.sme(self._firms[application["party"]])

    def staff(self, organisation: str, role: str) -> Account:
        """The officer or manager of a bank or guarantor, by the organisation's id."""
        if not self._keys:
            self._keys = self._keys_by_id()
        return self.account(f"{self._keys[organisation]}.{role}")

    def _keys_by_id(self) -> dict[str, str]:
        known = {
            item["key"]: item for kind in ("BANK", "GUARANTOR") for item in catalogue.organisations(kind)
        }
        names = {item["name"]: key for key, item in known.items()}
        operator = self.account("operator")
        pages = [operator.get("/v1/organisations", kind=kind, limit=200) for kind in ("BANK", "GUARANTOR")]
        return {
            item["id"]: names[item["name"]]
            for page in pages
            for item in page["items"]
            if item["name"] in names
        }

    def ask(self, firm: DemoFirm) -> Json:
        """The firm asks once; the request with its plans, as soon as they are there."""
        sme = self.sme(firm)
        request = sme.post("/v1/requests", firm.ask)
        return self._await_request(sme, request["id"], lambda now: now["status"] != "OPEN")

    def choose(self, firm: DemoFirm, request: Json, plan: Json) -> Json:
        """Apply for one plan; the application, as the bank sees it."""
        sme = self.sme(firm)
        sme.post(f"/v1/requests/{request['id']}/referrals", {"plan": plan["number"]})
        referred = self._await_request(
            sme, request["id"], lambda now: bool(_application_of(now, plan["number"]))
        )
        return self.application(plan["bank"], _application_of(referred, plan["number"]))

    def application(self, bank: str, application_id: str) -> Json:
        return self.staff(bank, "officer").get(f"/v1/applications/{application_id}")

    def approve(self, application: Json, plan: Json) -> Json:
        """The bank takes it up and approves the plan's terms; the application, once its guarantee is known."""
        taken = lending.ApplicationId(application_id=application["id"])
        self._lending(application["bank"], "officer", "AcceptApplication", taken)
        asked = lending.ApproveRequest(
            application_id=application["id"],
            amount_fen=plan["amount_fen"],
            rate_ppm=plan["rate_ppm"],
            term_months=plan["term_months"],
        )
        self._lending(application["bank"], "manager", "Approve", asked)
        return self.await_cover(application, {"NOT_NEEDED", "RESERVED", "CONFIRMED", "REFUSED"})

    def decline(self, application: Json, *reason_codes: str) -> None:
        asked = lending.DeclineRequest(application_id=application["id"], reason_codes=reason_codes)
        self._lending(application["bank"], "officer", "Decline", asked)

    def confirm(self, application: Json) -> Json:
        """The guarantor confirms what it reserved, where its programme leaves that to it."""
        if application["cover"] == "RESERVED":
            manager = self.staff(application["guarantor"], "manager")
            asked = guarantee.GuaranteeId(guarantee_id=application["guarantee_id"])
            manager.rpc("guarantee", GuaranteesStub, "Confirm", asked)
        return self.await_cover(application, {"NOT_NEEDED", "CONFIRMED"})

    def attest_first_loan(self, application: Json, on: date) -> None:
        """The firm lets the bank query its credit record, and the bank tells that no loan stands there."""
        given = self.sme_of(application).post(
            f"/v1/parties/{application['party']}/consents", credit_query(application["bank"], on)
        )
        asked = loans.AttestFirstLoanRequest(
            application_id=application["id"],
            report_on=on.isoformat(),
            report_number=new_id("demo"),
            history=loans.CREDIT_HISTORY_NONE,
            consent_id=given["id"],
        )
        officer = self.staff(application["bank"], "officer")

        def attest() -> Any:
            try:
                return officer.rpc("lending", LoansStub, "AttestFirstLoan", asked)
            except Invalid as refusal:
                if refusal.field != "consent_id":  # lending hears of the consent by event
                    raise
                return None

        wait_for(f"the credit report of {application['id']} to be taken", attest)

    def report(self, application: Json) -> reports.Report:
        """What the firm opened of itself to the bank that decides."""
        officer = self.staff(application["bank"], "officer")
        asked = credit.PartyId(party=application["party"])
        return officer.rpc("credit", ReportsStub, "GetReport", asked).report

    def contract(self, application: Json, on: date) -> None:
        """The firm accepts the offer; the bank tells that all contracts are signed."""
        self.sme_of(application).post(f"/v1/applications/{application['id']}/accept-offer")
        asked = lending.SignContractsRequest(
            application_id=application["id"],
            loan_contract=new_id("demo"),
            guarantee_contract=new_id("demo") if application["guarantor"] else None,
            signed_on=on.isoformat(),
        )
        self._lending(application["bank"], "officer", "SignContracts", asked)

    def disburse(self, application: Json, on: date) -> lending.Loan:
        """The bank pays out what it approved, once the contracts are signed."""
        self.contract(application, on)
        asked = lending.DisburseRequest(
            application_id=application["id"], disbursed_on=on.isoformat(), external_id=new_id("demo")
        )
        return self._lending(application["bank"], "officer", "Disburse", asked)

    def let_into_cover(self, application: Json) -> Json:
        """The guarantor checks a loan that its bank lent in batch business; without that it has no cover."""
        listed = self.await_guarantee(application, lambda now: now["loan_id"] is not None)
        officer = self.staff(application["guarantor"], "officer")
        checks = [filings.Check(item=item, done=True) for item in COMPLIANCE]
        asked = filings.ComplianceItem(
            guarantee_id=listed["id"], check=filings.Compliance(passed=True, checks=checks)
        )
        officer.rpc("guarantee", FilingsStub, "CheckCompliance", asked)
        return self.await_guarantee(application, lambda now: now["status"] == "EFFECTIVE")

    def repay(self, loan: lending.Loan, principal_fen: int, on: date) -> lending.Loan:
        asked = lending.RepayRequest(
            loan_id=loan.id, principal_fen=principal_fen, paid_on=on.isoformat(), external_id=new_id("demo")
        )
        return self._lending(loan.bank, "officer", "Repay", asked)

    def await_cover(self, application: Json, wanted: set[str]) -> Json:
        def look() -> Json | None:
            now = self.application(application["bank"], application["id"])
            return now if now["cover"] in wanted else None

        return wait_for(f"application {application['id']} to be one of {sorted(wanted)}", look)

    def await_guarantee(self, application: Json, ready: Callable[[Json], bool]) -> Json:
        manager = self.staff(application["guarantor"], "manager")

        def look() -> Json | None:
            now = manager.get(f"/v1/guarantees/{application['guarantee_id']}")
            return now if ready(now) else None

        return wait_for(f"guarantee {application['guarantee_id']}", look)

    def await_request(self, firm: DemoFirm, request: Json, status: str) -> Json:
        return self._await_request(self.sme(firm), request["id"], lambda now: now["status"] == status)

    def flows(self, query: Mapping[str, str]) -> Json:
        return self.account("regulator").get("/v1/flows", **query)

    def _await_request(self, sme: Account, request_id: str, ready: Callable[[Json], bool]) -> Json:
        def look() -> Json | None:
            now: Json = sme.get(f"/v1/requests/{request_id}")
            return now if ready(now) else None

        return wait_for(f"financing request {request_id}", look)

    def _lending(self, bank: str, role: str, method: str, request: Any) -> Any:
        return self.staff(bank, role).rpc("lending", LendingStub, method, request)


def _application_of(request: Json, plan: int) -> str:
    """The application of a plan's latest referral, empty while there is none."""
    of_plan = [referral for referral in request["referrals"] if referral["plan"] == plan]
    return (of_plan[-1].get("application_id") or "") if of_plan else ""
