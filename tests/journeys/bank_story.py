"""A bank that joins with 200 products, lends on a patent, and loses its endpoint for six hours."""

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
from openpyxl import Workbook, load_workbook

from app.demo import seeding
from app.demo.cast import Cast
from app.demo.doors import Account, wait_for
from app.demo.population.shapes import DemoFirm, IpRightInput
from app.demo.population.stories import stories
from libs.chassis.ids import new_id
from libs.registry import uscc
from tests.support import patience

Json = dict[str, Any]

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PRODUCTS = 200
BAD_ROWS = {
    17: ("amount_min_fen", "9000000000"),
    88: ("repayment_methods", "WEEKLY"),
    150: ("rate.max_ppm", "5"),
}
WORTH_FEN = 6_000_000_00
LENT_FEN = 1_800_000_00
MONTHS = 36
Right = tuple[str, str, str, int]  # number, kind, day of filing, value
ARCHETYPE = "young_tech"


@dataclass
class Endpoint:
    """The bank's own web server, which can be switched off."""

    url: str = ""
    up: bool = True
    heard: list[str] = field(default_factory=list[str])

    @contextmanager
    def listening(self) -> Iterator["Endpoint"]:
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["content-length"]))
                if endpoint.up:
                    endpoint.heard.append(self.headers["webhook-id"])
                self.send_response(204 if endpoint.up else 503)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{server.server_address[1]}/rongqiao"
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()


@dataclass
class Bank:
    id: str
    officer: Account
    manager: Account


@dataclass
class BankStory:
    cast: Cast
    today: date

    book: list[str] = field(default_factory=list[str])  # of the bank's own system: lines of its day-end file

    def __post_init__(self) -> None:
        self.operator = self.cast.account("operator")
        mark = int(new_id("x")[-4:], 36)  # a right is pledged once, however often the story is told
        self.invention: Right = (f"ZL2015{mark:08d}.4", "INVENTION", "2015-03-10", WORTH_FEN)
        self.utility_model: Right = (f"ZL2017{mark:08d}.6", "UTILITY_MODEL", "2017-05-01", WORTH_FEN)
        self.bank, self.rival = self._bank("贺兰商业银行"), self._bank("黄河商业银行")

    def _bank(self, name: str) -> Bank:
        mark = new_id("x")[-8:].lower()
        body = {"kind": "BANK", "name": f"{name} {mark}", "territory": "64"}
        organisation = self.operator.post("/v1/organisations", body)["id"]
        for role in ("officer", "manager"):
            account = {"password": seeding.PASSWORD, "organisation": organisation, "display_name": role}
            account |= {"role": f"BANK_{role.upper()}", "territory": "64"}
            self.operator.put(f"/v1/accounts/{mark}.{role}", account)
        return Bank(organisation, self.cast.account(f"{mark}.officer"), self.cast.account(f"{mark}.manager"))

    # Products

    def upload(self, content: bytes, key: str) -> httpx.Response:
        """The workbook through the door, as a bank's program sends it."""
        headers = as_one(self.bank.officer) | {"Content-Type": XLSX, "Idempotency-Key": key}
        url = f"{self.cast.doors.url}/v1/products/imports"
        return httpx.post(
            url, params={"on_error": "continue"}, content=content, headers=headers, timeout=patience.SECONDS
        )

    def workbook(self) -> bytes:
        """200 products in the platform's own template, three of them with a mistake."""
        template = load_workbook(io.BytesIO(self.fetch("/v1/products/template.xlsx").content))
        headers = [str(cell.value) for cell in template.worksheets[0][1]]
        book = Workbook()
        sheet = book.worksheets[0]
        sheet.append(headers)
        for number in range(1, PRODUCTS + 1):
            row = self._row(number) | dict([BAD_ROWS[number]] if number in BAD_ROWS else [])
            sheet.append([row.get(header.split()[0], "") for header in headers])
        out = io.BytesIO()
        book.save(out)
        return out.getvalue()

    def fetch(self, path: str) -> httpx.Response:
        url = f"{self.cast.doors.url}{path}"
        return httpx.get(url, headers=as_one(self.bank.officer), timeout=patience.SECONDS).raise_for_status()

    def _row(self, number: int) -> dict[str, str]:
        return {
            "external_id": f"P-{number:03d}",
            "name": f"贺兰经营贷{number}号",
            "kind": "WORKING_CAPITAL",
            "amount_min_fen": "10000000",
            "amount_max_fen": str(100_000_000 + number * 1_000_000),
            "term_min_months": "3",
            "term_max_months": "12",
            "decision_days": "5",
            "rate.base": "LPR_1Y",
            "rate.min_ppm": "100bp",
            "rate.max_ppm": "250bp",
            "repayment_methods": "EQUAL_INSTALMENT",
            "guarantee_modes": "MORTGAGE",
        }

    def publish(self, report: Json) -> int:
        """The manager publishes what the officer loaded; how many are on the market then."""
        for row in report["rows"]:
            if row["outcome"] == "ACCEPTED":
                self.bank.manager.post(f"/v1/products/{row['product_id']}/publish")
        return len(self.on_the_market())

    def on_the_market(self) -> list[Json]:
        found: list[Json] = []
        cursor: dict[str, str] = {}
        while True:
            page = self.bank.manager.get("/v1/products", status="PUBLISHED", limit=200, **cursor)
            found += page["items"]
            if page.get("next_cursor") is None:
                return found
            cursor = {"cursor": page["next_cursor"]}

    @contextmanager
    def lending_on_patents(self, bank: Bank, spread_ppm: int) -> Iterator[str]:
        """A product that lends on patents, on the market during the block."""
        new = {"external_id": new_id("ip")[:40], "terms": PATENT_TERMS}
        new["terms"] = PATENT_TERMS | {
            "rate": {"base": "LPR_5Y", "min_ppm": spread_ppm, "max_ppm": spread_ppm}
        }
        product = bank.officer.post("/v1/products", new)["id"]
        bank.manager.post(f"/v1/products/{product}/publish")
        try:
            yield product
        finally:
            bank.manager.post(f"/v1/products/{product}/withdraw")

    # A firm and its patent

    def firm(self) -> DemoFirm:
        """Like one of the demo's, under a code of its own, with an invention and a utility model."""
        like = next(firm for firm in stories(self.today) if firm.key == ARCHETYPE)
        party = uscc.complete(f"91640106{int(new_id('x')[-5:], 36):09d}"[:17]).party
        rights = tuple(
            IpRightInput(id=number, kind=kind, expires_on=end, appraised_fen=worth, encumbered=False)
            for (number, kind, _, worth), end in (
                (self.invention, "2035-03-10"),
                (self.utility_model, "2027-05-01"),
            )
        )
        firm = replace(
            like,
            key=f"patents_{party[-6:]}",
            party=like.party | {"id": party, "name": f"{like.party['name']} {party[-4:]}"},
            consents=tuple(consent | {"party": party} for consent in like.consents),
            ip_rights=rights,
            ask=like.ask | {"party": party, "amount_fen": LENT_FEN, "term_months": MONTHS},
        )
        seeding.put_file(self.operator, self.cast.sme(firm), firm)
        return firm

    def plan(self, firm: DemoFirm, *products: str) -> tuple[Json, list[Json]]:
        """The firm's request, and its plans with these products."""

        def look() -> tuple[Json, list[Json]] | None:
            request = self.cast.ask(firm)
            plans = {plan["product_id"]: plan for plan in request["match"]["plans"]}
            return (request, [plans[one] for one in products]) if plans.keys() >= set(products) else None

        return wait_for("plans on the patent", look)

    def apply(self, firm: DemoFirm, request: Json, plan: Json, bank: Bank) -> str:
        """The firm goes to the bank with a plan; the application's id."""
        sme = self.cast.sme(firm)
        sme.post(f"/v1/requests/{request['id']}/referrals", {"plan": plan["number"]})

        def look() -> str | None:
            page = bank.officer.get("/v1/applications", status="SUBMITTED")
            return next((one["id"] for one in page["items"] if one["request_id"] == request["id"]), None)

        return wait_for(f"the application at {bank.id}", look)

    def offer(self, firm: DemoFirm, bank: Bank, application: str, plan: Json) -> None:
        """The bank approves what was asked for, and the firm accepts."""
        terms = {"amount_fen": LENT_FEN, "rate_ppm": plan["rate_ppm"], "term_months": MONTHS}
        bank.manager.post(f"/v1/applications/{application}/approve", terms)
        self.cast.sme(firm).post(f"/v1/applications/{application}/accept-offer")

    def sign(self, bank: Bank, application: str) -> Json:
        papers = {"loan_contract": "HT-1", "pledge_contract": "ZY-1", "signed_on": self.today.isoformat()}
        return bank.officer.post(f"/v1/applications/{application}/contracts", papers)

    def pledge(self, bank: Bank, application: str, right: Right) -> Json:
        number, kind, filed, worth_fen = right
        owner = bank.officer.get(f"/v1/applications/{application}")["party"]
        return bank.officer.post(
            "/v1/pledges",
            {
                "application_id": application,
                "kind": kind,
                "number": number,
                "owner": owner,
                "ip": {"runs_from": filed, "fee_paid_until": (self.today + timedelta(days=200)).isoformat()},
                "valuation": {
                    "amount_fen": worth_fen,
                    "valued_on": (self.today - timedelta(days=30)).isoformat(),
                    "method": "INCOME",
                    "valuer": "某资产评估公司",
                },
            },
        )

    # What the bank hears

    def feed(self, after: int = 0) -> list[Json]:
        """All notices after a position, page by page, as the bank's program pulls them."""
        found: list[Json] = []
        while True:
            page = self.bank.officer.get("/v1/feed", after=after, limit=50)
            found += page["items"]
            after = page["next"]
            if page["caught_up"]:
                return found

    def replayed(self, path: str, body: Json, key: str) -> Json:
        """A changing call under a key of the bank's own choice."""
        headers = as_one(self.bank.officer) | {"Idempotency-Key": key}
        return (
            httpx.post(f"{self.cast.doors.url}{path}", json=body, headers=headers).raise_for_status().json()
        )

    def reconcile(self, day: date, key: str) -> Json:
        """The bank's own file of the day, from the bank's own records, held against the platform's."""
        url = f"{self.cast.doors.url}/v1/day-ends/{day}/reconcile"
        headers = as_one(self.bank.officer) | {"Idempotency-Key": key}
        file = {"file": ("day.csv", "\n".join(["kind,loan,number,amount_fen,interest_fen", *self.book]))}
        return (
            httpx.post(url, headers=headers, files=file, timeout=patience.SECONDS).raise_for_status().json()
        )


def as_one(account: Account) -> dict[str, str]:
    return {"Authorization": f"Bearer {account.token}"}


PATENT_TERMS: Json = {
    "name": "贺兰知识产权质押贷",
    "kind": "WORKING_CAPITAL",
    "flags": ["IP_PLEDGE", "MEDIUM_LONG_TERM"],
    "amount_min_fen": 10_000_000,
    "amount_max_fen": 500_000_000,
    "term_min_months": 12,
    "term_max_months": MONTHS,
    "repayment_methods": ["EQUAL_PRINCIPAL"],
    "guarantee_modes": ["IP_PLEDGE"],
    "ip_pledge_caps": [{"right": "INVENTION", "cap_bp": 3000}, {"right": "UTILITY_MODEL", "cap_bp": 1500}],
    "decision_days": 3,
}
