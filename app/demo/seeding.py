"""Demo data on the first start, all through the public doors; and what `make run` says when it is ready."""

import json
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import httpx

from app.demo import catalogue
from app.demo.doors import Account, Doors, wait_for
from app.demo.population import DemoFirm, firms, stories
from libs.chassis.clock import SystemClock, business_date
from libs.chassis.settings import Keys
from libs.finance.money import percent_text, yuan_text

PASSWORD = "rongqiao-demo"
FIRMS = 40  # beside the story's six
SEED = 20260330
MARKER = "demo-data"
DOORS = "doors.json"


def today() -> date:
    return business_date(SystemClock().now())


def welcome(url: str, grpc_addresses: Mapping[str, str], home: Path) -> None:
    """Seed on the first start; say where everything is; show a first recommendation."""
    doors = Doors(url, grpc_addresses)
    try:
        (home / DOORS).write_text(json.dumps({"url": url, "grpc": dict(grpc_addresses)}))
        seed(doors, home)
        _print_addresses(url, grpc_addresses)
        _print_first_recommendation(doors)
    finally:
        doors.close()


def running_doors(home: Path, url: str | None = None) -> Doors | None:
    """The doors of the platform whose home this is (at `url`, where one is given), if it runs and is seeded."""
    written = home / DOORS
    if not written.exists() or not (home / MARKER).exists():
        return None
    known = json.loads(written.read_text())
    try:
        ready = httpx.get(f"{known['url']}/health/live", timeout=2).is_success
    except httpx.TransportError:
        return None
    return Doors(known["url"], known["grpc"]) if ready and url in (None, known["url"]) else None


def seed(doors: Doors, home: Path) -> None:
    marker = home / MARKER
    if marker.exists():
        return
    print("First start: loading demo data …", flush=True)
    operator = doors.sign_in("operator", Keys.load_or_make(home / "keys.json").operator_password)
    organisations = _organisations(operator)
    _guarantors(operator, organisations)
    for bank in catalogue.organisations("BANK"):
        _products(doors, bank["key"])
    for firm in demo_firms():
        put_file(operator, sme_of(doors, firm), firm)
    _wait_until_matching_knows(doors)
    for account in catalogue.accounts():
        if (
            account["login"] == "operator"
        ):  # last: it ends the password with which a broken-off start begins again
            _sign_in(operator, account, {"platform": operator.get("/v1/accounts/me")["organisation"]})
    marker.touch()


def demo_firms() -> Iterator[DemoFirm]:
    yield from stories(today())
    yield from firms(FIRMS, SEED, today())


def sme_of(doors: Doors, firm: DemoFirm) -> Account:
    """The firm's own account: the story's are in the table of sign-ins, the others enrol themselves."""
    if firm.key in _story_keys():
        return doors.sign_in(firm.key, PASSWORD)
    uscc = firm.party["id"].partition(":")[2]
    return doors.enrol(uscc, uscc.lower(), PASSWORD, name=firm.party["name"], county=firm.party["county"])


def put_file(operator: Account, sme: Account, firm: DemoFirm) -> None:
    """What the registers share of a firm, and what the firm agrees to."""
    party = firm.party["id"]
    operator.put(f"/v1/parties/{party}", {key: value for key, value in firm.party.items() if key != "id"})
    operator.post(f"/v1/parties/{party}/facts", {"facts": firm.facts, "ip_rights": firm.ip_rights})
    for consent in firm.consents:
        sme.post(
            f"/v1/parties/{party}/consents", {key: value for key, value in consent.items() if key != "party"}
        )


def _story_keys() -> set[str]:
    return {organisation["key"] for organisation in catalogue.organisations("ENTERPRISE")}


def _organisations(operator: Account) -> dict[str, str]:
    ids = {
        organisation["key"]: _organisation(operator, organisation)
        for organisation in catalogue.organisations()
        if organisation["kind"] != "PLATFORM"
    }
    for account in catalogue.accounts():
        if account["login"] != "operator":
            _sign_in(operator, account, ids)
    return ids


def _sign_in(operator: Account, account: catalogue.Account, ids: Mapping[str, str]) -> None:
    terms = {key: value for key, value in account.items() if key != "login"}
    operator.put(f"/v1/accounts/{account['login']}", terms | {"organisation": ids[account["organisation"]]})


def _organisation(operator: Account, organisation: catalogue.Organisation) -> str:
    body = {key: organisation[key] for key in ("kind", "name", "territory")}
    if organisation["id"]:
        return operator.put(f"/v1/organisations/{organisation['id']}", body)["id"]
    known: list[dict[str, Any]] = operator.get("/v1/organisations", kind=organisation["kind"], limit=200)[
        "items"
    ]
    same = [item["id"] for item in known if item["name"] == organisation["name"]]
    return same[0] if same else operator.post("/v1/organisations", body)["id"]


def _guarantors(operator: Account, ids: Mapping[str, str]) -> None:
    """The three tiers, and the list of those with whom the re-guarantor works."""
    for guarantor in catalogue.guarantors():
        beside = ("key", "banks", "credit_line_fen")
        body = {key: value for key, value in guarantor.items() if key not in beside}
        mine, banks = ids[guarantor["key"]], [ids[key] for key in guarantor["banks"]]
        operator.put(f"/v1/guarantors/{mine}", body | {"id": mine, "banks": banks})
        if guarantor["credit_line_fen"] is not None:
            operator.put(f"/v1/admissions/{mine}", {"credit_line_fen": guarantor["credit_line_fen"]})


def _products(doors: Doors, bank: str) -> None:
    """The officer uploads the bank's CSV, the manager publishes each product."""
    officer, manager = (doors.sign_in(f"{bank}.{role}", PASSWORD) for role in ("officer", "manager"))
    text = catalogue.product_file(bank).read_text(encoding="utf-8")
    report = officer.post("/v1/products/import", {"csv": text, "all_or_nothing": True})
    for row in report["rows"]:
        manager.post(f"/v1/products/{row['product_id']}/publish")


def _wait_until_matching_knows(doors: Doors) -> None:
    firm = list(demo_firms())[-1]
    sme = sme_of(doors, firm)

    def answered() -> bool | None:
        return True if match(sme, firm)["products_considered"] else None

    wait_for("the last firm's profile in matching", answered)


def match(sme: Account, firm: DemoFirm) -> Any:
    return sme.post("/v1/matches", {key: value for key, value in firm.ask.items() if key != "purpose"})


def _print_addresses(url: str, grpc_addresses: Mapping[str, str]) -> None:
    print(
        f"\n融桥 Rongqiao is ready at {url}   (API: {url}/docs/lending …, gRPC: {', '.join(grpc_addresses.values())})"
    )
    print(f"Sign in with password {PASSWORD} as:")
    for login, who in _SIGN_INS:
        print(f"  {login:26} {who}")


_SIGN_INS = (
    ("young_tech", "小微企业 SME"),
    ("frontier_spring.officer", "银行 bank (….manager publishes)"),
    ("phoenix.manager", "担保机构 guarantor"),
    ("regulator", "监管部门 regulator"),
    ("service_centre", "首贷续贷服务中心 service centre"),
    ("operator", "平台运营 operator"),
)


def _print_first_recommendation(doors: Doors) -> None:
    firm = next(iter(stories(today())))
    answer = match(sme_of(doors, firm), firm)
    wanted = f"{yuan_text(firm.ask['amount_fen'])} yuan for {firm.ask['term_months']} months"
    print(f"\nA first recommendation: {firm.party['name']} asks for {wanted}")
    for plan in answer["plans"][:3]:
        rate = percent_text(plan["all_in_effective_ppm"])
        print(
            f"  {plan['number']}. {plan['bank_name']} {plan['product_name']} [{plan['family']}] all-in {rate} a year"
        )
    print(
        f"  ({answer['products_eligible']} of {answer['products_considered']} products fit.) Ctrl-C ends.",
        flush=True,
    )
