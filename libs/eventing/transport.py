"""What the log between the services can do, whichever it is: one process' file or Apache Kafka.

One contract suite (tests/contract/eventing) holds every transport to these promises.
"""

from collections.abc import Collection, Sequence
from typing import Protocol

from libs.eventing.envelope import Event
from libs.eventing.topics import Topic


class Producer(Protocol):
    def send(self, events: Sequence[Event]) -> None:
        """Append the events, those of a subject in this order, and return when the log has all of them for good.

        Raises Outage when any of them may be missing. The producer is then spent: close it and send the same
        events again, from the first, through a new one.
        """
        ...

    def close(self) -> None:
        """Forget what is not sent yet. Never raises."""
        ...


class Consumer(Protocol):
    """Not for use by two threads."""

    def poll(self, timeout: float, limit: int) -> list[Event]:
        """The next events, at most `limit`, those of a subject in log order; [] when none came within `timeout` s."""
        ...

    def commit(self) -> None:
        """All that was polled is dealt with: the group's next consumer starts behind it.

        May be without effect when the work was shared out anew meanwhile: then others see those events again.
        """
        ...

    def caught_up(self) -> bool:
        """Whether all that was in the topics when this consumer was made has been polled (for one without a group)."""
        ...

    def close(self) -> None:
        """Leave the group. Never raises."""
        ...


class Transport(Protocol):
    """Everything here raises libs.eventing.outage.Outage while the log cannot be reached."""

    def ensure_topics(self, topics: Collection[Topic]) -> None:
        """Make the topics that are not there yet."""
        ...

    def producer(self, name: str) -> Producer:
        """A producer for the relay of this name. Nothing of an earlier one of the name can come after what it sends."""
        ...

    def consumer(self, group: str | None, topics: Collection[Topic]) -> Consumer:
        """A reader of the topics: a member of `group` from the group's committed place, or alone from the beginning."""
        ...

    def lag(self, group: str, topics: Collection[Topic]) -> int:
        """How many messages of the topics the group has not committed yet."""
        ...

    def close(self) -> None: ...
