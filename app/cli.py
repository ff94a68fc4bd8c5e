"""`rongqiao …`: the command line. Each command imports what it needs when it runs, so that none waits for another's."""

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from app.arguments import add_match
from app.matching_commands import add_matching


def main(arguments: Sequence[str] | None = None) -> None:
    chosen = _parser().parse_args(arguments)
    os.environ.setdefault("NUMBA_CACHE_DIR", str(Path(os.environ.get("RONGQIAO_HOME", "var")) / "numba"))
    code = chosen.run(chosen)
    if chosen.run in (_run, _serve, _gateway):
        _leave(code)
    sys.exit(code)


def _leave(code: int) -> NoReturn:
    """End here and now. All is stopped in order; to take apart what was loaded would take longer than all of that."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="rongqiao", description="融桥 Rongqiao, the financing-support platform."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_run(commands.add_parser("run", help="serve the platform"))
    serve = commands.add_parser("serve", help="serve one service, set by RONGQIAO_… variables")
    serve.add_argument("service")
    serve.set_defaults(run=_serve)
    commands.add_parser(
        "gateway", help="one HTTP door before services in processes of their own"
    ).set_defaults(run=_gateway)
    commands.add_parser("migrate", help="bring every database to the newest revision").set_defaults(
        run=_migrate
    )
    _add_revise(commands.add_parser("revise", help="write a migration from what changed in a store"))
    _add_events(commands.add_parser("events", help="look at parked messages and replay them"))
    _add_guarantee(commands.add_parser("guarantee", help="audit the books of the guarantee chain"))
    _add_lending(commands.add_parser("lending", help="read products that banks publish in other formats"))
    _add_credit(
        commands.add_parser("credit", help="train, validate and monitor scorecards; score real firms")
    )
    _add_conformance(commands.add_parser("conformance", help="what a bank checks before it goes live"))
    add_matching(commands.add_parser("matching", help="replay answers; what corrections of rules touch"))
    add_match(commands.add_parser("match", help="which loans fit a firm: a need in, a table of plans out"))
    keys = commands.add_parser("keys", help="make the keys files of a platform of many processes")
    keys.add_argument("folder", type=Path)
    keys.set_defaults(run=_keys)
    check = commands.add_parser("check", help="what make check asks beside linters")
    check.add_argument("what", choices=("migrations", "proto", "k8s"))
    check.add_argument("--write", action="store_true", help="proto: make what is there the new baseline")
    check.set_defaults(run=_check)
    docs = commands.add_parser("docs", help="write the pages that are made from the code")
    docs.add_argument("page", choices=("api",))
    docs.set_defaults(run=_docs)
    _add_demo(commands.add_parser("demo", help="play the whole story through the doors"))
    commands.add_parser("warm", help="compile the kernels of matching into var/numba").set_defaults(run=_warm)
    evaluate = commands.add_parser("evaluate", help="how well scorecards rank labelled data sets")
    evaluate.add_argument("--data", type=Path, required=True, help="a folder of labelled data sets")
    evaluate.set_defaults(run=_evaluate)
    commands.add_parser("screenshots", help="pictures of the main pages into docs/").set_defaults(
        run=_screenshots
    )
    return parser


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--mode", choices=("embedded", "full"), default="embedded")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--home", type=Path, default=Path("var"))
    parser.set_defaults(run=_run)


def _add_revise(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("branch", help="a service, or chassis, or eventing")
    parser.add_argument("message")
    parser.set_defaults(run=_revise)


def _add_guarantee(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    audit = actions.add_parser("audit", help="recompute every hash, balance and limit from the first entry")
    audit.add_argument("--json", action="store_true", help="the whole result as JSON")
    audit.set_defaults(run=_audit)


def _add_lending(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    adapt = actions.add_parser("adapt", help="make products for the import door of records in another format")
    adapt.add_argument("--format", choices=("uk-sme-loan", "au-cdr"), required=True)
    adapt.add_argument("file", type=Path, help="a JSON document, or one JSON a line")
    adapt.add_argument("--out", type=Path, required=True, help="the products, for POST /v1/products/imports")
    adapt.add_argument("--report", type=Path, help="every record as JSON: what it lacks, what was left out")
    adapt.add_argument(
        "--fen-per-unit", required=True, help="what a unit of the records' currency is worth, in fen"
    )
    adapt.add_argument(
        "--assume",
        action="append",
        default=[],
        metavar="COLUMN=CELL",
        help="where a record does not say it, such as term_max_months=5年",
    )
    adapt.set_defaults(run=_adapt)


def _add_credit(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION", dest="action")
    for action, told in (("train", "a card, its model card and a challenger"), ("validate", "a report")):
        one = actions.add_parser(action, help=f"from a labelled data set: {told}")
        one.add_argument(
            "--data", type=Path, help="a file or folder; without, the platform's own scores and outcomes"
        )
        one.add_argument(
            "--dictionary", type=Path, help="what its columns are, where no built-in dictionary fits"
        )
        one.add_argument("--out", type=Path, default=Path("build/credit"))
        if action == "train":
            one.add_argument("--name", default="trial", help="of the card, in small letters")
            one.add_argument("--number", type=int, default=1, help="of its version")
        else:
            one.add_argument(
                "--cut", type=float, help="approve under this probability of default; else 70 %% of all"
            )
    monitor = actions.add_parser(
        "monitor", help="how far what comes in has moved from what a card was made on"
    )
    monitor.add_argument("--card", type=Path, required=True)
    monitor.add_argument("--baseline", type=Path, required=True, help="baseline.json, written with the card")
    monitor.add_argument(
        "--data", type=Path, help="a CSV with a day and facts or points; without, the platform's scores"
    )
    monitor.add_argument("--month", default="given_on", help="the column of the day")
    monitor.add_argument("--out", type=Path, default=Path("build/credit"))
    score = actions.add_parser("score", help="firms and invoices from parquet to points with reasons")
    score.add_argument("--data", type=Path, required=True, help="a folder such as cumcm2020c")
    score.add_argument("--card", type=Path, help="a card file; without, the expert card")
    score.add_argument("--out", type=Path, default=Path("build/credit"))
    parser.set_defaults(run=_credit)


def _add_conformance(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="SERVICE")
    lending = actions.add_parser("lending", help="the doors of lending, with two people of one bank")
    lending.add_argument("--base-url", required=True)
    for name, who in (("", "who registers"), ("second-", "a manager, who checks and publishes")):
        person = lending.add_mutually_exclusive_group(required=True)
        person.add_argument(f"--{name}token", help=f"of the account {who}")
        person.add_argument(
            f"--{name}login", help="its sign-in; the password is asked for, or in RONGQIAO_[SECOND_]PASSWORD"
        )
    lending.add_argument("--webhook-url", help="where the platform reaches this program's own receiver")
    lending.add_argument("--webhook-port", type=int, default=8900, help="on which the receiver listens")
    lending.add_argument("--json", action="store_true", help="the results as JSON")
    lending.set_defaults(run=_conformance)


def _add_events(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=("parked", "replay", "discard", "rebuild"))
    parser.add_argument("service")
    parser.add_argument("--topic")
    parser.add_argument("--subject")
    parser.set_defaults(run=_events)


def _add_demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--mode", choices=("embedded", "full"), default="embedded")
    parser.add_argument("--data", type=Path, help="a folder with cumcm2020c, to play real firms")
    parser.add_argument(
        "--home", type=Path, default=Path("var"), help="of the running platform; else one is started"
    )
    parser.set_defaults(run=_demo)


def _run(chosen: argparse.Namespace) -> int:
    from app import running

    return running.run(chosen.mode, chosen.port, chosen.home)


def _serve(chosen: argparse.Namespace) -> int:
    from app.server import PortTaken, serve_one
    from libs.chassis import telemetry
    from libs.chassis.settings import Settings

    settings = Settings()
    telemetry.configure_logging(settings.log_level)
    telemetry.configure_traces(chosen.service, settings.otlp_endpoint)
    try:
        serve_one(settings, chosen.service)
    except PortTaken as taken:
        print(taken, file=sys.stderr)
        return 1
    return 0


def _gateway(_chosen: argparse.Namespace) -> int:
    from app import gateway

    return gateway.run()


def _migrate(_chosen: argparse.Namespace) -> int:
    from app import databases

    return databases.migrate()


def _revise(chosen: argparse.Namespace) -> int:
    from app import databases

    return databases.revise(chosen.branch, chosen.message)


def _events(chosen: argparse.Namespace) -> int:
    from app import event_commands

    return event_commands.run(chosen.action, chosen.service, chosen.topic, chosen.subject)


def _audit(chosen: argparse.Namespace) -> int:
    from app import guarantee_commands

    return guarantee_commands.audit(chosen.json)


def _adapt(chosen: argparse.Namespace) -> int:
    from app import lending_commands

    return lending_commands.adapt(chosen)


def _credit(chosen: argparse.Namespace) -> int:
    from app import credit_commands

    return credit_commands.run(chosen)


def _conformance(chosen: argparse.Namespace) -> int:
    from app.conformance import command

    return command.run(chosen)


def _keys(chosen: argparse.Namespace) -> int:
    from app import keys

    return keys.run(chosen.folder)


def _check(chosen: argparse.Namespace) -> int:
    from app import checks

    return checks.run(chosen.what, chosen.write)


def _warm(_chosen: argparse.Namespace) -> int:
    from services.matching.service import warm

    warm(Path(os.environ.get("RONGQIAO_HOME", "var")))
    return 0


def _evaluate(chosen: argparse.Namespace) -> int:
    from app import evaluate

    return evaluate.run(chosen.data)


def _docs(_chosen: argparse.Namespace) -> int:
    from app import api_docs

    return api_docs.write(Path.cwd())


def _demo(chosen: argparse.Namespace) -> int:
    from app.demo import story

    return story.run(chosen.mode, chosen.data, chosen.home)


def _screenshots(_chosen: argparse.Namespace) -> int:
    from app import screenshots

    return screenshots.run()


if __name__ == "__main__":
    main()
