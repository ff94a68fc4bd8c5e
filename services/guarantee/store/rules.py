"""The rulebook in use, and what the state topics say."""

from datetime import date
from functools import lru_cache

import sqlalchemy as sa

from libs.chassis import codec
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.problems import Unavailable
from libs.eventing.tables import insert_into
from services.guarantee.domain.programme import Rulebook
from services.guarantee.domain.red_lines import RedLines
from services.guarantee.store.tables import published_states, rulebooks


def rulebook(tx: ReadTx) -> Rulebook:
    """The rules in use; Unavailable until the first are loaded."""
    found = rulebook_if_any(tx)
    if found is None:
        raise Unavailable("The rules are not loaded yet.", mend="Try again in a moment.")
    return found


def rulebook_if_any(tx: ReadTx) -> Rulebook | None:
    text = _text_in_use(tx)
    return None if text is None else _parsed(text)


def lines(tx: ReadTx) -> RedLines:
    """The red lines by which limits and exposures stand: today's, once `load` has weighed everything by them."""
    return rulebook(tx).red_lines_on(_lines_effective(tx) or tx.today)


def lines_are_todays(tx: ReadTx) -> bool:
    return lines(tx).effective == rulebook(tx).red_lines_on(tx.today).effective


def is_in_use(tx: ReadTx, rules: Rulebook) -> bool:
    """Whether exactly these rules are in use: also after an upgrade that reads the same policies otherwise."""
    return _text_in_use(tx) == _text(rules)


def keep_rulebook(tx: WriteTx, rules: Rulebook) -> None:
    newest = tx.scalar(sa.select(sa.func.max(rulebooks.c.number))) or 0
    effective = rules.red_lines_on(tx.today).effective
    again = {
        "document": _text(rules),
        "loaded_at": tx.now,
        "number": newest + 1,
        "lines_effective": effective,
    }
    insert = insert_into(tx, rulebooks).values(again | {"policy_set": rules.policy_set})
    tx.execute(insert.on_conflict_do_update(index_elements=[rulebooks.c.policy_set], set_=again))


def rulebook_of(tx: ReadTx, policy_set: str) -> Rulebook:
    """The rules of a policy set that was in use once."""
    return _parsed(tx.scalar(sa.select(rulebooks.c.document).where(rulebooks.c.policy_set == policy_set)))


def policy_set(tx: ReadTx) -> str:
    """The policy set in use; Unavailable until the first is loaded."""
    found = tx.scalar(sa.select(rulebooks.c.policy_set).order_by(rulebooks.c.number.desc()).limit(1))
    if found is None:
        raise Unavailable("The rules are not loaded yet.", mend="Try again in a moment.")
    return found


def _lines_effective(tx: ReadTx) -> date | None:
    return tx.scalar(sa.select(rulebooks.c.lines_effective).order_by(rulebooks.c.number.desc()).limit(1))


def _text_in_use(tx: ReadTx) -> str | None:
    return tx.scalar(sa.select(rulebooks.c.document).order_by(rulebooks.c.number.desc()).limit(1))


def _text(rules: Rulebook) -> str:
    return codec.to_json(rules).decode()


@lru_cache(maxsize=4)
def _parsed(text: str) -> Rulebook:
    """Every operation asks for the rules, and they hardly ever change."""
    return codec.from_json(Rulebook, text)


def published(tx: ReadTx, topic: str) -> dict[str, bytes]:
    """What the state topic says, by subject."""
    rows = tx.rows(sa.select(published_states).where(published_states.c.topic == topic))
    return {row.subject: row.data for row in rows}


def note_published(tx: WriteTx, topic: str, subject: str, data: bytes) -> None:
    insert = insert_into(tx, published_states).values(topic=topic, subject=subject, data=data)
    mine = [published_states.c.topic, published_states.c.subject]
    tx.execute(insert.on_conflict_do_update(index_elements=mine, set_={"data": data}))
