"""The life of an application, from a made-up firm to a repaid loan: in a sandbox alone."""

from typing import Any

from app.conformance.bank import Bank, Skipped, good, problem, want

AMOUNT_FEN = 100_000_000


def an_application_lives_to_its_repayment(bank: Bank) -> str:
    application = _opened(bank)
    states = [application["status"]]
    path, firm = f"/v1/applications/{application['id']}", f"/v1/sandbox/applications/{application['id']}/firm"
    today = bank.today()
    approval = {"amount_fen": AMOUNT_FEN, "rate_ppm": 38_500, "term_months": 12}
    contracts = {"loan_contract": f"{bank.run}-C", "signed_on": today}
    for where, body in (
        (f"{path}/accept", None),
        (f"{path}/approve", approval),
        (firm, {"step": "ACCEPT_OFFER"}),
        (f"{path}/contracts", contracts),
    ):
        states.append(good(bank.post(where, body), 200)["status"])
    drawn = good(bank.post(f"{path}/disburse", {"disbursed_on": today, "external_id": f"{bank.run}-L"}), 201)
    want("all that was approved", drawn["outstanding_fen"] == AMOUNT_FEN, drawn)
    paid = {"principal_fen": AMOUNT_FEN // 10, "paid_on": today, "external_id": f"{bank.run}-R"}
    left = good(bank.post(f"/v1/loans/{drawn['id']}/repayments", paid), 201)
    want("a tenth less", left["outstanding_fen"] == AMOUNT_FEN - AMOUNT_FEN // 10, left)
    wanted = ["SUBMITTED", "ACCEPTED", "APPROVED", "OFFER_ACCEPTED", "CONTRACTED"]
    want(" > ".join(wanted), states == wanted, states)
    return f"{' > '.join(states)} > DISBURSED, a tenth repaid"


def no_money_before_the_contracts(bank: Bank) -> str:
    application = _opened(bank)
    body = {"disbursed_on": bank.today(), "external_id": f"{bank.run}-X"}
    answer = bank.post(f"/v1/applications/{application['id']}/disburse", body)
    return problem(answer, 422, "invalid")


def a_refusal_names_its_reason(bank: Bank) -> str:
    application = _opened(bank)
    path = f"/v1/applications/{application['id']}/decline"
    told = problem(bank.post(path, {"reason_codes": ["NO_SUCH_REASON"]}), 422, "invalid")
    code = good(bank.get("/v1/decline-reasons"), 200)["items"][0]["code"]
    declined = good(bank.post(path, {"reason_codes": [code]}), 200)
    want("DECLINED", declined["status"] == "DECLINED", declined["status"])
    return f"{told[:60]}…; then DECLINED with {code}"


def _opened(bank: Bank) -> dict[str, Any]:
    asked = {
        "product_id": bank.published["id"],
        "amount_fen": AMOUNT_FEN,
        "term_months": 12,
        "repayment_method": "EQUAL_INSTALMENT",
    }
    answer = bank.post("/v1/sandbox/applications", asked)
    if answer.status_code in (403, 404):
        raise Skipped("This bank is no sandbox; made-up firms are for sandboxes alone.")
    opened: dict[str, Any] = good(answer, 201)
    return opened
