"""Consents, and the looks that they allowed."""

import sqlalchemy as sa

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.problems import NotFound
from libs.chassis.rows import from_row, page, to_row
from services.credit.domain.consent import Consent, Read, ReadPage
from services.credit.store.tables import consents, reads

# Written out once: every look asks them.
_OF = sa.select(consents).where(consents.c.party == sa.bindparam("party")).order_by(consents.c.id)
_TO = _OF.where(consents.c.recipient == sa.bindparam("recipient"))


def consent_to_change(tx: WriteTx, consent_id: str) -> Consent:
    rows = tx.lock_rows(sa.select(consents).where(consents.c.id == consent_id))
    if not rows:
        raise NotFound(f"There is no consent {consent_id}.", field="consent_id")
    return from_row(Consent, rows[0])


def consents_of(tx: ReadTx, party: str, recipient: str | None = None) -> tuple[Consent, ...]:
    """All consents of a party that were ever given, or those to one recipient; the oldest first."""
    asked = _OF if recipient is None else _TO
    rows = tx.execute(asked, {"party": party, "recipient": recipient} if recipient else {"party": party})
    return tuple(from_row(Consent, row) for row in rows)


def insert_consent(tx: WriteTx, consent: Consent) -> None:
    tx.execute(sa.insert(consents).values(to_row(consent)))


def update_consent(tx: WriteTx, consent: Consent) -> None:
    ended = {"revoked_at": consent.revoked_at, "revocation_reason": consent.revocation_reason}
    tx.execute(sa.update(consents).where(consents.c.id == consent.id).values(ended))


def insert_read(tx: WriteTx, read: Read, account: str) -> None:
    tx.execute(sa.insert(reads), to_row(read) | {"account": account})


def read_page(tx: ReadTx, party: str, cursor: str | None, limit: int) -> ReadPage:
    items, following = page(
        tx, sa.select(reads).where(reads.c.party == party), reads.c.id, Read, cursor, limit
    )
    return ReadPage(items=items, next_cursor=following)
