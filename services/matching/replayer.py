"""A market of its own on which answers are computed again, moved from edition to edition by what differs."""

import threading

from libs.chassis import codec
from libs.chassis.database import ReadTx
from libs.criteria.violation import Violation
from services.matching.catalogue import Catalogue
from services.matching.domain.answer import Match
from services.matching.domain.replay.edition import StateKind
from services.matching.domain.replay.steps import Step, line_to, members_after, net
from services.matching.domain.replay.trace import Inputs, Trace
from services.matching.index.engine import Kernels
from services.matching.operations.answering import Book, give
from services.matching.operations.rulebook import Rulebook
from services.matching.store import editions, rulebooks

_MOST_BOOKS = 400


class Replayer:
    """One computation at a time. `live`: where that is the market of an answer already, no other is built up.

    After `rest_after` seconds without work it lets its market go.
    """

    def __init__(
        self, live: Catalogue | None = None, kernels: Kernels | None = None, rest_after: float | None = None
    ) -> None:
        self._live = live
        self._kernels = kernels
        self._rest_after = rest_after
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._begin()

    def match_again(self, tx: ReadTx, trace: Trace, inputs: Inputs, book: Book | None = None) -> Match:
        """The answer that today's code gives, on the market of then; under another rulebook where one is given."""
        with self._lock:
            rules = book or self._book(tx, trace.rulebook)
            found = self._on_live(trace, inputs, rules)
            if found is None:
                self._move(tx, trace.edition)
                found = give(self._catalogue, rules, inputs.firm, inputs.request, trace.match_id).match
            self._rest_later()
            return found

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _begin(self) -> None:
        self._catalogue = Catalogue()
        if self._kernels is not None:
            self._catalogue.index.use(self._kernels)
        self._here: str | None = None
        self._places: dict[bytes, tuple[StateKind, str]] = {}
        self._steps: dict[str, Step] = {}
        self._books: dict[str, Book] = {}

    def _on_live(self, trace: Trace, inputs: Inputs, rules: Book) -> Match | None:
        """None where the market has moved on, also while we computed."""
        if self._live is None:
            return None
        with self._live.reading() as edition:
            if edition.id != trace.edition:
                return None
        found = give(self._live, rules, inputs.firm, inputs.request, trace.match_id).match
        return found if found.edition == trace.edition else None

    def _book(self, tx: ReadTx, rulebook_id: str) -> Book:
        if rulebook_id not in self._books:
            if len(self._books) >= _MOST_BOOKS:
                self._books.clear()
            text = rulebooks.document(tx, rulebook_id)
            self._books[rulebook_id] = Book(codec.from_json(Rulebook, text), rulebook_id, text)
        return self._books[rulebook_id]

    def _move(self, tx: ReadTx, edition: str) -> None:
        if edition == self._here:
            return
        if edition not in self._steps:
            self._steps = dict(editions.steps_beside(tx, edition))
        line = line_to(self._steps, edition, self._here)
        if self._here is not None and line[0].parent == self._here:
            gone, come = net(line)
        else:
            wanted, held = members_after(line), self._places.keys()
            gone, come = held - wanted, wanted - held
        self._change(tx, gone, come)
        self._here = edition

    def _change(self, tx: ReadTx, gone: set[bytes], come: set[bytes]) -> None:
        coming = dict(editions.states(tx, come))
        replaced = {state.place for state in coming.values()}
        for digest in gone:
            place = self._places.pop(digest)
            if place not in replaced:
                self._catalogue.withdraw(*place)
        for digest, state in coming.items():
            self._places[digest] = state.place
            try:
                self._catalogue.put(state)
            except Violation:  # a rule that this code does not know: the edition will be another, and be told
                continue

    def _rest_later(self) -> None:
        self.close()
        if self._rest_after is not None:
            self._timer = threading.Timer(self._rest_after, self._rest)
            self._timer.daemon = True
            self._timer.start()

    def _rest(self) -> None:
        with self._lock:
            self._begin()
