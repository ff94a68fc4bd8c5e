"""No bank, guarantor, firm, report, score, summary or event ever hears of a class of supervision."""

import re
from dataclasses import fields
from pathlib import Path

import pytest
from fastapi.routing import APIRoute

import services.credit
from libs.chassis.principal import Principal, Role
from libs.criteria.vocabulary import FACTS
from services.credit.domain.report import Report
from services.credit.domain.risk_class import RiskClass
from services.credit.domain.score import Score
from services.credit.domain.view import Party, PartySummary
from services.credit.http import routers
from services.credit.operations import reports, scores
from tests.unit.credit.card_shop import open_gate
from tests.unit.credit.doors import client
from tests.unit.credit.repairing import bring, deliver, draw, penalised, penalty, row
from tests.unit.credit.world import BANK, FIRM, World, firm

REGULATOR = Principal("acc_regulator", Role.REGULATOR, "org_bureau", "64")
SHARES = {RiskClass.A: 100, RiskClass.B: 300, RiskClass.C: 1_000, RiskClass.D: 3_000}

_ID = re.compile(r"[a-z]{2,4}_[0-9A-Z]{26}|[0-9a-f]{16,}")
FOR_SUPERVISION = ("/v1/risk-classes", "/v1/inspection-draws")


def routes() -> list[tuple[str, str]]:
    return sorted(
        (method, route.path)
        for router in routers
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods
    )


@pytest.mark.parametrize("role", [Role.BANK_MANAGER, Role.GUARANTOR_OFFICER])
def test_a_lender_finds_no_class_at_any_door(small_world: World, role: Role) -> None:
    """Whatever a lender asks of a file that is open to it, once of class A and once of class D."""
    small_world.put()
    open_gate(small_world)
    small_world.grant(*sorted({kind.scope for kind in FACTS.values()} - {"public"}))
    answers = [_asked(small_world, role, of) for of in ("A", "D")]

    assert answers[0] == answers[1]
    assert not any("risk_class" in answer for answer in answers[0])


def _asked(world: World, role: Role, of: str) -> list[str]:
    """What every door answers, ids left out."""
    bring(world, row(of=of))
    lender = client(world, role, BANK)
    answers: list[str] = []
    for method, path in routes():
        asked = path.replace("{party}", FIRM).replace("{fact}", "penalties_24m")
        answer = (
            lender.get(asked)
            if method == "GET"
            else (lender.post(asked, {"reason": "好奇"}) if method == "POST" else lender.put(asked, {}))
        )
        if path.startswith(FOR_SUPERVISION):
            assert answer.status_code in (403, 422), (method, path)
        answers.append(_ID.sub("", f"{method} {path} {answer.text}"))
    return answers


def test_no_event_and_no_shape_for_others_has_a_class(small_world: World) -> None:
    world = small_world
    penalised(world)
    world.grant("tax", recipient="platform")
    bring(world, row(of="D"))
    deliver(world, penalty("乙罚9号", made="2026-07-01"))
    world.summaries()
    draw(world)

    for event in world.events():
        assert b"RISK_CLASS" not in event.data and b"risk_class" not in event.data
        assert "Class" not in event.type
    for shape in (Party, PartySummary, Score, Report):
        assert not [one.name for one in fields(shape) if "class" in one.name]


def test_nothing_but_the_doors_of_supervision_knows_of_classes() -> None:
    """Over gRPC and in events too: whatever does not import them cannot tell them."""
    room = Path(services.credit.__file__).parent
    knowing = {
        str(file.relative_to(room))
        for file in room.rglob("*.py")
        if re.search(r"risk_class(es)?\b", file.read_text(encoding="utf-8"))
        and "migrations" not in file.parts
    }

    assert knowing == {
        "domain/risk_class.py",
        "http/examples.py",  # of what supervision sends
        "store/__init__.py",
        "store/risk_classes.py",
        "operations/risk_classes.py",
        "http/__init__.py",
        "http/risk_classes.py",
        "rpc/repairs.py",
    }


def test_no_score_and_no_report_changes_with_the_class(small_world: World) -> None:
    world = small_world
    penalised(world)
    answers = []
    for of in ("A", "D"):
        bring(world, row(of=of))
        score = world.write(scores.get_score, firm(), FIRM)
        report = world.write(reports.issue_report, firm(), FIRM).report
        answers.append(
            (score.points, [reason.code for reason in score.reasons], report.groups, report.records)
        )

    assert answers[0] == answers[1]
