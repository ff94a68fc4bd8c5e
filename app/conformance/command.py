"""All checks in order, told as they end, and counted."""

import getpass
import json
import os
import sys
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import httpx

from app.conformance import files, hooks, life, market, products
from app.conformance.bank import Bank, Check, Failed, Hook, Skipped

CHECKS: tuple[tuple[str, Check], ...] = (
    ("Both accounts are people of one bank", products.both_are_known),
    ("Without a token nothing is answered", products.without_a_token_nothing),
    ("A product is registered as a draft", products.registers),
    ("The annual rate is recomputed from the terms", products.recomputes_the_rate),
    ("A repeat under the same key acts once", products.a_repeat_acts_once),
    ("Another body under the same key is refused", products.another_body_under_the_key),
    ("A changing POST without a key is refused", products.without_a_key),
    ("An unknown field is refused by its pointer", products.an_unknown_field),
    ("A broken rule names its field and what to do", products.a_broken_rule),
    ("A stated rate that the terms cannot give is refused", products.a_rate_that_the_terms_cannot_give),
    ("A draft is rewritten under its own number", products.a_draft_is_rewritten),
    ("Lists come in pages", products.lists_in_pages),
    ("A product has a quality score", products.has_a_quality_score),
    ("Bad rows of a CSV are told with their cells", files.bad_rows_have_their_cells),
    ("Mistakes in JSON have pointers; abort keeps none", files.json_has_pointers),
    ("JSON lines are read", files.lines_of_json),
    ("A dry run keeps nothing", files.a_dry_run_keeps_nothing),
    ("The XLSX template can be sent back", files.the_template_can_be_sent_back),
    ("The same file under the same key acts once", files.the_same_file_acts_once),
    ("An export is an import", files.an_export_is_an_import),
    ("An empty file is no mistake", files.an_empty_file_is_no_mistake),
    ("Maker is not checker", market.maker_is_not_checker),
    ("The second person publishes", market.the_second_person_publishes),
    ("Suspended, resumed, withdrawn", market.suspended_resumed_withdrawn),
    ("A published version never changes", market.a_published_version_never_changes),
    ("A cost sheet to the fen", market.a_cost_sheet),
    ("No LPR before its first publication", market.no_lpr_before_the_first),
    ("The feed has no gap", market.the_feed_has_no_gap),
    ("A webhook's secret is told once", hooks.the_secret_is_told_once),
    ("Webhook messages come signed", hooks.messages_come_signed),
    ("An application lives to its repayment", life.an_application_lives_to_its_repayment),
    ("No money before the contracts", life.no_money_before_the_contracts),
    ("A refusal names its reason", life.a_refusal_names_its_reason),
)


@dataclass(frozen=True)
class Result:
    """`outcome`: PASS, FAIL or SKIPPED."""

    number: int
    name: str
    outcome: str
    came: str
    wanted: str | None = None


def run(chosen: Namespace) -> int:
    """0 when nothing failed, 1 otherwise, 2 when the platform cannot be talked to."""
    with httpx.Client(base_url=chosen.base_url, timeout=30) as http:
        try:
            maker = chosen.token or _signed_in(http, chosen.login, "RONGQIAO_PASSWORD")
            checker = chosen.second_token or _signed_in(http, chosen.second_login, "RONGQIAO_SECOND_PASSWORD")
        except (httpx.HTTPError, Failed) as error:
            print(f"{chosen.base_url}: {error}", file=sys.stderr)
            return 2
        hook = Hook(chosen.webhook_url, chosen.webhook_port) if chosen.webhook_url else None
        return _report(results(Bank(http, maker, checker, hook)), as_json=chosen.json)


def results(bank: Bank) -> Iterator[Result]:
    """Each check's result, as it ends. One that breaks on an answer of another shape has failed."""
    for number, (name, check) in enumerate(CHECKS, start=1):
        try:
            yield Result(number, name, "PASS", check(bank))
        except Skipped as why:
            yield Result(number, name, "SKIPPED", str(why))
        except Failed as failed:
            yield Result(number, name, "FAIL", failed.came, failed.wanted)
        except (httpx.HTTPError, LookupError, TypeError, ValueError) as error:
            yield Result(
                number, name, "FAIL", f"{type(error).__name__}: {error}"[:600], "an answer of that shape"
            )


def _signed_in(http: httpx.Client, login: str, variable: str) -> str:
    password = os.environ.get(variable) or getpass.getpass(f"Password of {login}: ")
    answer = http.post("/v1/tokens", json={"login": login, "password": password})
    if not answer.is_success:
        raise Failed("a token", f"{answer.status_code} {answer.text}")
    token: str = answer.json()["access_token"]
    return token


def _report(found: Iterator[Result], *, as_json: bool) -> int:
    done: list[Result] = []
    for one in found:
        done.append(one)
        if not as_json:
            _print(one)
    counts = {outcome: sum(one.outcome == outcome for one in done) for outcome in ("PASS", "FAIL", "SKIPPED")}
    if as_json:
        print(
            json.dumps(
                {"counts": counts, "checks": [asdict(one) for one in done]}, ensure_ascii=False, indent=1
            )
        )
    else:
        print(f"{counts['PASS']} passed, {counts['FAIL']} failed, {counts['SKIPPED']} skipped")
    return 1 if counts["FAIL"] else 0


def _print(one: Result) -> None:
    print(f"{one.outcome:7} {one.number:2} {one.name}")
    if one.wanted is not None:
        print(f"           expected: {one.wanted}")
    if one.outcome != "PASS":
        print(f"           {'came' if one.wanted is not None else 'because'}: {one.came}")
