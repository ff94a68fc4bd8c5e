"""Where both doors bring their requests: read the firm, compute, hand the record to the group writer, answer."""

import asyncio
import time

from starlette.concurrency import run_in_threadpool

from libs.chassis.call import Call
from libs.chassis.clock import business_date
from libs.chassis.database import Database, WriteTx
from libs.chassis.ids import Ids
from libs.chassis.problems import Invalid, NotFound
from libs.policy import PolicySet
from services.matching.catalogue import Catalogue
from services.matching.domain.answer import Match, MatchRequest
from services.matching.domain.firm import Firm
from services.matching.operations import records
from services.matching.operations.recommend import recommend
from services.matching.operations.records import Answer, Asked
from services.matching.operations.rulebook import rulebook
from services.matching.writer import GroupWriter

_PAUSE = 0.2  # seconds between two looks at a party that is not known


class Desk:
    """A party that credit took in a moment ago is still on its way here: it is looked for `looks` times."""

    def __init__(
        self, database: Database, catalogue: Catalogue, policies: PolicySet, ids: Ids, looks: int = 6
    ) -> None:
        self.catalogue = catalogue
        self._looks = looks
        self._database = database
        self._policies = policies
        self._ids = ids
        self._writer: GroupWriter[tuple[Asked, Match], Answer] = GroupWriter(database, _keep)

    async def match(self, call: Call, request: MatchRequest) -> Answer:
        """The answer, once it is committed. Only the computing happens on the event loop."""
        asked = _asked(call, request)
        known = await run_in_threadpool(self._read_patiently, asked)
        if isinstance(known, Answer):
            return known
        return await asyncio.wrap_future(self._writer.put((asked, self._compute(known, request))))

    def match_now(self, call: Call, request: MatchRequest) -> Answer:
        """The same for a caller with a thread of its own."""
        asked = _asked(call, request)
        known = self._read_patiently(asked)
        if isinstance(known, Answer):
            return known
        return self._writer.put((asked, self._compute(known, request))).result()

    def close(self) -> None:
        self._writer.close()

    def _read_patiently(self, asked: Asked) -> Firm | Answer:
        for _ in range(self._looks - 1):
            try:
                return self._read(asked)
            except NotFound:
                time.sleep(_PAUSE)
        return self._read(asked)

    def _read(self, asked: Asked) -> Firm | Answer:
        with self._database.read() as tx:
            return records.given_before(tx, asked) or records.firm_of(tx, asked)

    def _compute(self, firm: Firm, request: MatchRequest) -> Match:
        today = business_date(self._database.clock.now())
        return recommend(self.catalogue, rulebook(self._policies, today), firm, request, self._ids("mat"))


def _asked(call: Call, request: MatchRequest) -> Asked:
    if call.key is None and call.key_wanted:
        raise Invalid(
            "A changing POST needs an Idempotency-Key.",
            field="Idempotency-Key",
            mend="Send a header Idempotency-Key with any text of your own.",
        )
    return Asked(call.principal, request, call.key)


def _keep(tx: WriteTx, item: tuple[Asked, Match]) -> Answer:
    return records.keep(tx, *item)
