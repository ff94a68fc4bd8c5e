"""What the tiers do by the month: filings decided, statements agreed; and once a year, caps settled."""

import csv
import io
from collections.abc import Iterator
from datetime import date, timedelta

from benchmarks.year.house import House, manager, table
from benchmarks.year.losses import treasurer
from benchmarks.year.plan import FIRST, FUND, LAST, LOCALS, PROVINCE
from libs.chassis.principal import Role
from services.guarantee.domain.exchange import FilingDecisions
from services.guarantee.domain.terms import NATIONAL, PROVINCIAL, CapTiming
from services.guarantee.operations import caps, exchange, settlements, statements
from services.guarantee.store import rules as rule_store

_COLUMNS = ("loan_id", "layer", "decision", "number")
_ROWS = 500


class Tiers:
    """The tiers above, and what all of them agree on."""

    def __init__(self, house: House) -> None:
        self._house = house

    def end_of_day(self, day: date) -> None:
        last = day.replace(day=1) - timedelta(days=1)
        if last < FIRST:
            return
        if day.day == 1:
            self._decide(PROVINCE, PROVINCIAL, last)
            self._decide(FUND, NATIONAL, day)
        if day.day == 2:
            self._agree(last)
        if day == LAST + timedelta(days=5):
            self._settle()

    def _decide(self, organisation: str, layer: str, month: date) -> None:
        """A tier takes the file of a month and sends it back, line by line filed."""
        by = manager(organisation, Role.REGUARANTOR)
        text = self._house.read(exchange.export_filings, by, f"{month:%Y-%m}", layer)
        rows = [
            (row["loan_id"], layer, "ACCEPT", f"{layer}-{row['loan_id']}"[:80])
            for row in csv.DictReader(io.StringIO(text))
            if row["status"] == "SUBMITTED"
        ]
        for start in range(0, len(rows), _ROWS):
            decisions = FilingDecisions(csv=table(_COLUMNS, rows[start : start + _ROWS]))
            found = self._house.write(exchange.decide_filings, by, decisions)
            assert all(one.ok for one in found.rows), [one for one in found.rows if not one.ok][:1]

    def _agree(self, month: date) -> None:
        for one, other in _neighbours():
            for own, counterparty in ((one, other), (other, one)):
                found = self._house.write(statements.agree, treasurer(own), f"{month:%Y-%m}", counterparty)
                assert found.agrees, f"{own} and {counterparty} differ in {month:%Y-%m}"

    def _settle(self) -> None:
        by = manager(PROVINCE, Role.REGUARANTOR)
        rulebook = self._house.read(rule_store.rulebook)
        for standing in self._house.read(caps.list_caps, by).items:
            programme = rulebook.last_version(standing.programme, LAST)
            ended = standing.period == LAST.year
            if ended and programme is not None and programme.cap.timing is not CapTiming.AS_CLAIMED:
                self._house.write(settlements.settle, by, standing.key)


def _neighbours() -> Iterator[tuple[str, str]]:
    for local in LOCALS:
        yield local, PROVINCE
        yield local, FUND
    yield PROVINCE, FUND
