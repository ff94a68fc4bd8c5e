"""What institutions are called: the state topic of identity, held in memory for the pages.

Enterprises are left out: who a firm is, its file tells, to those whom it allowed.
"""

from dataclasses import dataclass, field

from libs.eventing.envelope import Event
from rongqiao.identity.v1 import identity_pb2 as pb


@dataclass(frozen=True)
class Names:
    _organisations: dict[str, pb.Organisation] = field(default_factory=dict[str, pb.Organisation])

    def learn(self, event: Event) -> None:
        self.put(event.decode(pb.Organisation))

    def put(self, organisation: pb.Organisation) -> None:
        if organisation.kind != pb.ORGANISATION_KIND_ENTERPRISE:
            self._organisations[organisation.id] = organisation

    def of(self, organisation_id: str) -> str:
        """The name, or the id itself while the name has not come yet."""
        known = self._organisations.get(organisation_id)
        return known.name if known and known.name else organisation_id.removeprefix("uscc:")

    def banks(self) -> list[pb.Organisation]:
        """The banks that take part now, by name."""
        active = (
            organisation
            for organisation in self._organisations.values()
            if organisation.kind == pb.ORGANISATION_KIND_BANK
            and organisation.status == pb.ORGANISATION_STATUS_ACTIVE
        )
        return sorted(active, key=lambda bank: bank.name)
