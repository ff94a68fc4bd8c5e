"""Six firms made by hand, read from data/demo/stories.yaml; their names and codes stand in organisations.csv."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

import yaml

from app.demo.catalogue import DEMO, organisations
from app.demo.population.firms import TODAY
from app.demo.population.shapes import AskInput, DemoFirm, IpRightInput, PartyInput, consent, fact
from libs.finance.daycount import add_months


def stories(today: date = TODAY) -> tuple[DemoFirm, ...]:
    """The story firms as they stand on `today`; `key` is also their login and their organisation's key."""
    told = cast(
        "dict[str, dict[str, Any]]", yaml.safe_load((DEMO / "stories.yaml").read_text(encoding="utf-8"))
    )
    registered = {organisation["key"]: organisation for organisation in organisations("ENTERPRISE")}
    return tuple(
        _firm(key, registered[key]["id"], registered[key]["name"], story, today)
        for key, story in told.items()
    )


def _firm(key: str, party: str, name: str, story: dict[str, Any], today: date) -> DemoFirm:
    established = add_months(today, -story["age_months"])
    return DemoFirm(
        key=key,
        party=PartyInput(
            id=party,
            kind=story["kind"],
            name=name,
            county=story["county"],
            industry=story["industry"],
            established_on=established.isoformat(),
        ),
        facts=tuple(fact(known, value, today, established) for known, value in story["facts"].items()),
        ip_rights=tuple(_right(key, at, right, today) for at, right in enumerate(story["ip_rights"], 1)),
        consents=(consent(party, story["consent"], today),),
        ask=AskInput(party=party, **story["ask"]),
    )


def _right(key: str, at: int, right: dict[str, Any], today: date) -> IpRightInput:
    return IpRightInput(
        id=f"DEMO-{key}-{at}",
        kind=right["kind"],
        expires_on=add_months(today, right["expires_in_months"]).isoformat(),
        appraised_fen=right["appraised_fen"],
        encumbered=right["encumbered"],
    )
