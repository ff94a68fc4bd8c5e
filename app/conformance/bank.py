"""Two people of one bank: one registers, the other checks and publishes. Everything goes over HTTP."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import httpx

from libs.chassis.clock import SystemClock, business_date

PROBLEM = "urn:rongqiao:problem:"

TERMS: dict[str, Any] = {
    "name": "对接自测产品",
    "summary": "conformance check; not for firms",
    "kind": "WORKING_CAPITAL",
    "amount_min_fen": 10_000_000,
    "amount_max_fen": 300_000_000,
    "term_min_months": 6,
    "term_max_months": 12,
    "rate": {"base": "LPR_1Y", "min_ppm": 8_500, "max_ppm": 16_000},
    "repayment_methods": ["EQUAL_INSTALMENT"],
    "guarantee_modes": ["UNSECURED"],
    "decision_days": 3,
}


class Failed(Exception):
    """A check did not find what it wants."""

    def __init__(self, wanted: str, came: object) -> None:
        super().__init__(wanted, came)
        self.wanted = wanted
        self.came = f"{came}"[:600]


class Skipped(Exception):
    """A check cannot be made here, and why."""


@dataclass
class Hook:
    """Where the platform reaches the receiver of this program."""

    url: str
    port: int


@dataclass
class Bank:
    http: httpx.Client
    maker: str
    checker: str
    hook: Hook | None = None
    run: str = field(default_factory=lambda: secrets.token_hex(4))
    _count: int = 0

    @property
    def as_maker(self) -> dict[str, str]:
        return _bearing(self.maker)

    @property
    def as_checker(self) -> dict[str, str]:
        return _bearing(self.checker)

    def today(self) -> str:
        """The business date, in Shanghai."""
        return business_date(SystemClock().now()).isoformat()

    def rest(self) -> None:
        """A moment in which the platform may go on."""
        time.sleep(0.2)

    def number(self) -> str:
        """A product number that no other run has."""
        self._count += 1
        return f"CONF-{self.run}-{self._count}"

    def key(self) -> str:
        self._count += 1
        return f"conformance-{self.run}-{self._count}"

    def get(self, path: str, **query: Any) -> httpx.Response:
        return self.http.get(path, params=query, headers=self.as_maker)

    def post(self, path: str, body: Any = None, *, by: str = "", key: str = "") -> httpx.Response:
        """As the maker, unless `by` is another token; under a fresh key, unless one is given."""
        headers = _bearing(by or self.maker) | {"Idempotency-Key": key or self.key()}
        return self.http.post(path, json=body, headers=headers)

    def post_without_key(self, path: str, body: Any) -> httpx.Response:
        return self.http.post(path, json=body, headers=self.as_maker)

    def delete(self, path: str) -> httpx.Response:
        return self.http.delete(path, headers=self.as_checker)

    def send(self, content: bytes, kind: str, *, key: str = "", **wishes: str) -> httpx.Response:
        """A file to the import door."""
        headers = self.as_maker | {"Idempotency-Key": key or self.key(), "Content-Type": kind}
        return self.http.post("/v1/products/imports", content=content, params=wishes, headers=headers)

    def new(self, **changes: Any) -> dict[str, Any]:
        return {"external_id": self.number(), "terms": TERMS | changes}

    def registered(self, **changes: Any) -> dict[str, Any]:
        return good(self.post("/v1/products", self.new(**changes)), 201)

    @cached_property
    def published(self) -> dict[str, Any]:
        """A product on the market, put there by the second person."""
        draft = self.registered()
        return good(self.post(f"/v1/products/{draft['id']}/publish", by=self.checker), 200)


def _bearing(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


Check = Callable[[Bank], str]
"""Says what came; raises Failed or Skipped."""


def good(answer: httpx.Response, status: int) -> Any:
    """The JSON of an answer that has this status."""
    want(f"status {status}", answer.status_code == status, f"{answer.status_code} {answer.text}")
    return answer.json()


def problem(answer: httpx.Response, status: int, kind: str, field: str | None = None) -> str:
    """A refusal as a problem document: of this kind, at this field, with a mend. What it said."""
    told = answer.headers.get("content-type", "")
    want(f"status {status}", answer.status_code == status, f"{answer.status_code} {answer.text}")
    want("application/problem+json", told.startswith("application/problem+json"), told)
    document = answer.json()
    want(f"type {PROBLEM}{kind}", document.get("type") == PROBLEM + kind, document)
    want("a mend", bool(document.get("mend")), document)
    if field is not None:
        want(f"field {field}", document.get("field", "").strip("/") == field, document)
    return f"{status} {document.get('field') or ''} {document['detail']}".replace("  ", " ")


def want(wanted: str, holds: bool, came: object) -> None:
    if not holds:
        raise Failed(wanted, came)
