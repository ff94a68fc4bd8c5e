"""What lending tells the others of a bank's returns: sums, never a borrower."""

from libs.chassis import wire
from libs.chassis.codec import dump
from libs.chassis.database import WriteTx
from libs.eventing import topics
from libs.eventing.outbox import emit
from rongqiao.lending.v1 import events_pb2 as pb
from services.lending.domain.returns.returned import Return
from services.lending.operations import feed
from services.lending.store import return_books as book_store

_CELLS = 5_000  # of some 60 bytes each: a fact stays far below what a broker takes


def note(tx: WriteTx, found: Return) -> Return:
    """Tell the bank itself."""
    noted = {
        "period": found.period,
        "version": found.version,
        "status": found.status.value,
        "blocking": found.blocking,
        "unexplained": found.unexplained,
        "reason": found.reason,
    }
    feed.note(tx, found.bank, f"return.{found.status.lower()}", found.id, noted)
    return found


def tell_accepted(tx: WriteTx, found: Return) -> None:
    """Tell the bank, and statistics unless it is made up: the figures, and the book as sums, in parts."""
    note(tx, found)
    if found.sandbox:
        return
    cells = list(book_store.cells(tx, found.id))
    parts = range(0, max(len(cells), 1), _CELLS)
    for number, start in enumerate(parts, start=1):
        some = [dump(cell) for cell in cells[start : start + _CELLS]]
        told = {"return_id": found.id, "part": number, "parts": len(parts), "cells": some}
        told |= {"business_date": tx.today.isoformat()}
        emit(tx, topics.LENDING_RETURN, found.id, wire.from_plain(pb.ReturnAccepted, dump(found) | told))
