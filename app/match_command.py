"""`rongqiao match`: a need in, plans out, as a table that people read or as the platform's own JSON.

Exit codes: 0 there are plans, 1 the platform refuses, 2 it cannot be talked to or what was typed cannot be read, 3 an
answer without a plan.
"""

import getpass
import os
import re
import sys
from argparse import Namespace
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, cast
from uuid import uuid4

import httpx
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from libs.chassis import codec
from libs.chassis.plain import seen
from services.matching.domain.answer import (
    Family,
    FamilyAnswer,
    Match,
    Plan,
    PlanGuarantee,
    PlanPledge,
    PolicyBenefit,
    Reason,
    Refusal,
)
from services.matching.domain.changes.counterfactual import Way

PLANS, REFUSED, FAILED, NO_PLANS = 0, 1, 2, 3
_FAMILIES = {
    Family.FIRST_LOAN: "首贷 first loan",
    Family.IP_PLEDGE: "知识产权质押 IP pledge",
    Family.GUARANTEE: "政府性融资担保 guarantee",
    Family.OTHER: "其他 other",
}
_BANDS = {"high": "高 high", "medium": "中 medium", "low": "低 low"}
_UNITS = {"": 1, "万": 10_000, "亿": 100_000_000}
_AMOUNT = re.compile(r"([0-9][0-9,]*(?:\.[0-9]+)?)(万|亿)?元?")
_COLUMNS = (
    "#",
    "方案 plan",
    "银行 bank",
    "产品 product",
    "金额 CNY",
    "利率 rate",
    "综合 all-in",
    "贴息后 after",
    "可能性",
    "天 days",
)


class Unreadable(Exception):
    """What was typed cannot be read; the message says how it is written."""


class Unanswered(Exception):
    """The platform refuses, in its own words."""


def run(chosen: Namespace) -> int:
    try:
        need = _need(chosen)
        with httpx.Client(base_url=chosen.base_url, timeout=chosen.timeout) as http:
            text = _ask(http, chosen, need)
    except Unreadable as mistake:
        return _told(str(mistake), FAILED)
    except Unanswered as refusal:
        return _told(str(refusal), REFUSED)
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        return _told(f"{chosen.base_url} does not answer: {error}", FAILED)
    match = codec.from_json(Match, text)
    if chosen.json:
        print(text)
    else:
        show(match, Console(width=chosen.width))
    return PLANS if match.plans else NO_PLANS


def _told(what: str, code: int) -> int:
    print(what, file=sys.stderr)
    return code


def fen(text: str) -> int:
    """500000, 500,000.50, 50万 or 1.5亿 yuan, in fen. Unreadable for what is no such amount."""
    found = _AMOUNT.fullmatch(text.strip())
    if found is None:
        raise Unreadable(f"--amount {text}: write yuan, such as 500000 or 50万.")
    yuan = Decimal(found[1].replace(",", "")) * _UNITS[found[2] or ""]
    if yuan * 100 != int(yuan * 100):
        raise Unreadable(f"--amount {text}: there is nothing smaller than a fen.")
    return int(yuan * 100)


def _need(chosen: Namespace) -> dict[str, Any]:
    kinds = [kind.strip().upper() for kind in (chosen.kinds or "").split(",") if kind.strip()]
    return {
        "party": chosen.party,
        "amount_fen": fen(chosen.amount),
        "term_months": chosen.term,
        "kinds": kinds,
    }


def _ask(http: httpx.Client, chosen: Namespace, need: dict[str, Any]) -> str:
    """The answer as JSON; without a party for the account's own."""
    headers = {"Authorization": f"Bearer {chosen.token or _signed_in(http, chosen.login)}"}
    if need["party"] is None:
        need["party"] = _answer(http.get("/v1/accounts/me", headers=headers)).json()["organisation"]
    headers["Idempotency-Key"] = chosen.key or uuid4().hex
    return _answer(http.post("/v1/matches", json=need, headers=headers)).text


def _signed_in(http: httpx.Client, login: str) -> str:
    password = os.environ.get("RONGQIAO_PASSWORD") or getpass.getpass(f"Password of {login}: ")
    answer = _answer(http.post("/v1/tokens", json={"login": login, "password": password}))
    return str(answer.json()["access_token"])


def _answer(answer: httpx.Response) -> httpx.Response:
    if answer.is_success:
        return answer
    try:
        told = cast(Mapping[str, Any], answer.json())
        where = f"{told['field']}: " if told.get("field") else ""
        raise Unanswered(f"{where}{told.get('detail', told['title'])} {told.get('mend', '')}".rstrip())
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Unanswered(f"{answer.status_code} from {answer.url.path}; is this a platform?") from None


# What is shown


def show(match: Match, console: Console) -> None:
    """Plans, families without any, what nearly fits, what to change, and other benefits."""
    console.print(
        f"[bold]{_plain(match.party)}[/] {_yuan(match.amount_fen)}元 · {match.term_months}个月 months"
    )
    told = f"{match.products_eligible} / {match.products_considered} 个产品符合 products fit · {match.as_of}"
    console.print(f"{told} · {_plain(match.id)}")
    if match.plans:
        console.print(_table(match.plans))
    for plan in match.plans:
        _details(plan, console)
    _list(console, "暂无方案 no plan yet", (_why(answer) for answer in match.families if not answer.plans))
    _list(console, "接近 near misses", map(_near, match.near_misses))
    if match.changes is not None:
        note = (match.changes.note,) if match.changes.note else ()
        _list(console, "可以怎样改变 what to change", (*map(_way, match.changes.ways), *note))
    _list(console, "其他政策 other benefits", map(_other, match.other_benefits))


def _near(one: Refusal) -> str:
    return f"{one.bank_name} {one.product_name}: {'；'.join(map(_reason, one.reasons))}"


def _way(way: Way) -> str:
    changes = "；".join(one.text for one in way.changes)
    return f"{way.bank_name} {way.product_name}: {changes} (约 {way.effort_days} 天 days)"


def _other(one: PolicyBenefit) -> str:
    return f"{one.name}: {one.amount_text or one.conditions} ({one.document}{one.paragraph})"


def _table(plans: Iterable[Plan]) -> Table:
    table = Table(show_lines=False)
    for name in _COLUMNS:
        right = name.startswith(("金额", "利率", "综合", "贴息", "天", "#"))
        table.add_column(name, justify="right" if right else "left", overflow="fold")
    for plan in plans:
        table.add_row(*map(escape, map(str, map(seen, _cells(plan)))))
    return table


def _cells(plan: Plan) -> tuple[str, ...]:
    return (
        str(plan.number),
        _FAMILIES[plan.family],
        plan.bank_name,
        plan.product_name,
        _yuan(plan.amount_fen),
        _percent(plan.rate_ppm),
        _percent(plan.all_in_effective_ppm),
        _percent(plan.after_subsidy_effective_ppm),
        _BANDS[plan.likelihood_band],
        str(plan.decision_days),
    )


def _details(plan: Plan, console: Console) -> None:
    lines = (
        _guarantee(plan.guarantee) if plan.guarantee else "",
        _pledge(plan.pledge) if plan.pledge else "",
        f"政策 benefits: {'、'.join(one.name for one in plan.benefits)}" if plan.benefits else "",
        f"尚缺 missing: {'、'.join(plan.missing)}" if plan.missing else "",
    )
    for line in filter(None, lines):
        console.print(f"  {plan.number}. {_plain(line)}", soft_wrap=True)


def _guarantee(one: PlanGuarantee) -> str:
    return f"担保 guarantee: {one.guarantor_name}, {one.programme_name}, {_yuan(one.fee_fen)}元"


def _pledge(one: PlanPledge) -> str:
    return f"质押 pledge: {_yuan(one.lends_fen)}元 / {_yuan(one.appraised_fen)}元"


def _list(console: Console, title: str, lines: Iterable[str]) -> None:
    found = list(lines)
    if found:
        console.print(f"[bold]{title}[/]")
    for line in found:
        console.print(f"  · {_plain(line)}", soft_wrap=True)


def _why(answer: FamilyAnswer) -> str:
    return f"{_FAMILIES[answer.family]}: {'；'.join(map(_reason, answer.why_none)) or '—'}"


def _reason(reason: Reason) -> str:
    return reason.text or reason.text_en or reason.code


def _plain(text: object) -> str:
    """Names that others chose neither colour the terminal nor turn its direction."""
    return escape(str(seen(text)))


def _yuan(amount_fen: int) -> str:
    return f"{Decimal(amount_fen) / 100:,.2f}".removesuffix(".00")


def _percent(ppm: int) -> str:
    return f"{Decimal(ppm) / 10_000:.2f}%"
