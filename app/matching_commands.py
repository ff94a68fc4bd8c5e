"""`rongqiao matching …`: what whoever runs the platform asks of matching's records, with its keys. Nothing here serves.

Each action is a function that takes the arguments and gives the exit code; what it needs it imports when it runs.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    from libs.chassis.database import ReadTx
    from libs.chassis.principal import Principal
    from libs.chassis.service import Service
    from services.matching.domain.replay.trace import Replayed

_SHOWN = 20


def add_matching(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    again = actions.add_parser("replay", help="compute an answer again and compare it byte for byte")
    which = again.add_mutually_exclusive_group(required=True)
    which.add_argument("match_id", nargs="?", metavar="ID")
    which.add_argument("--all", action="store_true", help="every answer with a trace")
    again.set_defaults(run=_replay)
    late = actions.add_parser("corrections", help="answers touched by rules that were corrected afterwards")
    late.add_argument(
        "--answers", metavar="RULEBOOK", help="the answers of one, and what would change in each"
    )
    late.set_defaults(run=_corrections)
    learned = _add_likelihood(actions.add_parser)
    for action in (again, late, *learned):
        action.add_argument("--home", type=Path, help="of the platform; else what RONGQIAO_… variables say")


def _add_likelihood(add: Callable[..., argparse.ArgumentParser]) -> list[argparse.ArgumentParser]:
    made = {
        name: add(name, help=told)
        for name, told in (
            ("train", "a candidate for the likelihood of approval, from banks' decisions, with reports"),
            ("validate", "how true the likelihood is on the latest decisions, and how fair"),
            ("monitor", "whether what was said comes true, month by month"),
            ("simulate", "made-up markets: our ranking beside the cheapest rate, chance and the oracle"),
        )
    }
    for name, one in made.items():
        one.add_argument("--out", type=Path, default=Path("build/matching"))
        one.set_defaults(run=_likelihood, action=name)
        if name != "simulate":
            one.add_argument(
                "--data", type=Path, help="a JSON list of decisions; without, the platform's own"
            )
    made["train"].add_argument("--name", default="learned", help="of the model, in small letters")
    made["train"].add_argument("--number", type=int, default=1, help="of its version")
    made["validate"].add_argument("--model", type=Path, help="a model file; without, what is in force")
    made["simulate"].add_argument("--seeds", type=int, default=20)
    return list(made.values())


def _likelihood(chosen: argparse.Namespace) -> int:
    from app import likelihood_commands

    return likelihood_commands.run(chosen)


def _replay(chosen: argparse.Namespace) -> int:
    """1 where something does not come out the same, 2 where there is no such answer."""
    from libs.chassis.principal import service as principal
    from libs.chassis.problems import NotFound
    from services.matching.index.engine import load_kernels
    from services.matching.operations.replay import replay
    from services.matching.replayer import Replayer

    with opened_matching(chosen.home) as service, service.database.read() as tx:
        if chosen.all:
            return _told_all(replay.replay_all(tx, Replayer(kernels=load_kernels())))
        try:
            return _told(replay.replay(tx, principal("matching"), Replayer(), chosen.match_id))
        except NotFound as problem:
            print(problem, file=sys.stderr)
            return 2


def _told(found: Replayed) -> int:
    print(f"{found.match_id}: {found.outcome.lower().replace('_', ' ')}")
    print(f"  market {found.edition or '-'}\n  rules  {found.rulebook or '-'}")
    print(f"  model  {found.model or '-'}, algorithm {found.algorithm or '-'}")
    print(f"  stored {found.stored_hash}, replayed {found.replayed_hash or '-'}")
    for one in found.differences:
        print(f"  {one.field or 'the whole'}: {one.stored} -> {one.replayed}")
    return 0 if found.outcome == "EQUAL" else 1


def _told_all(found: Iterable[Replayed]) -> int:
    began, counts = time.perf_counter(), Counter[str]()
    for one in found:
        counts[one.outcome] += 1
        if one.outcome == "DIFFERENT" and counts[one.outcome] <= _SHOWN:
            fields = ", ".join(difference.field for difference in one.differences)
            print(f"{one.match_id}: {fields or 'the whole'}")
    told = ", ".join(f"{count:,} {name.lower().replace('_', ' ')}" for name, count in sorted(counts.items()))
    print(f"{told or 'no answers'}; {time.perf_counter() - began:.1f} s")
    return 1 if counts["DIFFERENT"] else 0


def _corrections(chosen: argparse.Namespace) -> int:
    """1 where a correction touches answers."""
    from libs.chassis.principal import Principal, Role
    from services.matching.operations.replay import corrections

    operator = Principal("operator", Role.OPERATOR, "platform")
    with opened_matching(chosen.home) as service, service.database.read() as tx:
        if chosen.answers:
            return _touched(tx, operator, chosen.answers)
        found = corrections.list_corrections(tx, operator).items
    for one in found:
        print(f"{one.day} {one.rulebook}: {', '.join(one.parameters)}; {one.answers:,} answers")
    print(f"{len(found)} rulebooks are known otherwise now")
    return 1 if found else 0


def _touched(tx: ReadTx, operator: Principal, rulebook: str) -> int:
    from libs.chassis.problems import NotFound
    from libs.chassis.rows import LONGEST_PAGE
    from services.matching.operations.replay import corrections
    from services.matching.replayer import Replayer

    replayer, cursor, counts = Replayer(), None, Counter[str]()
    while True:
        try:
            page = corrections.list_touched(tx, operator, replayer, rulebook, cursor, LONGEST_PAGE)
        except NotFound as problem:
            print(problem, file=sys.stderr)
            return 2
        for one in page.items:
            counts[one.effect] += 1
            print(f"{one.match_id} {one.day} {one.county} {one.effect.lower().replace('_', ' ')}")
        cursor = page.next_cursor
        if cursor is None:
            break
    print(", ".join(f"{count:,} {name.lower().replace('_', ' ')}" for name, count in sorted(counts.items())))
    return 1 if set(counts) - {"NONE"} else 0


@contextmanager
def opened_matching(home: Path | None) -> Generator[Service]:
    import grpc

    from app.assembly import build, make_context
    from libs.chassis.settings import Settings

    settings = Settings() if home is None else Settings(home=home)
    service = build("matching", make_context(settings, lambda peer: grpc.insecure_channel(f"{peer}:0")))
    try:
        yield service
    finally:
        service.close()
        service.database.close()
