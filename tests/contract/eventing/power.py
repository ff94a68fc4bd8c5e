"""A power cut between any two steps of a relay or a reader."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from libs.eventing.envelope import Event
from libs.eventing.topics import Topic
from libs.eventing.transport import Consumer, Producer, Transport


class PowerCut(BaseException):
    """Like SIGKILL, nobody can handle it; what runs is lost, what is committed is not."""


@dataclass
class Power:
    """`cuts`: after how many steps each power cut comes, counted from the one before."""

    cuts: list[int] = field(default_factory=list)

    def step(self) -> None:
        if not self.cuts:
            return
        if self.cuts[0] == 0:
            del self.cuts[0]
            raise PowerCut
        self.cuts[0] -= 1


@dataclass
class PoweredTransport:
    """A real log; there is a step before and after everything that is done with it."""

    log: Transport
    power: Power

    def ensure_topics(self, topics: Collection[Topic]) -> None:
        self.log.ensure_topics(topics)

    def producer(self, name: str) -> "PoweredProducer":
        return PoweredProducer(self.log.producer(name), self.power)

    def consumer(self, group: str | None, topics: Collection[Topic]) -> "PoweredConsumer":
        return PoweredConsumer(self.log.consumer(group, topics), self.power)

    def lag(self, group: str, topics: Collection[Topic]) -> int:
        return self.log.lag(group, topics)

    def close(self) -> None:
        self.log.close()


@dataclass
class PoweredProducer:
    log: Producer
    power: Power

    def send(self, events: Sequence[Event]) -> None:
        self.power.step()
        self.log.send(events)
        self.power.step()

    def close(self) -> None:
        self.log.close()


@dataclass
class PoweredConsumer:
    log: Consumer
    power: Power

    def poll(self, timeout: float, limit: int) -> list[Event]:
        self.power.step()
        polled = self.log.poll(timeout, limit)
        self.power.step()
        return polled

    def commit(self) -> None:
        self.power.step()
        self.log.commit()
        self.power.step()

    def caught_up(self) -> bool:
        return self.log.caught_up()

    def close(self) -> None:
        self.log.close()
