"""Problems: what a caller is told when something cannot be done.

One hierarchy, translated once for HTTP (RFC 9457) and once for gRPC. A message says what is wrong;
`mend` says what to do about it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from libs.criteria.violation import Violation


@dataclass(eq=False)
class Problem(Exception):
    """A refusal with a stable `slug`; `field` is a JSON pointer or a column where one is to blame."""

    detail: str
    field: str | None = None
    mend: str | None = None
    source: str | None = None

    status = 500
    slug = "internal"
    title = "Something broke on our side"

    def __str__(self) -> str:
        return self.detail if self.mend is None else f"{self.detail} {self.mend}"

    @classmethod
    def kinds(cls) -> "Iterator[type[Problem]]":
        """Every kind of problem that there is."""
        for kind in cls.__subclasses__():
            yield kind
            yield from kind.kinds()

    @classmethod
    def type_uri(cls) -> str:
        return f"urn:rongqiao:problem:{cls.slug}"

    def document(self) -> dict[str, object]:
        told = {"field": self.field, "mend": self.mend, "source": self.source}
        document: dict[str, object] = {
            "type": self.type_uri(),
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        return document | {key: value for key, value in told.items() if value is not None}


class Invalid(Problem):
    status, slug, title = 422, "invalid", "The input breaks a rule"


class Unauthenticated(Problem):
    status, slug, title = 401, "unauthenticated", "Sign in first"


class Forbidden(Problem):
    status, slug, title = 403, "forbidden", "Not allowed for this account"


class LegalGateClosed(Forbidden):
    """What is asked for is lawful only on a basis that nobody has recorded."""

    slug, title = "legal-gate", "No legal basis for this is on record"


class NotFound(Problem):
    status, slug, title = 404, "not-found", "There is no such thing, or not for you"


class Conflict(Problem):
    status, slug, title = 409, "conflict", "The present state does not allow this"


class StaleVersion(Problem):
    status, slug, title = 412, "stale-version", "Somebody changed it since you read it"


class KeyReused(Problem):
    status, slug, title = 422, "idempotency-key-reused", "This key came before with another body"


class InFlight(Problem):
    status, slug, title = 409, "in-flight", "The same request is still being worked on"


class TooMany(Problem):
    status, slug, title = 429, "too-many-requests", "Too many requests"


class Unavailable(Problem):
    status, slug, title = 503, "unavailable", "A service that is needed does not answer"


def from_violation(violation: Violation) -> Invalid:
    return Invalid(violation.message, field=violation.field, mend=violation.mend, source=violation.source)
