"""How long a score takes: the card alone beside the pipeline that it was made of, a lender's online score from kept
features in process and over gRPC, on SQLite and PostgreSQL, and features from invoices.

`score` is what a lender's look takes until it is answered: who asks, the legal basis, the consents, the kept features,
which card speaks, points, probability and reasons. `again` is the whole look with its trace, durable on disk before the
answer leaves; `first` keeps the score as a row and tells the event beside it. `grpc`: the whole look over loopback.
"""

import tempfile
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from typing import Any

import grpc

from app import engines
from benchmarks import scorecard
from benchmarks.measure import fastest, interleaved, keep, p50, p99, show
from libs import policy
from libs.chassis import rpc, vault
from libs.chassis.clock import SystemClock
from libs.chassis.database import Database, WriteTx
from libs.chassis.ids import new_id
from libs.chassis.limits import RateLimit
from libs.chassis.principal import Principal, Role
from libs.chassis.settings import Keys
from libs.chassis.tables import chassis_metadata
from libs.chassis.tokens import TokenChecker, issue
from libs.eventing.tables import eventing_metadata
from libs.registry.dimensions import OwnerKind
from libs.registry.promotion import NewVersionProposal, VersionAction, VersionVerdict
from libs.registry.uscc import complete
from rongqiao.credit.v1 import credit_pb2 as pb
from rongqiao.credit.v1 import credit_pb2_grpc
from services.credit import jobs
from services.credit.domain import view
from services.credit.domain.card import Card
from services.credit.domain.compiled import compile_card
from services.credit.domain.consent import Authority, ConsentMethod, NewConsent, Purpose
from services.credit.domain.facts import Fact, Source
from services.credit.domain.features import features
from services.credit.domain.gate import BasisKind, NewLegalBasis
from services.credit.domain.party import Registration
from services.credit.domain.score import score
from services.credit.operations import cards, consents, files, gate, reading, scores
from services.credit.operations.held import held_of
from services.credit.rpc.parties import CreditServicer
from services.credit.store import metadata
from services.credit.store.files import add_facts

TRAINED_ON = 2_000
FIRMS = 200
SECONDS = 5.0
BANK = "org_bank"

OFFICER = Principal("acc_officer", Role.BANK_OFFICER, BANK)
OPERATOR = Principal("acc_operator", Role.OPERATOR, "org_platform")
SECOND = replace(OPERATOR, subject="acc_operator_2")


def run() -> None:
    keys = Keys.make()
    vault.configure(keys.vault())
    known = scorecard.histories(TRAINED_ON)
    learned = scorecard.learned(known)
    figures = _features(known) | _card(learned)
    with tempfile.TemporaryDirectory(prefix="rongqiao-bench-") as folder:
        home = Path(folder)
        home.chmod(0o755)  # PostgreSQL runs under an account of its own
        for name, url in (("sqlite", _sqlite), ("postgresql", _postgres)):
            with url(home) as database:
                figures |= _online(name, database, learned.card, known, keys)
    show("credit", ("figure", "value"), [[name, value] for name, value in figures.items()])
    print(f"written to {keep('credit', figures)}")


# The card, and features


def _features(known: Sequence[Any]) -> dict[str, object]:
    """Of each firm with two years of invoices, summed by month and partner as the store keeps them."""
    times = interleaved({"features": lambda one: features(one, scorecard.TODAY)}, known, SECONDS)["features"]
    return {"features_p50_us": p50(times), "firms_per_s": round(1e6 * len(times) / sum(times))}


def _card(learned: scorecard.Learned) -> dict[str, object]:
    """One row at a time: the compiled card, and the pipeline that it was made of."""
    compiled = compile_card(learned.card)
    rows = [(row.to_dict(), row.to_frame().T) for _, row in learned.rows.head(50).iterrows()]
    furthest = max(abs(_pd(compiled, one) - _proba(learned, one)) for one in rows)
    assert furthest < 1e-9, f"the card and its pipeline disagree by {furthest}"
    pipeline: Any = learned.fitted.pipeline
    contenders = {
        "card": lambda one: compiled.answer(one[0]),
        "pipeline": lambda one: pipeline.predict_proba(one[1]),
    }
    times = interleaved(contenders, rows, SECONDS)
    return {
        "card_p50_us": p50(times["card"]),
        "card_p99_us": p99(times["card"]),
        "pipeline_p50_us": p50(times["pipeline"]),
        "pipeline_p99_us": p99(times["pipeline"]),
        "pipeline_times_card": round(p50(times["pipeline"]) / p50(times["card"])),
        "best_pipeline_times_card": round(fastest(times["pipeline"]) / fastest(times["card"])),
        "card_and_pipeline_differ_by": furthest,
    }


def _pd(compiled: Any, one: tuple[Any, Any]) -> float:
    return compiled.answer(one[0]).pd


def _proba(learned: scorecard.Learned, one: tuple[Any, Any]) -> float:
    """With its calibration, as the card answers."""
    return float(learned.fitted.default_probability(one[1])[0])


# Online


@contextmanager
def _sqlite(home: Path) -> Generator[Database]:
    with _made(f"sqlite:///{home / 'credit.db'}") as database:
        yield database


@contextmanager
def _postgres(home: Path) -> Generator[Database]:
    server = engines.start_postgres(home / "postgres", engines.free_port())
    try:
        with _made(server.url) as database:
            yield database
    finally:
        server.stop()


@contextmanager
def _made(url: str) -> Generator[Database]:
    database = Database(url, clock=SystemClock(), ids=new_id, policies=policy.load())
    for part in (chassis_metadata, eventing_metadata, metadata):
        part.create_all(database.engine)
    yield database
    database.close()


def _online(name: str, database: Database, card: Card, known: Sequence[Any], keys: Keys) -> dict[str, object]:
    parties = _filled(database, card, known)
    scored = interleaved({"score": partial(_scored, database)}, parties, SECONDS)["score"]
    look = partial(_look, database)
    first = _timed(look, parties)
    again = interleaved({"again": look}, parties, SECONDS)["again"]
    with _channel(database, keys) as channel:
        ask = partial(_ask, credit_pb2_grpc.CreditStub(channel), issue(keys, OFFICER))
        _timed(ask, parties[:20])
        over_grpc = interleaved({"grpc": ask}, parties, SECONDS)["grpc"]
    times = {"score": scored, "first": first, "again": again, "grpc": over_grpc}
    return {
        f"{name}_{kind}_{tell.__name__}_ms": round(tell(taken) / 1000, 3)
        for kind, taken in times.items()
        for tell in (p50, p99, fastest)
    }


def _timed(work: Callable[[str], object], parties: Sequence[str]) -> list[float]:
    taken: list[float] = []
    for party in parties:
        began = perf_counter()
        work(party)
        taken.append((perf_counter() - began) * 1e6)
    return taken


def _scored(database: Database, party: str) -> object:
    with database.read() as tx:
        record = reading.for_reader(tx, OFFICER, party)
        gate.require_gate_open(tx)
        values = view.visible(held_of(tx, record), reading.opened_to(tx, OFFICER, record))
        return score(cards.card_for(tx, values).compiled, values, party, tx.today, tx.policies.set_id)


def _look(database: Database, party: str) -> object:
    return database.transact(lambda tx: scores.get_score(tx, OFFICER, party))


def _ask(stub: credit_pb2_grpc.CreditStub, token: str, party: str) -> object:
    return rpc.invoke(stub.GetScore, pb.PartyId(party=party), token=token)


@contextmanager
def _channel(database: Database, keys: Keys) -> Generator[grpc.Channel]:
    """A server on loopback, as a service starts it."""
    door = rpc.RpcDoor(database, TokenChecker(keys), RateLimit(10_000_000))
    servicer = CreditServicer(door)
    server, port = rpc.listen("127.0.0.1:0", "bench")
    rpc.start(server, [partial(credit_pb2_grpc.add_CreditServicer_to_server, servicer)], [])
    with rpc.connect(f"127.0.0.1:{port}") as channel:
        yield channel
    server.stop(grace=None).wait()


def _filled(database: Database, card: Card, known: Sequence[Any]) -> list[str]:
    """Firms with kept features, all consented; the gate is open, the learned card in force beside the expert card."""
    today = database.transact(lambda tx: tx.today)
    parties = [f"uscc:{complete(f'91640100MA{number:07d}').code}" for number in range(FIRMS)]
    for party, history in zip(parties, known, strict=False):
        database.transact(partial(_put, party=party, values=features(history, scorecard.TODAY), today=today))
    database.transact(partial(_allowed, card=card, today=today))
    while jobs.tell_due_summaries(database):
        pass
    return parties


def _put(tx: WriteTx, party: str, values: dict[str, int], today: date) -> None:
    registration = Registration(
        kind=OwnerKind.ENTERPRISE,
        name="宁夏测试有限公司",
        county="640104",
        industry="6513",
        established_on=date(2020, 3, 1),
    )
    files.put_party(tx, OPERATOR, party, registration)
    told = {fact: str(value) for fact, value in values.items()} | {"tax_grade": "A", "past_due_now": "false"}
    add_facts(tx, party, [_fact(tx, *one) for one in told.items()], "bench")
    consents.grant_consent(tx, Principal("acc_firm", Role.SME, party), party, _consent(today))


def _fact(tx: WriteTx, fact: str, value: str) -> Fact:
    source = Source.DATA_SHARING
    return Fact(fact=fact, value=value, source=source, observed_on=scorecard.COVERED, recorded_at=tx.now)


def _consent(today: date) -> NewConsent:
    return NewConsent(
        signer="张测试",
        authority=Authority.LEGAL_REPRESENTATIVE,
        scopes=("score", "invoices", "tax", "credit_record"),
        purpose=Purpose.CREDIT_DECISION,
        recipient=BANK,
        valid_until=today + timedelta(days=90),
        method=ConsentMethod.ELECTRONIC_SIGNATURE,
        text_version="1",
        text_hash=sha256(b"consent").hexdigest(),
    )


def _allowed(tx: WriteTx, card: Card, today: date) -> None:
    basis = NewLegalBasis(
        document="备案证", number="1", valid_from=today, valid_until=today + timedelta(days=365)
    )
    gate.put_basis(tx, OPERATOR, BasisKind.FILED_CREDIT_REPORTING, basis)
    cards.register_card(tx, OPERATOR, card)
    proposal = NewVersionProposal(action=VersionAction.PROMOTE, effective_on=today, reason="bench")
    proposed = cards.propose(tx, OPERATOR, card.id, card.version, proposal)
    number = proposed.proposals[0].id
    cards.decide(tx, SECOND, card.id, card.version, number, VersionVerdict(approve=True))
