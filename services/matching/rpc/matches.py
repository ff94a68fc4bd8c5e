"""Matching over gRPC: the same operations."""

from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import date

import grpc

from libs.chassis import codec
from libs.chassis.call import Call
from libs.chassis.failures import problem_of
from libs.chassis.rpc import RpcDoor
from libs.chassis.wire import from_message, to_message, to_plain
from rongqiao.matching.v1 import matching_pb2 as pb
from rongqiao.matching.v1 import matching_pb2_grpc
from services.matching.desk import Desk
from services.matching.domain.answer import Match, MatchRequest
from services.matching.domain.many import STREAM, MatchOutcome, StreamRules, check_row
from services.matching.operations import ranking, records
from services.matching.operations.records import Answer, Asked
from services.matching.operations.replay import corrections, replay
from services.matching.refusals import problem_row
from services.matching.stream import Seats, Stream

Context = grpc.ServicerContext


@dataclass
class MatchingServicer(matching_pb2_grpc.MatchingServicer):
    door: RpcDoor
    desk: Desk
    seats: Seats = field(default_factory=Seats)

    def Match(self, request: pb.MatchRequest, context: Context) -> pb.Match:
        answer = self.desk.match_now(
            self.door.call(context, writes=True), from_message(MatchRequest, request)
        )
        return to_message(pb.Match, _match(answer))

    def GetMatch(self, request: pb.MatchId, context: Context) -> pb.Match:
        call = self.door.call(context)
        return to_message(pb.Match, call.read(records.get_match, request.match_id))

    def ReplayMatch(self, request: pb.MatchId, context: Context) -> pb.Replayed:
        call = self.door.call(context)
        return to_message(pb.Replayed, call.read(replay.replay, self.desk.replayer, request.match_id))

    def GetRanking(self, request: pb.GetRankingRequest, context: Context) -> pb.RankingFormula:
        call = self.door.call(context)
        return to_message(pb.RankingFormula, call.read(ranking.get_ranking, self.desk.book().rules))

    def ListPolicyCorrections(
        self, request: pb.ListPolicyCorrectionsRequest, context: Context
    ) -> pb.PolicyCorrections:
        since = codec.load(date, request.since) if request.HasField("since") else None
        found = self.door.call(context).read(corrections.list_corrections, since)
        return to_message(pb.PolicyCorrections, found)

    def ListTouchedAnswers(
        self, request: pb.ListTouchedAnswersRequest, context: Context
    ) -> pb.TouchedAnswerPage:
        cursor, call = to_plain(request).get("cursor"), self.door.call(context)
        page = call.read(
            corrections.list_touched, self.desk.replayer, request.rulebook, cursor, request.limit
        )
        return to_message(pb.TouchedAnswerPage, page)

    def MatchMany(
        self, request_iterator: Iterator[pb.MatchWanted], context: Context
    ) -> Iterator[pb.MatchOutcome]:
        """A row acts once under the stream's key and its own name, however often it is sent."""
        call = self.door.call(context, writes=True)
        call.insist_on_key()
        call.principal.require(*records.ASKERS)
        rules = codec.load(StreamRules, call.database.policies.record_on(STREAM, call.today))
        self.seats.take(rules.at_once)
        try:
            stream = Stream[pb.MatchWanted, Answer](rules, lambda wanted: self._ask(call, wanted))
            if context.add_callback(stream.end):
                for wanted, future in stream.outcomes(request_iterator):
                    yield to_message(pb.MatchOutcome, _outcome(wanted.row, future))
        finally:
            self.seats.leave()

    def _ask(self, call: Call, wanted: pb.MatchWanted) -> Future[Answer]:
        check_row(wanted.row)
        request = from_message(MatchRequest, wanted.request)
        return self.desk.ask(Asked(call.principal, request, _key(call, wanted.row)))


def _key(call: Call, row: str) -> str:
    """With its length in front, so that no other stream's key and row read alike."""
    key = call.key or ""
    return f"{len(key)}/{key}/{row}"


def _outcome(row: str, future: Future[Answer]) -> MatchOutcome:
    try:
        answer = future.result()
    except Exception as error:  # noqa: BLE001 whatever it is, it is this row's
        return MatchOutcome(row=row, problem=problem_row(problem_of(error)))
    return MatchOutcome(row=row, match=_match(answer), replayed=answer.match is None)


def _match(answer: Answer) -> Match:
    return answer.match or codec.from_json(Match, answer.document)
