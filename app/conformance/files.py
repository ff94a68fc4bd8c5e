"""Many products at once: formats, places of mistakes, wishes, and the way back."""

import json

from app.conformance.bank import Bank, good, want

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def bad_rows_have_their_cells(bank: Bank) -> str:
    header = "external_id,name,kind,amount_max_fen,term_max_months,rate,repayment_methods,guarantee_modes"
    lines = [
        f"{bank.number()},甲,WORKING_CAPITAL,300万元,12个月,LPR_1Y:85bp:160bp,BULLET,UNSECURED",
        f"{bank.number()},乙,PAYDAY,viel,12,LPR_1Y:0.85:1.6,BULLET,UNSECURED",
    ]
    report = good(bank.send("\n".join([header, *lines]).encode(), "text/csv"), 200)
    want("one row kept, one refused", (report["accepted"], report["rejected"]) == (1, 1), report)
    mistakes = report["rows"][1]["mistakes"]
    places = sorted(mistake["place"] for mistake in mistakes)
    want("mistakes at C3, D3 and F3 (twice)", places == ["C3", "D3", "F3", "F3"], places)
    want("a mend for each", all(mistake["mend"] for mistake in mistakes), mistakes)
    return f"{', '.join(places)}: {mistakes[0]['message']} {mistakes[0]['mend'][:60]}"


def json_has_pointers(bank: Bank) -> str:
    good_one, bad = bank.new(), bank.new(kind="PAYDAY")
    content = json.dumps([good_one, bad]).encode()
    report = good(bank.send(content, "application/json", on_error="abort"), 200)
    outcomes = [row["outcome"] for row in report["rows"]]
    want("abort keeps none", outcomes == ["NOT_KEPT", "REJECTED"], outcomes)
    place = report["rows"][1]["mistakes"][0]["place"]
    want("/1/terms/kind", place == "/1/terms/kind", place)
    return f"{place}; none kept"


def lines_of_json(bank: Bank) -> str:
    content = b"\n".join(json.dumps(bank.new()).encode() for _ in range(3))
    report = good(bank.send(content, "application/x-ndjson"), 200)
    want("three kept", report["accepted"] == 3, report)
    return "3 lines, 3 drafts"


def a_dry_run_keeps_nothing(bank: Bank) -> str:
    new = bank.new()
    report = good(bank.send(json.dumps([new]).encode(), "application/json", dry_run="true"), 200)
    outcome = report["rows"][0]["outcome"]
    want("NOT_KEPT", outcome == "NOT_KEPT", outcome)
    newest = good(bank.get("/v1/products", limit=1), 200)["items"]
    want("no such draft", all(one["external_id"] != new["external_id"] for one in newest), newest)
    return "judged, and nothing kept"


def the_template_can_be_sent_back(bank: Bank) -> str:
    template = bank.get("/v1/products/template.xlsx")
    want("a workbook", template.headers.get("content-type", "").startswith(XLSX), template.headers)
    report = good(bank.send(template.content, XLSX, dry_run="true"), 200)
    want("its example is a good row", report["rejected"] == 0 and len(report["rows"]) == 1, report)
    return f"{len(template.content):,} bytes; its example is good"


def the_same_file_acts_once(bank: Bank) -> str:
    key, content = bank.key(), json.dumps([bank.new()]).encode()
    first, again = (bank.send(content, "application/json", key=key) for _ in range(2))
    want("the first report again", good(again, 200) == good(first, 200), again.text)
    return "the first report again"


def an_export_is_an_import(bank: Bank) -> str:
    bank.registered()
    exported = bank.get("/v1/products/export", format="json")
    want("status 200", exported.status_code == 200, exported.status_code)
    report = good(bank.send(exported.content, "application/json", dry_run="true"), 200)
    want("every row good", report["rejected"] == 0 and bool(report["rows"]), report)
    return f"{len(report['rows'])} products out, all good on the way in"


def an_empty_file_is_no_mistake(bank: Bank) -> str:
    report = good(bank.send(b"[]", "application/json"), 200)
    want("nothing kept, nothing refused", report == {"accepted": 0, "rejected": 0, "rows": []}, report)
    return "0 products"
