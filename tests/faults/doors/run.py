"""Made-up requests that fit lending's API description, at things that exist: `python -m tests.faults.doors.run`.

`tests/access/test_any_body.py` asks every service about things that mostly are not there. Here lending has a product,
an application, a loan and all else in each of their states, and a request names one of them. Exits 1 when a request
ends in a failure of the server, with all that is needed to send it again.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from libs.chassis.clock import SettableClock
from libs.chassis.principal import Principal
from libs.chassis.tokens import issue, issue_for_service
from tests.access.asking import ask
from tests.access.house import House
from tests.faults.doors.world import PEOPLE, World, furnish
from tests.support.services import NOON

AT_ONCE = 10  # examples of a route before the next one's turn
_FROM_THE_WORLD = 4  # of five ids, so many are known ones


@dataclass
class Report:
    """`broken`: a request that the server failed over, and what it said."""

    answers: Counter[int] = field(default_factory=Counter[int])
    broken: list[str] = field(default_factory=list[str])

    def __str__(self) -> str:
        told = ", ".join(f"{status}: {number}" for status, number in sorted(self.answers.items()))
        return "\n".join([f"{self.answers.total()} requests ({told})", *self.broken])


def run(seconds: float, first_seed: int, examples: int = AT_ONCE) -> Report:
    """Ask until the time is over, every route once at least; each round with a seed of its own."""
    report = Report()
    with tempfile.TemporaryDirectory(prefix="rongqiao-doors-") as folder:
        house = House(Path(folder), SettableClock(NOON))
        try:
            world = furnish(house)
            until, number = time.monotonic() + seconds, first_seed
            while number == first_seed or time.monotonic() < until:
                _round(house, world, number, examples, report)
                number += 1
        finally:
            house.close()
    return report


def _round(house: House, world: World, number: int, examples: int, report: Report) -> None:
    schema = schemathesis.openapi.from_asgi("/openapi/lending.json", house.app("lending"))
    for result in schema.get_all_operations():
        _ask(house, world, result.ok(), number, examples, report)


def _ask(house: House, world: World, operation: Any, number: int, examples: int, report: Report) -> None:
    @seed(number)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), by=st.sampled_from(PEOPLE), data=st.data())
    def holds(case: Any, by: Principal, data: st.DataObject) -> None:
        for name in case.path_parameters or {}:
            known = world.ids.get(name, ())
            if known and data.draw(st.integers(0, _FROM_THE_WORLD)):
                case.path_parameters[name] = data.draw(st.sampled_from(known))
        answer = ask(house, case, _token(house, by))
        report.answers[answer.status_code] += 1
        if answer.status_code >= 500 and answer.status_code != 503:  # nobody plays the neighbours here
            report.broken.append(
                f"{by.role} {case.method} {case.formatted_path} {case.body!r:.2000}: {answer.text}"
            )

    holds()


def _token(house: House, by: Principal) -> str:
    if by.subject.startswith("service:"):
        return issue_for_service(house.context.keys, by.subject.removeprefix("service:"))
    return issue(house.context.keys, by)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    report = run(chosen.seconds, chosen.seed)
    print(report)
    sys.exit(1 if report.broken else 0)


if __name__ == "__main__":
    main()
