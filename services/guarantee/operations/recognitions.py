"""The recognitions of firms: followed from credit, and counted whether a caller names them or not."""

from dataclasses import replace

from libs.chassis.database import ReadTx, WriteTx
from rongqiao.credit.v1 import credit_pb2 as credit
from services.guarantee import messages
from services.guarantee.domain.quote import Proposal
from services.guarantee.store import recognitions as recognition_store


def follow(tx: WriteTx, summary: credit.PartySummary) -> None:
    """The newest state of a party; a withdrawn one has no items left."""
    recognition_store.put(tx, summary.party, messages.recognitions(summary))


def on_record(tx: ReadTx, proposal: Proposal) -> Proposal:
    """The proposal with all that is recognised of the firm."""
    known = recognition_store.get(tx, proposal.party)
    return replace(proposal, labels=tuple(dict.fromkeys((*proposal.labels, *known))))
