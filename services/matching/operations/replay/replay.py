"""Answers computed again from what was kept of them, and held against what was given, byte for byte."""

import json
from collections.abc import Iterator
from typing import Any, cast

from libs.chassis import codec
from libs.chassis.database import ReadTx
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import NotFound
from libs.chassis.vault import vault
from services.matching.domain.answer import Match
from services.matching.domain.replay.trace import ALGORITHM, Difference, Replayed, ReplayOutcome
from services.matching.operations.access import require_answer_of
from services.matching.replayer import Replayer
from services.matching.store import traces
from services.matching.store.traces import Stored

READERS = (Role.SME, Role.SERVICE_CENTRE, Role.SERVICE, Role.OPERATOR, Role.REGULATOR)
_OF_ITS_CONTENT = (Role.SME, Role.SERVICE)  # who is told values, not only which fields differ
_AT_ONCE = 500
_MOST_DIFFERENCES = 50


def replay(tx: ReadTx, by: Principal, replayer: Replayer, match_id: str) -> Replayed:
    """For the firm, its service centre and services; operators and supervision see whether it is equal, no content."""
    by.require(*READERS)
    found = traces.stored(tx, [match_id])
    if not found:
        raise NotFound(f"There is no match {match_id}.", field="match_id")
    _require_reader(by, found[0])
    return again(tx, replayer, found[0], with_values=by.role in _OF_ITS_CONTENT)


def replay_all(tx: ReadTx, replayer: Replayer) -> Iterator[Replayed]:
    """Every traced answer, in the order of their markets."""
    ids = traces.ids_by_edition(tx)
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        found = {one.match_id: one for one in traces.stored(tx, some)}
        for match_id in some:
            yield again(tx, replayer, found[match_id], with_values=False)


def again(tx: ReadTx, replayer: Replayer, stored: Stored, *, with_values: bool) -> Replayed:
    trace = stored.trace
    if trace is None:
        return _told(stored, ReplayOutcome.UNTRACED)
    if trace.inputs is None:
        return _told(stored, ReplayOutcome.ERASED)
    if trace.algorithm != ALGORITHM:
        return _told(stored, ReplayOutcome.OTHER_ALGORITHM)
    replayed = codec.to_json(replayer.match_again(tx, trace, trace.inputs)).decode()
    if replayed == stored.document:
        return _told(stored, ReplayOutcome.EQUAL, replayed)
    return _told(
        stored, ReplayOutcome.DIFFERENT, replayed, differences(stored.document, replayed, with_values)
    )


def differences(stored: str, replayed: str, with_values: bool) -> tuple[Difference, ...]:
    """By field, at most fifty; one of the whole where the same content is only written otherwise."""
    found = list(_differences("", json.loads(stored), json.loads(replayed)))[:_MOST_DIFFERENCES]
    if not found:
        return (Difference(field=""),)
    return tuple(
        Difference(field=field, stored=_text(one), replayed=_text(other))
        if with_values
        else Difference(field=field)
        for field, one, other in found
    )


def _differences(place: str, one: Any, other: Any) -> Iterator[tuple[str, Any, Any]]:
    left, right = _parts(one), _parts(other)
    if left is None or right is None:
        if one != other:
            yield place, one, other
        return
    for name in {**left, **right}:
        yield from _differences(f"{place}/{name}".lstrip("/"), left.get(name), right.get(name))


def _parts(value: Any) -> dict[str, Any] | None:
    """Fields of an object, elements of a list by their number; None for all else."""
    if isinstance(value, list):
        return {str(number): part for number, part in enumerate(cast("list[Any]", value))}
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _told(
    stored: Stored, outcome: ReplayOutcome, replayed: str = "", differing: tuple[Difference, ...] = ()
) -> Replayed:
    trace = stored.trace
    named = (
        {} if trace is None else {"edition": trace.edition, "rulebook": trace.rulebook, "model": trace.model}
    )
    return Replayed(
        match_id=stored.match_id,
        outcome=outcome,
        **named,
        algorithm=0 if trace is None else trace.algorithm,
        stored_hash=vault().blind_index(stored.document),
        replayed_hash=vault().blind_index(replayed) if replayed else "",
        differences=differing,
    )


def _require_reader(by: Principal, stored: Stored) -> None:
    if by.role not in (Role.OPERATOR, Role.REGULATOR):
        county = codec.from_json(Match, stored.document).dimensions.county
        require_answer_of(by, stored.party, county, stored.match_id)
