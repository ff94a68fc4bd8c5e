"""Scores of many parties, the register of scorecards and the legal gate: the service `Scores`."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import grpc

from libs.chassis.call import Call
from libs.chassis.failures import problem_of
from libs.chassis.principal import Role
from libs.chassis.problems import Problem
from libs.chassis.rpc import RpcDoor
from libs.chassis.wire import from_message, to_message, to_plain
from libs.criteria.violation import Violation
from libs.registry.promotion import NewVersionProposal, VersionVerdict
from rongqiao.credit.v1 import credit_pb2 as credit
from rongqiao.credit.v1 import scores_pb2 as pb
from rongqiao.credit.v1 import scores_pb2_grpc
from services.credit.cardfile import read_card_file
from services.credit.domain.gate import BasisKind, NewLegalBasis
from services.credit.domain.given import Refusal, ScoreOutcome
from services.credit.operations import cards, gate, scores

Context = grpc.ServicerContext


@dataclass
class ScoresServicer(scores_pb2_grpc.ScoresServicer):
    door: RpcDoor

    def ListScores(self, request: pb.ListScoresRequest, context: Context) -> pb.GivenScorePage:
        asked = to_plain(request)
        call = self.door.call(context)
        page = call.read(scores.list_scores, request.party, asked.get("cursor"), request.limit)
        return to_message(pb.GivenScorePage, page)

    def ScoreMany(
        self, request_iterator: Iterable[credit.PartyId], context: Context
    ) -> Iterator[pb.ScoreOutcome]:
        """A transaction and a trace for each party; nothing is kept from one to the next."""
        call = self.door.call(context)
        return (to_message(pb.ScoreOutcome, _outcome(call, asked.party)) for asked in request_iterator)

    def RegisterScorecard(self, request: pb.ScorecardFile, context: Context) -> pb.Scorecard:
        call = self.door.call(context, writes=True)
        call.principal.require(Role.OPERATOR)
        card = read_card_file(request.content.encode())
        return to_message(pb.Scorecard, call.write(cards.register_card, card))

    def ListScorecards(self, request: pb.ListScorecardsRequest, context: Context) -> pb.ScorecardList:
        return to_message(pb.ScorecardList, self.door.call(context).read(cards.list_cards))

    def GetScorecard(self, request: pb.ScorecardId, context: Context) -> pb.Scorecard:
        call = self.door.call(context)
        return to_message(pb.Scorecard, call.read(cards.get_card, request.card_id, request.version))

    def GetScorecardFile(self, request: pb.ScorecardId, context: Context) -> pb.ScorecardFile:
        call = self.door.call(context)
        return to_message(pb.ScorecardFile, call.read(cards.get_card_file, request.card_id, request.version))

    def PutInShadow(self, request: pb.ScorecardId, context: Context) -> pb.Scorecard:
        call = self.door.call(context, writes=True)
        return to_message(pb.Scorecard, call.write(cards.put_in_shadow, request.card_id, request.version))

    def RetireScorecard(self, request: pb.ScorecardId, context: Context) -> pb.Scorecard:
        call = self.door.call(context, writes=True)
        return to_message(pb.Scorecard, call.write(cards.retire_card, request.card_id, request.version))

    def ProposeCard(self, request: pb.ProposeCardRequest, context: Context) -> pb.Scorecard:
        call = self.door.call(context, writes=True)
        new = from_message(NewVersionProposal, request, without=("card_id", "version"))
        return to_message(pb.Scorecard, call.write(cards.propose, request.card_id, request.version, new))

    def DecideCard(self, request: pb.DecideCardRequest, context: Context) -> pb.Scorecard:
        call = self.door.call(context, writes=True)
        verdict = VersionVerdict(approve=request.approve)
        decided = call.write(cards.decide, request.card_id, request.version, request.proposal_id, verdict)
        return to_message(pb.Scorecard, decided)

    def GetLegalGate(self, request: pb.GetLegalGateRequest, context: Context) -> pb.LegalGate:
        return to_message(pb.LegalGate, self.door.call(context).read(gate.get_gate))

    def PutLegalBasis(self, request: pb.PutLegalBasisRequest, context: Context) -> pb.LegalGate:
        call = self.door.call(context, writes=True)
        new = from_message(NewLegalBasis, request, without=("kind",))
        return to_message(pb.LegalGate, call.write(gate.put_basis, _kind(request), new))

    def RevokeLegalBasis(self, request: pb.LegalBasisKind, context: Context) -> pb.LegalGate:
        call = self.door.call(context, writes=True)
        return to_message(pb.LegalGate, call.write(gate.revoke_basis, _kind(request)))


def _kind(request: pb.PutLegalBasisRequest | pb.LegalBasisKind) -> BasisKind:
    named = to_plain(request)["kind"]
    if named not in BasisKind.__members__:
        raise Violation("kind", "This is no kind of basis.", f"Use one of {', '.join(BasisKind)}.")
    return BasisKind(named)


def _outcome(call: Call, party: str) -> ScoreOutcome:
    """One bad party does not end the stream; what is broken on our side does."""
    try:
        return ScoreOutcome(party=party, score=call.write(scores.get_score, party))
    except (Problem, Violation) as error:
        return ScoreOutcome(party=party, refusal=_refusal(problem_of(error)))


def _refusal(problem: Problem) -> Refusal:
    return Refusal(type=problem.type_uri(), detail=problem.detail, field=problem.field, mend=problem.mend)
