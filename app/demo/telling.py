"""The demo's words and tables in the terminal."""

from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.table import Table

from libs.finance.money import percent_text, yuan_text
from rongqiao.credit.v1 import credit_pb2 as credit
from rongqiao.credit.v1 import reports_pb2 as reports

Json = dict[str, Any]
HIDDEN = "*"


class Teller:
    def __init__(self) -> None:
        self.console = Console(width=150)

    def chapter(self, title: str) -> None:
        self.console.rule(f"[bold]{title}")

    def say(self, text: str) -> None:
        self.console.print(text)

    def plans(self, title: str, plans: Iterable[Json]) -> None:
        table = Table("#", "family", "bank", "product", "rate", "all-in", "after subsidy", "guarantee / pledge",
                      "likely", "days", title=title)  # fmt: skip
        for plan in plans:
            table.add_row(*_plan_cells(plan))
        self.console.print(table)

    def report(self, report: reports.Report) -> None:
        """Which groups a bank reads under the firm's consent, and whether it is given the score."""
        opened = [group.scope for group in report.groups if group.state == credit.ITEM_STATE_KNOWN]
        score = reports.ScoreState.Name(report.score.state).removeprefix("SCORE_STATE_")
        shut = len(report.groups) - len(opened)
        self.say(
            f"  credit report {report.id}: {', '.join(opened)}; {shut} groups not authorised; score: {score}"
        )

    def families(self, answer: Json) -> None:
        for family in answer["families"]:
            if not family["plans"]:
                why = "; ".join(reason["text"] for reason in family["why_none"])
                self.say(f"  {family['family']}: no plan, because: {why}")

    def reasons(self, plan: Json) -> None:
        told = "; ".join(f"{_MARKS[reason['outcome']]} {reason['text']}" for reason in plan["reasons"])
        self.say(f"  why plan {plan['number']}: {told}")

    def refusals(self, refusals: Iterable[Json]) -> None:
        for refusal in refusals:
            why = "; ".join(reason["text"] or reason["code"] for reason in refusal["reasons"])
            self.say(f"  not {refusal['bank_name']} {refusal['product_name']}: {why}")

    def shares(self, guarantee: Json) -> None:
        parts = ", ".join(f"{part['party']} {yuan_text(part['amount_fen'])}" for part in guarantee["shares"])
        self.say(
            f"  guarantee {guarantee['status']}: {yuan_text(guarantee['outstanding_fen'])} yuan = {parts}"
        )

    def flows(self, title: str, flows: Json) -> None:
        """`*`: hidden by disclosure control."""
        table = Table("", *[*flows["column_labels"], "total"], title=title)
        cells = {(cell["row"], cell["column"]): cell for cell in flows["cells"]}
        for row in [*flows["row_labels"], ""]:
            table.add_row(
                row or "total", *[_cell(cells, row, column) for column in [*flows["column_labels"], ""]]
            )
        self.console.print(table)


_MARKS = {"PASS": "✓", "FAIL": "✗", "UNKNOWN": "?"}


def _plan_cells(plan: Json) -> list[str]:
    return [
        str(plan["number"]),
        plan["family"],
        plan["bank_name"],
        plan["product_name"],
        percent_text(plan["rate_ppm"]),
        percent_text(plan["all_in_effective_ppm"]),
        percent_text(plan["after_subsidy_effective_ppm"]),
        _security(plan),
        f"{plan['likelihood_band']} {percent_text(plan['likelihood_ppm'], 0)}",
        str(plan["decision_days"]),
    ]


def _security(plan: Json) -> str:
    guarantee, pledge = plan.get("guarantee"), plan.get("pledge")
    if guarantee:
        return f"{guarantee['guarantor_name']} ({guarantee['programme']})"
    return f"pledge lends {yuan_text(pledge['lends_fen'])}" if pledge else "unsecured or other"


def _cell(cells: dict[tuple[str, str], Json], row: str, column: str) -> str:
    cell = cells.get((row, column))
    if cell is None:
        return ""
    return HIDDEN if cell["hidden"] else f"{cell['value']:,}"
