"""A log that delivers exactly what a test says: twice, late, in any order, in batches of its choosing."""

from collections.abc import Collection, Sequence

from libs.eventing.envelope import Event
from libs.eventing.topics import Topic
from libs.eventing.transport import Producer


class ScriptedTransport:
    def __init__(self) -> None:
        self.deliveries: list[list[Event]] = []

    def ensure_topics(self, topics: Collection[Topic]) -> None:
        pass

    def producer(self, name: str) -> Producer:
        raise NotImplementedError("the script is the only producer")

    def consumer(self, group: str | None, topics: Collection[Topic]) -> "ScriptedConsumer":
        return ScriptedConsumer(self.deliveries)

    def lag(self, group: str, topics: Collection[Topic]) -> int:
        return len(self.deliveries)

    def close(self) -> None:
        pass


class ScriptedConsumer:
    """What is not committed when it closes comes again."""

    def __init__(self, deliveries: list[list[Event]]) -> None:
        self._deliveries = deliveries
        self._polled = 0

    def poll(self, timeout: float, limit: int) -> Sequence[Event]:
        batch = self._deliveries[self._polled] if self._polled < len(self._deliveries) else []
        self._polled += bool(batch)
        return batch

    def commit(self) -> None:
        del self._deliveries[: self._polled]
        self._polled = 0

    def caught_up(self) -> bool:
        return not self._deliveries

    def close(self) -> None:
        self._polled = 0
