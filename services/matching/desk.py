"""Where both doors bring their requests: read the firm, compute, hand the record to the group writer, answer."""

import asyncio
import time
from concurrent.futures import Future

from starlette.concurrency import run_in_threadpool

from libs.chassis.call import Call
from libs.chassis.clock import business_date
from libs.chassis.database import Database
from libs.chassis.ids import Ids
from libs.chassis.problems import NotFound
from libs.policy import PolicySet
from services.matching.catalogue import Catalogue
from services.matching.domain.answer import MatchRequest
from services.matching.domain.firm import Firm
from services.matching.domain.replay.edition import Edition
from services.matching.operations import records
from services.matching.operations.answering import Book, Given, book_of, give
from services.matching.operations.records import Answer, Asked
from services.matching.operations.rulebook import rulebook
from services.matching.replayer import Replayer
from services.matching.serving import ModelInForce
from services.matching.store import editions
from services.matching.writer import GroupWriter

_PAUSE = 0.2  # seconds between two looks at a party that is not known
_REPLAYER_RESTS = 300.0  # seconds: then the market of an old answer is let go


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
        self.last_asked = 0.0  # by somebody who waits; on the monotonic clock
        self.replayer = Replayer(live=catalogue, rest_after=_REPLAYER_RESTS)
        self.models = ModelInForce()
        self._book: Book | None = None
        self._seen: Edition | None = None
        self._writer: GroupWriter[tuple[Asked, Given], Answer] = GroupWriter(database, records.keep_all)

    async def match(self, call: Call, request: MatchRequest) -> Answer:
        """The answer, once it is committed. Only the computing happens on the event loop."""
        asked = self._asked(call, request)
        known = await run_in_threadpool(self._read_patiently, asked)
        if isinstance(known, Answer):
            return known
        return await asyncio.wrap_future(self._writer.put((asked, self.compute(known, request))))

    def match_now(self, call: Call, request: MatchRequest) -> Answer:
        """The same for a caller with a thread of its own."""
        asked = self._asked(call, request)
        known = self._read_patiently(asked)
        if isinstance(known, Answer):
            return known
        return self._writer.put((asked, self.compute(known, request))).result()

    def ask(self, asked: Asked) -> Future[Answer]:
        """For one of many: nobody is waited for. What refuses it is raised at once, or is the future's."""
        known = self._read(asked)
        if not isinstance(known, Answer):
            return self._writer.put((asked, self.compute(known, asked.request)))
        before: Future[Answer] = Future()
        before.set_result(known)
        return before

    def keep_market(self) -> bool:
        """Store the market as it is, once it has stood still from one look to the next; whether there was need to.

        So the first answer after a start does not wait until a hundred thousand products are stored.
        """
        with self.catalogue.reading() as edition:
            still, self._seen = edition is self._seen, edition
        if edition.stored or not still:
            return False
        self._database.transact(lambda tx: editions.keep_edition(tx, edition))
        return True

    def close(self) -> None:
        self._writer.close()
        self.replayer.close()

    def _asked(self, call: Call, request: MatchRequest) -> Asked:
        call.insist_on_key()
        self.last_asked = time.monotonic()
        return Asked(call.principal, request, call.key)

    def _read_patiently(self, asked: Asked) -> Firm | Answer:
        for _ in range(self._looks - 1):
            try:
                return self._read(asked)
            except NotFound:
                time.sleep(_PAUSE)
        return self._read(asked)

    def _read(self, asked: Asked) -> Firm | Answer:
        with self._database.read() as tx:
            self.models.look(tx)
            return records.look(tx, asked)

    def book(self) -> Book:
        """The rules of today: the one place that says what is in force."""
        today = business_date(self._database.clock.now())
        if self.models.due(today):  # who reads a firm first has looked already
            with self._database.read() as tx:
                self.models.look(tx)
        rules = self.models.rules(rulebook(self._policies, today))
        if self._book is None or self._book.rules is not rules:
            self._book = book_of(rules)
        return self._book

    def compute(self, firm: Firm, request: MatchRequest) -> Given:
        return give(self.catalogue, self.book(), firm, request, self._ids("mat"))
