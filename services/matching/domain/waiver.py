"""Waivers: hard rules that a bank set aside for one firm. They are lending's states; here are those that may hold."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """`fact`: every hard rule of the product on it is set aside. `firm_key` stands for the firm, as in dimensions."""

    id: str
    product_id: str
    firm_key: str
    fact: str
    valid_until: date


class Waivers:
    """Those of every firm. Not for two threads at once."""

    def __init__(self) -> None:
        self._by_id: dict[str, Waiver] = {}
        self._of_firm: dict[str, dict[str, Waiver]] = {}

    def put(self, waiver: Waiver) -> None:
        self.forget(waiver.id)
        self._by_id[waiver.id] = waiver
        self._of_firm.setdefault(waiver.firm_key, {})[waiver.id] = waiver

    def forget(self, waiver_id: str) -> None:
        """It is gone; one that is not there changes nothing."""
        known = self._by_id.pop(waiver_id, None)
        if known is not None:
            of_firm = self._of_firm[known.firm_key]
            del of_firm[waiver_id]
            if not of_firm:
                del self._of_firm[known.firm_key]

    def of(self, firm_key: str, day: date) -> tuple[Waiver, ...]:
        """What holds for a firm on a day, by id."""
        found = self._of_firm.get(firm_key)
        if found is None:
            return ()
        return tuple(found[name] for name in sorted(found) if day <= found[name].valid_until)
