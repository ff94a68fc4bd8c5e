"""Cards for tests: a small learned one over facts that the platform holds, and people who bring it into force."""

from dataclasses import replace
from datetime import UTC, date, datetime

from libs.chassis.principal import Principal, Role
from libs.registry.promotion import NewVersionProposal, VersionAction, VersionVerdict
from services.credit.domain.card import (
    Bin,
    Calibration,
    Card,
    CardKind,
    Grade,
    Need,
    Scale,
    Training,
    Variable,
)
from services.credit.domain.gate import BasisKind, LegalGate, NewLegalBasis
from services.credit.domain.registry import Scorecard
from services.credit.operations import cards, gate
from tests.unit.credit.world import OPERATOR, TODAY, World

SECOND = Principal("acc_operator_2", Role.OPERATOR, "org_platform")


def answer(points: int, weight: float | None = None, below: float | None = None, *values: str) -> Bin:
    return Bin(
        points=points, weight=weight, below=below, values=values, zh=f"{points}分", en=f"{points} points"
    )


TRAINING = Training(
    data="made up",
    data_sha256="0" * 64,
    rows=400,
    defaults=80,
    outcome="90 days past due within 12 months",
    period="2025-01 to 2025-12",
    seed=7,
    libraries=("made up",),
    figures={"auc": 0.71},
    trained_at=datetime(2026, 11, 1, tzinfo=UTC),
)

LEARNED = Card(
    id="sales_card",
    version=1,
    kind=CardKind.LEARNED,
    base=600,
    pdo=20,
    base_odds=50.0,
    offset=540,
    intercept=-2.0,
    calibration=Calibration(slope=0.9, intercept=0.1),
    zh="从违约数据学习的评分卡",
    en="learned from defaults",
    segment="with_sales",
    needs=(Need(fact="invoiced_12m_fen", at_least=1.0),),
    variables=(
        Variable(
            fact="invoiced_12m_fen",
            scale=Scale.NUMBER,
            bins=(answer(-20, 0.7, 1_000_000.0), answer(5, -0.2, 50_000_000.0), answer(25, -0.9)),
            special=(answer(-30, 1.1, None, "0"),),
            missing=answer(0, 0.0),
        ),
        Variable(
            fact="tax_grade",
            scale=Scale.CODE,
            bins=(answer(30, -1.0, None, "A"), answer(10, -0.4, None, "B", "M")),
            missing=answer(-5, 0.2),
            other=answer(-40, 1.4),
        ),
        Variable(
            fact="past_dues_24m",
            scale=Scale.NUMBER,
            bins=(answer(12, -0.4, 1.0), answer(-35, 1.2)),
            missing=answer(0, 0.0),
        ),
    ),
    grades=(
        Grade(grade="G1", points=580, zh="强", en="strong"),
        Grade(grade="G2", points=0, zh="弱", en="weak"),
    ),
    training=TRAINING,
)


def version(number: int, **changes: object) -> Card:
    return replace(LEARNED, version=number, **changes)  # pyright: ignore[reportArgumentType]


def upload(world: World, card: Card = LEARNED) -> Scorecard:
    return world.write(cards.register_card, OPERATOR, card)


def promote(world: World, card: Card = LEARNED, on: date | None = None) -> Scorecard:
    """Uploaded, proposed by one operator and approved by another."""
    upload(world, card)
    new = NewVersionProposal(action=VersionAction.PROMOTE, effective_on=on or today(world), reason="更好")
    proposed: Scorecard = world.write(cards.propose, OPERATOR, card.id, card.version, new)
    number = proposed.proposals[-1].id
    return world.write(cards.decide, SECOND, card.id, card.version, number, VersionVerdict(approve=True))


def today(world: World) -> date:
    with world.database.read() as tx:
        return tx.today


BASIS = NewLegalBasis(
    document="企业征信机构备案证", number="银备〔2026〕1号", valid_from=TODAY, valid_until=date(2029, 11, 21)
)


def open_gate(world: World, basis: NewLegalBasis = BASIS) -> LegalGate:
    return world.write(gate.put_basis, OPERATOR, BasisKind.FILED_CREDIT_REPORTING, basis)


def ready(world: World) -> World:
    """The gate is open, and a learned card is in force beside the expert card. Again changes nothing."""
    with world.database.read() as tx:
        known = cards.list_cards(tx, OPERATOR).items
    if len(known) == 1:
        open_gate(world)
        promote(world)
    return world
