"""What commands of the command line are asked with; what they run is imported when they run."""

import argparse


def add_match(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--base-url", required=True)
    person = parser.add_mutually_exclusive_group(required=True)
    person.add_argument("--token", help="of the account that asks")
    person.add_argument("--login", help="its sign-in; the password is asked for, or in RONGQIAO_PASSWORD")
    parser.add_argument("--party", help="uscc:… or person:…; without, the account's own firm")
    parser.add_argument("--amount", required=True, help="in yuan: 500000 or 50万")
    parser.add_argument("--term", type=int, required=True, help="in months")
    parser.add_argument("--kinds", help="of products, such as WORKING_CAPITAL,CREDIT_LINE; without, any")
    parser.add_argument("--key", help="an idempotency key: the same need under it has the same answer")
    parser.add_argument("--json", action="store_true", help="the answer as the platform gives it")
    parser.add_argument("--width", type=int, help="of the table, in columns; without, the terminal's")
    parser.add_argument("--timeout", type=float, default=30.0, help="seconds")
    parser.set_defaults(run=_match)


def _match(chosen: argparse.Namespace) -> int:
    from app import match_command

    return match_command.run(chosen)
