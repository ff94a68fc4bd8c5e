"""The pages of a portal whose services are not there: what is shown of messages, and how."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import grpc
from starlette.requests import Request

from libs.chassis.clock import SettableClock
from libs.chassis.principal import Principal, Role
from rongqiao.identity.v1 import identity_pb2 as identity
from services.portal.clients import Clients
from services.portal.names import Names
from services.portal.portal import Portal
from services.portal.rendering import environments
from services.portal.safety import FormGuard
from services.portal.visit import Visit
from tests.support.services import NOON
from tests.unit.portal import samples


def portal(channel: grpc.Channel | None = None) -> Portal:
    """`channel`: where all its services are; without one there are none."""
    names = Names()
    names.put(
        identity.Organisation(
            id=samples.BANK,
            kind=identity.ORGANISATION_KIND_BANK,
            name="星海泽银行",
            status=identity.ORGANISATION_STATUS_ACTIVE,
        )
    )
    return Portal(
        clients=Clients.over(lambda _name: channel or grpc.insecure_channel("127.0.0.1:1")),
        names=names,
        pages=environments(names),
        guard=FormGuard.from_key("a key of this run"),
        clock=SettableClock(NOON),
    )


def visit(role: Role | None = None, language: str = "zh", path: str = "/", query: str = "") -> Visit:
    scope = {"type": "http", "method": "GET", "path": path, "query_string": query.encode(), "headers": []}
    principal = Principal("acc_1", role, samples.PARTY, "64") if role else None
    return Visit(Request(scope), portal(), language, principal, "a token" if role else "", "a browser")


def shown(template: str, role: Role | None = None, language: str = "zh", **values: object) -> "Page":
    return Page.read(bytes(visit(role, language).page(template, **values).body).decode())


@dataclass
class Page(HTMLParser):
    """What a page is made of, as far as the tests ask."""

    html: str
    words: list[str] = field(default_factory=list[str])
    labelled: set[str] = field(default_factory=set[str])
    entries: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    forms: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    ids: list[str] = field(default_factory=list[str])
    inline: list[str] = field(default_factory=list[str])
    _open: list[str] = field(default_factory=list[str])

    @classmethod
    def read(cls, html: str) -> "Page":
        page = cls(html)
        HTMLParser.__init__(page)
        page.feed(html)
        return page

    @property
    def text(self) -> str:
        return " ".join(self.words)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if "id" in given:
            self.ids.append(str(given["id"]))
        self.inline += [name for name in given if name == "style" or name.startswith("on")]
        if tag == "label":
            self._open.append("label")
            self.labelled.add(given.get("for") or "")
        if tag == "form":
            self.forms.append({"action": given.get("action"), "method": given.get("method"), "names": []})
        if tag in ("input", "select", "textarea"):
            self._entry(given)
        if tag in ("script", "style"):
            self.inline.append(tag)

    def _entry(self, given: dict[str, str | None]) -> None:
        self.forms[-1]["names"].append(given.get("name"))
        self.entries.append({**given, "inside": "label" in self._open})

    def handle_endtag(self, tag: str) -> None:
        if tag == "label":
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.words.append(data.strip())

    def nameless(self) -> list[str]:
        """Entries that a reader of the screen would find without a name."""
        visible = (
            entry
            for entry in self.entries
            if entry.get("type") != "hidden" and entry.get("aria-hidden") != "true"
        )
        return [
            str(entry.get("name"))
            for entry in visible
            if not entry["inside"] and entry.get("id") not in self.labelled
        ]
