"""Passwords at rest: argon2id. Hashing is slow by design, so it never happens inside a transaction."""

import threading
from dataclasses import dataclass, field

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

_AT_ONCE = 4  # each takes 19 MiB while it runs; a flood of sign-ins must not take all memory


def _hasher() -> PasswordHasher:
    """OWASP's second choice of parameters: little memory, still some 20 ms a guess."""
    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


@dataclass(frozen=True)
class Passwords:
    _hasher: PasswordHasher = field(default_factory=_hasher)
    _turns: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(_AT_ONCE))
    _nobodys: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_nobodys", self._hasher.hash("no account has this password"))

    def hash(self, password: str) -> str:
        with self._turns:
            return self._hasher.hash(password)

    def fits(self, password_hash: str | None, password: str) -> bool:
        """Whether it is the password; for None, which nobody's is, the answer takes as long."""
        with self._turns:
            try:
                return (
                    self._hasher.verify(password_hash or self._nobodys, password)
                    and password_hash is not None
                )
            except VerificationError:
                return False
