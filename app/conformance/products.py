"""Registering one product: answers, keys, refusals."""

import copy

from app.conformance.bank import TERMS, Bank, good, problem, want


def both_are_known(bank: Bank) -> str:
    mine = good(bank.http.get("/v1/accounts/me", headers=bank.as_maker), 200)
    theirs = good(bank.http.get("/v1/accounts/me", headers=bank.as_checker), 200)
    want("two accounts of one bank", mine["organisation"] == theirs["organisation"], (mine, theirs))
    want("two different people", mine["id"] != theirs["id"], mine["id"])
    want("a manager as the second", theirs["role"] == "BANK_MANAGER", theirs["role"])
    return f"{mine['role']} and {theirs['role']} of {mine['organisation']}"


def without_a_token_nothing(bank: Bank) -> str:
    answer = bank.http.get("/v1/products")
    want("status 401", answer.status_code == 401, answer.status_code)
    return f"401 {answer.json()['detail']}"


def registers(bank: Bank) -> str:
    new = bank.new()
    product = good(bank.post("/v1/products", new), 201)
    want("a draft in version 1", (product["status"], product["version"]) == ("DRAFT", 1), product)
    same = all(product["terms"].get(name) == value for name, value in TERMS.items() if name != "rate")
    want("the terms as they were sent", same, product["terms"])
    return f"{product['id']} DRAFT"


def recomputes_the_rate(bank: Bank) -> str:
    rates = bank.registered()["rates"]
    want("the lender's annual rate, nominal and effective", bool(rates and rates["lender"]), rates)
    low = rates["lender"]["min"]
    want("effective above nominal", low["effective_ppm"] > low["nominal_ppm"], low)
    return f"{low['nominal_ppm'] / 10_000:.2f} % nominal, {low['effective_ppm'] / 10_000:.2f} % effective"


def a_repeat_acts_once(bank: Bank) -> str:
    key, new = bank.key(), bank.new()
    first, again = (bank.post("/v1/products", new, key=key) for _ in range(2))
    want("the first answer again", good(again, 201) == good(first, 201), again.text)
    replayed = again.headers.get("Idempotency-Replayed")
    want("header Idempotency-Replayed: true", replayed == "true", replayed)
    return "the first answer, marked as replayed"


def another_body_under_the_key(bank: Bank) -> str:
    key = bank.key()
    good(bank.post("/v1/products", bank.new(), key=key), 201)
    return problem(bank.post("/v1/products", bank.new(), key=key), 422, "idempotency-key-reused")


def without_a_key(bank: Bank) -> str:
    return problem(bank.post_without_key("/v1/products", bank.new()), 422, "invalid", "Idempotency-Key")


def an_unknown_field(bank: Bank) -> str:
    return problem(bank.post("/v1/products", bank.new(colour="red")), 422, "invalid", "terms/colour")


def a_broken_rule(bank: Bank) -> str:
    answer = bank.post("/v1/products", bank.new(amount_min_fen=400_000_000))
    return problem(answer, 422, "invalid", "terms/amount_min_fen")


def a_rate_that_the_terms_cannot_give(bank: Bank) -> str:
    stated = {"min_ppm": 10_000, "max_ppm": 20_000, "basis": "NOMINAL"}
    return problem(bank.post("/v1/products", bank.new(stated_rate=stated)), 422, "invalid")


def a_draft_is_rewritten(bank: Bank) -> str:
    new = bank.new()
    first = good(bank.post("/v1/products", new), 201)
    second = good(bank.post("/v1/products", copy.deepcopy(new) | {"terms": TERMS | {"name": "改名"}}), 201)
    kept = (second["id"], second["version"]) == (first["id"], first["version"])
    want("the same draft with other terms", kept and second["terms"]["name"] == "改名", second)
    return "the draft has its new terms"


def lists_in_pages(bank: Bank) -> str:
    for _ in range(3):
        bank.registered()
    seen, cursor = list[str](), None
    for _ in range(5):
        query = {"limit": 1} | ({"cursor": cursor} if cursor else {})
        page = good(bank.get("/v1/products", **query), 200)
        want("one item a page", len(page["items"]) == 1, page)
        seen.append(page["items"][0]["id"])
        cursor = page.get("next_cursor")
        if cursor is None:
            break
    want("no item twice", len(set(seen)) == len(seen), seen)
    return f"{len(seen)} pages of one, none twice"


def has_a_quality_score(bank: Bank) -> str:
    found = good(bank.get(f"/v1/products/{bank.registered()['id']}/quality"), 200)
    want("0 to 100 points with reasons", 0 <= found["score"] < 100 and bool(found["remarks"]), found)
    return f"{found['score']} points; {found['remarks'][0]['flaw']} costs most"
