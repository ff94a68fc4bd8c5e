"""The rulebook in use, and what the state topics say."""

from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from libs.chassis import codec
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.problems import Unavailable
from libs.eventing.tables import insert_into
from services.guarantee.domain.programme import Rulebook
from services.guarantee.domain.red_lines import RedLines
from services.guarantee.store.tables import published_states, rulebooks

# Every operation asks for the rules, and they hardly ever change: what is asked is their digest, and their text only
# where that is new to this process.
_IN_USE = (
    sa.select(rulebooks.c.policy_set, rulebooks.c.digest, rulebooks.c.lines_effective)
    .order_by(rulebooks.c.number.desc())
    .limit(1)
)
_TEXT = sa.select(rulebooks.c.document).where(rulebooks.c.digest == sa.bindparam("of")).limit(1)
_KEPT = 8


def rulebook(tx: ReadTx) -> Rulebook:
    """The rules in use; Unavailable until the first are loaded."""
    return _read(tx, _in_use(tx).digest)


def rulebook_if_any(tx: ReadTx) -> Rulebook | None:
    found = _in_use_if_any(tx)
    return None if found is None else _read(tx, found.digest)


def lines(tx: ReadTx) -> RedLines:
    """The red lines by which limits and exposures stand: today's, once `load` has weighed everything by them."""
    found = _in_use(tx)
    return _read(tx, found.digest).red_lines_on(found.lines_effective or tx.today)


def lines_are_todays(tx: ReadTx) -> bool:
    return lines(tx).effective == rulebook(tx).red_lines_on(tx.today).effective


def is_in_use(tx: ReadTx, rules: Rulebook) -> bool:
    """Whether exactly these rules are in use: also after an upgrade that reads the same policies otherwise."""
    found = _in_use_if_any(tx)
    return found is not None and found.digest == _digest(_text(rules))


def keep_rulebook(tx: WriteTx, rules: Rulebook) -> None:
    newest = tx.scalar(sa.select(sa.func.max(rulebooks.c.number))) or 0
    text = _text(rules)
    again = {
        "document": text,
        "digest": _digest(text),
        "loaded_at": tx.now,
        "number": newest + 1,
        "lines_effective": rules.red_lines_on(tx.today).effective,
    }
    insert = insert_into(tx, rulebooks).values(again | {"policy_set": rules.policy_set})
    tx.execute(insert.on_conflict_do_update(index_elements=[rulebooks.c.policy_set], set_=again))


def rulebook_of(tx: ReadTx, policy_set: str) -> Rulebook:
    """The rules of a policy set that was in use once."""
    return _read(tx, tx.scalar(sa.select(rulebooks.c.digest).where(rulebooks.c.policy_set == policy_set)))


def policy_set(tx: ReadTx) -> str:
    """The policy set in use; Unavailable until the first is loaded."""
    return _in_use(tx).policy_set


def _in_use(tx: ReadTx) -> sa.Row[Any]:
    found = _in_use_if_any(tx)
    if found is None:
        raise Unavailable("The rules are not loaded yet.", mend="Try again in a moment.")
    return found


def _in_use_if_any(tx: ReadTx) -> sa.Row[Any] | None:
    return tx.row(_IN_USE)


def _read(tx: ReadTx, digest: str) -> Rulebook:
    """The rules of this digest, parsed once in this process."""
    known = _parsed.get(digest)
    if known is None:
        text = tx.execute(_TEXT, {"of": digest}).scalar_one()
        if len(_parsed) >= _KEPT:
            _parsed.clear()
        known = _parsed[digest] = codec.from_json(Rulebook, text)
    return known


_parsed: dict[str, Rulebook] = {}


def _text(rules: Rulebook) -> str:
    return codec.to_json(rules).decode()


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def published(tx: ReadTx, topic: str) -> dict[str, bytes]:
    """What the state topic says, by subject."""
    rows = tx.rows(sa.select(published_states).where(published_states.c.topic == topic))
    return {row.subject: row.data for row in rows}


def note_published(tx: WriteTx, topic: str, subject: str, data: bytes) -> None:
    insert = insert_into(tx, published_states).values(topic=topic, subject=subject, data=data)
    mine = [published_states.c.topic, published_states.c.subject]
    tx.execute(insert.on_conflict_do_update(index_elements=mine, set_={"data": data}))
