"""The score: the firm's from its whole file, a lender's from what is opened to it; each is kept with its card."""

from dataclasses import dataclass, replace

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Forbidden, InFlight
from libs.eventing import topics
from libs.eventing.outbox import emit
from services.credit import messages
from services.credit.domain import advice, gate, view
from services.credit.domain import score as rules
from services.credit.domain.consent import PLATFORM, Opened, Purpose, ReadKind, trail
from services.credit.domain.facts import Held
from services.credit.domain.given import GivenScore, GivenScorePage, ScoreRole
from services.credit.domain.score import Score
from services.credit.domain.view import SCORE
from services.credit.operations.access import require_firm
from services.credit.operations.cards import Served, card_for, shadows_for
from services.credit.operations.gate import current_basis, require_gate_open
from services.credit.operations.held import dimensions_of, held_of
from services.credit.operations.reading import LENDERS, for_reader, log_read, opened_to
from services.credit.store import scores
from services.credit.store.files import PartyRecord
from services.credit.store.scores import ScoreRow


@dataclass(frozen=True, slots=True)
class Reader:
    """To whom a score is given, for what, under which consents. No purpose: the firm itself."""

    name: str
    purpose: Purpose | None = None
    consents: tuple[str, ...] = ()


def get_score(tx: WriteTx, by: Principal, party: str) -> Score:
    """The firm's score from its whole file; a lender's from what is opened to it, which must include the score, and
    only while a legal basis is on record."""
    by.require(Role.SME, *LENDERS)
    record = for_reader(tx, by, party)
    if by.role is Role.SME:
        return own_score(tx, record)
    basis = require_gate_open(tx)
    seen = opened_to(tx, by, record)
    require_opened(seen)
    log_read(tx, by, record, ReadKind.SCORE, seen)
    return told(lender_score(tx, by, record, seen), basis)


def list_scores(
    tx: ReadTx, by: Principal, party: str, cursor: str | None = None, limit: int = 0
) -> GivenScorePage:
    """Every score that was given of the firm, to whom, by which card; the latest first."""
    require_firm(by, party)
    return scores.score_page(tx, party, cursor, limit)


def own_score(tx: WriteTx, record: PartyRecord) -> Score:
    """The firm's own, with what would raise it and what a late payment would cost."""
    held = held_of(tx, record)
    values = view.visible(held, None)
    served = card_for(tx, values)
    given = give(tx, record, held, values, served, Reader(record.id))
    advised = replace(
        given,
        improvements=advice.improvements(served.compiled, values),
        late_payment=advice.late_payment(served.compiled, values),
    )
    return told(advised, current_basis(tx))


def lender_score(tx: WriteTx, by: Principal, record: PartyRecord, seen: Opened) -> Score:
    """Of what is opened to this lender and nothing else, the choice of the card included."""
    held = held_of(tx, record)
    values = view.visible(held, seen)
    reader = Reader(by.organisation, Purpose.CREDIT_DECISION, trail(seen)[1])
    return give(tx, record, held, values, card_for(tx, values), reader)


def matching_score(tx: WriteTx, record: PartyRecord, held: Held, seen: Opened) -> Score:
    """What the platform itself matches by. Kept when it changed, not whenever it is told."""
    values = view.visible(held, seen)
    served = card_for(tx, values)
    reader = Reader(PLATFORM, Purpose.MATCHING, trail(seen)[1])
    last = scores.last_given(tx, record.id, PLATFORM)
    if last is not None and last[1:] == (served.sha256, scores.key_of(values)):
        return replace(_score(tx, record, values, served), score_id=last[0])
    return give(tx, record, held, values, served, reader)


def require_opened(seen: Opened) -> None:
    if SCORE not in seen:
        raise Forbidden(
            "NOT_AUTHORISED: no consent opens the score to you.",
            field=SCORE,
            mend="Ask the firm to consent to `score`.",
        )


def told(score: Score, basis: gate.LegalBasis | None) -> Score:
    """With the words on what basis it is given: without one, as an input and no rating."""
    words = gate.words(basis)
    return replace(score, gate=words.zh, gate_en=words.en)


def give(
    tx: WriteTx, record: PartyRecord, held: Held, values: dict[str, str], served: Served, reader: Reader
) -> Score:
    """The score, kept; asked again on the same day for the same values it is the same one."""
    score, key = _score(tx, record, values, served), scores.key_of(values)
    known = scores.same_day(tx, record.id, reader.name, served.sha256, tx.today, key)
    if known is not None:
        return replace(score, score_id=known)
    given = replace(score, score_id=tx.new_id("scr"))
    if not scores.add_score(tx, _row(tx, given, values, reader, ScoreRole.GIVEN), key):
        return replace(score, score_id=_just_given(tx, score, reader, key))
    _keep_shadows(tx, record, values, key, reader)
    kind, dimensions = served.compiled.card.kind, dimensions_of(record, held, values)
    emit(
        tx, topics.CREDIT_SCORE, given.score_id, messages.score_given(given, kind, reader.purpose, dimensions)
    )
    return given


def _just_given(tx: ReadTx, score: Score, reader: Reader, key: str) -> str:
    """By another look of the same reader, at the same moment."""
    known = scores.same_day(tx, score.party, reader.name, score.card_sha256, score.as_of, key)
    if known is None:
        raise InFlight("The same score is being given just now.", mend="Ask again.")
    return known


def _score(tx: ReadTx, record: PartyRecord, values: dict[str, str], served: Served) -> Score:
    score = rules.score(served.compiled, values, record.id, tx.today, tx.policies.set_id)
    return replace(score, card_sha256=served.sha256)


def _keep_shadows(tx: WriteTx, record: PartyRecord, values: dict[str, str], key: str, reader: Reader) -> None:
    for served in shadows_for(tx, values):
        score = replace(_score(tx, record, values, served), score_id=tx.new_id("scr"))
        scores.add_score(tx, _row(tx, score, values, reader, ScoreRole.SHADOW), key)


def _row(tx: WriteTx, score: Score, values: dict[str, str], reader: Reader, role: ScoreRole) -> ScoreRow:
    given = GivenScore(
        score_id=score.score_id,
        card=score.scorecard,
        card_sha256=score.card_sha256,
        reader=reader.name,
        purpose=reader.purpose,
        as_of=score.as_of,
        points=score.points,
        pd_ppm=score.pd_ppm,
        grade=score.grade,
        consents=reader.consents,
        given_at=tx.now,
    )
    return ScoreRow(given, score.party, role, values, score.policy_set)
