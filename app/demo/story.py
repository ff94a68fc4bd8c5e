"""`make demo`: the whole story through public doors, as bank, SME, guarantor, service centre and regulator."""

import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from app.demo import seeding, stage
from app.demo.cast import Cast
from app.demo.doors import Doors, Refused, wait_for
from app.demo.population import DemoFirm, firms, stories
from app.demo.telling import Teller
from libs.chassis import telemetry
from libs.chassis.ids import new_id
from libs.finance.money import yuan_text

Json = dict[str, Any]

RESULT = Path("build/demo.json")
MARKET_DAY = seeding.FIRMS
FLOWS = {"rows": "PRODUCT_KIND", "columns": "MONTH", "measure": "LOANS"}


@dataclass
class Story:
    cast: Cast
    teller: Teller
    today: date
    recommendations: list[Json] = field(default_factory=list[Json])
    outcomes: list[Json] = field(default_factory=list[Json])
    flows: dict[str, Json] = field(default_factory=dict[str, Json])

    def play(self, market_day: int = MARKET_DAY) -> None:
        """All of it; `market_day` firms borrow besides the story's, enough that aggregates may be shown."""
        self.flows["before"] = self.cast.flows(self._months())
        self.play_loans(market_day)
        self._regulator()

    def play_loans(self, market_day: int) -> None:
        """From the bank's product to loans, guarantees and cases."""
        withdraw = self._bank_registers()
        try:
            self._play_on_the_market(market_day)
        finally:
            withdraw()

    def _play_on_the_market(self, market_day: int) -> None:
        by_key = {firm.key: (firm, self._ask(firm)) for firm in stories(self.today)}
        self._guaranteed_loan(*by_key["cattle_cooperative"])
        self._plain_loan(*by_key["young_tech"])
        self._refused(*by_key["machinery_maker"])
        self._market_day(market_day)
        self._service_centre()

    def record(self) -> Json:
        return {"recommendations": self.recommendations, "outcomes": self.outcomes, "flows": self.flows}

    def _months(self) -> Json:
        month = self.today.isoformat()[:7]
        return FLOWS | {"month_from": month, "month_to": month}

    def _bank_registers(self) -> Callable[[], object]:
        """One product by the API: registered by an officer, published by a manager. Returns how to withdraw it."""
        self.teller.chapter("A bank registers a loan product · 银行登记贷款产品")
        officer, manager = (self.cast.account(f"frontier_spring.{role}") for role in ("officer", "manager"))
        draft = officer.post("/v1/products", {"external_id": new_id("demo")[:40], "terms": DEMO_TERMS})
        try:
            officer.post(f"/v1/products/{draft['id']}/publish")
        except Refused as refused:
            self.teller.say(f"  its author may not publish it: {refused.problem['detail']}")
        published = manager.post(f"/v1/products/{draft['id']}/publish")
        self.teller.say(
            f"  {published['terms']['name']} is {published['status']} as version {published['version']}"
        )
        return lambda: manager.post(f"/v1/products/{draft['id']}/withdraw")

    def _ask(self, firm: DemoFirm) -> Json:
        """An SME asks once; the plans with their reasons, or why there is none."""
        asked = f"{yuan_text(firm.ask['amount_fen'])} yuan, {firm.ask['term_months']} months"
        self.teller.chapter(f"{firm.party['name']} · {asked}")
        request = self.cast.ask(firm)
        answer = request["match"]
        self.teller.plans(
            f"{answer['products_eligible']} of {answer['products_considered']} fit", answer["plans"]
        )
        self.teller.families(answer)
        if answer["plans"]:
            self.teller.reasons(answer["plans"][0])
        else:
            self.teller.refusals(answer["near_misses"][:3])
        self.recommendations += [{"firm": firm.key, **plan} for plan in answer["plans"]]
        return request

    def _guaranteed_loan(self, firm: DemoFirm, request: Json) -> None:
        self.teller.chapter("A guaranteed loan, from approval to repayment · 担保贷款")
        plan = _first(request, lambda plan: _programme(plan) == "ordinary")
        application = self.cast.choose(firm, request, plan)
        guarantor = self.cast.staff(plan["guarantee"]["guarantor"], "manager")
        room = f"/v1/guarantors/{plan['guarantee']['guarantor']}/headroom"
        before = _room(guarantor.get(room), "ordinary")
        application = self.cast.confirm(self.cast.approve(application, plan))
        loan = self.cast.disburse(application, self.today)
        effective = self.cast.await_guarantee(application, lambda now: now["status"] == "EFFECTIVE")
        self.teller.shares(effective)
        half = loan.amount_fen // 2
        self.cast.repay(loan, half, self.today)
        after = self.cast.await_guarantee(
            application, lambda now: now["outstanding_fen"] == loan.amount_fen - half
        )
        self.teller.say(
            f"  after repaying half, {yuan_text(after['outstanding_fen'])} yuan are still guaranteed"
        )
        left = _room(guarantor.get(room), "ordinary")
        self.teller.say(f"  the guarantor's room: {yuan_text(before)} -> {yuan_text(left)} yuan")
        self._outcome(firm, self.cast.await_request(firm, request, "FUNDED"), plan, loan.amount_fen)

    def _plain_loan(self, firm: DemoFirm, request: Json) -> None:
        self.teller.chapter("A first loan · 首贷")
        plan = _first(request, lambda plan: plan["family"] == "FIRST_LOAN" and not plan.get("pledge"))
        application = self.cast.choose(firm, request, plan)
        self.cast.attest_first_loan(application, self.today)
        self.teller.say(
            "  the bank's query of the credit system, under the firm's consent, found no loan before"
        )
        self.teller.report(self.cast.report(application))
        funded = self._lend(firm, request, plan, application)
        self._outcome(firm, funded, plan, plan["amount_fen"])

    def _lend(self, firm: DemoFirm, request: Json, plan: Json, application: Json | None = None) -> Json:
        approved = self.cast.approve(application or self.cast.choose(firm, request, plan), plan)
        application = self.cast.confirm(approved)
        self.cast.disburse(application, self.today)
        if approved["cover"] == "CONFIRMED":  # nobody had to confirm it: batch business
            self.cast.let_into_cover(application)
        return self.cast.await_request(firm, request, "FUNDED")

    def _refused(self, firm: DemoFirm, request: Json) -> None:
        self.teller.chapter("A bank declines, with a reason · 银行拒贷")
        plan = request["match"]["plans"][0]
        self.cast.decline(self.cast.choose(firm, request, plan), "INSUFFICIENT_CASH_FLOW")
        self._outcome(firm, self.cast.await_request(firm, request, "REFUSED"), plan, 0)

    def _market_day(self, count: int) -> None:
        self.teller.chapter(f"A market day: {count} more firms · 融资对接日")
        lent = 0
        for firm in firms(count, seeding.SEED, self.today):
            request = self.cast.ask(firm)
            plans = request["match"]["plans"]
            self.recommendations += [{"firm": firm.key, **plan} for plan in plans]
            best = next((plan for plan in plans if not plan.get("pledge")), None)
            if best is not None:
                lent_to = self._lend(firm, request, best)
                self._outcome(firm, lent_to, best, best["amount_fen"], quiet=True)
                lent += 1
        self.teller.say(f"  {lent} firms borrowed, {count - lent} found no plan and became cases")

    def _service_centre(self) -> None:
        self.teller.chapter("The service centre takes up refused needs · 首贷续贷服务中心")
        cases = self.cast.account("service_centre").get("/v1/cases", status="OPEN")["items"]
        for case in cases[:5]:
            self.teller.say(
                f"  {case['id']} {case['county']} {case['cause']}: {', '.join(case['reason_codes'])}"
            )
            for advice in case["advice"][:1]:
                self.teller.say(f"    {advice['zh']}：{advice['next_zh']}")
        self.teller.say(f"  {len(cases)} open cases")

    def _regulator(self) -> None:
        self.teller.chapter("The regulator sees the aggregate, and no firm · 监管")
        before = _total(self.flows["before"])

        def published() -> Json | None:
            flows = self.cast.flows(self._months())
            return flows if _total(flows) > before else None

        self.flows["after"] = wait_for("the next protected batch of the aggregate", published)
        self.teller.flows("loans disbursed, before", self.flows["before"])
        self.teller.flows(
            "loans disbursed, after (* hidden, for it would tell on few firms)", self.flows["after"]
        )

    def _outcome(
        self, firm: DemoFirm, request: Json, plan: Json, amount_fen: int, quiet: bool = False
    ) -> None:
        status = request["status"]
        self.outcomes.append(
            {"firm": firm.key, "request": request["id"], "status": status, "amount_fen": amount_fen}
        )
        if not quiet:
            self.teller.say(f"  {plan['bank_name']} {plan['product_name']}: the request is {status}")


def run(mode: str, data: Path | None, home: Path) -> int:
    """Play on the platform that runs in `home`, or on one that is started for it and ended after it."""
    telemetry.configure_logging("WARNING")
    with _doors(mode, home) as doors:
        story = Story(Cast(doors), Teller(), seeding.today())
        story.play()
        record = story.record()
        if data is not None:
            record["real_firms"] = _real_firms(story, data)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(record, ensure_ascii=False, indent=1), encoding="utf-8")
    print(f"\nEvery recommendation is in {RESULT}.")
    return 0


def _real_firms(story: Story, data: Path) -> list[Json]:
    from app.demo import real_story  # reads parquet, which serving does not need

    return real_story.play(story.cast, story.teller, data)


@contextmanager
def _doors(mode: str, home: Path) -> Generator[Doors]:
    running = seeding.running_doors(home / "full" if mode == "full" else home)
    if running is not None:
        yield running
        running.close()
        return
    own = Path("build/demo-home") / mode
    if mode == "full":
        with stage.full(own) as (doors, _):
            yield doors
    else:
        with stage.embedded(own) as doors:
            yield doors


def _first(request: Json, suits: Callable[[Json], bool]) -> Json:
    found = [plan for plan in request["match"]["plans"] if suits(plan)]
    if not found:
        raise LookupError(f"no plan of request {request['id']} suits the story")
    return found[0]


def _programme(plan: Json) -> str | None:
    return plan["guarantee"]["programme"] if plan.get("guarantee") else None


def _room(headroom: Json, programme: str) -> int:
    return next(room["room_fen"] for room in headroom["programmes"] if room["programme"] == programme)


def _total(flows: Json) -> int:
    """The grand total, 0 while it is hidden or there is nothing."""
    totals = [cell for cell in flows["cells"] if not cell["row"] and not cell["column"]]
    return totals[0]["value"] or 0 if totals and not totals[0]["hidden"] else 0


DEMO_TERMS: Json = {
    "name": "融桥演示首贷",
    "summary": "演示：由客户经理登记、主管发布",
    "kind": "WORKING_CAPITAL",
    "flags": ["FIRST_LOAN", "UNSECURED"],
    "amount_min_fen": 5_000_000,
    "amount_max_fen": 200_000_000,
    "term_min_months": 6,
    "term_max_months": 24,
    "rate": {"base": "LPR_1Y", "min_ppm": 3_000, "max_ppm": 9_000},
    "repayment_methods": ["EQUAL_INSTALMENT"],
    "guarantee_modes": ["UNSECURED"],
    "criteria": [
        {"fact": "bank_loan_record", "operator": "EQ", "values": ["false"], "message": "从未取得过银行贷款"},
        {"fact": "months_since_registration", "operator": "GE", "values": ["12"], "message": "成立满1年"},
    ],
    "materials": ["营业执照"],
    "decision_days": 2,
}
