"""The guarantee chain as its people live it: a guarantor of its own in one county, and a claim to its end."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from app.demo import seeding
from app.demo.cast import Cast
from app.demo.doors import Account, Refused, wait_for
from app.demo.population.shapes import DemoFirm
from app.demo.population.stories import stories
from libs.chassis.ids import new_id
from libs.finance.money import yuan_text
from libs.registry import uscc
from rongqiao.lending.v1 import lending_pb2 as lending
from services.guarantee.domain.intake import COLUMNS

Json = dict[str, Any]

COUNTY = "640422"
ARCHETYPE = "cattle_cooperative"
NET_ASSETS_FEN = 100_000_000_00
BOOK_SIZE = 412
PASSWORD = seeding.PASSWORD
DOCUMENTS = [
    "DEFAULT_PROOF",
    "LOAN_CONTRACT",
    "DISBURSEMENT_VOUCHER",
    "GUARANTEE_CONTRACT",
    "REPAYMENT_RECORD",
]


@dataclass(frozen=True)
class Loan:
    """A loan under a guarantee of the story's guarantor."""

    loan_id: str
    guarantee_id: str
    bank: str
    party: str


@dataclass
class ChainStory:
    """`between` is called after each step that moves money: a test kills the service there."""

    cast: Cast
    today: date
    between: Callable[[], object] = lambda: None

    def __post_init__(self) -> None:
        self.operator = self.cast.account("operator")
        self.province = self.cast.account("one_boat.reguarantor")
        self.fund = self.cast.account("nfgf.reguarantor")
        self.guarantor = self._organisation()
        self.officer = self._staff("officer", "GUARANTOR_OFFICER")
        self.manager = self._staff("manager", "GUARANTOR_MANAGER")

    # The guarantor

    def _organisation(self) -> str:
        name = f"须弥山融资担保有限公司 {new_id('x')[-6:]}"
        body = {"kind": "GUARANTOR", "name": name, "territory": "64"}
        self.name = name
        return self.operator.post("/v1/organisations", body)["id"]

    def _staff(self, key: str, role: str) -> Account:
        login = f"{self.guarantor[-12:].lower()}.{key}"
        body = {"password": PASSWORD, "role": role, "organisation": self.guarantor, "display_name": role}
        self.operator.put(f"/v1/accounts/{login}", body | {"territory": "64"})
        return self.cast.account(login)

    @contextmanager
    def alone_in_its_county(self) -> Iterator[None]:
        """While it lasts, no other guarantor takes business in the county."""
        others = [
            one
            for one in self.operator.get("/v1/guarantors", county=COUNTY)["items"]
            if one["status"] == "ACTIVE" and one["id"] != self.guarantor
        ]
        self._register("ACTIVE")
        for one in others:
            self.operator.put(f"/v1/guarantors/{one['id']}", one | {"status": "SUSPENDED"})
        try:
            yield
        finally:
            for one in others:
                self.operator.put(f"/v1/guarantors/{one['id']}", one)
            self._register("SUSPENDED")

    def _register(self, status: str) -> None:
        body = {
            "id": self.guarantor,
            "name": self.name,
            "net_assets_fen": NET_ASSETS_FEN,
            "counties": [COUNTY],
        }
        self.operator.put(f"/v1/guarantors/{self.guarantor}", body | {"status": status})
        if status == "ACTIVE":
            admitted = {"credit_line_fen": 50 * NET_ASSETS_FEN, "status": "ADMITTED"}
            self.province.put(f"/v1/admissions/{self.guarantor}", admitted)

    def load_book(self, party: str, party_liability_fen: int) -> Json:
        """The book from off the platform: 412 guarantees, one of them for a borrower that the platform knows."""
        rows = [self._row(number) for number in range(1, BOOK_SIZE)]
        rows.append(self._row(BOOK_SIZE, party, party_liability_fen))
        new = {
            "as_of": self.today.replace(day=1).isoformat(),
            "csv": "\n".join([",".join(COLUMNS), *(",".join(row[name] for name in COLUMNS) for row in rows)]),
            "totals": {
                "contracts": BOOK_SIZE,
                "balance_fen": sum(_fen(row["loan_balance"]) for row in rows),
                "liability_fen": sum(_fen(row["guaranteed_balance"]) for row in rows),
            },
        }
        uploaded = self.officer.post("/v1/opening-books", new)
        assert uploaded["book"] is not None, (uploaded["mismatches"], uploaded["rows"][:3])
        try:
            self.officer.post(f"/v1/opening-books/{uploaded['book']}/approve")
        except Refused as refused:
            assert refused.problem["status"] == 403
        return self.manager.post(f"/v1/opening-books/{uploaded['book']}/approve")

    def _row(self, number: int, party: str | None = None, liability_fen: int = 80_000_00) -> dict[str, str]:
        begun = self.today - timedelta(days=200)
        return {
            "contract": f"XMS-{number}",
            "party": party or uscc.complete(f"91640422{number:09d}").party,
            "bank": "某商业银行",
            "programme": "",
            "loan_amount": _yuan(liability_fen * 5 // 4 + 5),
            "loan_balance": _yuan(liability_fen * 5 // 4 + 5),
            "guaranteed_balance": _yuan(liability_fen),
            "size": "SMALL",
            "owner_kind": "ENTERPRISE",
            "county": COUNTY,
            "drawn_on": begun.isoformat(),
            "due_on": (begun + timedelta(days=720)).isoformat(),
            "fee": "0",
            "provincial_filed": "yes",
            "national_filed": "yes",
        }

    # Loans

    def firm(self, number: int, amount_fen: int) -> DemoFirm:
        """A firm like one of the demo's, under a code of its own, that asks for an amount."""
        like = next(firm for firm in stories(self.today) if firm.key == ARCHETYPE)
        code = uscc.complete(f"93640422{int(new_id('x')[-4:], 36):07d}{number:02d}")
        party = code.party
        firm = replace(
            like,
            key=f"chain_{number}_{party[-6:]}",
            party=like.party | {"id": party, "name": f"{like.party['name']} {number}"},
            consents=tuple(consent | {"party": party} for consent in like.consents),
            ask=like.ask | {"party": party, "amount_fen": amount_fen},
        )
        seeding.put_file(self.operator, self.cast.sme(firm), firm)
        return firm

    def lend(self, firm: DemoFirm, on: date) -> Loan:
        """From the firm's question to the loan, covered in ordinary business by the story's guarantor."""
        plan, request = wait_for(f"a plan of {self.name}", lambda: self._plan(firm))
        application = self.cast.approve(self.cast.choose(firm, request, plan), plan)
        self.manager.post(f"/v1/guarantees/{application['guarantee_id']}/confirm")
        application = self.cast.await_cover(application, {"CONFIRMED"})
        loan: lending.Loan = self.cast.disburse(application, on)
        self.await_guarantee(application["guarantee_id"], "EFFECTIVE")
        return Loan(loan.id, application["guarantee_id"], loan.bank, firm.party["id"])

    def _plan(self, firm: DemoFirm) -> tuple[Json, Json] | None:
        request = self.cast.ask(firm)
        for plan in request["match"]["plans"]:
            cover = plan.get("guarantee") or {}
            if (cover.get("guarantor"), cover.get("programme")) == (self.guarantor, "ordinary"):
                return plan, request
        return None

    def await_guarantee(self, guarantee_id: str, status: str) -> Json:
        def look() -> Json | None:
            now = self.manager.get(f"/v1/guarantees/{guarantee_id}")
            return now if now["status"] == status else None

        return wait_for(f"guarantee {guarantee_id} to be {status}", look)

    # Filings

    def file(self, loan: Loan) -> Json:
        """With every tier, which accepts."""
        self.submit(loan)
        self.province.post(
            f"/v1/filings/{loan.loan_id}/provincial/accept", {"number": f"P-{loan.loan_id[-8:]}"}
        )
        return self.fund.post(
            f"/v1/filings/{loan.loan_id}/national/accept", {"number": f"N-{loan.loan_id[-8:]}"}
        )

    def submit(self, loan: Loan) -> None:
        self.officer.post(f"/v1/filings/{loan.loan_id}/submit")

    def await_expiry(self, loan: Loan) -> list[Json]:
        """The filings that nobody made in time, once they are EXPIRED at every tier."""

        def look() -> list[Json] | None:
            filings = self.officer.get(f"/v1/filings/{loan.loan_id}")["items"]
            return filings if {filing["status"] for filing in filings} == {"EXPIRED"} else None

        return wait_for(f"the filings of {loan.loan_id} to run out", look)

    def list_a_batch(self, bank: str) -> Json:
        """The bank lists a loan that it made by itself in batch business; the row's outcome."""
        code = uscc.complete(f"91640422{int(new_id('x')[-4:], 36):09d}")
        row = {
            "loan_number": f"B-{code.party[-9:]}",
            "amount_yuan": "1000000.00",
            "term_months": "12",
            "drawn_on": self.today.isoformat(),
            "party": code.party,
            "county": COUNTY,
            "size": "SMALL",
            "owner_kind": "ENTERPRISE",
        }
        new = {
            "programme": "batch",
            "guarantor": self.guarantor,
            "csv": f"{','.join(row)}\n{','.join(row.values())}",
        }
        listed = self.cast.staff(bank, "officer").post("/v1/batch-lists", new)
        return listed["rows"][0]

    def fail_compliance(self, guarantee_id: str, reason: str) -> Json:
        checks = [{"item": "BORROWER_KIND", "done": False, "note": reason}]
        word = {"passed": False, "checks": checks, "reason": reason}
        return self.officer.post(f"/v1/guarantees/{guarantee_id}/compliance", word)

    # Money

    def claim(self, loan: Loan, principal_fen: int) -> Json:
        """The bank's notice, accepted by the guarantor."""
        notice = {
            "loan_id": loan.loan_id,
            "notice_number": f"DC-{loan.loan_id[-8:]}",
            "noticed_on": self.today.isoformat(),
            "principal_fen": principal_fen,
            "accelerated_on": self.today.isoformat(),
            "documents": DOCUMENTS,
        }
        officer = self.cast.staff(loan.bank, "officer")
        claim = officer.post("/v1/claims", notice)
        self.between()
        assert officer.post("/v1/claims", notice)["id"] == claim["id"]
        accepted = self.manager.post(f"/v1/claims/{claim['id']}/accept")
        self.between()
        return accepted

    def read_claim(self, claim: Json) -> Json:
        return self.manager.get(f"/v1/claims/{claim['id']}")

    def pay_all(self, reference: str, kind: str) -> dict[str, int]:
        """Every debtor pays what it owes of a claim or recovery; the amounts, by debtor and creditor."""
        paid: dict[str, int] = {}
        for payer in (self.manager, self.province, self.fund):
            for due in self._open(payer, reference, kind):
                payment = {"paid_on": self.today.isoformat(), "reference": f"TT-{due['id'][-10:]}"}
                payer.post(f"/v1/dues/{due['id']}/pay", payment)
                self.between()
                payer.post(f"/v1/dues/{due['id']}/pay", payment)
                paid[f"{self.called(due['debtor'])} to {self.called(due['creditor'])}"] = due["amount_fen"]
        return paid

    def _open(self, payer: Account, reference: str, kind: str) -> list[Json]:
        own = payer.get("/v1/accounts/me")["organisation"]
        return [
            due
            for due in payer.get("/v1/dues", status="OPEN", limit=200)["items"]
            if (due["reference"], due["kind"], due["debtor"]) == (reference, kind, own)
        ]

    def recover(self, claim: Json, gross_fen: int, costs_fen: int) -> Json:
        receipt = {
            "reference": f"ZC-{claim['id'][-8:]}",
            "gross_fen": gross_fen,
            "costs_fen": costs_fen,
            "received_on": self.today.isoformat(),
        }
        recovery = self.officer.post(f"/v1/claims/{claim['id']}/recoveries", receipt)
        self.between()
        assert self.officer.post(f"/v1/claims/{claim['id']}/recoveries", receipt)["id"] == recovery["id"]
        return recovery

    def statements(self) -> list[tuple[Json, Json]]:
        """The month between the guarantor and each tier, as either of them reads it."""
        month, found = self.today.isoformat()[:7], []
        for tier in (self.province, self.fund):
            organisation = tier.get("/v1/accounts/me")["organisation"]
            mine = self.manager.get(f"/v1/statements/{month}/{organisation}")
            found.append((mine, tier.get(f"/v1/statements/{month}/{self.guarantor}")))
        return found

    def called(self, organisation: str) -> str:
        """What an organisation is in the chain."""
        names = {
            self.guarantor: "local",
            self.province.get("/v1/accounts/me")["organisation"]: "province",
            self.fund.get("/v1/accounts/me")["organisation"]: "fund",
        }
        return names.get(organisation, "bank")


def _fen(yuan: str) -> int:
    return int(yuan.replace(".", ""))


def _yuan(fen: int) -> str:
    return yuan_text(fen).replace(",", "")
