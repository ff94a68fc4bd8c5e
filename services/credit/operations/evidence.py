"""What a firm lays before whoever decides: the documents that an open application or dispute of its names."""

from dataclasses import dataclass
from datetime import date

from libs.chassis.database import ReadTx
from services.credit.store import disputes, repairs


@dataclass(frozen=True, slots=True)
class Laid:
    """What opens a document to those who decide, until it is decided. `valid_until`: by when that should be."""

    id: str
    valid_until: date


def laid(tx: ReadTx, party: str) -> dict[str, Laid]:
    """Of each document that is laid open, the application or dispute that names it."""
    asked = (*repairs.open_repairs(tx, party), *disputes.open_disputes(tx, party))
    return {document: Laid(one.id, one.decide_by) for one in asked for document in one.evidence}
