"""One call through a door: who calls, with which idempotency key, on whose database.

`write` runs an operation in one transaction. With a key the answer is stored in that same transaction, so the
operation happens once however often the call is repeated: the same key and body gets the first answer again,
another body under the key is refused, and a repeat that overtakes the first is told to wait.
"""

import typing
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Any, Concatenate, ParamSpec, TypeVar

import sqlalchemy as sa

from libs.chassis import codec, telemetry
from libs.chassis.clock import business_date
from libs.chassis.database import Database, ReadTx, WriteTx
from libs.chassis.principal import Principal
from libs.chassis.problems import InFlight, Invalid, KeyReused
from libs.chassis.tables import idempotency_keys
from libs.chassis.vault import vault

P = ParamSpec("P")
T = TypeVar("T")

KEY_LENGTH = 128


@dataclass
class Call:
    database: Database
    principal: Principal
    token: str  # as it came, to call other services in the user's name
    key: str | None = None
    key_wanted: bool = False
    on_replay: Callable[[], None] = lambda: None

    @property
    def today(self) -> date:
        """The business date, for what is judged before a transaction."""
        return business_date(self.database.clock.now())

    def each_time(self) -> "Call":
        """For a look that leaves a trace: every one counts, none is answered from the one before."""
        return replace(self, key=None, key_wanted=False)

    def read(
        self, query: Callable[Concatenate[ReadTx, Principal, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        with telemetry.span(query.__name__), self.database.read() as tx:
            return query(tx, self.principal, *args, **kwargs)

    def write(
        self, operation: Callable[Concatenate[WriteTx, Principal, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        with telemetry.span(operation.__name__):
            return self._write(operation, *args, **kwargs)

    def _write(
        self, operation: Callable[Concatenate[WriteTx, Principal, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        if self.key is None:
            self.insist_on_key()
            return self.database.transact(lambda tx: operation(tx, self.principal, *args, **kwargs))
        scope = f"{self.principal.organisation}/{operation.__name__}/{self.key}"
        body_hash = self._hash(args, kwargs)
        with self.database.claim(scope):
            return self.database.transact(
                lambda tx: self._once(
                    tx, scope, body_hash, operation, lambda: operation(tx, self.principal, *args, **kwargs)
                )
            )

    def _hash(self, args: tuple[object, ...], kwargs: dict[str, object]) -> str:
        """Keyed, since a plain hash of a short body (a password) could be guessed from a stolen table."""
        named = [part for name in sorted(kwargs) for part in (name, kwargs[name])]
        return vault().blind_index(codec.canonical_hash(self.principal.role.value, *args, *named))

    def insist_on_key(self) -> None:
        """Invalid where the call needs an idempotency key and has none."""
        if self.key is None and self.key_wanted:
            raise Invalid(
                "A changing POST needs an Idempotency-Key.",
                field="Idempotency-Key",
                mend=f"Send a header Idempotency-Key with any text of your own, up to {KEY_LENGTH} characters.",
            )

    def _once(
        self, tx: WriteTx, scope: str, body_hash: str, operation: Callable[..., Any], run: Callable[[], T]
    ) -> T:
        _claim_across_processes(tx, scope)
        known = tx.row(sa.select(idempotency_keys).where(idempotency_keys.c.scope == scope))
        if known is not None:
            return self._replay(known, body_hash, answer_type(operation))
        answer = run()
        text = codec.to_json(answer, answer_type(operation)).decode()
        row = {"scope": scope, "body_hash": body_hash, "answer": text, "answered_at": tx.now}
        tx.execute(sa.insert(idempotency_keys).values(row))
        return answer

    def _replay(self, known: sa.Row[Any], body_hash: str, shape: Any) -> Any:
        if known.body_hash != body_hash:
            raise KeyReused(
                "This idempotency key was used before with another body.",
                field="Idempotency-Key",
                mend="Use a new key for a new request; repeat a request with the very same body.",
            )
        self.on_replay()
        return codec.from_json(shape, known.answer)


@cache
def answer_type(operation: Callable[..., Any]) -> Any:
    return typing.get_type_hints(operation)["return"]


def _claim_across_processes(tx: WriteTx, scope: str) -> None:
    if tx.connection.dialect.name == "sqlite":
        return
    taken = tx.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(sa.func.hashtextextended(scope, 0))))
    if not taken:
        raise InFlight("A request with this idempotency key is being worked on.", mend="Ask again shortly.")
