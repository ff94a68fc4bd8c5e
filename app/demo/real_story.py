"""`make demo DATA=…`: real firms of the data set cumcm2020c, from invoices to plans, through the same doors."""

import time
from pathlib import Path
from typing import Any

from app.demo import seeding
from app.demo.cast import Cast
from app.demo.doors import Refused, wait_for
from app.demo.real_firms import RealFirm, deliver, real_firms
from app.demo.telling import Teller
from libs.finance.money import yuan_text

Json = dict[str, Any]

SHOWN = 3  # firms whose plans are printed; the record has them all


def play(cast: Cast, teller: Teller, data: Path) -> list[Json]:
    """Every firm with its invoices, its score and its plans; the table of the first few that get some."""
    teller.chapter("Real firms and their invoices · 真实企业")
    began, rows, told = time.monotonic(), 0, list[Json]()
    for real in real_firms(data, seeding.today()):
        rows += real.rows
        told.append(_one(cast, real))
        if sum(bool(firm["plans"]) for firm in told) <= SHOWN and told[-1]["plans"]:
            _show(teller, real, told[-1])
    planned = sum(bool(firm["plans"]) for firm in told)
    seconds = time.monotonic() - began
    teller.say(f"  {len(told)} firms, {rows:,} invoices, {planned} firms with plans, in {seconds:.0f} s")
    return told


def _one(cast: Cast, real: RealFirm) -> Json:
    """A file, a consent and a year's invoices; then the firm asks, once matching has heard of it."""
    sme = cast.sme(real.firm)
    operator = cast.account("operator")
    seeding.put_file(operator, sme, real.firm)
    deliver(operator, real)
    party = real.firm.party["id"]
    wait_for(f"matching to know {real.firm.key}", lambda: _known(cast, real))
    answer = cast.ask(real.firm)["match"]
    score = sme.get(f"/v1/parties/{party}/score")
    return {
        "firm": real.firm.key,
        "name": real.firm.party["name"],
        "score": score["points"],
        "grade": score["grade"],
        "asked_fen": real.firm.ask["amount_fen"],
        "plans": answer["plans"],
        "families": answer["families"],
    }


def _known(cast: Cast, real: RealFirm) -> bool | None:
    """Whether matching has the features of the invoices, which come by event."""
    try:
        answer = seeding.match(cast.sme(real.firm), real.firm)
    except Refused as refused:
        if refused.problem["status"] == 404:
            return None
        raise
    judged = [reason for part in (*answer["plans"], *answer["near_misses"]) for reason in part["reasons"]]
    unknown = [
        reason for reason in judged if reason["fact"].startswith("invoice") and reason["outcome"] == "UNKNOWN"
    ]
    return None if unknown else True


def _show(teller: Teller, real: RealFirm, told: Json) -> None:
    asked = yuan_text(told["asked_fen"])
    title = (
        f"{told['name']}: {real.rows:,} invoices, score {told['score']} ({told['grade']}), asks {asked} yuan"
    )
    teller.plans(title, told["plans"][:5])
    teller.reasons(told["plans"][0])
