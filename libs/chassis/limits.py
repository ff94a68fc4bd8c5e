"""How often one account may call one service."""

import threading
import time
from dataclasses import dataclass, field

from libs.chassis.problems import TooMany

_FORGET_ABOVE = 10_000


@dataclass
class RateLimit:
    """A token bucket per account: `per_minute` on average, a quarter of it at once."""

    per_minute: int
    _buckets: dict[str, tuple[float, float]] = field(default_factory=dict[str, tuple[float, float]])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, account: str) -> None:
        """Take one; TooMany when there is none left."""
        with self._lock:
            left = self._refilled(account, time.monotonic())
            if left >= 1:
                self._buckets[account] = (left - 1, time.monotonic())
                return
        raise TooMany(f"More than {self.per_minute} calls a minute.", mend="Wait a second and call again.")

    def _refilled(self, account: str, now: float) -> float:
        burst = max(1.0, self.per_minute / 4)
        if len(self._buckets) > _FORGET_ABOVE:
            self._buckets.clear()
        left, seen = self._buckets.get(account, (burst, now))
        return min(burst, left + (now - seen) * self.per_minute / 60)
