"""A made-up firm as credit's and coordination's doors take it: plain values under the contracts' field names."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypedDict

from libs.criteria.vocabulary import FACTS, SCOPES
from libs.finance.daycount import add_years

DATA_SCOPES = tuple(scope.name for scope in SCOPES.values() if scope.consent)
CONSENT_TEXT = "本主体同意融桥平台为融资撮合之目的，在授权期内查询和使用所列类别的信息；可随时撤回。（演示）"
QUERY_TEXT = "本主体同意该银行为审批本笔贷款之目的，查询本主体的企业信用报告；可随时撤回。（演示）"

_SOURCES = {
    "public": "MARKET_REGULATION",
    "tax": "TAX",
    "invoices": "TAX",
    "social_insurance": "SOCIAL_INSURANCE",
    "credit_record": "CREDIT_BUREAU",
    "statements": "DATA_SHARING",
    "utilities": "UTILITY",
    "customs": "CUSTOMS",
}


class PartyInput(TypedDict):
    id: str
    kind: str
    name: str
    county: str
    industry: str
    established_on: str


class FactInput(TypedDict):
    fact: str
    value: str
    source: str
    observed_on: str


class IpRightInput(TypedDict):
    id: str
    kind: str
    expires_on: str
    appraised_fen: int
    encumbered: bool


class ConsentInput(TypedDict):
    party: str
    signer: str
    authority: str
    scopes: list[str]
    purpose: str
    recipient: str
    valid_until: str
    method: str
    text_version: str
    text_hash: str


class AskInput(TypedDict):
    party: str
    amount_fen: int
    term_months: int
    kinds: list[str]
    purpose: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoFirm:
    """`party` is PutPartyRequest; `facts` and `ip_rights` go into AddFactsRequest; `consents` are
    GrantConsentRequests (none: it agreed to nothing); `ask` is an AskRequest. `key` names it in the demo's tables."""

    key: str
    party: PartyInput
    facts: tuple[FactInput, ...]
    ip_rights: tuple[IpRightInput, ...]
    consents: tuple[ConsentInput, ...]
    ask: AskInput


def fact(name: str, value: int | bool | str, today: date, since: date) -> FactInput:
    """A fact as of the end of last month, the tax grade as of last April, when it is given; never before `since`."""
    observed = _last_april(today) if name == "tax_grade" else today.replace(day=1) - timedelta(days=1)
    return FactInput(
        fact=name,
        value=str(value).lower() if isinstance(value, bool) else str(value),
        source=_SOURCES[FACTS[name].scope],
        observed_on=max(observed, since).isoformat(),
    )


def _last_april(today: date) -> date:
    given = today.replace(month=4, day=30)
    return given if given <= today else add_years(given, -1)


def consent(party: str, scopes: Iterable[str], today: date) -> ConsentInput:
    """A year's consent of the firm to the platform, for matching."""
    return ConsentInput(
        party=party,
        signer="法定代表人（演示）",
        authority="LEGAL_REPRESENTATIVE",
        scopes=list(scopes),
        purpose="MATCHING",
        recipient="platform",
        valid_until=add_years(today, 1).isoformat(),
        method="PLATFORM_ACCOUNT",
        text_version="demo-1",
        text_hash=hashlib.sha256(CONSENT_TEXT.encode()).hexdigest(),
    )


def credit_query(bank: str, today: date) -> dict[str, object]:
    """A year's consent to one bank, to query the credit record before it lends."""
    return {
        "signer": "法定代表人（演示）",
        "authority": "LEGAL_REPRESENTATIVE",
        "method": "PLATFORM_ACCOUNT",
        "text_version": "demo-1",
        "scopes": ["credit_record"],
        "purpose": "CREDIT_DECISION",
        "recipient": bank,
        "valid_until": add_years(today, 1).isoformat(),
        "text_hash": hashlib.sha256(QUERY_TEXT.encode()).hexdigest(),
    }
