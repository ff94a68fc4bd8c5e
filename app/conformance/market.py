"""From draft to the market and off it again, by two people; what firms are told of the cost."""

from itertools import pairwise

from app.conformance.bank import TERMS, Bank, good, problem, want


def maker_is_not_checker(bank: Bank) -> str:
    new = bank.new()
    draft = good(bank.post("/v1/products", new, by=bank.checker), 201)
    answer = bank.post(f"/v1/products/{draft['id']}/publish", by=bank.checker)
    return problem(answer, 422, "invalid")


def the_second_person_publishes(bank: Bank) -> str:
    want("PUBLISHED", bank.published["status"] == "PUBLISHED", bank.published["status"])
    people = (bank.published["created_by"], bank.published["published_by"])
    want("two names on it", people[0] != people[1], people)
    return f"PUBLISHED in version {bank.published['version']}"


def suspended_resumed_withdrawn(bank: Bank) -> str:
    draft = bank.registered()
    path = f"/v1/products/{draft['id']}"
    states = [
        good(bank.post(f"{path}/{act}", by=bank.checker), 200)["status"]
        for act in ("publish", "suspend", "resume", "withdraw")
    ]
    want("its four states", states == ["PUBLISHED", "SUSPENDED", "PUBLISHED", "WITHDRAWN"], states)
    return " > ".join(states)


def a_published_version_never_changes(bank: Bank) -> str:
    number, path = bank.published["external_id"], f"/v1/products/{bank.published['id']}/versions"
    again = good(bank.post("/v1/products", {"external_id": number, "terms": TERMS | {"name": "新版"}}), 201)
    want("a second version as a draft", (again["version"], again["status"]) == (2, "DRAFT"), again)
    history = good(bank.get(path), 200)["items"]
    names = [version["terms"]["name"] for version in history]
    want("both versions in the history", names == ["新版", TERMS["name"]], names)
    return "version 2 is a draft, version 1 stands"


def a_cost_sheet(bank: Bank) -> str:
    question = {
        "amount_fen": 300_000_000,
        "months": 12,
        "method": "EQUAL_INSTALMENT",
        "rate": {"base": "LPR_1Y", "ppm": 8_500},
        "pricing_date": "2025-06-03",
    }
    found = good(bank.post("/v1/costs", question), 200)
    interest = found["items"][0]["amount_fen"]
    want("62,929.89 元 of interest (LPR 3.00 % + 85 bp, 12 instalments)", interest == 6_292_989, found)
    return f"{interest / 100:,.2f} 元 of interest on 300万元"


def no_lpr_before_the_first(bank: Bank) -> str:
    answer = bank.get("/v1/lpr", on="2013-01-01")
    return problem(answer, 422, "invalid")


def the_feed_has_no_gap(bank: Bank) -> str:
    bank.published  # noqa: B018 - what the feed is to tell of
    after, positions, kinds = 0, list[int](), set[str]()
    for _ in range(200):
        page = good(bank.get("/v1/feed", after=after, limit=200), 200)
        positions += [notice["position"] for notice in page["items"]]
        kinds |= {f"{notice['type']} {notice['subject']}" for notice in page["items"]}
        after = page["next"]
        if f"product.published {bank.published['id']}" in kinds:
            break
        if page["caught_up"]:
            bank.rest()
    steps = {later - earlier for earlier, later in pairwise(positions)}
    want("positions one after another", steps <= {1}, sorted(steps))
    told = f"product.published {bank.published['id']}"
    want(told, told in kinds, sorted(kinds)[-5:])
    return f"{len(positions)} notices to position {after}"
